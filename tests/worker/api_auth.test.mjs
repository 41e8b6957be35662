// Who may call the control API, and what its answers are made of before any resource is asked for.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { startHost, withHost } from "./host.mjs";

const TOKEN = "the-token-of-the-operator";
const OLD = "the-token-before";
const FAILURES = 30;

describe("the control API", () => {
  let host, api;
  before(async () => {
    host = await startHost({ bindings: { API_TOKEN: TOKEN, API_TOKEN_PREVIOUS: OLD } });
    api = apiOf(host, TOKEN);
  });
  after(() => host?.dispose());

  test("the operator's token opens, and the one before it while that is set", async () => {
    for (const token of [TOKEN, OLD]) {
      const { result } = await api("GET", "/user/tokens/verify", undefined, { token });
      assert.deepEqual(result, { id: "owner", status: "active" });
    }
    await api("GET", "/accounts/acc/tokens/verify");
  });

  test("any other is a 401", async () => {
    for (const authorization of ["", "Bearer", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN, `Bearer dlt_${"a".repeat(39)}`]) {
      const answer = await api("GET", "/user/tokens/verify", undefined, { token: null, headers: { authorization }, status: 401 });
      assert.equal(answer.errors[0].code, 10000);
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    }
    await api("PUT", `${NAMESPACES}/a/scripts/b`, "x", { token: null, status: 401 });
  });

  test("without a token nothing is told of what there is", async () => {
    for (const [method, path] of [["GET", "/nothing"], ["POST", "/user"], ["GET", `${NAMESPACES}/NO NAME/scripts/x`]]) {
      assert.equal((await api(method, path, undefined, { token: null, status: 401 })).errors[0].code, 10000, path);
    }
  });

  test("wrangler learns that it is no user, and which account there is", async () => {
    assert.equal((await api("GET", "/user", undefined, { status: 403 })).errors[0].code, 9109);
    const accounts = await api("GET", "/accounts?page=1");
    assert.deepEqual(accounts.info, { page: 1, per_page: 1, count: 1, total_count: 1, total_pages: 1 });
    assert.deepEqual((await api("GET", "/accounts?page=2")).result, [], "or clients never come to an end");
    const [{ account, roles }] = (await api("GET", "/memberships")).result;
    assert.deepEqual([account, roles.length], [accounts.result[0], 1]);
    assert.equal((await api("GET", "/accounts/any_Id-1")).result.id, "any_Id-1");
  });

  test("there are no ordinary Workers, and it says what to do", async () => {
    for (const [method, path] of [
      ["GET", "/accounts/acc/workers/scripts/a/secrets"],
      ["GET", "/accounts/acc/workers/scripts/a/settings"],
      ["PATCH", "/accounts/acc/workers/scripts/a/script-settings"],
      ["GET", "/accounts/acc/workers/services/a"],
      ["PUT", "/accounts/acc/workers/scripts/a"],
    ]) {
      const { errors } = await api(method, path, undefined, { status: 404 });
      assert.equal(errors[0].code, 10007, path);
      assert.match(errors[0].message, /--dispatch-namespace/);
    }
  });

  test("what there is not is 404, another method 405, a name that cannot be 400", async () => {
    for (const path of ["", "/", "/zones", "/accounts/acc/workers/dispatch", "/user/"]) {
      assert.equal((await api("GET", path, undefined, { status: 404 })).errors[0].code, 7003, path);
    }
    const wrong = await api("POST", "/user", {}, { status: 405 });
    assert.equal(wrong.headers.get("allow"), "GET, HEAD");
    const { headers } = await api("OPTIONS", NAMESPACES, undefined, { status: 405, headers: { origin: "https://a.example" } });
    assert.deepEqual([...headers.keys()].filter((name) => name.startsWith("access-control")), [], "there is no CORS");
    const { errors } = await api("GET", `/accounts/${"a".repeat(65)}/workers/dispatch/namespaces/A/scripts/b.c`, undefined, { status: 400 });
    assert.deepEqual(errors.map(({ code }) => code), [10004, 10016, 10016]);
  });

  test("HEAD answers as GET, without the body", async () => {
    await api("HEAD", "/accounts");
    await api("HEAD", "/user", undefined, { status: 403 });
    await api("HEAD", "/zones", undefined, { status: 404 });
  });
});

