// One site, twice: under Miniflare's own `assets`, which is Cloudflare's code, and as a script of our host.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Miniflare } from "miniflare";
import { NAMESPACES } from "../api.mjs";
import { form } from "../uploads.mjs";

const source = (path) => readFileSync(path, "utf8");

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
  const miniflare = new Miniflare({
    modulesRoot: "/",
    host: "127.0.0.1",
    port: 0,
    cf: false,
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
  });
  const dispose = () => miniflare.dispose().finally(() => rmSync(folder, { recursive: true }));
  return { url: (await miniflare.ready).href, dispose };
}

/** Ours: uploads it as a script of this name, and gives the same. `api` is that of the host, with a namespace `tenants`. */
export async function ours(host, api, name, { files, config = {}, rules = {}, worker = false, date = "2026-01-01", flags = [] }) {
  const path = `${NAMESPACES}/tenants/scripts/${name}`;
  const metadata = {
    compatibility_date: date,
    compatibility_flags: flags,
    assets: { jwt: await uploaded(api, path, files), config: { ...config, ...rules } },
    ...(worker ? { main_module: "inner.js", bindings: [{ type: "assets", name: "ASSETS" }] } : {}),
  };
  const inner = source(join(import.meta.dirname, "inner.js"));
  await api("PUT", path, form(metadata, worker ? { "inner.js": [inner] } : {}));
  return { url: host.url };
}

export const hashOf = (path, content) => createHash("sha256").update(content).update(path).digest("hex").slice(0, 32);

/** The parts of an upload, `{ hash: [content, type] }`, as wrangler sends them. */
export function parts(files, { base64 = true } = {}) {
  const body = new FormData();
  for (const [hash, [content, type]] of Object.entries(files)) {
    body.append(hash, new File([base64 ? Buffer.from(content).toString("base64") : content], hash, { type: type ?? "application/null" }));
  }
  return body;
}

/** The way of wrangler: opens a session for these files, uploads what it is asked for; gives the token of the whole. */
export async function uploaded(api, path, files) {
  const manifest = {};
  const byHash = {};
  for (const [name, content] of Object.entries(files)) {
    const hash = hashOf(name, content);
    manifest[name] = { hash, size: Buffer.byteLength(content) };
    byHash[hash] = [content, typeOf(name)];
  }
  const { result } = await api("POST", `${path}/assets-upload-session`, { manifest });
  const uploads = result.buckets.map(async (bucket) => {
    const body = parts(Object.fromEntries(bucket.map((hash) => [hash, byHash[hash]])));
    return (await api("POST", "/accounts/acc/workers/assets/upload?base64=true", body, { token: result.jwt })).result.jwt;
  });
  return [result.jwt, ...(await Promise.all(uploads))].findLast((jwt) => jwt);
}
