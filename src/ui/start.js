// The start: each address can be tried, and the configuration be changed. Without JavaScript the addresses are links.

import { onToken, token } from "./session.js";

const el = (name, props, ...children) => {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children);
  return node;
};

const WORDS = {
  401: "The token was not accepted.",
  403: "Changes are not allowed here.",
  412: "It was changed in the meantime. Load the current one and repeat your change.",
};

function told(answer, error) {
  const wait = answer.headers.get("retry-after");
  if (answer.status === 429) return `Too many calls. ${wait > 0 ? `Try again in ${wait} s.` : "Try again later."}`;
  return [WORDS[answer.status], error].filter(Boolean).join(" ") || answer.statusText;
}

function facts(headers) {
  const rows = [];
  for (const [name, value] of headers) {
    if (!name.startsWith("x-worker-")) continue;
    const why = { cold: ", loaded for this request", warm: ", already running" }[value] ?? "";
    rows.push(el("dt", {}, name.slice(9)), el("dd", {}, value + why));
  }
  const times = [...(headers.get("server-timing") ?? "").matchAll(/([\w-]+)(?:;desc=(?:"[^"]*"|[^;,]*))?;dur=([\d.]+)/g)];
  if (times[0]) rows.push(el("dt", {}, "time"), el("dd", {}, times.map(([, name, ms]) => `${name} ${+(+ms).toFixed(2)} ms`).join(", ")));
  return rows;
}

// Shows the answer in `out`; what arrived is text, never markup.
async function answer(out, path, init) {
  out.style.minHeight = `${out.offsetHeight}px`; // nothing below jumps while it waits
  out.replaceChildren("Waiting for the answer…");
  try {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(15_000), ...init, headers: { accept: "application/json", ...init?.headers } });
    let text = await answer.text();
    let json;
    try {
      text = JSON.stringify((json = JSON.parse(text)), null, 2);
    } catch {}
    const line = answer.ok ? (init ? "Saved. A new Worker serves it." : "") : told(answer, json?.error?.message);
    out.replaceChildren(el("p", {}, el("b", {}, answer.status + (answer.ok ? " OK" : "")), ` ${line}`), el("dl", {}, ...facts(answer.headers)), el("pre", {}, text));
    return { ok: answer.ok, text, etag: answer.headers.get("etag") };
  } catch (error) {
    out.replaceChildren(error.name === "TimeoutError" ? "No answer within 15 seconds." : "No answer: the server could not be reached.");
    return {};
  } finally {
    out.style.minHeight = "";
  }
}

// A second press while one is under way joins it.
const ask = (out, ...request) => (out.busy ??= answer(out, ...request).finally(() => (out.busy = null)));

export function enhanceStart() {
  const tries = {};
  for (const link of document.querySelectorAll("#start h2 a")) {
    const path = link.pathname;
    const button = el("button", { type: "button" }, "Try it");
    const out = el("div");
    button.setAttribute("aria-label", `Try it: GET ${path}`);
    out.setAttribute("role", "status");
    link.closest("section").querySelector("p").after(out);
    link.parentNode.after(button);
    button.onclick = tries[path] = () => ask(out, path);
  }
  configuration(tries["/config"]);
}

function configuration(read) {
  const form = document.querySelector("#start form");
  const { doc } = form;
  const box = form.parentNode;
  let loaded = "";
  let etag;
  box.hidden = false;
  form.token.value = token();
  onToken((token) => (form.token.value = token));
  // The text and its ETag belong together: an edit is kept, with the ETag it began from.
  const refresh = async () => {
    const answer = await read();
    if (answer.ok && doc.value === loaded) {
      doc.value = loaded = answer.text;
      ({ etag } = answer);
    }
  };
  box.ontoggle = () => box.open && refresh();
  form.load.onclick = () => {
    loaded = doc.value;
    refresh();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const body = doc.value;
    const headers = { authorization: `Bearer ${form.token.value}`, "content-type": "application/json", ...(etag && { "if-match": etag }) };
    const answer = await ask(form.querySelector("div"), "/config", { method: "PUT", headers, body });
    if (!answer.ok) return;
    loaded = body;
    refresh();
  };
}
