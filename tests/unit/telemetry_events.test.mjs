// What is told of a call, to whom, and what not: src/telemetry/event.js, mask.js, tails.js, fault.js.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eventOf, hasNews } from "../../src/telemetry/event.js";
import { faultOf } from "../../src/telemetry/fault.js";
import { masking } from "../../src/telemetry/mask.js";
import { filtersOf, passes } from "../../src/telemetry/tails.js";

const OWNER = { namespace: "n", script: "s", version: "v" };
const item = (more = {}) => ({
  outcome: "ok", logs: [], exceptions: [], eventTimestamp: 5, cpuTime: 3, wallTime: 4,
  event: { request: { url: "https://h/x?key=hush-hush", method: "GET", headers: { "x-worker-request-id": "id", cookie: "theirs", authorization: "theirs", "user-agent": "ua" } }, response: { status: 200 } },
  ...more,
});
const plain = (text) => text;

describe("an event", () => {
  test("has what wrangler reads, and of headers none that is the visitor's", () => {
    const event = eventOf(item({ logs: [{ level: "log", message: ["a", { b: 1 }], timestamp: 1 }] }), OWNER, plain);
    assert.deepEqual(JSON.parse(JSON.stringify(event)), {
      wallTime: 4, cpuTime: 3, truncated: false, executionModel: "stateless", outcome: "ok", scriptName: "s", scriptVersion: { id: "v" }, dispatchNamespace: "n",
      diagnosticsChannelEvents: [], exceptions: [], logs: [{ level: "log", timestamp: 1, message: ["a", { b: 1 }] }], eventTimestamp: 5,
      event: { request: { url: "https://h/x?key=hush-hush", method: "GET", headers: { "x-worker-request-id": "id", "user-agent": "ua" } }, response: { status: 200 } },
      requestId: "id",
    });
    assert.equal(hasNews(event), true);
    assert.equal(hasNews(eventOf(item(), OWNER, plain)), false);
    assert.equal(hasNews(eventOf(item({ outcome: "canceled" }), OWNER, plain)), true);
  });

  test("of other calls than requests says which", () => {
    const of = (event) => eventOf(item({ event }), OWNER, plain).event;
    assert.deepEqual([of({ rpcMethod: "add" }), of({ queue: "q", batchSize: 2 }), of({ scheduledTime: 5 }), of(null)], [{ rpcMethod: "add" }, { queue: "q", batchSize: 2 }, { scheduledTime: 5 }, null]);
  });

  test("is bounded, and says so", () => {
    const logs = Array.from({ length: 300 }, () => ({ level: "log", message: ["x".repeat(20_000), { deep: "y".repeat(20_000) }], timestamp: 1 }));
    const event = eventOf(item({ logs, exceptions: Array.from({ length: 20 }, () => ({ name: "Error", message: "m", timestamp: 1 })) }), OWNER, plain);
    assert.deepEqual([event.logs.length, event.exceptions.length, event.truncated], [256, 16, true]);
    for (const part of event.logs[0].message) assert.match(part, /… \(20\d{3} characters\)$/);
    assert.ok(JSON.stringify(event).length < 128 * 1024, "all of it together, too");
  });
});

describe("secrets", () => {
  test("are masked in each form, the longer one first, and nothing else is", () => {
    const masked = masking([["KEY", "hush-hush"], ["LONG", "hush-hush-hush"], ["ODD", 'a"b\\c/ü'], ["SHORT", "abc"]]);
    assert.equal(masked("hush-hush, hush-hush-hush, abc, hush"), "[secret KEY], [secret LONG], abc, hush");
    for (const form of ['a"b\\c/ü', JSON.stringify('a"b\\c/ü').slice(1, -1), encodeURIComponent('a"b\\c/ü'), Buffer.from('a"b\\c/ü').toString("base64")]) assert.equal(masked(`<${form}>`), "<[secret ODD]>", form);
    assert.equal(masked(JSON.stringify(JSON.stringify({ k: 'a"b\\c/ü' }))), JSON.stringify('{"k":"[secret ODD]"}'));
    assert.equal(masking([["D", "$&$1 x"]])("$&$1 x"), "[secret D]");
  });

  test("are masked in each way to write them in a URL, and within base64", () => {
    const odd = "p@ss word!/ü";
    const masked = masking([["KEY", odd]]);
    for (const form of [new URLSearchParams({ k: odd }).toString(), `k=${encodeURI(odd)}`, `k=${encodeURIComponent(odd)}`]) assert.equal(masked(form), "k=[secret KEY]", form);
    for (const before of ["user:", "us:", "use:", ""]) {
      for (const encoding of ["base64", "base64url"]) {
        const hidden = masked(Buffer.from(`${before}${odd}${before}`).toString(encoding));
        assert.ok(hidden.includes("[secret KEY]") && !Buffer.from(hidden.replaceAll("[secret KEY]", ""), encoding).toString().includes("ss wo"), `${before} ${encoding} ${hidden}`);
      }
    }
    assert.equal(masking([["HALF", "half \ud800"]])("half \ud800"), "[secret HALF]", "of half a character there is no URL");
  });

  test("are not left where a text is cut", () => {
    const secret = "0123456789abcdef";
    for (const before of [16 * 1024 - 10, 16 * 1024 - 1]) {
      const [line] = eventOf(item({ logs: [{ level: "log", message: ["-".repeat(before) + secret + "-".repeat(100), { deep: "-".repeat(before) + secret + "-".repeat(100) }], timestamp: 1 }] }), OWNER, masking([["KEY", secret]])).logs;
      for (const part of line.message) assert.ok(!JSON.stringify(part).includes("0123"), `${before}`);
      const { exceptions } = eventOf(item({ exceptions: [{ name: "Error", message: "-".repeat(before) + secret + "-".repeat(100), timestamp: 1 }] }), OWNER, masking([["KEY", secret]]));
      assert.ok(!exceptions[0].message.includes("0123"), `${before}`);
    }
    const [line] = eventOf(item({ logs: [{ level: "log", message: [48_213_377, 5n === 5n, undefined], timestamp: 1 }] }), OWNER, masking([["PIN", "48213377"]])).logs;
    assert.deepEqual(line.message, ["[secret PIN]", true, "undefined"]);
  });

  test("are masked in all of an event", () => {
    const event = eventOf(item({
      logs: [{ level: "log", message: ["hush-hush", { deep: ["hush-hush"], "hush-hush": 1 }, 5, null], timestamp: 1 }],
      exceptions: [{ name: "Error", message: "of hush-hush", stack: "at hush-hush", timestamp: 1 }],
    }), OWNER, masking([["KEY", "hush-hush"]]));
    assert.ok(!JSON.stringify(event).includes("hush"));
    assert.deepEqual(event.logs[0].message, ["[secret KEY]", { deep: ["[secret KEY]"], "[secret KEY]": 1 }, 5, null]);
  });
});

