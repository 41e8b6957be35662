// The Worker as it would be deployed, in Miniflare: what the tests of this folder run against.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Miniflare, Response } from "miniflare";
import { parse } from "smol-toml";
import { asking } from "./asking.mjs";
import { until } from "./until.mjs";

/** What secrets are sealed with, unless a test says otherwise. */
export const SECRETS_KEY = Buffer.from("the key of the tests, of 32 bytes").subarray(0, 32).toString("base64");

const ROOT = resolve(import.meta.dirname, "../..");

/** The files that `wrangler deploy --dry-run --outdir` made, the main module first. */
function modules(toml, main, dist) {
  const entry = `${basename(main).replace(/\.\w+$/, "")}.js`;
  if (!existsSync(join(dist, entry))) {
    throw new Error(
      `${join(dist, entry)} is missing: nothing is built yet.\n` +
        `Run: make test ONLY="setup build probe deploy", or npx wrangler deploy --dry-run --config ${toml} --outdir ${dist}`,
    );
  }
  // Not those that earlier builds left in the folder.
  const text = readFileSync(join(dist, entry), "utf8");
  const wasm = readdirSync(dist).filter((name) => name.endsWith(".wasm") && text.includes(`"./${name}"`));
  return [
    { type: "ESModule", path: join(dist, entry) },
    ...wasm.map((name) => ({ type: "CompiledWasm", path: join(dist, name) })),
  ];
}

/** Miniflare's options for what a wrangler.toml says. The one place where the two are told apart. */
export function options(toml = "wrangler.toml", dist = "dist") {
  const path = resolve(ROOT, toml);
  const folder = resolve(ROOT, dist);
  const config = parse(readFileSync(path, "utf8"));
  const sqlite = new Set((config.migrations ?? []).flatMap((migration) => migration.new_sqlite_classes ?? []));
  const objects = config.durable_objects?.bindings ?? [];
  return {
    name: config.name,
    modules: modules(path, config.main, folder),
    modulesRoot: folder,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
    bindings: { ...config.vars },
    durableObjects: Object.fromEntries(
      objects.map(({ name, class_name }) => [name, { className: class_name, useSQLite: sqlite.has(class_name) }]),
    ),
    r2Buckets: Object.fromEntries((config.r2_buckets ?? []).map(({ binding, bucket_name }) => [binding, bucket_name])),
    // As wrangler does it for `run_worker_first`; a Worker without assets has no router before it.
    ...(config.assets && {
      assets: {
        directory: resolve(path, "..", config.assets.directory),
        binding: config.assets.binding,
        routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: config.assets.run_worker_first === true },
      },
    }),
    workerLoaders: Object.fromEntries((config.worker_loaders ?? []).map(({ binding }) => [binding, {}])),
    host: "127.0.0.1",
    port: 0,
    // Else Miniflare asks Cloudflare for a sample of request.cf.
    cf: false,
  };
}

/**
 * Starts the Worker. `bindings` are vars and secrets beside those of the wrangler.toml. `main` is a module of this
 * folder to put in front of the Worker's own main module, which it finds as "./entry.js". `extra` replaces whole
 * options of Miniflare's.
 */
export async function startHost({ bindings = {}, dist = "dist", toml = "wrangler.toml", main, extra = {} } = {}) {
  const outbound = [];
  const log = [];
  const derived = options(toml, dist);
  if (main) {
    const contents = readFileSync(join(import.meta.dirname, main), "utf8");
    derived.modules.unshift({ type: "ESModule", path: join(derived.modulesRoot, basename(main)), contents });
  }
  const miniflare = new Miniflare({
    ...derived,
    bindings: { ...derived.bindings, SECRETS_KEY, ...bindings },
    outboundService(request) {
      outbound.push(`${request.method} ${request.url}`);
      return new Response("Nothing goes out of the tests.", { status: 599 });
    },
    // What the tests provoke on purpose would bury what they say themselves.
    handleRuntimeStdio(...streams) {
      // By whole lines: a piece of a stream may end within one, and a test would read half of what it waited for.
      for (const input of streams) createInterface({ input }).on("line", (line) => log.push(`${line}\n`));
    },
    ...extra,
  });
  const url = (await miniflare.ready).href;
  return {
    url,
    miniflare,
    fetch: asking(url),
    /** What the runtime and the Worker have written. */
    log: () => log.join(""),
    /** Waits until the runtime or the Worker has written this: their output takes another way than answers. */
    logged: (pattern) => until(() => log.join(""), `${pattern} is logged`, (text) => pattern.test(text)),
    async dispose() {
      await miniflare.dispose();
      assert.deepEqual(outbound, [], "something went out of the Worker");
    },
  };
}

/** Runs `body` with a host of its own, which ends whatever happens. */
export async function withHost(options, body) {
  const host = await startHost(options);
  try {
    return await body(host);
  } finally {
    await host.dispose();
  }
}
