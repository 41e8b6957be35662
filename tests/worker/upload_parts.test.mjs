// Bindings that are a part of the upload: data, text and WebAssembly in the script's env.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE, MODULE, api, content, form, host, path, script, withUploads } from "./uploads.mjs";

withUploads();

/** (module (func (export "answer") (result i32) (i32.const 42))) */
const WASM = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 10, 1, 6, 97, 110, 115, 119, 101, 114, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11,
]);
const BINDINGS = [
  { name: "DATA", type: "data_blob", part: "blob" },
  { name: "TEXT", type: "text_blob", part: "texts/a.txt" },
  { name: "ADD", type: "wasm_module", part: "./lib/answer.wasm" },
  { name: "odd \"name\"", type: "plain_text", text: "as before" },
];
const KEPT = BINDINGS.map((binding) => (binding.part?.startsWith("./") ? { ...binding, part: binding.part.slice(2) } : binding));
/** Sees them at the top of its modules already, as on Cloudflare, and in each of its entrypoints. */
const SCRIPT = `#!/usr/bin/env node
import { WorkerEntrypoint, env as imported } from "cloudflare:workers";
import { atTop } from "./early.js";
const tell = (env) => ({
  atTop, same: imported.DATA === env.DATA, data: [...new Uint8Array(env.DATA)], text: env.TEXT,
  wasm: new WebAssembly.Instance(env.ADD).exports.answer(), odd: env['odd "name"'], names: Object.keys(env).sort(),
});
export class Other extends WorkerEntrypoint { fetch() { return Response.json(tell(this.env)); } }
export default { async fetch(request, env) { return Response.json(tell(env)); } };`;
const EARLY = 'import { env } from "cloudflare:workers"; export const atTop = typeof env.TEXT + " " + (env.ADD instanceof WebAssembly.Module);';
const modules = (more) => ({
  "index.js": [SCRIPT], "early.js": [EARLY], "env.js": ["export {};"], blob: [Uint8Array.from([0, 255, 128]), "application/octet-stream"],
  "texts/a.txt": ["täxt\n", "text/plain"], "lib/answer.wasm": [WASM, "application/wasm"], ...more,
});
const metadata = (fields) => ({ main_module: "index.js", compatibility_date: "2026-07-01", bindings: BINDINGS, ...fields });
const ask = async () => {
  const answer = await host.fetch(`/dispatch/tenants/${script}/`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
};
const SEEN = {
  atTop: "string true", same: true, data: [0, 255, 128], text: "täxt\n", wasm: 42, odd: "as before", names: ["ADD", "DATA", "TEXT", 'odd "name"'],
};
const refused = async (fields, more) => (await api("PUT", path, form(metadata(fields), modules(more)), { status: 400 })).errors[0];

test("they are in the env from the first line on, whole, and shown by name and part", async () => {
  await api("PUT", path, form(metadata(), modules()));
  assert.deepEqual(await ask(), SEEN);
  const { bindings } = (await api("GET", `${path}/settings`)).result;
  assert.deepEqual(bindings, KEPT);
  const form2 = await (await content()).formData();
  assert.deepEqual([...form2.keys()].sort(), Object.keys(modules()).sort(), "what is ours is not in the content");
  assert.equal(await form2.get("index.js").text(), SCRIPT);
});

test("another entrypoint has them, too, and a script of an early date", async () => {
  await api("PUT", path, form(metadata({ compatibility_date: "2021-11-02" }), modules()));
  assert.deepEqual(await ask(), SEEN);
  const client = form(metadata({ bindings: [{ name: "IT", type: "service", service: script, entrypoint: "Other" }] }), {
    "index.js": ["export default { fetch: (request, env) => env.IT.fetch(request) };"],
  });
  await api("PUT", `${path}-client`, client);
  assert.deepEqual(await (await host.fetch(`/dispatch/tenants/${script}-client/`)).json(), SEEN);
});

test("they stay with a change of a part, and are inherited", async () => {
  await api("PUT", path, form(metadata(), modules()));
  await api("PATCH", `${path}/settings`, { bindings: [{ name: "MORE", type: "plain_text", text: "m" }], keep_bindings: ["data_blob", "text_blob", "wasm_module", "plain_text"] });
  assert.deepEqual(await ask(), { ...SEEN, names: [...SEEN.names.slice(0, 2), "MORE", ...SEEN.names.slice(2)] });
  const inherited = BINDINGS.map(({ name }) => ({ name, type: "inherit" }));
  await api("PUT", path, form(metadata({ bindings: inherited }), modules({ blob: [Uint8Array.from([7]), "application/octet-stream"] })));
  assert.deepEqual(await ask(), { ...SEEN, data: [7] }, "the part that came with this upload");
});

test("content replaces them where it has them, and is refused where it does not: nothing is changed then", async () => {
  await api("PUT", path, form(metadata(), modules()));
  const { errors } = await api("PUT", `${path}/content`, form({ main_module: "index.js" }, { "index.js": [CODE] }), { status: 400 });
  assert.deepEqual(errors.map(({ code }) => code), [10021, 10021, 10021]);
  assert.match(errors[0].message, /"DATA" is a data_blob: there is no part "blob" in this upload/);
  assert.deepEqual(await ask(), SEEN);
  await api("PUT", `${path}/content`, form({ main_module: "index.js" }, modules({ "texts/a.txt": ["new", "text/plain"] })));
  assert.deepEqual(await ask(), { ...SEEN, text: "new" });
});

test("what cannot be one is told with its name and what to do", async () => {
  for (const [fields, more, says] of [
    [{}, { blob: ["export {}", MODULE] }, /"DATA" is a data_blob: its part "blob" came as another type. Send it as application\/octet-stream/],
    [{}, { "lib/answer.wasm": ["not wasm", "text/plain"] }, /Send it as application\/wasm/],
    [{ bindings: [{ name: "T", type: "text_blob" }] }, {}, /"T" is a text_blob: it needs `part`/],
    [{ compatibility_flags: ["disallow_importable_env"] }, {}, /cannot be had with the flag disallow_importable_env/],
    [{}, { "lib/answer.wasm": [Uint8Array.from([1, 2, 3]), "application/wasm"] }, /CompileError/],
  ]) {
    const { code, message } = await refused(fields, more);
    assert.equal(code, 10021);
    assert.match(message, says);
  }
  assert.equal((await host.fetch(`/dispatch/tenants/${script}/`)).status, 404, "nothing was made");
});
