// Fields of a form as a document, beside the code of the npm package `cloudflare` that makes them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createForm } from "../../node_modules/cloudflare/internal/uploads.mjs";
import { document, isFieldOf } from "../../src/upload/fields.js";

/** What the package makes of an object, read again. */
async function through(metadata) {
  const form = await createForm({ metadata }, fetch);
  const fields = [...form];
  assert.ok(fields.every(([name]) => isFieldOf("metadata", name)));
  return document("metadata", fields);
}

test("what the SDK makes of a document is that document again", async () => {
  for (const metadata of [
    { main_module: "index.js", compatibility_date: "2026-01-01", compatibility_flags: ["a", "b"] },
    { bindings: [{ type: "plain_text", name: "A", text: "b" }, { type: "plain_text", name: "N", text: "12" }] },
    { bindings: [{ name: "A", type: "plain_text", text: "true" }, { name: "B", type: "plain_text", text: "null" }] },
    { limits: { cpu_ms: 50, subrequests: 5 }, logpush: false, keep_assets: true, tags: ["1", "true"] },
    { observability: { enabled: true, head_sampling_rate: 0.5, logs: { enabled: false, invocation_logs: true } } },
    { bindings: [{ name: "R", type: "x", a: { list: ["1", "2"], b: "c" } }, { name: "S", type: "x", a: { list: ["3"] } }] },
    { bindings: [{ name: "J", type: "json", json: { deep: { word: "text", list: ["a", "b"] } } }, { name: "K", type: "json", json: "word" }] },
    { bindings: [{ name: "J", type: "json", json: 5 }, { name: "K", type: "json", json: false }] },
    { annotations: { "workers/message": "a [b] c", "workers/tag": "5" }, assets: { jwt: "j", config: { run_worker_first: true } } },
    { assets: { config: { run_worker_first: ["/api/*", "true"] } } },
    { keep_bindings: ["secret_text", "json"], affinity: { header: "x-user" }, main_module: "null" },
  ]) {
    assert.deepEqual(await through(metadata), metadata);
  }
});

test("a json binding that is spelled out as JSON is that value; what can be two things is refused", async () => {
  const value = { limit: 5, on: true, word: "text" };
  const binding = (json) => ({ bindings: [{ type: "json", name: "J", json }] });
  assert.deepEqual(await through(binding(JSON.stringify(value))), binding(value));
  await assert.rejects(through(binding(value)), /"metadata\[bindings\]\[\]\[json\]\[limit\]" may be the text "5" or the value.*JSON\.stringify/);
});

test("null is spelled out", async () => {
  assert.deepEqual(await through({ tags: "null", limits: "null", logpush: "null" }), { tags: null, limits: null, logpush: null });
});

test("what is no number or boolean stays text, for whoever looks at the document", async () => {
  const metadata = { limits: { cpu_ms: "many", subrequests: " " }, logpush: "yes" };
  assert.deepEqual(await through(metadata), metadata);
});

test("names that lead nowhere are refused", () => {
  const deep = `metadata${"[a]".repeat(17)}`;
  for (const [name, more] of [
    ["metadata[]"], ["metadata[a"], ["metadata[a]b"], ["metadata[[a]]"], ["metadata[a][][]"], ["metadata[__proto__][x]"],
    ["metadata[a][__proto__]"], [deep], ["metadata[a]", "metadata[a]"], ["metadata[a]", "metadata[a][]"],
    ["metadata[a][]", "metadata[a][b]"], ["metadata[a]", "metadata[a][b]"],
  ]) {
    const fields = [name, ...(more ? [more] : [])].map((name) => [name, "x"]);
    assert.throws(() => document("metadata", fields), /the field/, `${name} ${more}`);
  }
  assert.equal({}.x, undefined);
});

test("lists that hold this and that do not confuse it", () => {
  assert.deepEqual(document("m", [["m[a][]", "x"], ["m[a][][b]", "y"], ["m[a][]", "z"]]), { a: ["x", { b: "y" }, "z"] });
});
