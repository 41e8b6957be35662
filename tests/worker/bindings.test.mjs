// What a dynamic worker is given and what it is not, how it is replaced, and what becomes of a request meanwhile: seen
// through the spied bindings of spied.js.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FEATURES, current, put, refused, served } from "./contract.mjs";
import { startHost, withHost } from "./host.mjs";

const TOKEN = "the-token-of-the-binding-tests";
const document = (version) => ({ version, features: FEATURES });
const spied = { main: "spied.js", bindings: { API_TOKEN: TOKEN, DYNAMIC_PER_MINUTE: 1000 } };
const spy = async (host, modes = {}) => (await host.fetch("/spy", { method: "PUT", body: JSON.stringify(modes) })).json();

async function held(host, count) {
  for (let i = 0; i < 500; i++) {
    if ((await spy(host)).held === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`${count} calls should be held`);
}

describe("a dynamic worker is given", () => {
  let host;
  before(async () => {
    host = await startHost(spied);
    await spy(host, { code: "echo" });
  });
  after(() => host?.dispose());

  test("no network, and nothing but its own env", async () => {
    for (const path of ["/dynamic", "/metrics", "/config"]) await (await host.fetch(path)).arrayBuffer();
    const { codes } = await spy(host);
    assert.deepEqual(codes.map(({ mainModule }) => mainModule).sort(), ["config.js", "dynamic.js", "metrics.js"]);
    for (const { key, mainModule, modules, env = {}, globalOutbound, compatibilityDate, ...rest } of codes) {
      assert.equal(globalOutbound, null, `${mainModule}: outbound is not blocked`);
      assert.deepEqual(modules, [mainModule]);
      assert.match(compatibilityDate, /^\d{4}-\d\d-\d\d$/);
      assert.deepEqual(rest, {});
      const script = mainModule.replace(".js", "");
      assert.match(key, script === "dynamic" ? /^once$/ : new RegExp(`^builtin/${script}@[0-9a-f]{64}$`));
      assert.deepEqual(Object.keys(env).sort(), { dynamic: ["CREATED_AT", "ID"], metrics: [], config: ["CONFIG", "ETAG"] }[script]);
    }
  });

  test("the request as it came, without the credentials", async () => {
    const ours = {
      authorization: `Bearer ${TOKEN}`,
      cookie: "session=1",
      "cf-access-jwt-assertion": "a",
      "cf-access-authenticated-user-email": "b",
      "cf-access-client-id": "c",
      "cf-access-client-secret": "d",
    };
    const theirs = { "x-own": "kept", "accept-language": "de", "x-authorization": "kept as well" };
    for (const path of ["/dynamic", "/metrics", "/config"]) {
      const answer = await host.fetch(`${path}?a=b%20c&d`, { headers: { ...ours, ...theirs } });
      const got = await answer.json();
      const headers = Object.fromEntries(got.headers);
      for (const name of Object.keys(ours)) assert.ok(!(name in headers), `${path} shows ${name}`);
      for (const [name, value] of Object.entries(theirs)) assert.equal(headers[name], value, path);
      assert.ok(!JSON.stringify(got).includes(TOKEN), "nor the token in any other place");
      assert.equal(got.method, "GET");
      assert.equal(got.url, new URL(`${path}?a=b%20c&d`, host.url).href);
    }
  });

  test("numbers as props, which are no part of its key", async () => {
    const answers = [await host.fetch("/metrics"), await host.fetch("/metrics")];
    const keys = answers.map(({ headers }) => headers.get("x-worker-key"));
    assert.equal(keys[0], keys[1]);
    const { props } = await answers[0].json();
    assert.deepEqual(Object.keys(props).sort(), ["activeConnections", "healthy", "loadedWorkers", "medianMs"]);
    await answers[1].arrayBuffer();
  });
});

describe("a new version", () => {
  test("serves at once; what the old one has begun it ends", () => withHost(spied, async (host) => {
    const old = await current(host.fetch, "cold");
    await spy(host, { hold: old.key });
    const begun = Promise.all(Array.from({ length: 5 }, () => host.fetch("/config")));
    await held(host, 5);

    assert.equal((await put(host.fetch, TOKEN, document("2.0.0"))).status, 200);
    const now = await current(host.fetch, "cold");
    assert.equal(now.body.version, "2.0.0");
    assert.equal((await spy(host)).held, 5, "they are still under way");

    await spy(host, { hold: "" });
    for (const answer of await begun) assert.deepEqual(await served(answer, "config", "warm"), old);
    assert.deepEqual(await current(host.fetch, "warm"), now);
  }));

  test("no request fails or gets a mixture while versions follow each other", () => withHost(spied, async (host) => {
    const versions = new Map([[(await current(host.fetch)).etag, "1.0.0"]]);
    const seen = [];
    let changing = true;
    const reader = async () => {
      while (changing) seen.push(await current(host.fetch));
    };
    const readers = Array.from({ length: 10 }, reader);
    for (let i = 1; i <= 20; i++) {
      const answer = await put(host.fetch, TOKEN, document(`2.0.${i}`));
      versions.set(answer.headers.get("etag"), (await answer.json()).version);
    }
    changing = false;
    await Promise.all(readers);
    assert.ok(seen.length > 50, `${seen.length} answers`);
    const keys = new Map();
    for (const { body, etag, key } of seen) {
      assert.equal(body.version, versions.get(etag), `under ${etag}`);
      assert.equal(keys.get(etag) ?? key, key, "one version, one worker");
      keys.set(etag, key);
    }
    assert.equal(new Set(keys.values()).size, keys.size, "and one worker, one version");
    assert.equal((await current(host.fetch)).body.version, "2.0.20");
  }));

  test("that does not load leaves the last good one serving, which says so", () => withHost(spied, async (host) => {
    const good = await current(host.fetch, "cold");
    await spy(host, { code: "broken" });
    assert.equal((await put(host.fetch, TOKEN, document("2.0.0"))).status, 200);
    for (let i = 0; i < 3; i++) {
      const answer = await host.fetch("/config");
      assert.equal(answer.status, 200);
      assert.deepEqual([await answer.json(), answer.headers.get("x-worker-key")], [good.body, good.key]);
      assert.match(answer.headers.get("x-worker-fallback"), /^builtin\/config@[0-9a-f]{12}$/);
      assert.notEqual(answer.headers.get("x-worker-fallback"), good.key);
    }
    await host.logged(/syntax error at config\.js:1/);
    await spy(host, { code: "given" });
    assert.equal((await put(host.fetch, TOKEN, document("3.0.0"))).status, 200);
    assert.equal((await current(host.fetch, "cold")).body.version, "3.0.0");
  }));

  test("that does not load, with none before it, is a 502 that says where the error is", () => withHost(spied, async (host) => {
    await spy(host, { code: "broken" });
    for (const path of ["/dynamic", "/metrics", "/config"]) {
      const message = await refused(await host.fetch(path), 502, "dynamic_worker_failed_to_load");
      assert.match(message, new RegExp(`${path.slice(1)}\\.js:1:\\d+`));
    }
  }));
});
