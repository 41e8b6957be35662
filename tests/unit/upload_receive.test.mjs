// Uploads in every form that clients use: the requests of the npm package `cloudflare` are made by itself.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import Cloudflare, { toFile } from "cloudflare";
import { receive, receiveDocument } from "../../src/upload/receive.js";

const LIMIT = 1024 * 1024;
const URL = "http://host/";
const MODULE = "application/javascript+module";
const CODE = "export default { fetch() { return new Response('hi') } }";
const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const read = async (request, limit = LIMIT) => JSON.parse((await receive(request, limit)).facts);
const put = (body, type, headers = {}) => new Request(URL, { method: "PUT", body, duplex: "half", headers: { ...(type && { "content-type": type }), ...headers } });
const module = (name, kind, data) => ({ name, kind, bytes: Buffer.byteLength(data), sha256: sha256(data) });

/** What the package sends for a call. */
async function sent(call) {
  let request;
  const fetch = async (url, init) => {
    request = new Request(url, { duplex: "half", ...init });
    return Response.json({ success: true, errors: [], messages: [], result: {} });
  };
  await call(new Cloudflare({ apiToken: "t", fetch }).workersForPlatforms.dispatch.namespaces.scripts);
  return request;
}

/** A form as wrangler writes one. */
function form(metadata, files) {
  const form = new FormData();
  if (metadata !== undefined) form.set("metadata", typeof metadata === "string" ? metadata : JSON.stringify(metadata));
  for (const [name, data, type, filename = name] of files) form.append(name, new File([data], filename, { type }));
  return put(form);
}

test("wrangler's form: names without ./, kinds by type, source maps apart", async () => {
  const wasm = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);
  const files = [
    ["index.js", CODE, "application/javascript+module"],
    ["./abc-hello.txt", "hello", "text/plain"],
    ["./abc-add.wasm", wasm, "application/wasm"],
    ["lib/old.cjs", "module.exports = 1", "application/javascript"],
    ["data.bin", Uint8Array.from([255, 0]), "application/octet-stream"],
    ["data.json", '{"a":1}', "application/json; charset=utf-8"],
    ["index.js.map", "{}", "application/source-map"],
  ];
  const metadata = { main_module: "./index.js", bindings: [{ name: "A", type: "plain_text", text: "1" }], limits: { cpu_ms: 5 } };
  const { facts, kept } = await receive(form(metadata, files), LIMIT);
  assert.deepEqual(JSON.parse(facts), {
    metadata: { ...metadata, main_module: "index.js" },
    modules: [
      module("index.js", "js", CODE),
      module("abc-hello.txt", "text", "hello"),
      module("abc-add.wasm", "wasm", wasm),
      module("lib/old.cjs", "cjs", "module.exports = 1"),
      module("data.bin", "data", Uint8Array.from([255, 0])),
      module("data.json", "json", '{"a":1}'),
    ],
    maps: sha256(JSON.stringify([["index.js.map", sha256("{}")]])),
    problems: [],
  });
  assert.deepEqual(kept.modules.map(({ bytes }) => bytes.length), [CODE.length, 5, 8, 18, 2, 7]);
  assert.deepEqual(kept.maps.map(({ name }) => name), ["index.js.map"]);
});

test("the SDK's form, under a type that is none: files in a list, files by name", async () => {
  const file = await toFile(Buffer.from(CODE), "index.js", { type: "application/javascript+module" });
  const metadata = { main_module: "index.js", bindings: [{ type: "plain_text", name: "A", text: "b" }], logpush: false, limits: { cpu_ms: 9 } };
  for (const files of [[file], { "index.js": file }]) {
    const request = await sent((scripts) => scripts.update("s", { account_id: "a", dispatch_namespace: "n", metadata, files }));
    assert.equal(request.headers.get("content-type"), "application/javascript");
    assert.deepEqual(await read(request), { metadata, modules: [module("index.js", "js", CODE)], maps: null, problems: [] });
  }
  const call = (scripts) => scripts.content.update("s", { account_id: "a", dispatch_namespace: "n", metadata: { main_module: "index.js" }, files: [file] });
  assert.deepEqual((await read(await sent(call))).modules, [module("index.js", "js", CODE)]);
});

test("the SDK's metadata without files is JSON that is called JavaScript", async () => {
  const metadata = { main_module: "index.js", assets: { jwt: "j" } };
  const request = await sent((scripts) => scripts.update("s", { account_id: "a", dispatch_namespace: "n", metadata }));
  assert.deepEqual(await read(request), { metadata, modules: [], maps: null, problems: [] });
  assert.deepEqual((await read(put(JSON.stringify({ metadata }), "application/json"))).metadata, metadata);
});

