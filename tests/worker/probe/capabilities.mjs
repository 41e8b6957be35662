// What a dynamic worker may be given, and the ways to call it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fresh, probe, source, wait } from "./start.mjs";

export default function (runtime) {
  describe(`capabilities (${runtime})`, () => {
    const p = probe();

    it("the network is blocked unless it is opened", async () => {
      const spec = source(`import { connect } from "cloudflare:sockets"; export default { async fetch() {
        const tries = {
          fetch: () => fetch("https://example.com/"),
          socket: () => new WebSocket("wss://example.com/"),
          connect: () => connect("example.com:80").opened,
        };
        const said = {};
        for (const [what, attempt] of Object.entries(tries)) said[what] = await (async () => attempt())().then(() => "went", (e) => e.message);
        return Response.json(said);
      } };`);
      const said = await p.json("/x", spec);
      assert.match(said.fetch, /^This worker is not permitted to access the internet/);
      assert.match(said.socket, /^This worker is not permitted to access the internet/);
      assert.match(said.connect, /^This worker is not permitted to access the internet/);
      assert.deepEqual(p.went, []);
    });

    it("or goes through an entrypoint of ours, whose props are ours; or anywhere", async () => {
      const spec = source(`export default { fetch: () => fetch("https://example.com/p?q", { method: "POST" }) };`);
      const seen = await p.json("/x", { ...spec, outbound: "through" });
      assert.deepEqual(seen, { url: "https://example.com/p?q", method: "POST", props: { tenant: spec.name } });
      assert.equal(await p.text("/x", { ...spec, outbound: "inherit" }), "inherited https://example.com/p?q");
      assert.deepEqual(p.went.splice(0), ["https://example.com/p?q"]);
    });

    it("an entrypoint of ours takes no raw connections", async () => {
      const spec = source(
        `import { connect } from "cloudflare:sockets";
        export default { async fetch() {
          try {
            const socket = connect("127.0.0.1:9");
            await Promise.all([socket.opened, socket.closed]);
            return new Response("went");
          } catch (error) {
            return new Response(error.message);
          }
        } };`,
        { outbound: "through" },
      );
      // Each runtime in its own words, and before anything has left the process.
      assert.match(await p.text("/x", spec), /CONNECT on a worker not supported|proxy request failed|cannot connect/);
    });

    it("cannot reach more of an entrypoint than its methods", async () => {
      const spec = source(
        `export default { async fetch(r, env) {
          const said = { whoami: await env.API.whoami() };
          for (const name of ["probe", "script", "handle", "record", "loaded", "failed", "__wbg_reset_state"]) {
            said[name] = await env.API[name](1).then(() => "reached", (e) => e.message);
          }
          return Response.json(said);
        } };`,
        { stubs: { API: { entrypoint: "Api", props: { tenant: "acme" } } } },
      );
      const { whoami, ...others } = await p.json("/x", spec);
      assert.deepEqual(whoami, { tenant: "acme" });
      for (const [name, said] of Object.entries(others)) {
        assert.equal(said, `The RPC receiver does not implement the method "${name}".`);
      }
    });

    it("cannot reach what the WebAssembly exports by the default entrypoint either", async () => {
      const spec = source(
        `export default { async fetch(r, env) {
          const said = {};
          for (const name of ["probe", "script", "handle", "record", "loaded", "failed", "start"]) {
            said[name] = await env.US[name](1).then(() => "reached", (e) => e.message);
          }
          return Response.json(said);
        } };`,
        { stubs: { US: { entrypoint: "default", props: {} } } },
      );
      for (const [name, said] of Object.entries(await p.json("/x", spec))) {
        assert.equal(said, `The RPC receiver does not implement the method "${name}".`);
      }
    });

    it("a code that is kept can have stubs that each load makes anew; those of a request end with it", async () => {
      const text = `export default { async fetch(r, env) {
        let went = "";
        try { went = await (await fetch("https://example.com/")).json(); } catch (error) { went = error.message; }
        return Response.json([await env.API.whoami(), went]);
      } };`;
      const spec = source(text, { how: "load", stubs: { API: { entrypoint: "Api", props: { tenant: "acme" } } }, outbound: "through", tail: { app: "kept" } });
      for (let i = 0; i < 3; i += 1) {
        const [whoami, went] = await p.json("/kept", spec);
        assert.deepEqual([whoami, went.props], [{ tenant: "acme" }, { tenant: spec.name }]);
      }
      const nope = { ...spec, name: fresh(), stubs: { API: { entrypoint: "Nope", props: {} } } };
      assert.match((await p.error("/kept", nope)).message, /exports no entrypoint "Nope"/);
      const ofRequest = { ...spec, name: fresh(), how: "get" };
      await p.json("/kept", ofRequest);
      assert.match((await p.error("/kept", ofRequest)).message, /on behalf of a different request/);
    });

    it("says which entrypoint a loopback misses", async () => {
      const error = await p.error("/x", source("export default {};", { stubs: { API: { entrypoint: "Nope", props: {} } } }));
      assert.match(error.message, /exports no entrypoint "Nope"/);
    });

    it("props vary from call to call in one isolate", async () => {
      const text = `let n = 0; export class Named extends (await import("cloudflare:workers")).WorkerEntrypoint {
        fetch() { return Response.json([n += 1, this.ctx.props]); } }`;
      const spec = source(text, { entrypoint: "Named" });
      assert.deepEqual(await p.json("/x", { ...spec, props: { user: "ada" } }), [1, { user: "ada" }]);
      assert.deepEqual(await p.json("/x", { ...spec, props: { user: "bob" } }), [2, { user: "bob" }]);
    });

    it("calls methods with arguments and results of any shape", async () => {
      const spec = source(`import { WorkerEntrypoint } from "cloudflare:workers";
        export default class extends WorkerEntrypoint {
          add(a, b) { return a + b; }
          echo(...args) { return args; }
          nothing() {}
        }`);
      const call = (method, args) => p.json("/x", { ...spec, call: { method, args } });
      assert.equal(await call("add", [1, 2.5]), 3.5);
      assert.deepEqual(await call("echo", [{ a: [1, null] }, "ü", true]), [{ a: [1, null] }, "ü", true]);
      assert.deepEqual(await call("echo", { one: 1 }), [{ one: 1 }], "what is no list is the one argument");
      assert.equal(await call("nothing", []), null);
    });

    it("tails tell of the logs, whose they are and how it ended", async () => {
      const spec = source(`export default { fetch() { console.log("hello", { a: 1 }); throw new TypeError("oops"); } };`, { tail: { app: "tailed" } });
      assert.equal((await p.error("/x", spec)).kind, "Thrown");
      let mine;
      for (let i = 0; i < 200 && !mine; i += 1) {
        mine = (await p.json("/tails")).find(({ props }) => props.app === "tailed");
        if (!mine) await wait(20);
      }
      const [event] = mine.events;
      assert.equal(event.outcome, "exception");
      assert.deepEqual(event.logs[0].message, ["hello", { a: 1 }]);
      assert.deepEqual([event.exceptions[0].name, event.exceptions[0].message], ["TypeError", "oops"]);
    });

    it("waits for a place where too many are in flight", async () => {
      assert.deepEqual(await p.json("/fan-out"), [0, 1, 2, 3, 4, 5, 6, 7]);
      assert.equal(await p.json("/most-inside"), 3, "the gate has three places, and they are all used");
    });

    it("facets keep their data over newer code, and lose it when they are deleted", async () => {
      const counter = (step) => `import { DurableObject } from "cloudflare:workers";
        export class Counter extends DurableObject {
          add() { const n = (this.ctx.storage.kv.get("n") ?? 0) + ${step}; this.ctx.storage.kv.put("n", n); return [n, this.ctx.props]; }
          fetch() { return new Response("facet"); }
        }`;
      const name = fresh();
      const spec = (step) => ({ name, entrypoint: "Counter", source: counter(step), props: { step } });
      const add = async (step) => (await p.json("/facet", { ...spec(step), call: { method: "add", args: [] } })).value;
      assert.deepEqual(await add(1), [1, { step: 1 }]);
      assert.deepEqual(await add(1), [2, { step: 1 }]);
      assert.deepEqual(await add(10), [3, { step: 1 }], "a facet that runs stays what it is");
      await p.text("/facet?abort", spec(1));
      assert.deepEqual(await add(10), [13, { step: 10 }], "newer code, the same data");
      assert.equal(await p.text("/facet", spec(10)), "facet");
      await p.text("/facet?delete", spec(1));
      assert.deepEqual(await add(10), [10, { step: 10 }], "no data any more");
    });
  });
}
