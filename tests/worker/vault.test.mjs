// Secrets at rest: what is stored is sealed, with a key that can be changed, and what does not open is not run.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { ECHO, text, wait, withScripts } from "./dispatch.mjs";
import { SEALED, sql } from "./objects.mjs";

const SCRIPT = `${NAMESPACES}/tenants/scripts/app`;
const key = () => randomBytes(32).toString("base64");
const secret = (name, value) => ({ name, text: value, type: "secret_text" });
const seen = async (host) => JSON.parse(await text(await host.ask("app/"))).env;

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), "vault-")); });
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
/** A storage of its own, for hosts one after the other. */
function storage() {
  const at = join(folder, String((count += 1)));
  return {
    at,
    with: (bindings, body, again = false) => withScripts({ again, main: "objects.js", bindings: { SNAPSHOT_TTL_MS: 0, ...bindings }, extra: { durableObjectsPersist: join(at, "do"), r2Persist: join(at, "r2") } }, body),
  };
}
const files = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
const idOf = async (host) => (await host.api("GET", `${NAMESPACES}/tenants`)).result.namespace_id;
const stored = async (host) => JSON.parse((await sql(host, "SCRIPTS", `${await idOf(host)}/app`, "SELECT document FROM version ORDER BY number DESC LIMIT 1"))[0][0]).bindings;

test("nothing that is stored, told or logged has a secret in it", async () => {
  const { at, with: hosted } = storage();
  const values = ["of-the-upload", "put-by-itself", "of-a-rule", "of-the-namespace"].map((what) => `hush-${what}-hush`);
  await hosted({}, async (host) => {
    await host.deploy("app", ECHO, { bindings: [secret("A", values[0])] });
    await host.api("PUT", `${SCRIPT}/secrets`, secret("B", values[1]));
    await host.api("PUT", `${SCRIPT}/outbound/secrets`, { name: "C", text: values[2] });
    await host.api("PUT", `${NAMESPACES}/tenants/outbound/secrets`, { name: "D", text: values[3] });
    assert.deepEqual(await seen(host), { A: values[0], B: values[1] });
    for (const path of ["", "/settings", "/bindings", "/secrets", "/secrets/A", "/versions", "/deployments", "/explain", "/outbound/secrets"]) {
      assert.doesNotMatch(JSON.stringify((await host.api("GET", `${SCRIPT}${path}`)).result), /hush|sealed/, path);
    }
    for (const { text } of await stored(host)) assert.match(text, SEALED);
    assert.doesNotMatch(host.log(), /hush/);
    await wait(500);
  });
  const all = files(at);
  assert.ok(all.length > 4);
  for (const path of all) assert.ok(!/hush-/.test(readFileSync(path, "latin1")), path);
});

test("what an older host has stored is read, and sealed with the next version", async () => {
  await storage().with({}, async (host) => {
    await host.deploy("app", ECHO, { bindings: [secret("A", "hush")] });
    const id = await idOf(host);
    await sql(host, "SCRIPTS", `${id}/app`, `UPDATE version SET document = json_set(document, '$.bindings[0].text', 'plain'), id = id || 'x';
      UPDATE deployment SET document = json_set(document, '$.versions[0].version_id', (SELECT id FROM version)); UPDATE version SET document = json_set(document, '$.id', id)`);
    await host.api("PUT", `${SCRIPT}/tags`, ["a"]);
    assert.deepEqual(await seen(host), { A: "plain" });
    await host.api("PUT", `${SCRIPT}/secrets`, secret("B", "more"));
    assert.deepEqual(await seen(host), { A: "plain", B: "more" });
    for (const { text } of await stored(host)) assert.match(text, SEALED);
  });
});

