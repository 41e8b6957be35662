// What a script is given: its bindings, where it can go, its limits, and where its logs are.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { ECHO, TOKEN, cache, scriptsOf, text, wait, withScripts } from "./dispatch.mjs";
import { until } from "./until.mjs";

const spied = { main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } };
const script = (name) => `${NAMESPACES}/tenants/scripts/${name}`;

describe("a script is given", () => {
  test("its bindings, and nothing of ours", () => withScripts(spied, async (host) => {
    const id = await host.deploy("app", ECHO, {
      bindings: [
        { type: "plain_text", name: "GREETING", text: "hi" },
        { type: "secret_text", name: "KEY", text: "hush" },
        { type: "json", name: "PLAN", json: { seats: [1, 2], free: true } },
        { type: "version_metadata", name: "VERSION" },
      ],
      annotations: { "workers/tag": "v1" },
    });
    const { env } = JSON.parse(await text(await host.ask("app/")));
    const { timestamp } = env.VERSION;
    assert.deepEqual(env, { GREETING: "hi", KEY: "hush", PLAN: { seats: [1, 2], free: true }, VERSION: { id, tag: "v1", timestamp } });
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.ok(!JSON.stringify(env).includes(TOKEN));
    const told = await host.explain("app", "");
    assert.deepEqual(told.bindings.find(({ name }) => name === "KEY"), { name: "KEY", type: "secret_text" });
    assert.ok(!JSON.stringify(told).includes("hush"));
  }));

  test("its date, flags and limits; a key that covers them, and no digest of a secret", () => withScripts(spied, async (host) => {
    const secret = (value) => host.api("PUT", `${script("app")}/secrets`, { name: "KEY", text: value, type: "secret_text" });
    await host.deploy("app", ECHO, { compatibility_date: "2026-05-05", compatibility_flags: ["nodejs_compat"], limits: { cpu_ms: 50 } });
    const keys = [];
    for (const value of [undefined, "one", "two", "two", "one"]) {
      if (value) await secret(value);
      const answer = await host.ask("app/");
      assert.equal(JSON.parse(await text(answer)).env.KEY, value);
      keys.push(answer.headers.get("x-worker-key"));
    }
    assert.equal(new Set(keys).size, 5, "each is a version, of which no value tells");
    const { codes } = await host.spy();
    const [{ compatibilityDate, compatibilityFlags, limits, globalOutbound, tails }] = codes.filter(({ key }) => key.startsWith("tenants/app@"));
    assert.deepEqual([compatibilityDate, compatibilityFlags, limits, globalOutbound, tails], ["2026-05-05", ["nodejs_compat"], { cpuMs: 50 }, null, 1]);
  }));

  test("several modules, of each kind", () => withScripts({}, async (host) => {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01" }));
    const add = (name, type, content) => form.set(name, new File([content], name, { type }));
    add("index.js", "application/javascript+module", `import word from "./lib/word.js"; import note from "./note.txt"; import bytes from "./bytes.bin"; import add from "./add.wasm";
      export default { fetch: () => Response.json([word, note, [...new Uint8Array(bytes)], new WebAssembly.Instance(add).exports.add(2, 3)]) };`);
    add("lib/word.js", "application/javascript+module", `export default "word";`);
    add("note.txt", "text/plain", "a note");
    add("bytes.bin", "application/octet-stream", new Uint8Array([0, 255]));
    add("add.wasm", "application/wasm", new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]));
    await host.api("PUT", script("app"), form);
    assert.deepEqual(JSON.parse(await text(await host.ask("app/"))), ["word", "a note", [0, 255], 5]);
  }));

  test("no network, unless its namespace is trusted and it asks for it", async () => {
    const went = [];
    const outboundService = (request) => (went.push(request.url), new Response("from outside"));
    await withScripts({ extra: { outboundService } }, async (host) => {
      const source = `export default { fetch: () => fetch("https://elsewhere.example/").then((r) => r.text(), (e) => e.message).then((text) => new Response(text)) };`;
      await host.deploy("app", source);
      assert.match(await text(await host.ask("app/")), /not permitted to access the internet/);
      const trusted = scriptsOf(host, "trusted");
      await trusted.create();
      const trust = (trusted_workers) => host.api("PATCH", `${NAMESPACES}/trusted`, { trusted_workers });
      await trust(true);
      await trusted.deploy("app", source);
      assert.match(await text(await trusted.ask("app/")), /not permitted/, "it did not ask");
      await trusted.deploy("app", source, { outbound: "inherit" });
      assert.equal(await text(await trusted.ask("app/")), "from outside");
      assert.equal((await trusted.explain("app", "")).outbound, "inherit");
      await trust(false);
      assert.match(await text(await trusted.ask("app/")), /not permitted/, "and no longer than the namespace is trusted");
      assert.equal((await trusted.explain("app", "")).outbound, "block");
      assert.deepEqual(went, ["https://elsewhere.example/"]);
    });
  });
});

describe("logs of a script", () => {
  // A class, as what it says when it is made is said for whatever it is made.
  const LOGS = `import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint {
   constructor(ctx, env) { super(ctx, env); console.log("made"); }
   async fetch(request) {
    console.log("hello", { a: 1 });
    console.warn("careful");
    if (new URL(request.url).pathname === "/throw") throw new TypeError("oops");
    return new Response(await request.text());
   }
  };`;
  const lines = (host) => host.log().split("\n").flatMap((line) => {
    try {
      const parsed = JSON.parse(line);
      return parsed.outcome ? [parsed] : [];
    } catch {
      return [];
    }
  });

  test("are a line of JSON for each call, where they are turned on", () => withScripts({}, async (host) => {
    const id = await host.deploy("app", LOGS, { tail: true });
    const secret = { authorization: "Bearer theirs", cookie: "sid=1" };
    assert.equal(await text(await host.ask("app/x?y", { method: "POST", body: "b", headers: secret })), "b");
    assert.equal((await host.ask("app/throw")).status, 502);
    await until(() => lines(host).length >= 2, "they are written");
    await wait(200);
    const [served, thrown, ...others] = lines(host);
    assert.deepEqual(others, [], "that it was asked whether it loads is no call of its own");
    assert.deepEqual([served.namespace, served.script, served.version, served.method, served.status, served.outcome], ["tenants", "app", id, "POST", 200, "ok"]);
    assert.equal(served.url, `${host.url}x?y`);
    assert.deepEqual(served.logs.map(({ level, message }) => [level, message]), [["log", ["made"]], ["log", ["hello", { a: 1 }]], ["warn", ["careful"]]]);
    assert.deepEqual([thrown.outcome, thrown.exceptions[0].name, thrown.exceptions[0].message], ["exception", "TypeError", "oops"]);
    for (const value of ["theirs", "sid=1"]) assert.ok(!host.log().includes(value), "no header is written");
  }));

  test("are nowhere where they are not; to turn them on is another worker", () => withScripts({}, async (host) => {
    await host.deploy("app", LOGS);
    const quiet = (await host.ask("app/")).headers.get("x-worker-key");
    await host.patch("app", { tail: true });
    const answer = await host.ask("app/");
    assert.equal(cache(answer), "cold");
    assert.notEqual(answer.headers.get("x-worker-key"), quiet);
    await until(() => lines(host).length > 0, "it is written");
    assert.equal(lines(host).length, 1);
  }));
});
