// Every failure that can be provoked without Cloudflare, under its kind: a runtime that words one anew is noticed here.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { probe, source } from "./start.mjs";

const main = (text, more) => source(text, more);

// What fails, with the spec that makes it fail, and what the SDK has to say of it.
const LOAD_FAILURES = [
  ["a syntax error", main("export default {\n  fetch() {"), /^Syntax .*file: "index.js", line: 2, column: \d+/],
  ["an import of a name that is not exported", main(`import { gone } from "./a.js"; export default {};`, { modules: [{ name: "a.js", kind: "js", text: "" }] }), /^Syntax .*gone/],
  ["a throw while starting", main(`throw new RangeError("top");`), /^Startup .*RangeError: top.*line: 1, column: 7/],
  ["a missing import", main(`import "./gone.js"; export default {};`), /^Startup .*No such module.*gone\.js.*Imported from.*index\.js/],
  ["a module of Node without its flag", main(`import "node:fs"; export default {};`, { date: "2025-01-01" }), /^Startup .*node:fs/],
  ["an export of a primitive", main("export const x = 5; export default {};"), /^Startup .*Incorrect type for map entry/],
  ["a date to come", main("export default {};", { date: "2099-01-01" }), /^Refused .*requires compatibility date/],
  ["an unknown flag", main("export default {};", { flags: ["zzz"] }), /^Refused .*No such compatibility flag: zzz/],
  ["an experimental flag", main("export default {};", { flags: ["experimental"] }), /^Refused .*is experimental/],
  ["allowExperimental", main("export default {};", { allowExperimental: true }), /^Refused .*allowExperimental/],
  ["a factory that fails", main("export default {};", { factory: "fail" }), /^Factory .*storage is down/],
  ["a code that is not valid", main("", { date: "x", flags: ["A B"] }), /^Invalid\(.*BadCompatibilityDate.*BadCompatibilityFlag.*NoModules/],
];

const THROWN = [
  ["a throw", main(`export default { fetch() { throw new TypeError("bad thing"); } };`), /^Thrown { name: "TypeError", message: "bad thing", remote: true }/],
  ["a throw of a string", main(`export default { fetch() { throw "text"; } };`), /^Thrown .*message: "text"/],
  ["an answer that is none", main("export default { fetch: () => 5 };"), /^Thrown .*incorrect type/],
  ["an answer that never comes", main("export default { fetch: () => new Promise(() => {}) };"), /^Hung/],
  ["no fetch handler", main("export default { other() {} };"), /^NoHandler { handler: "fetch" }/],
  ["a blocked network", main(`export default { fetch: () => fetch("https://example.com/") };`), /^OutboundBlocked/],
  ["no default export, which the runtime takes for a request to the network", main("export const y = {};"), /^OutboundBlocked/],
  ["a text that only the loader may say", main(`export default { fetch() { throw new Error("Failed to start Worker:\\nUncaught SyntaxError: x\\n  at a.js:1:1"); } };`), /^Thrown { .*remote: true/],
  ["a text that only the runtime may say", main(`export default { fetch() { throw new Error("internal error; reference = forged"); } };`), /^Internal { .*remote: true/],
  ["a method that is none", main("export default {};", { call: { method: "nosuch", args: [1] } }), /^NoHandler { handler: "nosuch" }/],
  ["a throw by RPC", main(`export default { go() { throw new RangeError("far"); } };`, { call: { method: "go", args: [1] } }), /^Thrown { name: "RangeError", message: "far", remote: true }/],
];

export default function (runtime) {
  describe(`errors (${runtime})`, () => {
    const p = probe();

    for (const [what, spec, detail] of LOAD_FAILURES) {
      it(`${what} is a load failure`, async () => {
        const error = await p.error("/x", spec);
        assert.match(error.detail, detail);
        assert.deepEqual([error.loadFailure, error.workersOwn], [true, false]);
        if (error.kind !== "Invalid") assert.equal(typeof error.original.message, "string");
      });
    }

    for (const [what, spec, detail] of THROWN) {
      it(`${what} is the worker's own`, async () => {
        const error = await p.error("/x", spec);
        assert.match(error.detail, detail);
        assert.deepEqual([error.loadFailure, error.workersOwn], [false, true]);
        assert.equal(error.original.remote, true);
      });
    }

    it("a missing entrypoint is neither", async () => {
      const error = await p.error("/x", source("export default {};", { entrypoint: "Nope" }));
      assert.match(error.detail, /^NoSuchEntrypoint { name: Some\("Nope"\) }/);
      assert.deepEqual([error.loadFailure, error.workersOwn], [false, false]);
    });

    it("load() tells at once what get() tells at the first call", async () => {
      const spec = source("export default {};", { how: "load", flags: ["zzz"] });
      assert.match((await p.error("/x", spec)).detail, /^Refused .*No such compatibility flag/);
    });

    it("an instance that hands over rejects with the runtime's own error", async () => {
      for (const path of ["/hand-over", "/promise"]) {
        const response = await p.call(path, source(`export default { fetch() { throw new TypeError("mine"); } };`));
        assert.equal(response.status, 500, path);
      }
    });
  });
}
