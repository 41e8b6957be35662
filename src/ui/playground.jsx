// Writing a script: run at once, with nothing going out and nothing kept; and saved, live or not yet.

import { useEffect, useRef, useState } from "preact/hooks";
import { EXAMPLES } from "./examples.js";
import { Fault } from "./errors.jsx";
import { Lines } from "./logs.jsx";
import { Problem, link, ms, useBusy } from "./parts.jsx";
import { call, get, token, useAsked } from "./session.js";

const MAIN = "index.js";
// What somebody has begun to write, while they look elsewhere on the page.
let draft = "";
const DATE = "2026-07-01";

export function Playground({ namespace: given, script: edited }) {
  const [request, setRequest] = useState({ method: "GET", url: "https://script.example/", body: "" });
  const [namespace, setNamespace] = useState(given ?? "");
  const [name, setName] = useState(edited ?? "");
  const [result, setResult] = useState();
  const [saved, setSaved] = useState();
  const { busy, error, run } = useBusy();
  const namespaces = useAsked("?per_page=100");
  const place = useRef();
  const editing = useRef();
  const running = useRef();
  const chosen = namespace || namespaces.value?.[0]?.namespace_name || "";

  const form = (metadata) => {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: MAIN, compatibility_date: DATE, ...metadata }));
    form.set(MAIN, new File([editing.current.text()], MAIN, { type: "application/javascript+module" }));
    return form;
  };
  running.current = () => run(async () => {
    setSaved(undefined);
    editing.current.mark([]);
    try {
      const sent = { method: request.method, url: request.url, ...(request.body && !["GET", "HEAD"].includes(request.method) && { body: request.body }) };
      const { result } = await call("POST", `/${chosen}/run`, form({ request: sent }));
      setResult(result);
      editing.current.mark(result.faults.map(({ line, column, name, message }) => ({ line, column, message: `${name}: ${message}` })));
    } catch (error) {
      setResult(undefined);
      editing.current.mark(placesIn(error.message));
      throw error;
    }
  });
  const save = (live) => run(async () => {
    setSaved(undefined);
    editing.current.mark([]);
    const path = `/${chosen}/scripts/${name}`;
    try {
      const kept = await settingsOf(path);
      // Of a script that is there only the code changes.
      if (live) await call("PUT", kept ? `${path}/content` : path, form(kept));
      else await call("POST", `${path}/versions`, form(kept));
    } catch (error) {
      editing.current.mark(placesIn(error.message));
      throw error;
    }
    setSaved(live ? "It is live for all." : "It is saved, and live for nobody yet.");
  });

  useEffect(() => {
    let gone = false;
    (async () => {
      const [{ editor }, text] = await Promise.all([import("./editor.js"), edited ? contentOf(given, edited) : draft || EXAMPLES.Hello]);
      if (gone) return;
      editing.current = editor(place.current, text, {
        label: "The script",
        run: () => running.current(),
        changed: () => {
          if (!edited) draft = editing.current.text();
        },
      });
    })().catch((error) => run(() => Promise.reject(error)));
    return () => (gone = true);
  }, [given, edited]);

  if (namespaces.value?.length === 0) {
    return <><h1>Playground</h1><p class="note">What is run belongs to a namespace, and there is none yet: <a href="#/scripts">make one</a>.</p></>;
  }
  const field = (name) => ({ value: request[name], onInput: (event) => setRequest({ ...request, [name]: event.currentTarget.value }) });
  return (
    <>
      <div class="row end">
        <h1>{edited ? `Edit ${edited}` : "Playground"}</h1>
        <span class="row">
          <label for="example">Example</label>
          <select id="example" value="" onChange={(event) => editing.current?.setText(EXAMPLES[event.currentTarget.value])}>
            <option value="" disabled>choose one</option>
            {Object.keys(EXAMPLES).map((name) => <option key={name}>{name}</option>)}
          </select>
        </span>
      </div>
      <Problem error={namespaces.error} />
      <div class="play" style={{ marginTop: "1rem" }}>
        <div class="editor" ref={place} />
        <div class="side">
          <form class="panel fields" onSubmit={(event) => {
            event.preventDefault();
            running.current();
          }}>
            <h2 class="part">Request</h2>
            <label for="method">Method</label>
            <select id="method" {...field("method")} onChange={field("method").onInput}>{["GET", "POST", "PUT", "PATCH", "DELETE"].map((name) => <option key={name}>{name}</option>)}</select>
            <label for="address">Address</label>
            <input id="address" type="url" required {...field("url")} />
            {!["GET", "HEAD"].includes(request.method) && <><label for="body">Body</label><textarea id="body" rows={3} {...field("body")} /></>}
            <p class="row"><button class="main" disabled={busy || !chosen}>Run</button><span class="soft">or Ctrl-Enter in the editor. Nothing goes out, nothing is kept.</span></p>
          </form>
          <div aria-live="polite" style={{ marginTop: "1rem" }}>
            <Problem error={error} />
            {result && <Result result={result} />}
          </div>
        </div>
        <form class="panel fields save" onSubmit={(event) => {
          event.preventDefault();
          save(event.submitter?.value === "live");
        }}>
          <h2 class="part">Save as a script</h2>
          <label for="namespace">Namespace</label>
          <select id="namespace" value={chosen} onChange={(event) => setNamespace(event.currentTarget.value)}>{(namespaces.value ?? []).map(({ namespace_name: name }) => <option key={name}>{name}</option>)}</select>
          <label for="name">Name</label>
          <input id="name" required pattern="[a-z0-9_\-]+" title="a-z, 0-9, - and _" value={name} onInput={(event) => setName(event.currentTarget.value)} />
          <p class="row"><button value="live" disabled={busy}>Save and make live</button><button value="version" disabled={busy}>Save as a version</button></p>
          <p role="status">{saved && <><span class="good">{saved}</span> <a href={link("scripts", chosen, name, "versions")}>Versions of {name}</a></>}</p>
        </form>
      </div>
    </>
  );
}