describe("too many wrong tokens", () => {
  const from = (address) => ({ "cf-connecting-ip": address });

  test("are a 429 for that network; a right one passes", () => withHost({ bindings: { API_TOKEN: TOKEN } }, async (host) => {
    const api = apiOf(host, TOKEN);
    const statuses = async (address, count) => {
      const found = [];
      for (let i = 0; i < count; i++) {
        const answer = await host.fetch("/client/v4/accounts", { headers: { authorization: "Bearer wrong", ...from(address) } });
        found.push(answer.status);
        await answer.text();
      }
      return found;
    };
    // One more may have come back while they were asked for.
    const all = await statuses("2001:db8::1", FAILURES + 2);
    assert.deepEqual(all.slice(0, FAILURES), Array(FAILURES).fill(401));
    assert.equal(all.at(-1), 429);
    assert.deepEqual(await statuses("2001:db8::2", 1), [429], "the same network");
    assert.deepEqual(await statuses("192.0.2.1", 1), [401], "another one");
    const limited = await api("GET", "/accounts", undefined, { token: "wrong", headers: from("2001:db8::1"), status: 429 });
    assert.equal(limited.errors[0].code, 971);
    assert.ok(Number(limited.headers.get("retry-after")) >= 1);
    await api("GET", "/accounts", undefined, { headers: from("2001:db8::1") });
    const config = await host.fetch("/config", { method: "PUT", headers: { authorization: "Bearer x", ...from("2001:db8::1") } });
    assert.equal(config.status, 429, "the same for PUT /config");
    await config.text();
  }));
});

test("a network that guesses is refused before its guess is looked up; who is known here is not", () => withHost({ main: "spied.js", bindings: { API_TOKEN: TOKEN } }, async (host) => {
  const api = apiOf(host, TOKEN);
  const headers = { "cf-connecting-ip": "192.0.2.7" };
  const make = async () => (await api("POST", "/accounts/acc/tokens", { name: "t", permission: "read", namespaces: "*" })).result;
  const lookUps = async () => (await (await host.fetch("/spy")).json()).asked.filter(({ op }) => op === "authenticate").length;
  const [known, fresh] = [await make(), await make()];
  const ask = (token, status) => api("GET", NAMESPACES, undefined, { token, headers, status });
  await ask(known.value);
  let guesses = 0;
  for (let status = 401; status === 401; guesses++) {
    const guess = `dlt_${String(guesses).padStart(40, "0")}`;
    ({ status } = await host.fetch(`/client/v4${NAMESPACES}`, { headers: { ...headers, authorization: `Bearer ${guess}` } }));
    assert.ok(guesses < 2 * FAILURES);
  }
  assert.ok(guesses > FAILURES);
  const before = await lookUps();
  for (const token of [`dlt_${"f".repeat(40)}`, fresh.value]) {
    const { errors, headers } = await ask(token, 429);
    assert.equal(errors[0].code, 971);
    assert.ok(Number(headers.get("retry-after")) >= 1);
  }
  assert.equal(await lookUps(), before, "nobody was asked");
  await ask(known.value);
  await ask(TOKEN);
  await api("GET", NAMESPACES, undefined, { token: fresh.value });
  await ask(fresh.value);
  await api("DELETE", `/accounts/acc/tokens/${known.id}`);
  await ask(known.value, 429);
  const told = await lookUps();
  await ask(known.value, 429);
  assert.equal(await lookUps(), told, "what was taken back is not known any more");
}));

describe("without an API_TOKEN", () => {
  test("all is 403, and it says what to do", () => withHost({ bindings: { API_TOKEN_PREVIOUS: OLD } }, async (host) => {
    for (const token of [null, OLD, `dlt_${"a".repeat(40)}`]) {
      const { errors } = await apiOf(host, TOKEN)("GET", "/accounts", undefined, { token, status: 403 });
      assert.equal(errors[0].code, 10000);
      assert.match(errors[0].message, /wrangler secret put API_TOKEN/);
    }
  }));
});

test("a host that is set wrongly says so in the envelope, too", () => withHost({ bindings: { API_TOKEN: TOKEN, DISPATCH_NAMESPACE: "X Y" } }, async (host) => {
  const { errors } = await apiOf(host, TOKEN)("GET", NAMESPACES, undefined, { status: 500 });
  assert.match(errors[0].message, /DISPATCH_NAMESPACE/);
}));
