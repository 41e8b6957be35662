// The Durable Objects behind the API, asked directly: what the storage tests share.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { startHost } from "./host.mjs";

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** An object of the host, by its binding and name: `ask("get")` gives the result, or throws what it was refused with. */
export function object(host, binding, name) {
  return async function ask(op, fields = {}) {
    const response = await host.fetch(`/ask/${binding}/${name}`, { method: "POST", body: JSON.stringify({ op, ...fields }) });
    const text = await response.text();
    const body = text === "" ? null : JSON.parse(text);
    if (response.ok) return body;
    const refusal = new Error(`${op}: ${response.status} ${text}`);
    throw Object.assign(refusal, { status: response.status, codes: (body?.errors ?? []).map(({ code }) => code) });
  };
}

/** The rows of the last of these statements, in the database of an object. */
export async function sql(host, binding, name, statements) {
  const response = await host.fetch(`/sql/${binding}/${name}`, { method: "POST", body: statements });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

export const directory = (host) => object(host, "DIRECTORY", "directory");
export const namespace = (host, id) => object(host, "NAMESPACES", id);
export const script = (host, id, name) => object(host, "SCRIPTS", `${id}/${name}`);

/** Whether an operation is refused under this status and code. */
export async function refused(promise, status, code) {
  const error = await promise.then((result) => assert.fail(`not refused: ${JSON.stringify(result)}`), (error) => error);
  assert.deepEqual([error.status, error.codes], [status, [code].flat()], error.message);
  return error;
}

/** What the upload makes of metadata and modules. */
export function draft(text = "export default {}", more = {}) {
  const modules = [{ name: "index.js", kind: "js", bytes: text.length, sha256: sha256(text) }];
  return {
    main_module: "index.js", compatibility_date: "2026-01-01", compatibility_flags: [], bindings: [], keep_bindings: [],
    keep_assets: false, assets: null, annotations: {}, limits: null, bundle: sha256(`bundle ${text}`), modules, maps: false,
    handlers: ["fetch"], named_handlers: [], source: "api",
    tags: null, outbound: null, tail: null, observability: null, logpush: null, affinity: null, ...more,
  };
}

/** `[[name, value]]` of the bindings that an upload would keep of a script's latest version: what is stored of secrets is sealed. */
export const kept = async (ask) => (await ask("resolve", { draft: draft("kept", { keep_bindings: ["secret_text", "plain_text"] }) })).bindings.map(({ name, text }) => [name, text]);

/** What is stored in place of a secret. */
export const SEALED = /^dl-sealed:1:[0-9a-f]{8}:[A-Za-z0-9+/]+=*$/;

export const bundleKey = (id, name, { bundle }) => `${id}/${name}/bundle/${bundle}`;

/** The way of an upload: announced, written to R2, a version. */
export async function upload(host, id, name, given = draft(), fields = {}) {
  const ask = script(host, id, name);
  const objects = [bundleKey(id, name, given)];
  await ask("begin", { objects });
  await put(host, Object.fromEntries(objects.map((key) => [key, "bytes"])));
  return ask("upload", { draft: given, deploy: true, objects, ...fields });
}

/** Writes to the bucket. */
export async function put(host, values) {
  const response = await host.fetch("/r2", { method: "PUT", body: JSON.stringify(values) });
  assert.equal(response.status, 200, await response.text());
}

/** The keys in the bucket. */
export const bucket = async (host) => (await host.fetch("/r2")).json();

/** How the bindings work from now on, as the Durable Objects see them: "works", "fails", "holds". Gives how many calls are held. */
export const modes = async (host, modes = {}) => (await host.fetch("/modes", { method: "PUT", body: JSON.stringify(modes) })).json();

/** A namespace of its own. */
export async function created(host, name = "tenants") {
  return (await directory(host)("create_namespace", { name })).namespace_id;
}

/** Runs `body` with a host of its own, whose objects it can ask. */
export async function withObjects(options, body) {
  const host = await startHost({ main: "objects.js", ...options });
  try {
    return await body(host);
  } finally {
    await host.dispose();
  }
}