function Result({ result: { response, error, logs, faults, tail, timing } }) {
  return (
    <section class="panel" aria-label="Result">
      <h2 class="part">{response ? <span class={response.status < 400 ? "good" : "bad"}>{response.status}</span> : <span class="bad">It threw</span>} <small>loaded in {ms(timing.load_ms)}, ran {ms(timing.run_ms)}, {ms(timing.total_ms)} in all</small></h2>
      {response ? (
        <>
          <pre style={{ margin: ".6rem 0" }}>{response.body || "(an empty body)"}{response.truncated && "\n… (more is not read)"}</pre>
          <details><summary>Headers</summary><pre>{response.headers.map(([name, value]) => `${name}: ${value}`).join("\n") || "(none)"}</pre></details>
        </>
      ) : <p class="bad">{error}</p>}
      {faults.map((fault, at) => <div key={at} class="fault"><Fault fault={fault} /></div>)}
      <h2 class="part" style={{ marginTop: ".8rem" }}>Logs</h2>
      {tail === "late" ? <p class="warn">They did not arrive in time.</p> : logs.length === 0 ? <p class="soft">It wrote nothing.</p> : <div class="log"><Lines logs={logs} /></div>}
    </section>
  );
}

// What a version of a script that is there has to have of its settings; nothing where there is none of the name.
async function settingsOf(path) {
  try {
    const { compatibility_date, compatibility_flags, limits, bindings } = await get(`${path}/settings`);
    return { compatibility_date, compatibility_flags, limits, bindings: bindings.map(({ name }) => ({ name, type: "inherit" })), keep_assets: true };
  } catch (error) {
    if (error.status === 404) return undefined;
    throw error;
  }
}

// Places that a message of the API names: `at index.js:3:2`.
function placesIn(message) {
  const [, line, column] = new RegExp(`^\\s*at ${MAIN.replace(".", "\\.")}:(\\d+):(\\d+)`, "m").exec(message) ?? [];
  return line === undefined ? [] : [{ line: Number(line), column: Number(column), message: message.split("\n")[0] }];
}

// The main module of what is newest of a script; of several modules that is all that can be edited here.
async function contentOf(namespace, script) {
  const path = `/client/v4/accounts/local/workers/dispatch/namespaces/${namespace}/scripts/${script}/content`;
  const answer = await fetch(path, { headers: { authorization: `Bearer ${token()}` } });
  if (!answer.ok) throw new Error(`The code of ${script} cannot be had: ${answer.status}.`);
  const form = await answer.formData();
  const modules = [...form].filter(([, part]) => typeof part !== "string");
  if (modules.length !== 1) throw new Error(`${script} has ${modules.length} modules, and one can be edited here: use your own editor, and wrangler.`);
  return modules[0][1].text();
}
