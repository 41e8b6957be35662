// The sandbox by itself, in the real runtime: what is let through, and what each fault is told as.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const UPLOAD = join(import.meta.dirname, "../../src/upload");
const DEADLINE_MS = 500;
const WORKER = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  import { check } from "${UPLOAD}/check.js";
  const stub = (probe, other) => ({ getEntrypoint: () => new Proxy({}, { get: (_, name) => (name === "probe" ? probe : other) }) });
  const never = () => new Promise(() => {});
  const answers = async () => '{"default":{"kind":"object","handlers":["fetch"]},"named":{}}';
  const FAKES = {
    neverImported: { load: () => stub(never, never) },
    neverRun: { load: () => stub(answers, never) },
    busy: { load: () => stub(async () => { throw new Error("Too many concurrent dynamic workers"); }) },
  };
  export class Assets extends WorkerEntrypoint { fetch() { return new Response("file"); } }
  export default {
    async fetch(request, env) {
      const { asked, modules, maps, fake } = await request.json();
      const loader = FAKES[fake] ?? (fake === undefined ? env.LOADER : { load: () => stub(async () => fake, never) });
      const bytes = (list) => list.map(({ name, kind, base64 }) => ({ name, kind, bytes: Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) }));
      try {
        return new Response(await check(loader, env.PROBE, JSON.stringify(asked), { modules: bytes(modules), maps: bytes(maps) }, ${DEADLINE_MS}));
      } catch (error) {
        return Response.json({ thrown: String(error) });
      }
    },
  };
