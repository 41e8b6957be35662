// Tokens beside the operator's: what each may, how they are made, rolled and taken back.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { startHost } from "./host.mjs";

const TOKEN = "the-token-of-the-operator";
const TOKENS = "/accounts/acc/tokens";
const HOUR = 3_600_000;

describe("tokens of the control API", () => {
  let host, api;
  /** `as(value)(method, path, status)`. */
  const as = (token) => (method, path, status, body) => api(method, path, body, { token, status });
  const make = async (fields) => (await api("POST", TOKENS, { name: "t", permission: "write", namespaces: "*", ...fields })).result;
  before(async () => {
    host = await startHost({ bindings: { API_TOKEN: TOKEN } });
    api = apiOf(host, TOKEN);
    for (const name of ["a", "b", "c"]) await api("POST", NAMESPACES, { name });
  });
  after(() => host?.dispose());

  test("the value is told once, and stored nowhere", async () => {
    const { value, ...token } = await make({ name: "ci", namespaces: ["a", "b"] });
    assert.match(value, /^dlt_[0-9a-f]{40}$/);
    assert.deepEqual(Object.keys(token).sort(), ["created_on", "expires_on", "id", "modified_on", "name", "namespaces", "permission"]);
    const { result } = await api("GET", TOKENS);
    assert.deepEqual(result, [token]);
    assert.deepEqual((await as(value)("GET", `${TOKENS}/verify`)).result, { id: token.id, status: "active" });
    await api("DELETE", `${TOKENS}/${token.id}`);
    await as(value)("GET", `${TOKENS}/verify`, 401);
    assert.equal((await api("DELETE", `${TOKENS}/${token.id}`, undefined, { status: 404 })).errors[0].code, 190003);
  });

  test("one that is limited to namespaces sees those, and is told the same of all others", async () => {
    const { value } = await make({ namespaces: ["a", "b"] });
    const ask = as(value);
    const { result, info } = await ask("GET", `${NAMESPACES}?page=1&per_page=1`);
    assert.deepEqual([result.map((one) => one.namespace_name), info.total_count], [["a"], 2]);
    await ask("GET", `${NAMESPACES}/b`);
    await ask("GET", `${NAMESPACES}/b/scripts`);
    const other = (await ask("GET", `${NAMESPACES}/c`, 403)).errors;
    assert.equal(other[0].code, 9109);
    assert.deepEqual((await ask("GET", `${NAMESPACES}/nowhere`, 403)).errors, other);
    assert.deepEqual((await ask("DELETE", `${NAMESPACES}/c/scripts/x`, 403)).errors, other);
    await ask("GET", `${NAMESPACES}/a/scripts/x`, 404);
    await ask("DELETE", `${NAMESPACES}/a/scripts/x`, 404);
    for (const [method, path, body] of [
      ["POST", NAMESPACES, { name: "d" }],
      ["PUT", `${NAMESPACES}/a`, { name: "d" }],
      ["PATCH", `${NAMESPACES}/a`, { trusted_workers: true }],
      ["DELETE", `${NAMESPACES}/a`],
      ["PATCH", `${NAMESPACES}/a/quota`, { scripts: 9 }],
      ["GET", TOKENS],
      ["POST", TOKENS, {}],
      ["PUT", `${TOKENS}/x/value`, {}],
    ]) {
      assert.equal((await ask(method, path, 403, body)).errors[0].code, 9109, `${method} ${path}`);
    }
  });

  test("one that may read changes nothing", async () => {
    const { value } = await make({ permission: "read" });
    const ask = as(value);
    await ask("GET", `${NAMESPACES}/a`);
    await ask("HEAD", `${NAMESPACES}/a`);
    await ask("GET", `${NAMESPACES}/nowhere`, 404);
    for (const [method, path, body] of [
      ["POST", NAMESPACES, { name: "d" }],
      ["DELETE", `${NAMESPACES}/a/scripts/x`],
      ["PUT", `${NAMESPACES}/a/scripts/x`],
      ["POST", `${NAMESPACES}/a/scripts/x/assets-upload-session`, { manifest: {} }],
      ["PATCH", `${NAMESPACES}/a/scripts/x/settings`, {}],
    ]) {
      await ask(method, path, 403, body);
    }
  });

  test("a token is for a namespace, not for its name", async () => {
    await api("POST", NAMESPACES, { name: "old" });
    const { value } = await make({ namespaces: ["old"] });
    await api("PUT", `${NAMESPACES}/old`, { name: "new" });
    await as(value)("GET", `${NAMESPACES}/new`);
    await api("POST", NAMESPACES, { name: "old" });
    await as(value)("GET", `${NAMESPACES}/old`, 403);
    await api("DELETE", `${NAMESPACES}/new`);
    await api("POST", NAMESPACES, { name: "new" });
    await as(value)("GET", `${NAMESPACES}/new`, 403);
    for (const name of ["old", "new"]) await api("DELETE", `${NAMESPACES}/${name}`);
  });

  test("a new value, with some time for the one before", async () => {
    const first = await make({});
    const second = (await api("PUT", `${TOKENS}/${first.id}/value`, { grace_seconds: 60 })).result;
    assert.deepEqual([second.id, second.value === first.value], [first.id, false]);
    await as(first.value)("GET", NAMESPACES);
    await as(second.value)("GET", NAMESPACES);
    const third = (await api("PUT", `${TOKENS}/${first.id}/value`)).result;
    await as(third.value)("GET", NAMESPACES);
    await as(second.value)("GET", NAMESPACES, 401);
    await as(first.value)("GET", NAMESPACES, 401);
  });

  test("one that has expired is as good as none", async () => {
    const token = await make({ expires_on: new Date(Date.now() + HOUR).toISOString() });
    assert.equal((await as(token.value)("GET", `${TOKENS}/verify`)).result.expires_on, token.expires_on);
    const soon = await make({ expires_on: new Date(Date.now() + 150).toISOString() });
    await as(soon.value)("GET", NAMESPACES);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const expired = await as(soon.value)("GET", NAMESPACES, 401);
    const unknown = await as(`dlt_${"0".repeat(40)}`)("GET", NAMESPACES, 401);
    assert.deepEqual(expired.errors, unknown.errors);
  });

  test("all that is wrong with one is told at once", async () => {
    const past = new Date(Date.now() - HOUR).toISOString();
    const { errors } = await api("POST", TOKENS, { name: "", permission: "admin", namespaces: [], expires_on: past }, { status: 400 });
    assert.equal(errors.length, 4, JSON.stringify(errors));
    assert.equal((await api("POST", TOKENS, "{", { status: 400 })).errors[0].code, 10006);
    const codes = async (body, status) => (await api("POST", TOKENS, body, { status })).errors.map(({ code }) => code);
    assert.deepEqual(await codes({ name: "t", permission: "read", namespaces: ["nowhere", "a", "gone"] }, 404), [100119, 100119]);
    assert.deepEqual(await codes({ name: "t", permission: "all", expires: past, namespaces: ["nowhere"] }, 400), [10006, 10004, 100119]);
    const before = (await api("GET", TOKENS)).result.length;
    assert.deepEqual(await codes({ name: "t", permission: "read", namespaces: "*", expires: past }, 400), [10006]);
    assert.equal((await api("GET", TOKENS)).result.length, before, "nothing was made");
  });
});
