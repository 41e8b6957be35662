// A host to upload to: what the upload tests share.
import assert from "node:assert/strict";
import { after, before, beforeEach } from "node:test";
import { decode } from "../../src/upload/bundle.js";
import { NAMESPACES, apiOf } from "./api.mjs";
import { startHost } from "./host.mjs";
import * as objects from "./objects.mjs";

export const TOKEN = "the-token-of-the-uploads";
/** The most bytes of an upload to this host. */
export const MOST = 200_000;
export const MODULE = "application/javascript+module";
export const CODE = "export default { fetch() { return new Response('hi'); } };";

/** Set when a test runs: the host, its API, the namespace's id, and a script of its own for each test, with its path. */
export let host, api, id, script, path;
let bucket;
let count = 0;

/** Starts the host before the tests of a file, and ends it after them. */
export function withUploads() {
  before(async () => {
    host = await startHost({ main: "objects.js", bindings: { API_TOKEN: TOKEN, UPLOAD_MAX_BYTES: MOST } });
    api = apiOf(host, TOKEN);
    bucket = await host.miniflare.getR2Bucket("BUNDLES");
    id = (await api("POST", NAMESPACES, { name: "tenants" })).result.namespace_id;
  });
  after(() => host?.dispose());
  beforeEach(() => {
    count += 1;
    script = `s${count}`;
    path = `${NAMESPACES}/tenants/scripts/${script}`;
  });
}

/** A form of metadata and modules, `{ name: [data, type] }`. */
export function form(metadata, modules) {
  const form = new FormData();
  form.set("metadata", JSON.stringify(metadata));
  for (const [name, [data, type = MODULE]] of Object.entries(modules)) form.append(name, new File([data], name, { type }));
  return form;
}

/** Uploads a script of one module. */
export const upload = (code = CODE, metadata = {}, options = undefined) =>
  api("PUT", path, form({ main_module: "index.js", compatibility_date: "2026-01-01", ...metadata }, { "index.js": [code] }), options);

/** The script's content, as a Response. */
export const content = () => host.fetch(`/client/v4${path}/content`, { headers: { authorization: `Bearer ${TOKEN}` } });

/** The script's keys in the bucket, without their prefix. */
export async function keys() {
  const prefix = `${id}/${script}/`;
  return (await bucket.list({ prefix })).objects.map(({ key }) => key.slice(prefix.length)).sort();
}

/** The modules under one of them. */
export const stored = async (key) => decode(new Uint8Array(await (await bucket.get(`${id}/${script}/${key}`)).arrayBuffer()));

export const versions = async () => (await api("GET", `${path}/versions`)).result.items;

/** What the script's object knows of the bucket. */
export const announced = () => objects.script(host, id, script)("objects");

/** Sees that nothing is there of the script: no version, nothing in the bucket, nothing announced. */
export async function nothing() {
  assert.equal((await api("GET", path, undefined, { status: 404 })).errors[0].code, 10092);
  assert.deepEqual(await keys(), []);
  const told = await announced().catch(({ status }) => status);
  assert.ok(told === 404 || told.length === 0, JSON.stringify(told));
}
