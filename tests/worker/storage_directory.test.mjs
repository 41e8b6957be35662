// The directory: names of namespaces, and the API's tokens, of whose values only digests are kept.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startHost } from "./host.mjs";
import { created, directory, refused, sha256, sql } from "./objects.mjs";

let host, ask;
before(async () => {
  host = await startHost({ main: "objects.js" });
  ask = directory(host);
});
after(() => host?.dispose());

describe("namespaces", () => {
  test("are made, listed, renamed and deleted; a name is taken once", async () => {
    const made = await ask("create_namespace", { name: "b", by: "owner" });
    assert.deepEqual([made.namespace_name, made.trusted_workers, made.script_count, made.created_by], ["b", false, 0, "owner"]);
    await created(host, "a");
    await refused(ask("create_namespace", { name: "b" }), 409, 100120);
    for (const name of ["builtin", "", "A", "x".repeat(64), "a.b"]) await refused(ask("create_namespace", { name }), 400, 10016);
    assert.deepEqual((await ask("list_namespaces")).result.map(({ namespace_name }) => namespace_name), ["a", "b"]);
    assert.deepEqual((await ask("list_namespaces", { only: ["b", "x"] })).result_info.total_count, 1);
    assert.equal((await ask("patch_namespace", { name: "b", trusted_workers: true })).trusted_workers, true);
    await refused(ask("patch_namespace", { name: "b", new_name: "a" }), 409, 100120);
    const renamed = await ask("patch_namespace", { name: "b", new_name: "c" });
    assert.deepEqual([renamed.namespace_id, renamed.trusted_workers], [made.namespace_id, true]);
    await refused(ask("namespace", { name: "b" }), 404, 100119);
    await ask("delete_namespace", { name: "c" });
    for (const op of ["namespace", "delete_namespace", "patch_namespace"]) await refused(ask(op, { name: "c" }), 404, 100119);
  });

  test("made at once under one name: one is", async () => {
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => ask("create_namespace", { name: "race" })));
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  });

  test("take no older number for a newer one", async () => {
    const namespace_id = await created(host, "counted");
    for (const [scripts, revision] of [[2, 2], [1, 1]]) await ask("count", { namespace_id, scripts, revision });
    assert.equal((await ask("namespace", { name: "counted" })).script_count, 2);
  });
});

describe("tokens", () => {
  const who = (value) => ask("authenticate", { hash: sha256(value) });

  test("are told once, known by their digest, and gone when they are deleted", async () => {
    await created(host, "of-token");
    const { value, ...token } = await ask("create_token", { name: "ci", permission: "write", namespaces: ["of-token"] });
    assert.match(value, /^dlt_[0-9a-f]{40}$/);
    assert.deepEqual(await who(value), token);
    assert.ok(!JSON.stringify(await ask("list_tokens")).includes(value));
    assert.deepEqual(await sql(host, "DIRECTORY", "directory", "SELECT hash FROM token_hash"), [[sha256(value)]]);
    await refused(who("dlt_x"), 401, 10000);
    await refused(ask("create_token", { name: "ci", permission: "write", namespaces: ["nowhere"] }), 404, 100119);
    assert.equal((await ask("list_tokens")).length, 1, "nothing of the refused one");
    await ask("delete_token", { id: token.id });
    await refused(who(value), 401, 10000);
    await refused(ask("delete_token", { id: token.id }), 404, 190003);
  });

  test("follow a namespace that is renamed, and not one that is made anew", async () => {
    await created(host, "first");
    const { value } = await ask("create_token", { name: "ci", permission: "read", namespaces: ["first"] });
    await ask("patch_namespace", { name: "first", new_name: "second" });
    assert.deepEqual((await who(value)).namespaces, ["second"]);
    await ask("delete_namespace", { name: "second" });
    await created(host, "second");
    assert.deepEqual((await who(value)).namespaces, []);
  });

  test("rolled: both values are good until the grace is over, and of three the last two", async () => {
    const first = await ask("create_token", { name: "ci", permission: "read", namespaces: "*" });
    const second = await ask("roll_token", { id: first.id, grace_seconds: 60 });
    for (const { value } of [first, second]) assert.equal((await who(value)).id, first.id);
    const third = await ask("roll_token", { id: first.id, grace_seconds: 60 });
    await refused(who(first.value), 401, 10000);
    for (const { value } of [second, third]) assert.equal((await who(value)).id, first.id);
    const last = await ask("roll_token", { id: first.id });
    await refused(who(third.value), 401, 10000);
    assert.equal((await who(last.value)).id, first.id);
    await refused(ask("roll_token", { id: "nobody" }), 404, 190003);
  });

  test("expire", async () => {
    const make = (expires_on) => ask("create_token", { name: "t", permission: "read", namespaces: "*", expires_on });
    assert.equal((await who((await make("2999-01-31T02:00:00+02:00")).value)).expires_on, "2999-01-31T00:00:00.000Z");
    await refused(make("Jan 31 2999"), 400, 10004);
    const expires_on = new Date(Date.now() + 1500).toISOString();
    const { value } = await ask("create_token", { name: "ci", permission: "read", namespaces: "*", expires_on });
    assert.equal((await who(value)).expires_on, expires_on);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    await refused(who(value), 401, 10000);
  });
});
