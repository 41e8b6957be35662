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

export class Deployed {
  #miniflare;
  #pid;
  ports = new Map();
  log = "";
  // It is never asked to end while it is measured; a connection that breaks says so to the generator.
  failed = new Promise(() => {});

  static async start({ variants, directory }) {
    const server = new Deployed();
    const { host, port, cf, ...own } = options();
    const workers = [];
    for (const variant of variants) {
      const { name } = variant;
      const common = { name, unsafeDirectSockets: SOCKET };
      if (variant.path) {
        workers.push({ ...own, ...common, bindings: { ...own.bindings, API_TOKEN: TOKEN } });
        continue;
      }
      await bundle(variant, directory);
      workers.push({
        ...common,
        modules: [{ type: "ESModule", path: join(directory, name, "main.js") }],
        modulesRoot: directory,
        compatibilityDate,
        workerLoaders: { LOADER: {} },
      });
    }
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
      for (const { name, path } of variants) {
        const url = await server.#miniflare.unsafeGetDirectURL(name);
        server.ports.set(name, Number(url.port));
        if (path) await upload(url, path);
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

/** Puts the inner worker of all hosts where this path leads: `/dispatch/:namespace/:script/`. */
async function upload(url, path) {
  const [, , namespace, script] = path.split("/");
  const call = async (method, below, body) => {
    const answer = await fetch(new URL(`/client/v4/accounts/bench/workers/dispatch/namespaces${below}`, url), {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      body,
    });
    if (!answer.ok) throw new Error(`${method} ${below}: ${answer.status} ${await answer.text()}`);
    await answer.text();
  };
  await call("POST", "", JSON.stringify({ name: namespace }));
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "inner.js", compatibility_date: compatibilityDate }));
  const inner = await readFile(resolve(import.meta.dirname, "hosts/inner.js"));
  form.set("inner.js", new File([inner], "inner.js", { type: "application/javascript+module" }));
  await call("PUT", `/${namespace}/scripts/${script}`, form);
}

/** The processes of this one. */
async function children() {
  const tasks = await readdir("/proc/self/task");
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/self/task/${task}/children`, "utf8").catch(() => "")));
  return lists.join(" ").trim().split(/\s+/);
}