test("one file alone", async () => {
  for (const type of ["application/javascript+module", "Text/JavaScript+Module; charset=utf-8"]) {
    assert.deepEqual(await read(put(CODE, type)), {
      metadata: { main_module: "index.js" }, modules: [module("index.js", "js", CODE)], maps: null, problems: [],
    });
  }
  for (const type of ["application/javascript", "text/javascript"]) {
    const { refused, messages } = await read(put('addEventListener("fetch", handle)', type));
    assert.equal(refused, "module");
    assert.match(messages[0], /service-worker syntax.*export default \{ fetch\(.*application\/javascript\+module/);
  }
  for (const type of ["text/html", "application/x-www-form-urlencoded", ""]) {
    const { refused, messages } = await read(put(Buffer.from("a=b"), type));
    assert.equal(refused, "type", messages);
    assert.ok(messages[0].includes(JSON.stringify(type)) && messages[0].includes("multipart/form-data"), messages[0]);
  }
});

test("headers name the main module where the metadata does not", async () => {
  const files = [["index.js", CODE, "application/javascript+module"]];
  const request = (metadata, headers) => {
    const one = form(metadata, files);
    for (const [name, value] of Object.entries(headers)) one.headers.set(name, value);
    return read(one).then(({ metadata }) => metadata);
  };
  assert.deepEqual(await request(undefined, { "CF-WORKER-MAIN-MODULE-PART": "index.js" }), { main_module: "index.js" });
  assert.deepEqual(await request({ main_module: "a.js" }, { "CF-WORKER-MAIN-MODULE-PART": "index.js" }), { main_module: "a.js" });
  assert.deepEqual(await request(undefined, { "CF-WORKER-BODY-PART": "index.js" }), { body_part: "index.js" });
});

test("what curl sends: metadata from a file, a part without a file name, types by extension", async () => {
  const body = [
    '--b\r\nContent-Disposition: form-data; name="metadata"; filename="m.json"\r\nContent-Type: application/json\r\n\r\n{"main_module":"index.mjs"}',
    `--b\r\nContent-Disposition: form-data; name="index.mjs"\r\n\r\n${CODE}`,
    '--b\r\nContent-Disposition: form-data; name="a.txt"; filename="/tmp/x"\r\n\r\nhi\r\n--b--',
  ].join("\r\n");
  assert.deepEqual(await read(put(body, "multipart/form-data; boundary=b")), {
    metadata: { main_module: "index.mjs" },
    modules: [module("index.mjs", "js", CODE), module("a.txt", "text", "hi")],
    maps: null,
    problems: [],
  });
});

test("all that is wrong with the modules is told at once", async () => {
  const files = [
    ["../up.js", CODE, "application/javascript+module"],
    ["node:fs", CODE, "application/javascript+module"],
    ["/abs.js", CODE, "application/javascript+module"],
    ["a//b.js", CODE, "application/javascript+module"],
    ["q?.js", CODE, "application/javascript+module"],
    ["x".repeat(1025), CODE, "application/javascript+module"],
    ["files[]", CODE, "application/javascript+module", "__proto__"],
    ["same.js", CODE, "application/javascript+module"],
    ["./same.js", CODE, "application/javascript+module"],
    ["page.css", "a {}", "text/css"],
    ["unknown", "a {}", ""],
    ["broken.json", "{", "application/json"],
    ["latin.js", Uint8Array.from([0xe4]), "application/javascript+module"],
    ["constructor.js", CODE, "constructor"],
  ];
  const { problems, modules } = await read(form({ main_module: "same.js" }, files));
  const wanted = [
    /"\.\.\/up\.js" has a `\.` or `\.\.` part/, /"node:fs" holds a colon/, /"\/abs\.js" starts with a slash/, /"a\/\/b\.js" has an empty part/,
    /"q\?\.js" holds one of/, /"x{80}\.\.\." is longer than 1024 bytes/, /"__proto__" is no name for a property/,
    /Two modules are named "same\.js"/, /"page\.css" came as "text\/css"/, /"unknown" came (without|as "application\/octet-stream")/,
    /"broken\.json" is not JSON: /, /"latin\.js" is not UTF-8 text/, /"constructor\.js" came as "constructor"/,
  ];
  const unknown = problems.findIndex((problem) => problem.includes('"unknown"'));
  // undici gives a file without a type one.
  if (unknown < 0) wanted.splice(9, 1);
  assert.equal(problems.length, wanted.length, problems.join("\n"));
  wanted.forEach((pattern, i) => assert.match(problems[i], pattern));
  assert.ok(modules.some(({ name }) => name === "page.css"));
});

test("too many modules", async () => {
  const files = Array.from({ length: 501 }, (_, i) => [`m${i}.js`, "", "application/javascript+module"]);
  assert.match((await read(form({}, files))).problems[0], /There are 501 modules, the limit is 500/);
});

/** A body of 1000 bytes at a time, `count` times; what was taken of it is counted. */
function counted(count, then) {
  const seen = { given: 0, canceled: false };
  const body = new ReadableStream({
    async pull(controller) {
      if (seen.given === count) return then ? then() : controller.close();
      seen.given += 1;
      controller.enqueue(new Uint8Array(1000));
    },
    cancel() {
      seen.canceled = true;
    },
  }, { highWaterMark: 0 });
  return { seen, body };
}
const multipart = "multipart/form-data; boundary=b";

test("a body without end is refused while it comes, and no more than as much again is taken", async () => {
  const { body, seen } = counted(Infinity);
  const { refused, messages } = await read(put(body, multipart), 10_500);
  assert.equal(refused, "size");
  assert.match(messages[0], /over the limit of 10500 bytes: at least 11000 came/);
  assert.deepEqual(seen, { given: 21, canceled: true });
});

test("of one that is little over the limit the rest is passed over, so that its client sees the answer", async () => {
  const { body, seen } = counted(15);
  assert.equal((await read(put(body, multipart), 10_500)).refused, "size");
  assert.deepEqual(seen, { given: 15, canceled: false });
  const announced = counted(15);
  assert.match((await read(put(announced.body, multipart, { "content-length": "15000" }), 10_500)).messages[0], /at least 15000/);
  assert.equal(announced.seen.given, 15);
});

test("one that is little over and then stops is not waited for", async () => {
  const { body, seen } = counted(12, () => new Promise(() => {}));
  const began = Date.now();
  assert.equal((await read(put(body, multipart), 10_500)).refused, "size");
  assert.ok(Date.now() - began < 5000);
  assert.ok(seen.canceled);
});

test("one that says that it is far over the limit is not read at all", async () => {
  const { body, seen } = counted(Infinity);
  const { refused, messages } = await read(put(body, MODULE, { "content-length": "2100000" }), LIMIT);
  assert.equal(refused, "size");
  assert.deepEqual(seen, { given: 0, canceled: true });
  assert.match(messages[0], /at least 2100000/);
});

test("a body that cannot be read says why", async () => {
  const part = (name, text) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
  for (const [body, type, message] of [
    ["--b", multipart, /multipart body cannot be read: there is no line "--b"/],
    [part("a", "b"), multipart, /breaks off/],
    ["x", "multipart/form-data", /has no boundary/],
    [`${part("metadata", "{")}--b--`, multipart, /metadata is not JSON/],
    [`${part("metadata", "[]")}--b--`, multipart, /metadata is no JSON object/],
    [`${part("metadata", "{}")}${part("metadata[a]", "x")}--b--`, multipart, /comes as JSON and as fields/],
    [`${part("metadata[a", "x")}--b--`, multipart, /field name "metadata\[a"/],
    ["{", "application/json", /the body is not JSON/],
    [new ReadableStream({ start: (controller) => controller.error(new Error("gone")) }), multipart, /did not arrive whole/],
  ]) {
    const { refused, messages } = await read(put(body, type));
    assert.equal(refused, "body");
    assert.match(messages[0], message);
  }
});

test("a document alone: JSON, one part, or the SDK's fields", async () => {
  const settings = { logpush: false, limits: { cpu_ms: 5 }, tags: ["a"] };
  const document = async (request) => JSON.parse((await receiveDocument(request, "settings", LIMIT)).facts).document;
  const one = new FormData();
  one.set("settings", JSON.stringify(settings));
  assert.deepEqual(await document(put(one)), settings);
  assert.deepEqual(await document(put(JSON.stringify(settings), "application/json")), settings);
  const edit = (scripts) => scripts.settings.edit("s", { account_id: "a", dispatch_namespace: "n", settings });
  assert.deepEqual(await document(await sent(edit)), settings);
  const { refused } = JSON.parse((await receiveDocument(put("{", "application/json"), "settings", LIMIT)).facts);
  assert.equal(refused, "body");
});

test("what is no JSON is told without a piece of it", async () => {
  for (const text of ['{"text":hunter2}', '{"text":"hunter2", "at position 7":x}', '{"text":"hunter2" "b"}']) {
    const { messages } = await read(form(text, []));
    assert.match(messages[0], /metadata is not JSON(?: at position \d+(?: \(line \d+ column \d+\))?)?\.$/);
    assert.doesNotMatch(messages[0], /hunter2/);
  }
});