`;

let miniflare;
let outbound = 0;

before(async () => {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: UPLOAD }, bundle: true, format: "esm", external: ["cloudflare:*"], write: false,
  });
  miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0].text }],
    compatibilityDate: "2026-07-01",
    workerLoaders: { LOADER: {} },
    bindings: { PROBE: readFileSync(join(UPLOAD, "probe.js"), "utf8") },
    cf: false,
    outboundService() {
      outbound += 1;
      return new Response("Nothing goes out of the tests.");
    },
    handleRuntimeStdio(...streams) {
      for (const stream of streams) stream.resume();
    },
  });
  await miniflare.ready;
});
after(async () => {
  await miniflare?.dispose();
  assert.equal(outbound, 0);
});

const KINDS = { js: "js", mjs: "js", cjs: "cjs", txt: "text", bin: "data", json: "json", wasm: "wasm", py: "py" };

/** Loads modules by name; those whose names end in .map are source maps. */
async function checked(files, { main = Object.keys(files)[0], date = "2026-07-01", flags = [], env = {}, assets = [], fake } = {}) {
  const all = Object.entries(files).map(([name, data]) => ({ name, kind: KINDS[name.split(".").at(-1)], base64: Buffer.from(data).toString("base64") }));
  const [maps, modules] = [all.filter(({ kind }) => !kind), all.filter(({ kind }) => kind)];
  const asked = { compatibility_date: date, compatibility_flags: flags, main_module: main, env, stubs: assets.map((name) => [name, "Assets"]), given: { folder: "given", parts: [], wrapped: [], sources: {}, classes: [], consumes: false } };
  const answer = await miniflare.dispatchFetch("http://host/", { method: "POST", body: JSON.stringify({ asked, modules, maps, fake }) });
  return answer.json();
}

const good = async (files, options) => {
  const { startup_time_ms: took, ...exported } = await checked(files, options);
  assert.ok(Number.isInteger(took) && took > 0, JSON.stringify(exported));
  return exported;
};
const bad = async (files, options) => {
  const { problems, ...rest } = await checked(files, options);
  assert.ok(problems, JSON.stringify(rest));
  return problems.join("\n");
};
const FETCH = "export default { fetch() { return new Response('hi'); } };";
const CLASSES = 'import { WorkerEntrypoint, DurableObject, WorkflowEntrypoint } from "cloudflare:workers";';

describe("what is let through", () => {
  test("tells its handlers and its named entrypoints", async () => {
    assert.deepEqual(await good({ "index.js": FETCH }), { handlers: ["fetch"], named_handlers: [], classes: [] });
    const code = `${CLASSES}
      export default class extends WorkerEntrypoint { fetch() {} add(a, b) {} get getter() { throw new Error("not run"); } }
      export class Admin extends WorkerEntrypoint { ban() {} }
      export class Room extends DurableObject { join() {} }
      export class Flow extends WorkflowEntrypoint { run() {} }
      export const other = { fetch() {}, queue() {}, more: 5 };`;
    assert.deepEqual(await good({ "index.js": code }), {
      handlers: ["fetch", "add"],
      named_handlers: [
        { name: "Admin", handlers: ["ban"] },
        { name: "Flow", handlers: ["run"] },
        { name: "Room", handlers: ["join"] },
        { name: "other", handlers: ["fetch", "queue"] },
      ],
      classes: ["Room"],
    });
  });

  test("modules of every kind, and names that a URL writes otherwise", async () => {
    const files = {
      "src/a b/mäin.mjs": `import text from "../t.txt"; import data from "../d.bin"; import json from "../j.json"; import wasm from "../../w.wasm"; import old from "../old.cjs";
        if (text !== "t" || data.byteLength !== 1 || json.a !== 1 || !(wasm instanceof WebAssembly.Module) || old.x !== 1) throw new Error("wrong");
        ${FETCH}`,
      "src/t.txt": "t", "src/d.bin": "d", "src/j.json": '{"a":1}', "w.wasm": Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]),
      "src/old.cjs": "exports.x = 1;",
    };
    assert.deepEqual((await good(files)).handlers, ["fetch"]);
  });

  test("a script of the oldest date, and of flags", async () => {
    assert.deepEqual((await good({ "index.js": FETCH }, { date: "2021-11-02" })).handlers, ["fetch"]);
    const code = `import { Buffer } from "node:buffer"; Buffer.from("a"); ${FETCH}`;
    assert.deepEqual((await good({ "index.js": code }, { flags: ["nodejs_compat"] })).handlers, ["fetch"]);
  });

  test("finds its own env, and nothing more in it", async () => {
    const code = `import { env } from "cloudflare:workers";
      if (JSON.stringify(Object.entries(env).sort()) !== '[["A","b"],["J",{"x":null}],["N",null]]') throw new Error(JSON.stringify(env)); ${FETCH}`;
    assert.deepEqual((await good({ "index.js": code }, { env: { A: "b", J: { x: null }, N: null } })).handlers, ["fetch"]);
    const files = `import { env } from "cloudflare:workers"; const read = env.FILES.fetch.bind(env.FILES); ${FETCH}`;
    assert.deepEqual((await good({ "index.js": files }, { assets: ["FILES"] })).handlers, ["fetch"]);
  });

  test("that has named entrypoints only, and one whose constructor throws", async () => {
    assert.deepEqual((await good({ "index.js": `${CLASSES} export class A extends WorkerEntrypoint { constructor() { throw new Error("later"); } fetch() {} }` })).handlers, []);
    assert.deepEqual((await good({ "index.js": "export const a = { fetch() {} }; export default {};" })).handlers, []);
  });
});

describe("what is not", () => {
  test("syntax errors, in the main module and in others, with the lines around", async () => {
    assert.equal(
      await bad({ "index.js": "let a;\nlet b 5;\n" }),
      "Uncaught SyntaxError: Unexpected number\n  at index.js:2:7\n\n  1 | let a;\n> 2 | let b 5;\n    |       ^\n  3 |",
    );
    assert.match(await bad({ "index.js": `import "./lib/b.js"; ${FETCH}`, "lib/b.js": "\n)" }), /SyntaxError: .*\n {2}at lib\/b\.js:2:1\n/);
    assert.match(await bad({ "index.js": `import { nope } from "./b.js"; ${FETCH}`, "b.js": "" }), /does not provide an export named 'nope'\n {2}at index\.js:1:10\n/);
    assert.match(await bad({ "index.js": FETCH, "never-imported.js": "5 5" }), /Unexpected number\n {2}at never-imported\.js:1:3\n/);
  });

  test("a missing import names importer, specifier and place", async () => {
    const text = await bad({ "index.js": `${FETCH}\nimport a from "./gone.js";` });
    assert.match(text, /^Uncaught Error: No such module "gone\.js"\.\n {2}imported from "index\.js"\n {2}at index\.js:2:15\n\n/);
    assert.doesNotMatch(text, /probe/);
  });

  test("what throws while it loads", async () => {
    assert.equal(
      await bad({ "index.js": `${FETCH}\nconst x = {}; x.y.z;` }),
      `Uncaught TypeError: Cannot read properties of undefined (reading 'z')\n  at index.js:2:19\n\n  1 | ${FETCH}\n> 2 | const x = {}; x.y.z;\n    |                   ^`,
    );
    assert.match(await bad({ "index.js": "throw 'text'" }), /^Uncaught (Error: )?text/);
    assert.match(await bad({ "index.js": `await fetch("http://example.com"); ${FETCH}` }), /Disallowed operation called within global scope/);
    assert.match(await bad({ "index.js": `await new Promise(() => {}); ${FETCH}` }), /Top-level await in module is unsettled/);
    assert.match(await bad({ "index.js": `import a from "./a.wasm"; ${FETCH}`, "a.wasm": Uint8Array.from([0, 1]) }), /CompileError/);
    assert.match(await bad({ "index.js": `${FETCH} JSON.parse("{")` }), /SyntaxError: .*\n {2}at index\.js:1:65\n/);
    assert.match(await bad({ "index.js": `export function then() {} ${FETCH}` }), /exports "then".*rename/);
    assert.match(await bad({ "index.js": "export default { get fetch() { throw new RangeError('getter') } };" }), /RangeError: getter\n {2}at index\.js:1:38/);
  });

  test("the author's own file is told where a source map came along", async () => {
    const { outputFiles } = await build({
      stdin: { contents: "interface A {}\nconst a: any = {};\na.b();\nexport default { fetch() {} };", loader: "ts", sourcefile: "src/app.ts" },
      bundle: true, format: "esm", sourcemap: "linked", outfile: "index.js", write: false, minify: true,
    });
    const text = await bad({ "index.js": outputFiles[1].text, "index.js.map": outputFiles[0].text });
    assert.match(text, /^Uncaught TypeError: .*\nat src\/app\.ts:3:3\n\n {2}1 \| interface A \{\}\n {2}2 \| const a: any = \{\};\n> 3 \| a\.b\(\);\n/);
  });

  test("no handler, and exports that are none", async () => {
    for (const [code, message] of [
      ["", /main module "index\.js" has no handler: export default \{ fetch\(/],
      ["export default {};", /has no handler/],
      ["export default { fetch: 5 };", /has no handler/],
      ["export const a = {};", /has no handler/],
      ["export default function () {}", /default export of the main module "index\.js" is a function/],
      ["export default class {}", /is a class that extends no class/],
      [`${CLASSES} export default class extends DurableObject {}`, /is a Durable Object class/],
      [`${CLASSES} export default class extends WorkflowEntrypoint {}`, /is a Workflow class/],
      ["export default 5;", /is neither an object nor a class/],
      ["export default null;", /is neither an object nor a class/],
      [`export const NAME = "x"; ${FETCH}`, /exports "NAME", which is neither an object nor a class.*Move it/],
      [`${CLASSES} export class Room extends DurableObject { fetch() {} }`, /has no handler/],
    ]) {
      assert.match(await bad({ "index.js": code }), message, code);
    }
  });

  test("dates and flags that the runtime does not know", async () => {
    for (const [options, message] of [
      [{ date: "2099-01-01" }, /requires compatibility date "2099-01-01"/],
      [{ flags: ["no_such_flag"] }, /No such compatibility flag: no_such_flag/],
    ]) {
      assert.match((await checked({ "index.js": FETCH }, options)).thrown, message);
    }
  });

  // On Cloudflare a worker loads beside ours. Here it loads on our own thread, and no timer runs before it has: hence a loader
  // that is none.
  test("what takes longer than it may", async () => {
    for (const fake of ["neverImported", "neverRun"]) {
      const began = Date.now();
      assert.match(await bad({ "index.js": FETCH }, { fake }), /"index\.js" is still loading after 0\.5 seconds/);
      assert.ok(Date.now() - began < 5000);
    }
  });

  test("and what is no fault of the script is not told as one", async () => {
    assert.match((await checked({ "index.js": FETCH }, { fake: "busy" })).thrown, /Too many concurrent dynamic workers/);
  });

  test("Python, which cannot be tried", async () => {
    assert.match(await bad({ "main.py": "def on_fetch(): pass" }), /"main\.py" is Python/);
  });

  test("the word that makes wrangler say something else is not in the first problem", async () => {
    const { problems } = await checked({ "index.js": "throw new Error('at Startup')" });
    assert.doesNotMatch(problems[0], /startup/i);
    assert.match(problems[1], /Uncaught Error: at Startup/);
  });
});

describe("a script that knows that it is tried", () => {
  test("reaches nobody, whatever it does when it is called", async () => {
    const constructor = 'constructor(...all) { super(...all); fetch("http://example.com/").catch(() => {}); }';
    await good({ "index.js": `${CLASSES} export default class extends WorkerEntrypoint { ${constructor} fetch() {} }` });
    assert.equal(outbound, 0);
  });

  test("can neither import the probe nor answer in its place", async () => {
    assert.match(await bad({ "index.js": `import "./probe.js"; ${FETCH}` }), /No such module "probe\.js"/);
    const tampering = `
      JSON.stringify = () => '{"default":{"kind":"object","handlers":["fetch"]},"named":{}}';
      Reflect.ownKeys = () => []; Object.getPrototypeOf = () => null; Array.prototype.push = () => {};
      Object.defineProperty(Object.prototype, "kind", { get: () => "entrypoint", configurable: true });
      Object.prototype.toJSON = () => 1;
      export default function () {}`;
    assert.match(await bad({ "index.js": tampering }), /is a function|no handler/);
  });

  test("cannot change the probe, of which a stack tells it", async () => {
    const forging = `const [, own] = /([0-9a-f-]{36})\\/probe/.exec(new Error().stack) ?? [];
      if (own) import("/" + own + "/probe.js").then((probe) => {
        probe.default.prototype.probe = () => '{"default":{"kind":"object","handlers":["forged"]},"named":{}}';
      }).catch(() => {});
      export default {};`;
    assert.match(await bad({ "index.js": forging }), /no handler/);
  });

  test("and one that changes what is built in is told right", async () => {
    const changing = `
      Object.prototype.toJSON = () => 1; Array.prototype.toJSON = () => 1; JSON.stringify = () => "1"; Reflect.ownKeys = () => [];
      for (const name of ["0", "kind", "handlers"]) Object.defineProperty(Array.prototype, name, { set() {} });
      Object.defineProperty(Object.prototype, "default", { set() {} });
      ${FETCH}`;
    assert.deepEqual((await good({ "index.js": changing })).handlers, ["fetch"]);
  });

  test("an answer of any size or shape is no harm", async () => {
    const names = Array.from({ length: 5000 }, (_, i) => `m${i}() {}`).join(" ");
    const { handlers } = await good({ "index.js": `${CLASSES} export default class extends WorkerEntrypoint { fetch() {} ${names} }` });
    assert.equal(handlers.length, 256);
    const long = `${CLASSES} export default class extends WorkerEntrypoint { fetch() {} ["${"x".repeat(300_000)}"]() {} }`;
    assert.match(await bad({ "index.js": long }), /cannot be asked for its exports/);
    for (const fake of ["", "{", "null", "5", '"x"', "[]", '{"default":5,"named":5}', '{"default":{"handlers":{"length":1}}}', '{"named":{"a":null}}', 5]) {
      assert.match(await bad({ "index.js": FETCH }, { fake }), /no handler|cannot be asked/, JSON.stringify(fake));
    }
    const proxy = "export default new Proxy({}, { get: () => () => {}, has: () => true, getPrototypeOf: (t) => t });";
    assert.ok((await good({ "index.js": proxy })).handlers.includes("fetch"));
  });
});
