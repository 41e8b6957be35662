// A/B tests: variants are versions, who sees which stays, and what is counted is counted once.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startPatterns } from "./patterns.mjs";
import { until } from "./until.mjs";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const of = (...shares) => ({ variants: shares.map((percentage, at) => ({ name: "abc"[at], percentage, payload: { at } })) });

describe("A/B tests", () => {
  let host, api, manage, ask;
  const see = async (subject, name = "button") => (await ask(`/test/${name}?subject=${subject}`)).json.variant;
  const convert = async (subject, options) => (await ask(`/test/button/conversion?subject=${subject}`, { method: "POST", ...options })).json;
  // What is exposed is written when its answer is on its way.
  const result = async (exposures, name = "button") => {
    const sum = ({ variants }) => variants.reduce((sum, variant) => sum + variant.exposures, 0);
    return until(() => manage("GET", `/test/${name}/result`), `${exposures} exposures`, (told) => sum(told) === exposures);
  };
  const counts = ({ variants }) => Object.fromEntries(variants.map(({ name, exposures, conversions }) => [name, [exposures, conversions]]));
  before(async () => ({ api, manage, ask } = host = await startPatterns()));
  after(() => host?.dispose());

  test("a test that nobody made is a 404, and leaves nothing", async () => {
    await ask("/test/button", { status: 404 });
    await ask("/test/button/conversion", { method: "POST", status: 404 });
    await manage("GET", "/test/button/result", undefined, { status: 404 });
    for (const token of [null, "wrong"]) await manage("GET", "/test/button/result", undefined, { token, status: 401 });
    const { error } = await manage("PUT", "/test/button", of(50, 49), { status: 400 });
    assert.match(error.message, /add up to 100/);
  });

  test("each variant is a version, and a subject keeps its own", async () => {
    const made = await manage("PUT", "/test/button", of(50, 50), { status: 201 });
    assert.equal(made.versions.length, 2);
    assert.equal((await api("GET", `${NAMESPACES}/test/scripts/button/versions`)).result.items.length, 2);
    assert.deepEqual((await manage("GET", "/test/button")).document, of(50, 50));
    const first = new Map();
    for (let subject = 0; subject < 60; subject++) first.set(subject, await see(subject));
    for (const [subject, variant] of first) assert.equal(await see(subject), variant);
    const a = [...first.values()].filter((variant) => variant === "a").length;
    assert.ok(a > 12 && a < 48, `${a}`);
    assert.deepEqual(counts(await result(60)), { a: [a, 0], b: [60 - a, 0] });
    const { json, headers } = await ask("/test/button", { headers: { "x-subject": "0" } });
    assert.deepEqual(json, { test: "button", variant: first.get(0), payload: { at: first.get(0) === "a" ? 0 : 1 } });
    assert.equal(made.versions["ab".indexOf(json.variant)].version_id, headers.get("x-worker-version"));
    assert.equal(headers.get("set-cookie"), null, "who has a name needs no cookie");
  });

  test("a conversion counts once, for the variant that was seen, and for none who saw none", async () => {
    const variant = await see(7);
    assert.deepEqual(await convert(7), { test: "button", variant, counted: true });
    assert.deepEqual(await convert(7), { test: "button", variant, counted: false });
    assert.equal((await convert("stranger", { status: 409 })).error.code, "not_exposed");
    const told = await result(60);
    assert.deepEqual(counts(told)[variant][1], 1);
    assert.equal(told.leader, variant);
    assert.equal(told.significant, false);
    await ask("/test/button", { method: "POST" });
    await ask("/test/button/other?subject=z", { status: 404 });
    await result(60);
  });

  test("who has no name gets a cookie, which the variant does not see", async () => {
    const first = await ask("/test/button");
    const cookie = first.headers.get("set-cookie");
    assert.match(cookie, /^dl_subject=[0-9a-f-]{36}; Path=\/test\/button; Max-Age=31536000; HttpOnly; SameSite=Lax$/);
    const headers = { cookie: cookie.split(";")[0] };
    for (let i = 0; i < 5; i++) {
      const again = await ask("/test/button", { headers });
      assert.deepEqual([again.json.variant, again.headers.get("set-cookie")], [first.json.variant, null]);
    }
    await result(61);
    const done = await ask("/test/button/conversion", { method: "POST", headers });
    assert.deepEqual(done.json, { test: "button", variant: first.json.variant, counted: true });
    await ask(`/test/button?subject=${"x".repeat(201)}`, { status: 400 });
  });

  test("nobody chooses a variant and has it counted", async () => {
    const { versions } = await manage("GET", "/test/button");
    for (let at = 0; at < 20; at++) {
      const variant = await see(`chooser-${at}`);
      for (const { version_id } of versions) {
        const { json } = await ask(`/test/button?subject=chooser-${at}`, { headers: {
          "cloudflare-workers-version-overrides": `button="${version_id}"`, "cloudflare-workers-version-key": `${at}${version_id}`,
        } });
        assert.equal(json.variant, variant);
      }
    }
    const before = counts(await result(81));
    for (const { version_id } of versions) await ask(`/test/button@${version_id.slice(0, 8)}?subject=looks`);
    await wait(100);
    assert.deepEqual(counts(await result(81)), before, "a preview counts nothing");
  });

  test("other percentages go on with what was counted, other variants begin anew", async () => {
    await manage("PUT", "/test/button", of(1, 99), { status: 200 });
    const before = counts(await result(81));
    for (let subject = 0; subject < 60; subject++) await see(subject);
    await wait(100);
    assert.deepEqual(counts(await result(81)), before, "who has seen one stays with it");
    await manage("PUT", "/test/button", of(40, 30, 30));
    assert.deepEqual(counts(await result(0)), { a: [0, 0], b: [0, 0], c: [0, 0] });
    for (let subject = 0; subject < 30; subject++) await see(subject);
    await result(30);
    await manage("PUT", "/test/button", of(50, 50));
    assert.deepEqual(counts(await result(81)), before, "the run of before, as it was");
  });

  test("beyond so many subjects nobody is counted, and all see their variants", async (t) => {
    const small = await startPatterns({ bindings: { TEST_MAX_SUBJECTS: 10 } });
    t.after(() => small.dispose());
    await small.manage("PUT", "/test/button", of(50, 50));
    for (let subject = 0; subject < 15; subject++) assert.match((await small.ask(`/test/button?subject=${subject}`)).json.variant, /^[ab]$/);
    await wait(200);
    const { variants } = await small.manage("GET", "/test/button/result");
    assert.equal(variants[0].exposures + variants[1].exposures, 10);
    await small.ask("/test/button/conversion?subject=14", { method: "POST", status: 409 });
    await small.ask("/test/button/conversion?subject=3", { method: "POST" });
  });

  test("where nothing can be counted all see their variants, and a conversion is told to come again", async (t) => {
    const broken = await startPatterns({ main: "uncounted.js" });
    t.after(() => broken.dispose());
    await broken.manage("PUT", "/test/button", of(50, 50));
    assert.match((await broken.ask("/test/button?subject=1")).json.variant, /^[ab]$/);
    for (const [method, path] of [["POST", "/test/button/conversion?subject=1"], ["GET", "/test/button/result"]]) {
      const { json, headers } = method === "POST" ? await broken.ask(path, { method, status: 503 }) : { json: await broken.manage(method, path, undefined, { status: 503 }) };
      assert.equal(json.error.code, "storage_unavailable");
      assert.ok(!JSON.stringify(json).includes("no storage"));
      if (headers) assert.equal(headers.get("retry-after"), "1");
    }
  });

  test("a deleted test has forgotten, and two tests share nothing", async () => {
    await manage("PUT", "/test/other", of(50, 50));
    await see("x");
    await see("x", "other");
    await result(1, "other");
    await manage("DELETE", "/test/button");
    await ask("/test/button", { status: 404 });
    await manage("PUT", "/test/button", of(50, 50), { status: 201 });
    await result(0);
    await see(0);
    await result(1);
    await result(1, "other");
  });
});
