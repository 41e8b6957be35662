// The hosts of the dispatch path in one workerd: this Worker as it would be deployed, with a script uploaded to it, and plain
// JavaScript hosts of the same module. It has storage, which Miniflare brings; each host has a socket that leads straight to it.
import { readFile, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Miniflare } from "miniflare";
import { options } from "../tests/worker/host.mjs";
import { bundle, endBundling } from "./config.mjs";
import { compatibilityDate } from "./variants.mjs";
import { cpuSeconds, peakMemory } from "./workerd.mjs";

const SOCKET = [{ host: "127.0.0.1", port: 0 }];
const TOKEN = "the-token-of-the-benchmark";

// As of a browser.
const HEADERS = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "accept-encoding": "gzip, deflate, br, zstd",
  "accept-language": "en-GB,en;q=0.9",
  "sec-fetch-mode": "navigate",
};

export class Deployed {
  #miniflare;
  #pid;
  ports = new Map();
  /** What each host is asked with: the cookies that it has set are sent back. */
  headers = new Map();
  log = "";
  // It is never asked to end while it is measured; a connection that breaks says so to the generator.
  failed = new Promise(() => {});

  static async start({ variants, directory }) {
    const server = new Deployed();
    // Without the router that Miniflare puts before a Worker with assets: it takes more time than the Worker.
    const { host, port, cf, assets, ...own } = options();
    const workers = [];
    for (const variant of variants) workers.push(await worker(variant, own, directory));
    await endBundling();
    // Miniflare now and then leaves its own folder behind; this one goes when the run ends.
    process.env.TMPDIR = directory;
    const before = await children();
    server.#miniflare = new Miniflare({
      host,
      port,
      cf,
      workers,
      handleRuntimeStdio: (...streams) => {
        for (const stream of streams) stream.on("data", (text) => (server.log = (server.log + text).slice(-4000)));
      },
    });
    try {
      await server.#miniflare.ready;
      [server.#pid] = (await children()).filter((pid) => !before.includes(pid));
      for (const { name, entry, path = "/" } of variants) {
        const url = await server.#miniflare.unsafeGetDirectURL(name);
        server.ports.set(name, Number(url.port));
        if (!entry) await upload(url, path);
        server.headers.set(name, await asVisitor(new URL(path, url)));
      }
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get peakMemory() {
    return peakMemory(this.#pid);
  }

  cpuSeconds() {
    return cpuSeconds(this.#pid);
  }

  stop() {
    return this.#miniflare.dispose();
  }
}

async function worker(variant, own, directory) {
  const { name, entry, objects = {}, services, loader = true } = variant;
  const common = { name, unsafeDirectSockets: SOCKET };
  if (!entry) return { ...own, ...common, bindings: { ...own.bindings, API_TOKEN: TOKEN } };
  await bundle(variant, directory);
  return {
    ...common,
    modules: [{ type: "ESModule", path: join(directory, name, "main.js") }],
    modulesRoot: directory,
    compatibilityDate,
    compatibilityFlags: ["nodejs_compat"],
    bindings: { API_TOKEN: TOKEN },
    durableObjects: Object.fromEntries(Object.entries(objects).map(([binding, className]) => [binding, { className, useSQLite: true }])),
    ...(services && { serviceBindings: services }),
    ...(loader && { workerLoaders: { LOADER: {} } }),
  };
}

/** The headers of a visitor who has been there before. */
async function asVisitor(url) {
  const answer = await fetch(url, { headers: HEADERS });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${url.pathname}: ${answer.status} ${body}`);
  const cookie = answer.headers.getSetCookie().map((one) => one.split(";", 1)[0]).join("; ");
  return cookie === "" ? HEADERS : { ...HEADERS, cookie };
}

/**
 * Puts the inner worker of all hosts where this path leads, `/dispatch/:namespace/:script/`, with everything on: two versions
 * that share the visitors, rules for where it may go, and its logs written where the operator's are.
 */
async function upload(url, path) {
  const [, , namespace, script] = path.split("/");
  const call = async (method, below, body) => {
    const answer = await fetch(new URL(`/client/v4/accounts/bench/workers/dispatch/namespaces${below}`, url), {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${below}: ${answer.status} ${text}`);
    return JSON.parse(text).result;
  };
  await call("POST", "", JSON.stringify({ name: namespace }));
  const inner = await readFile(resolve(import.meta.dirname, "hosts/inner.js"));
  const below = `/${namespace}/scripts/${script}`;
  for (let i = 0; i < 2; i++) {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: "inner.js", compatibility_date: compatibilityDate }));
    form.set("inner.js", new File([inner], "inner.js", { type: "application/javascript+module" }));
    await call("PUT", below, form);
  }
  const { items } = await call("GET", `${below}/versions`);
  const versions = items.map(({ id }, at) => ({ version_id: id, percentage: [10, 90][at] }));
  await call("POST", `${below}/deployments`, JSON.stringify({ strategy: "percentage", versions }));
  await call("PATCH", `${below}/settings`, JSON.stringify({ tail: true, outbound: { rules: [{ host: "api.example.com" }] } }));
}

/** The processes of this one. */
async function children() {
  const tasks = await readdir("/proc/self/task");
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/self/task/${task}/children`, "utf8").catch(() => "")));
  return lists.join(" ").trim().split(/\s+/);
}
