// What is there before the document's calls are made: what its examples name, so that calls reach what they are about.
import assert from "node:assert/strict";
import { NAMESPACES, apiOf } from "../api.mjs";
import { scriptsOf, says } from "../dispatch.mjs";
import { until } from "../telemetry.mjs";

// It stores something of each kind, and throws where it is asked to.
const HELLO = `import { DurableObject } from "cloudflare:workers";
export class Room extends DurableObject { async fetch() { await this.ctx.storage.put("a", 1); return new Response("in"); } }
export default {
  async fetch(request, { KV, DB, FILES, ROOMS, JOBS }) {
    await request.text();
    console.log("asked");
    await KV.put("a", "1");
    await DB.exec("CREATE TABLE IF NOT EXISTS note (text TEXT)");
    await FILES.put("a.txt", "a");
    await ROOMS.getByName("a").fetch("https://room/");
    await JOBS.send("a");
    if (request.url.endsWith("/throw")) throw new TypeError("thrown");
    return new Response("hello");
  },
  queue() { throw new Error("later"); },
};`;
const CHECK = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint { request() { return new Response("checked"); } };`;
const BINDINGS = [
  { name: "KV", type: "kv_namespace", namespace_id: "kv" },
  { name: "DB", type: "d1", id: "d1" },
  { name: "FILES", type: "r2_bucket", bucket_name: "r2" },
  { name: "ROOMS", type: "durable_object_namespace", class_name: "Room" },
  { name: "JOBS", type: "queue", queue_name: "jobs" },
  { name: "KEY", type: "secret_text", text: "s3cr3t" },
  { name: "NAME", type: "plain_text", text: "Ada" },
];
const METADATA = { bindings: BINDINGS, tags: ["old"] };

/** Makes it all; gives the ids of what has one, the newest version and deployment first. */
export async function seed(host, token) {
  const api = apiOf(host, token);
  const scripts = scriptsOf(host, "tenants", token);
  const at = `${NAMESPACES}/tenants`;
  const hello = `${at}/scripts/hello`;
  const result = async (...call) => (await api(...call)).result;
  await scripts.create();
  const versions = [];
  for (const more of [{ migrations: { tag: "v1", new_sqlite_classes: ["Room"] } }, {}]) versions.unshift(await scripts.deploy("hello", HELLO, { ...METADATA, ...more }));
  const deployments = (await scripts.deployments("hello")).map(({ id }) => id);
  for (const name of ["staged", "plain"]) await scripts.deploy(name, says(name));
  const staged = await scripts.upload("staged", says("another"));
  for (const path of ["hello/", "hello/throw"]) await (await scripts.ask(path)).text();
  await api("PUT", `${at}/outbound/secrets`, { name: "KEY", text: "s" });
  await api("PUT", `${hello}/outbound/secrets`, { name: "KEY", text: "s" });
  const made = [];
  for (const name of ["ci", "old"]) made.push((await result("POST", "/accounts/local/tokens", { name, permission: "read", namespaces: ["tenants"] })).id);
  const tails = [];
  for (const path of [at, hello, "/accounts/local/workers/scripts/tenants/hello"]) tails.push((await result("POST", `${path}/tails`, {})).id);
  const { jwt } = await result("POST", `${hello}/assets-upload-session`, { manifest: { "/hello.txt": { hash: "5d41402abc4b2a76b9719d911017c592", size: 5 } } });
  const own = async (method, path, body) => {
    const answer = await host.fetch(path, { method, headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  };
  await own("PUT", "/tenant/acme", { name: "Acme" });
  for (const value of ["off", "on"]) await own("PUT", "/feature/acme", { default: value });
  await own("PUT", "/test/acme", { variants: [{ name: "a", percentage: 50 }, { name: "b", percentage: 50 }] });
  await own("PUT", "/tunnel/acme", { origin: "https://app.example.com" });
  await own("PUT", "/service/acme", { config: {} });
  await api("POST", NAMESPACES, { name: "plugin" });
  await scriptsOf(host, "plugin", token).deploy("check", CHECK);
  await own("PUT", "/plugin/acme", { plugins: [{ name: "check" }] });
  const jobs = [];
  for (const inputs of [[1], [2]]) jobs.push((await own("POST", "/job", { code: "export const map = (n) => n;", inputs, async: true })).id);
  // Isolates tell what they have counted once a second.
  const [{ fingerprint }] = await until(() => result("GET", `${at}/errors`), ({ length }) => length > 0);
  return { versions, deployments, staged, made, tails, jwt, jobs, error: fingerprint };
}