test("the key is changed for another without a moment in which anything does not open", async () => {
  const { with: hosted } = storage();
  const [one, two] = [key(), key()];
  const bindings = [secret("A", "hush")];
  await hosted({ SECRETS_KEY: one }, async (host) => {
    await host.deploy("app", ECHO, { bindings });
    await host.api("PUT", `${SCRIPT}/outbound/secrets`, { name: "C", text: "of-a-rule" });
  });
  await hosted({ SECRETS_KEY: two, SECRETS_KEY_PREVIOUS: one }, async (host) => {
    assert.deepEqual(await seen(host), { A: "hush" });
    const old = (await stored(host))[0].text;
    await host.deploy("app", ECHO, { bindings });
    assert.deepEqual(await seen(host), { A: "hush" });
    assert.notEqual((await stored(host))[0].text.slice(0, 20), old.slice(0, 20), "it is sealed with the new key");
  }, true);
  await hosted({ SECRETS_KEY: two }, async (host) => assert.deepEqual(await seen(host), { A: "hush" }), true);
});

test("with another key a script is not run without its secrets; they can be put anew", async () => {
  const { with: hosted } = storage();
  await hosted({ SECRETS_KEY: key() }, (host) => host.deploy("app", ECHO, { bindings: [secret("A", "hush"), { name: "P", type: "plain_text", text: "p" }] }));
  await hosted({ SECRETS_KEY: key() }, async (host) => {
    assert.equal(JSON.parse(await text(await host.ask("app/"), 503)).error.code, "dynamic_worker_unavailable");
    await host.logged(/the secret "A" of tenants\/app cannot be opened: it was sealed with a key that is neither SECRETS_KEY nor SECRETS_KEY_PREVIOUS/);
    assert.deepEqual((await host.api("GET", `${SCRIPT}/secrets`)).result.map(({ name }) => name), ["A"]);
    await host.api("PUT", `${SCRIPT}/secrets`, secret("A", "again"));
    assert.deepEqual(await seen(host), { A: "again", P: "p" });
  }, true);
});

test("a sealed secret opens in its place alone", async () => {
  await storage().with({}, async (host) => {
    await host.deploy("app", ECHO, { bindings: [secret("A", "hush")] });
    await host.deploy("thief", ECHO, { bindings: [secret("A", "mine")] });
    const id = await idOf(host);
    const [{ text: taken }] = await stored(host);
    await sql(host, "SCRIPTS", `${id}/thief`, `UPDATE version SET document = json_set(document, '$.bindings[0].text', '${taken}')`);
    await host.api("PUT", `${NAMESPACES}/tenants/scripts/thief/tags`, ["a"]);
    // The isolate holds the version that it made: another script has none of it.
    await host.deploy("thief", `${ECHO}//`, { keep_bindings: ["secret_text"] });
    await text(await host.ask("thief/"), 503);
    await host.logged(/the secret "A" of tenants\/thief cannot be opened: it was changed, or is another's/);
    const sent = await host.api("PUT", `${SCRIPT}/secrets`, secret("B", taken), { status: 400 });
    assert.match(sent.errors[0].message, /begins with "dl-sealed:1:"/);
  });
});

test("without a key there are no secrets, and all else is as it is", async () => {
  await storage().with({ SECRETS_KEY: "" }, async (host) => {
    await host.deploy("app", ECHO, { bindings: [{ name: "P", type: "plain_text", text: "p" }] });
    assert.deepEqual(await seen(host), { P: "p" });
    for (const [method, path, body] of [["PUT", `${SCRIPT}/secrets`, secret("A", "hush")], ["PATCH", `${SCRIPT}/secrets-bulk`, { secrets: { A: secret("A", "hush") } }], ["PUT", `${SCRIPT}/outbound/secrets`, { name: "C", text: "hush" }], ["PUT", `${NAMESPACES}/tenants/outbound/secrets`, { name: "C", text: "hush" }]]) {
      const { errors } = await host.api(method, path, body, { status: 403 });
      assert.deepEqual([errors[0].code, /openssl rand -base64 32/.test(errors[0].message)], [190010, true], path);
    }
    await assert.rejects(host.deploy("app", ECHO, { bindings: [secret("A", "hush")] }), /403/);
    assert.deepEqual(await seen(host), { P: "p" }, "nothing has changed");
  });
  await storage().with({ SECRETS_KEY: "too short" }, async (host) => {
    await assert.rejects(host.deploy("app", ECHO), /500/);
  });
});
