// This Worker over a folder of storage, for the measurements of scale: it may be started again over what is there.
import { readFile, readdir } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Miniflare } from "miniflare";
import { options } from "../tests/worker/host.mjs";
import { compatibilityDate } from "./variants.mjs";
import { cpuSeconds, residentMemory } from "./memory.mjs";

const TOKEN = "the-token-of-the-benchmark";
const NAMESPACES = "/client/v4/accounts/bench/workers/dispatch/namespaces";

/** All of one length, as their databases are copies of one. */
export const nameOf = (i) => `s${String(i).padStart(6, "0")}`;
/** Of a thousand tags one each: a filter by one finds a thousandth. */
export const tagOf = (i) => `group:${String(i % 1000).padStart(3, "0")}`;

// A connection of its own for each call: the runtime ends one on which a body was not read to its end, maybe just as the next
// request is sent on it.
const CLOSE = { connection: "close" };

export class ScaleHost {
  #miniflare;
  #pid;
  log = "";

  /** `bindings` beside those of wrangler.toml, `extra` options of Miniflare's. */
  static async start(folder, bindings = {}, extra = {}) {
    const host = new ScaleHost();
    const derived = options();
    // The main module first.
    for (const name of ["memories.js", "watched.js"]) {
      const contents = readFileSync(join(import.meta.dirname, name), "utf8");
      derived.modules.unshift({ type: "ESModule", path: join(derived.modulesRoot, name), contents });
    }
    const before = await children();
    host.#miniflare = new Miniflare({
      ...derived,
      bindings: { ...derived.bindings, API_TOKEN: TOKEN, SECRETS_KEY: Buffer.alloc(32, 1).toString("base64"), ...bindings },
      durableObjectsPersist: join(folder, "do"),
      r2Persist: join(folder, "r2"),
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      handleRuntimeStdio: (...streams) => {
        for (const stream of streams) stream.on("data", (text) => (host.log = (host.log + text).slice(-4000)));
      },
      ...extra,
    });
    await host.#miniflare.ready;
    [host.#pid] = (await children()).filter((pid) => !before.includes(pid));
    host.url = await host.#miniflare.unsafeGetDirectURL();
    host.port = Number(host.url.port);
    return host;
  }

  stop() {
    return this.#miniflare.dispose();
  }

  /** Where the inspector listens. */
  inspector() {
    return this.#miniflare.getInspectorURL();
  }

  cpuSeconds() {
    return cpuSeconds(this.#pid);
  }

  /** Of the whole runtime, in bytes. */
  memory() {
    return residentMemory(this.#pid);
  }

  /** Of the WebAssembly of this Worker's isolate, in bytes: what it holds of scripts is in there. */
  async wasmMemory() {
    return (await (await fetch(new URL("/memory", this.url), { headers: CLOSE })).json()).wasm;
  }

  /** The ids of script objects by their names. */
  async idsOf(names) {
    const ids = [];
    for (let at = 0; at < names.length; at += 10_000) {
      const answer = await fetch(new URL("/ids", this.url), { method: "POST", headers: CLOSE, body: JSON.stringify(names.slice(at, at + 10_000)) });
      ids.push(...(await answer.json()));
    }
    return ids;
  }

  /** A call of the control API below the namespaces; gives its result. */
  async call(method, below, body) {
    const { result } = await this.timed(method, below, body);
    return result;
  }

  /** The same with the time that it took. */
  async timed(method, below, body) {
    const json = body !== undefined && !(body instanceof FormData);
    const began = performance.now();
    const answer = await fetch(new URL(NAMESPACES + below, this.url), {
      method,
      headers: { ...CLOSE, authorization: `Bearer ${TOKEN}`, ...(json && { "content-type": "application/json" }) },
      body: json ? JSON.stringify(body) : body,
    });
    const text = await answer.text();
    const ms = performance.now() - began;
    if (!answer.ok) throw new Error(`${method} ${below}: ${answer.status} ${text}\n${this.log}`);
    return { ms, result: JSON.parse(text).result };
  }

  /** Uploads the inner worker of all hosts under this name; gives the time that it took. */
  async deploy(script, tags, namespace = "scale") {
    const inner = await readFile(resolve(import.meta.dirname, "hosts/inner.js"), "utf8");
    return (await this.upload(script, inner, { tags }, namespace)).ms;
  }

  /** Uploads a module; `{ ms, result }`. */
  upload(script, source, metadata = {}, namespace = "scale") {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: compatibilityDate, ...metadata }));
    form.set("index.js", new File([source], "index.js", { type: "application/javascript+module" }));
    return this.timed("PUT", `/${namespace}/scripts/${script}`, form);
  }

  /** The requests that telemetry has heard of, once they are so many; isolates tell once a second. */
  async totals(requests, namespace = "scale") {
    for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
      const { series } = await this.call("GET", `/${namespace}/analytics?by=namespace&since=${new Date(Date.now() - 86_400_000).toISOString()}`);
      const told = series[0]?.totals.requests ?? 0;
      if (told >= requests || Date.now() > end) return told;
    }
  }

  /** Runs a job; gives its last line, which counts what became of its items. */
  async job(document) {
    const answer = await fetch(new URL("/job", this.url), { method: "POST", headers: { ...CLOSE, authorization: `Bearer ${TOKEN}`, "content-type": "application/json" }, body: JSON.stringify(document) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`a job: ${answer.status} ${text}`);
    return JSON.parse(text.trimEnd().split("\n").at(-1));
  }

  pathOf(script, namespace = "scale") {
    return `/dispatch/${namespace}/${script}/`;
  }

  async ask(script) {
    const answer = await fetch(new URL(this.pathOf(script), this.url), { headers: CLOSE });
    return answer.text();
  }
}

/** The processes of this one, where there is /proc. */
async function children() {
  const tasks = await readdir("/proc/self/task").catch(() => []);
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/self/task/${task}/children`, "utf8").catch(() => "")));
  return lists.join(" ").trim().split(/\s+/);
}
