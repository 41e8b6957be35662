// Loading: keys, factories, module kinds, and what the loader is given.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HELLO, fresh, probe, source } from "./start.mjs";

const COUNTER = `let n = 0; export default { fetch: () => new Response(String(n += 1)) };`;

export default function (runtime, { sharesCompiledWasm }) {
  describe(`loading (${runtime})`, () => {
    const p = probe();

    it("runs the factory once for a key, and not on a warm hit", async () => {
      const spec = source(COUNTER);
      assert.equal(await p.text("/x", spec), "1");
      assert.equal(await p.text("/x", spec), "2", "the same isolate");
      assert.equal(await p.json("/count", spec), 1);
    });

    it("gives another key another isolate: code, env, date, flag, limit and prefix are all in it", async () => {
      const spec = source(COUNTER);
      assert.equal(await p.text("/x", spec), "1");
      const others = [
        { source: `${COUNTER}//` },
        { env: { A: 1 } },
        { date: "2026-06-01" },
        { flags: ["nodejs_compat"] },
        { limits: { cpuMs: 50 } },
        { name: fresh() },
        { outbound: "inherit" },
        { outbound: "through" },
        { tail: { app: "a" } },
        { stubs: { API: { entrypoint: "Api", props: { tenant: "a" } } } },
        { stubs: { API: { entrypoint: "Api", props: { tenant: "b" } } } },
      ];
      for (const other of others) {
        assert.equal(await p.text("/x", { ...spec, ...other }), "1", JSON.stringify(other));
      }
      assert.equal(await p.text("/x", spec), "2", "and the first one is still there");
    });

    it("finds a kept code under its key, and loads an unnamed one each time", async () => {
      const code = source(COUNTER, { how: "code" });
      assert.deepEqual([await p.text("/x", code), await p.text("/x", code)], ["1", "2"]);
      for (const how of ["load", "loadWith"]) {
        const spec = source(COUNTER, { how });
        assert.deepEqual([await p.text("/x", spec), await p.text("/x", spec)], ["1", "1"], how);
      }
      const unchecked = source(COUNTER, { how: "unchecked" });
      assert.equal(await p.text("/x", unchecked), "1");
      assert.equal(await p.text("/x", { ...unchecked, env: { A: 1 } }), "2", "a name that you answer for");
    });

    it("asks a factory that failed anew, and only that", async () => {
      const spec = source(HELLO, { factory: "failOnce" });
      assert.equal((await p.error("/x", spec)).kind, "Factory");
      assert.equal(await p.text("/x", spec), "hello", "the key itself stays failed in the runtime; key~1 is asked");
      assert.equal(await p.text("/x", spec), "hello");
      assert.equal(await p.json("/count", spec), 2, "and is warm from then on");

      const broken = source("export default {");
      assert.equal((await p.error("/x", broken)).kind, "Syntax");
      assert.equal((await p.error("/x", broken)).kind, "Syntax");
      assert.equal(await p.json("/count", broken), 1, "a code that does not start is not loaded again");
    });

    it("asks anew where the request that had begun the load has ended, once for all who wait", async () => {
      const spec = source(HELLO, { factory: "slow" });
      assert.equal(await p.json("/deadline", spec), "too late");
      const waiting = await Promise.all(Array.from({ length: 10 }, () => p.call("/x", spec)));
      for (const response of waiting) {
        if (response.status === 599) assert.match((await response.json()).kind, /^(Canceled|Factory)$/);
        else assert.equal(await response.text(), "hello");
      }
      assert.equal(await p.text("/x", spec), "hello");
      const runs = await p.json("/count", spec);
      assert.equal(await p.text("/x", spec), "hello");
      assert.equal(await p.json("/count", spec), runs, "and is warm from then on");
      assert.ok(runs <= 3, `${runs} loads`);
    });

    it("refuses code that is not the key's", async () => {
      const error = await p.error("/x", source(HELLO, { factory: "mismatch" }));
      assert.equal(error.kind, "KeyMismatch");
      assert.match(error.message, /the factory gave other code than the key/);
    });

    it("imports modules of every kind", async () => {
      const modules = [
        { name: "a.js", kind: "js", text: `export default "js"` },
        { name: "lib/b.js", kind: "js", text: `export { default } from "../a.js"` },
        { name: "c.cjs", kind: "cjs", text: `module.exports = { kind: "cjs" }` },
        { name: "d.txt", kind: "text", text: "täxt" },
        { name: "e.bin", kind: "data", bytes: [1, 2, 255] },
        { name: "f.json", kind: "json", json: { deep: [1, null, "ü"] } },
        { name: "g.wasm", kind: "wasm", bytes: [0, 97, 115, 109, 1, 0, 0, 0] },
      ];
      const main = `
        import b from "./lib/b.js"; import c from "c.cjs"; import d from "./d.txt"; import e from "./e.bin";
        import f from "./f.json"; import g from "./g.wasm";
        export default { fetch: () => Response.json([b, c.kind, d, [...new Uint8Array(e)], f, g instanceof WebAssembly.Module]) };`;
      assert.deepEqual(await p.json("/x", source(main, { modules })), [
        "js", "cjs", "täxt", [1, 2, 255], { deep: [1, null, "ü"] }, true,
      ]);
    });

    it("gives each worker bytes of its own, also of a code that is kept", async () => {
      const main = `import bytes from "./b.bin"; export default { fetch() {
        const view = new Uint8Array(bytes); const seen = [...view]; view.fill(9); return Response.json(seen); } };`;
      const spec = source(main, { modules: [{ name: "b.bin", kind: "data", bytes: [1, 2, 3] }] });
      assert.deepEqual(await p.json("/twice", spec), [1, 2, 3]);
    });

    it("shares a compiled module, where the runtime can", async () => {
      const main = `import m from "own.wasm"; export default { fetch: () => new Response(m instanceof WebAssembly.Module) };`;
      const spec = source(main, { modules: [{ name: "own.wasm", kind: "compiled" }] });
      const opaque = source(
        `import m from "own.wasm"; export default { fetch: (r, env) => Response.json([m instanceof WebAssembly.Module, env.WHEN instanceof Date]) };`,
        { outbound: "opaque" },
      );
      if (sharesCompiledWasm) {
        assert.equal(await p.text("/x", spec), "true");
        assert.deepEqual(await p.json("/x", { ...opaque, how: "load" }), [true, true]);
        assert.deepEqual(await p.json("/x", { ...opaque, how: "unchecked" }), [true, true]);
      } else {
        assert.equal((await p.error("/x", spec)).kind, "Refused");
      }
    });

    it("takes an env as large as the runtime takes", async () => {
      const length = `export default { fetch: (r, env) => new Response(env.TEXT.length) };`;
      // Tag, length and text of the name and of the value, and the object around them: 1 MiB in all.
      for (const [sign, count] of [["x", 1024 * 1024 - 64], ["\u65e5", (1024 * 1024 - 64) / 2]]) {
        const runs = (more) => p.call("/env", { ...source(length), fillEnv: { sign, count: count + more } });
        assert.equal(await (await runs(0)).text(), `${count}`);
        assert.match((await (await runs(64)).json()).detail, /EnvTooLarge/);
      }
    });

    it("takes as much code as the runtime takes", async () => {
      const size = `import t from "./t.txt"; export default { fetch: () => new Response(t.length) };`;
      const fill = 60 * 1024 * 1024;
      assert.equal(await p.text("/x", source(size, { how: "load", modules: [{ name: "t.txt", kind: "text", fill }] })), `${fill}`);
      const over = source(size, { modules: [{ name: "t.txt", kind: "text", fill: 64 * 1024 * 1024 }] });
      assert.match((await p.error("/x", over)).message, /the limit is 67108864 \(64 MiB\)/);
    });

    it("gives the loader exactly Cloudflare's fields", async () => {
      const spied = async (spec) => {
        await (await p.call("/x", spec, { headers: { "x-spy": "1" } })).text();
        return p.json("/spied");
      };
      const [asked, entrypoint, code] = await spied({
        ...source(HELLO, { name: "spied" }),
        modules: [{ name: "d.bin", kind: "data", bytes: [1] }, { name: "t.txt", kind: "text", text: "t" }],
        flags: ["nodejs_compat"], limits: { cpuMs: 10, subRequests: 5 }, env: { N: 1.5, O: { a: [true, null] } },
        stubs: { API: { entrypoint: "Api", props: {} } }, tail: {}, props: { u: 1 }, entryLimits: { cpuMs: 5 },
      });
      assert.match(asked.get, /^spied@[0-9a-f]{64}$/);
      assert.deepEqual(entrypoint.getEntrypoint, [null, { props: { u: 1 }, limits: { cpuMs: 5 } }]);
      const { env, ...rest } = code;
      assert.deepEqual(Object.keys(env), ["N", "O", "API"]);
      assert.deepEqual([env.N, env.O], [1.5, { a: [true, null] }]);
      assert.deepEqual(rest, {
        compatibilityDate: "2026-07-01", compatibilityFlags: ["nodejs_compat"], limits: { cpuMs: 10, subRequests: 5 },
        mainModule: "index.js", outbound: "null", tails: 1,
        modules: { "d.bin": { data: "1 bytes" }, "index.js": { js: HELLO }, "t.txt": { text: "t" } },
      });

      const least = await spied(source(HELLO, { how: "load", outbound: "inherit", entrypoint: "default" }));
      assert.deepEqual(least[0], {
        compatibilityDate: "2026-07-01", mainModule: "index.js", modules: { "index.js": { js: HELLO } }, outbound: "absent",
      });
      assert.deepEqual(least[1].getEntrypoint, ["default", null]);
      const [, , through] = await spied(source(HELLO, { outbound: "through" }));
      assert.equal(through.outbound, "stub");
    });

    it("knows the binding from what is none", async () => {
      const facts = await p.json("/facts");
      assert.equal(facts.bound, true);
      assert.match(facts.wrong, /This binding is no Worker Loader/);
      assert.match(facts.missing, /NOPE/);
    });
  });
}
