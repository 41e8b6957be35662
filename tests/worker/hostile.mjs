// What the tests of hostile tenants share: a host with all that it offers, a victim that has stored something everywhere, and an
// attacker that has been given as much, and has read our source.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { NAMESPACES } from "./api.mjs";
import { TOKEN, text } from "./dispatch.mjs";
import { SECRETS_KEY } from "./host.mjs";
import { startOutbound } from "./outbound.mjs";
import { bound } from "./stores/bound.mjs";

/** What only the victim may know. */
export const SECRET = "only-the-victim-may-know-this";

/** The metadata of a script that has everything; `port` is what its rules let it reach on this machine. */
export const everything = (port = 9) => ({
  ...bound,
  bindings: [
    ...bound.bindings,
    { name: "NEXT", type: "service", service: "called" },
    { name: "OWN", type: "secret_text", text: "the-attackers-own-secret" },
    { name: "CONFIG", type: "json", json: { a: 1 } },
    { name: "VERSION", type: "version_metadata" },
  ],
  outbound: { rules: [{ host: "127.0.0.1", ports: [port], scheme: "http", path_prefix: "/v1/", headers: { "x-key": { secret: "KEY" } } }] },
  observability: { enabled: true },
});
/** The same for a later version: its classes are there already. */
export const again = (port) => ({ ...everything(port), migrations: undefined });