describe("filters", () => {
  const event = { ...eventOf(item({ logs: [{ level: "log", message: ["hello", { a: "world" }] }], exceptions: [{ name: "TypeError", message: "no" }], outcome: "exception" }), OWNER, plain), clientIp: "192.0.2.1" };
  test("let through what fits all of them", () => {
    for (const [filter, fits] of [
      [{ outcome: ["exception", "unknown"] }, true], [{ outcome: ["error"] }, true], [{ outcome: ["ok"] }, false],
      [{ method: ["post", "get"] }, true], [{ method: ["POST"] }, false],
      [{ query: "hello" }, true], [{ query: "world" }, true], [{ query: "TypeError: no" }, true], [{ query: "HELLO" }, true], [{ query: "level" }, false],
      [{ header: { key: "User-Agent" } }, true], [{ header: { key: "user-agent", query: "u" } }, true], [{ header: { key: "user-agent", query: "x" } }, false], [{ header: { key: "cookie" } }, false],
      [{ client_ip: ["192.0.2.1"] }, true], [{ client_ip: ["192.0.2.2"] }, false],
      [{ scriptVersion: ["v"] }, true], [{ scriptVersion: ["w"] }, false],
    ]) assert.equal(passes(event, filtersOf([filter])), fits, JSON.stringify(filter));
    assert.equal(passes(event, []), true);
    assert.equal(passes(event, [{ query: "hello" }, { method: ["POST"] }]), false);
    assert.deepEqual([0.4, 0.6].map((chance) => passes(event, [{ sampling_rate: 0.5 }], () => chance)), [true, false]);
  });

  test("that are none are refused in words", () => {
    for (const wrong of [null, {}, "x", [null], [[]], [{}], [{ a: 1 }], [{ outcome: "ok" }], [{ sampling_rate: "1" }], [{ sampling_rate: -1 }], [{ header: {} }], [{ header: { key: "a", query: 5 } }], [{ query: 5 }], Array(21).fill({ query: "x" }), [{ query: "x".repeat(5000) }], [{ __proto__: null, constructor: ["x"] }]]) {
      assert.throws(() => filtersOf(wrong), { name: "Error", message: /filter/i }, JSON.stringify(wrong));
    }
  });
});

describe("a fault", () => {
  const kept = (text) => ({ modules: [{ name: "index.js", kind: "js", bytes: new TextEncoder().encode(text) }], maps: [] });
  const at = (line, column, name = "Object.fetch") => ({ name: "Error", message: "x", stack: `    at ${name} (index.js:${line}:${column})\n    at async (other.js:1:1)` });

  test("without a source map has the place in the module, and the lines around it", async () => {
    const { file, line, column, frame, stack } = await faultOf(at(2, 3), kept("one\ntwo!\nthree"));
    assert.deepEqual([file, line, column, stack], ["index.js", 2, 3, "    at Object.fetch (index.js:2:3)\n    at async (other.js:1:1)"]);
    assert.equal(frame, "  1 | one\n> 2 | two!\n    |   ^\n  3 | three");
  });

  test("is the same wherever in the file it is, and whatever numbers are in its words where it has no place", async () => {
    const print = async (exception, text = "one\ntwo") => (await faultOf(exception, kept(text))).fingerprint;
    assert.equal(await print(at(1, 1)), await print(at(2, 3)));
    assert.notEqual(await print(at(1, 1)), await print(at(1, 1, "other")));
    assert.notEqual(await print(at(1, 1)), await print({ ...at(1, 1), name: "TypeError" }));
    const said = (message) => print({ name: "Error", message });
    assert.equal(await said("order 17 of deadbeefcafe"), await said("order 4 of 0123456789ab"));
    assert.notEqual(await said("order"), await said("other"));
  });

  test("of a line that is none shows what there is", async () => {
    for (const stack of [undefined, "", "no frame", "    at index.js:99:1", "    at x (gone.js:1:1)"]) {
      const fault = await faultOf({ name: "Error", message: "m", stack }, kept("one"));
      assert.equal(fault.frame, null, stack);
      assert.match(fault.fingerprint, /^[0-9a-f]{16}$/);
    }
  });
});
