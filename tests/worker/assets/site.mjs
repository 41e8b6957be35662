// One site, twice: under Miniflare's own `assets`, which is Cloudflare's code, and under ours over a bucket.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Miniflare } from "miniflare";
import { parseConfig } from "../../../src/assets/config.js";

const ROOT = join(import.meta.dirname, "../../..");
const COMMON = { modulesRoot: "/", host: "127.0.0.1", port: 0, cf: false };
const source = (path) => readFileSync(path, "utf8");
const started = async (miniflare) => ({ url: (await miniflare.ready).href, miniflare, dispose: () => miniflare.dispose() });

// What wrangler sends for these names; null for none.
const TYPES = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", txt: "text/plain; charset=utf-8", json: "application/json", svg: "image/svg+xml", png: "image/png", bin: "application/octet-stream" };
export const typeOf = (path) => TYPES[/\.(\w+)$/.exec(path)?.[1]] ?? null;

/** Miniflare's. `rules` are the texts of `_headers` and `_redirects`. */
export async function theirs({ files, config = {}, rules = {}, worker = false, date = "2026-01-01", flags = [] }) {
  const folder = mkdtempSync(join(tmpdir(), "assets-"));
  for (const [path, content] of Object.entries({ ...files, ...Object.fromEntries(Object.entries(rules).map(([name, text]) => [`/${name}`, text])) })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const { run_worker_first: first, ...assetConfig } = config;
  const routing = Array.isArray(first)
    ? { user_worker: first.filter((rule) => rule[0] !== "!"), asset_worker: first.filter((rule) => rule[0] === "!").map((rule) => rule.slice(1)) }
    : undefined;
  const host = await started(new Miniflare({
    ...COMMON,
    name: "site",
    modules: [{ type: "ESModule", path: "/inner.js", contents: source(join(import.meta.dirname, "inner.js")) }],
    compatibilityDate: date,
    compatibilityFlags: flags,
    assets: {
      workerName: "site",
      directory: folder,
      binding: "ASSETS",
      routerConfig: { has_user_worker: worker, invoke_user_worker_ahead_of_assets: first === true, static_routing: routing },
      assetConfig,
    },
  }));
  return { ...host, dispose: () => host.dispose().finally(() => rmSync(folder, { recursive: true })) };
}

/** Ours. */
export async function ours({ files, config = {}, rules = {}, worker = false, date = "2026-01-01", flags = [] }) {
  const parsed = parseConfig({ ...config, ...rules }, worker);
  if (parsed.problems.length > 0) throw new Error(parsed.problems.join("\n"));
  const manifest = "ns/site/manifest/1";
  const version = { assets: { manifest, config: parsed.brief }, compatibility_date: date, compatibility_flags: flags };
  const modules = ["outer.js", "inner.js"].map((name) => ({ type: "ESModule", path: `/${name}`, contents: source(join(import.meta.dirname, name)) }));
  for (const name of readdirSync(join(ROOT, "src/assets"))) {
    if (name.endsWith(".js")) modules.push({ type: "ESModule", path: `/src/assets/${name}`, contents: source(join(ROOT, "src/assets", name)) });
  }
  const host = await started(new Miniflare({
    ...COMMON,
    modules,
    compatibilityDate: "2026-07-01",
    bindings: { VERSION: version, WORKER: worker },
    r2Buckets: ["BUNDLES"],
  }));
  const bucket = await host.miniflare.getR2Bucket("BUNDLES");
  const types = [];
  const entries = {};
  for (const path of Object.keys(files).sort()) {
    const hash = createHash("sha256").update(files[path]).update(path).digest("hex").slice(0, 32);
    const type = typeOf(path);
    if (type && !types.includes(type)) types.push(type);
    entries[path] = [hash, types.indexOf(type)];
    await bucket.put(`ns/site/asset/${hash}`, files[path]);
  }
  await bucket.put(manifest, JSON.stringify({ config: parsed.config, types, files: entries }));
  return host;
}