const CALLED = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  fetch() { return new Response("called"); }
  add(a, b) { return a + b; }
  __workerLoaderLoads(what) { console.log("done unseen: " + what); return "done"; }
}`;

const VICTIM = `import { DurableObject } from "cloudflare:workers";
let requests = 0;
export class Room extends DurableObject {
  keep(text) { return this.ctx.storage.put("kept", text); }
  kept() { return this.ctx.storage.get("kept"); }
}
export default { async fetch(request, env) {
  const room = env.ROOMS.getByName("room");
  if (request.method === "PUT") {
    const text = await request.text();
    await env.KV.put("kept", text);
    await env.DB.exec("CREATE TABLE IF NOT EXISTS kept (text TEXT)");
    await env.DB.prepare("INSERT INTO kept VALUES (?)").bind(text).run();
    await env.FILES.put("kept", text);
    await room.keep(text);
    return new Response("kept");
  }
  const file = await env.FILES.get("kept");
  return Response.json([++requests, await env.KV.get("kept"), await env.DB.prepare("SELECT text FROM kept").first("text"), await file?.text(), await room.kept(), env.OWN]);
} };`;

/**
 * The module of an attacker that tries what it is asked for. `tries` are the members of an object, each a function of `{ env, ctx, raw }`
 * and of what it is asked with; `raw()` gives the stubs below its bindings: what our modules call on them is looked for on the prototype
 * of all stubs first, which is the script's to change.
 */
export const attacker = (tries, { room = "", top = "" } = {}) => `import { DurableObject } from "cloudflare:workers";
${top}
const stolen = async (env, method, use) => {
  const stubs = Object.getPrototypeOf(env.NEXT);
  let stub;
  stubs[method] = function () { stub = this; };
  try { await use(); } catch {} finally { delete stubs[method]; }
  return stub;
};
const rawOf = async (env) => ({
  KV: await stolen(env, "read", () => env.KV.get("k")),
  DB: await stolen(env, "run", () => env.DB.prepare("SELECT 1").all()),
  FILES: await stolen(env, "head", () => env.FILES.head("k")),
  ROOMS: await stolen(env, "call", () => env.ROOMS.getByName("room").hello()),
  JOBS: await stolen(env, "send", () => env.JOBS.send(1)),
});
export class Room extends DurableObject { hello() { return "hello"; } ${room} }
const tries = { ${tries} };
export default { async fetch(request, env, ctx) {
  const [what, ...args] = await request.json();
  try {
    return Response.json({ told: (await tries[what]({ env, ctx, raw: () => rawOf(env) }, ...args)) ?? null });
  } catch (error) {
    return Response.json({ refused: String(error?.message ?? error) });
  }
} };`;

/** Starts a host with the namespace `tenants`, in which there are `called` and a `victim` that has stored its secret. */
export async function startHostile(options = {}) {
  const { bindings, ...others } = options;
  const host = await startOutbound({ bindings: { SNAPSHOT_TTL_MS: 0, USAGE_TTL_MS: 0, ...bindings }, ...others });
  await host.deploy("called", CALLED);
  const own = everything();
  own.bindings = own.bindings.map((binding) => (binding.name === "OWN" ? { ...binding, text: SECRET } : binding));
  await host.deploy("victim", VICTIM, own);
  await text(await host.ask("victim/", { method: "PUT", body: SECRET }));
  /** What an attempt came to, `{ told }` or `{ refused }`; in none is what the attacker may not know. */
  const attempt = async (script, ...asked) => {
    const answer = await text(await host.ask(`${script}/`, { method: "POST", body: JSON.stringify(asked) }));
    for (const secret of [SECRET, TOKEN, SECRETS_KEY]) assert.ok(!answer.includes(secret), answer);
    return JSON.parse(answer);
  };
  return {
    ...host,
    attempt,
    /** The victim has what it had, and nothing was done to it. */
    async unharmed() {
      const [requests, ...kept] = JSON.parse(await text(await host.ask("victim/")));
      assert.deepEqual(kept, Array(5).fill(SECRET));
      return requests;
    },
    of: (script, rest = "") => `${NAMESPACES}/tenants/scripts/${script}${rest}`,
  };
}

/**
 * Sends bytes as they are, and gives the answers that come on that connection: `{ status, headers, body }` each. It is done when there are so
 * many, or the other side closes; ten seconds may pass.
 */
export function sent(url, bytes, count = 1) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let all = "";
    const timer = setTimeout(() => socket.destroy(new Error(`nothing more came: ${all.slice(0, 2000)}`)), 60_000);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      try {
        resolve(answers(all) ?? assert.fail(`it broke off: ${all.slice(0, 2000)}`));
      } catch (error) {
        reject(error);
      }
    };
    socket.on("data", (data) => {
      all += data.toString("latin1");
      // What is no answer at all is told at the end.
      if (!all.startsWith("HTTP/1.1 ") || answers(all)?.length >= count) end();
    }).on("close", end).on("error", (error) => (clearTimeout(timer), reject(error)));
    socket.write(bytes, "latin1");
  });
}

// What came, read as RFC 9112 says; nothing where more has to come.
function answers(all) {
  const told = [];
  for (let rest = all; rest !== ""; ) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [line, ...lines] = rest.slice(0, end).split("\r\n");
    assert.match(line, /^HTTP\/1\.1 \d{3} /, `that is no answer: ${JSON.stringify(rest.slice(0, 200))}`);
    const status = Number(line.slice(9, 12));
    const headers = lines.map((one) => [one.slice(0, one.indexOf(":")).toLowerCase(), one.slice(one.indexOf(":") + 1).trim()]);
    const valueOf = (name) => headers.find(([known]) => known === name)?.[1];
    rest = rest.slice(end + 4);
    let body = "";
    if (valueOf("transfer-encoding") === "chunked") {
      for (let size = -1; size !== 0; ) {
        const at = rest.indexOf("\r\n");
        size = Number.parseInt(rest.slice(0, at), 16);
        if (at < 0 || rest.length < at + 4 + size) return undefined;
        body += rest.slice(at + 2, at + 2 + size);
        rest = rest.slice(at + 4 + size);
      }
    } else {
      const length = [101, 204, 304].includes(status) ? 0 : Number(valueOf("content-length") ?? 0);
      if (rest.length < length) return undefined;
      body = rest.slice(0, length);
      rest = status === 101 ? "" : rest.slice(length);
    }
    told.push({ status, headers, body });
  }
  return told;
}
