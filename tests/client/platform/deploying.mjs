// `wrangler deploy --dispatch-namespace`: what goes up is what is served.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { until } from "../../worker/until.mjs";
import { ACCOUNT, NAMESPACE } from "./clients.mjs";

const TO = ["--dispatch-namespace", NAMESPACE];
const VERSION = /Current Version ID: ([0-9a-f-]{36})/;

export default (clients) => describe("wrangler deploy", () => {
  test("a script with a text, a WebAssembly module and vars; a secret outlives the next deploy", async () => {
    const { project, ran, sdk, served } = clients();
    const folder = project("plain");
    const first = await ran(folder, "deploy", ...TO);
    assert.match(first, /Uploaded plain/);
    assert.match(first, VERSION);
    const answer = async () => JSON.parse((await served("plain", "/a/b?c")).text);
    const expected = { greeting: "Good morning", sum: 42, NAME: "Ada", LEVEL: { is: [1, 2] }, pathname: "/a/b" };
    assert.deepEqual(await answer(), expected);

    const where = { account_id: ACCOUNT, dispatch_namespace: NAMESPACE };
    const scripts = sdk.workersForPlatforms.dispatch.namespaces.scripts;
    await scripts.secrets.update("plain", { ...where, name: "TOKEN", text: "hush", type: "secret_text" });
    assert.deepEqual(await answer(), { ...expected, TOKEN: "hush" }, "at once");

    writeFileSync(join(folder, "greeting.txt"), "Good evening\n");
    const second = await ran(folder, "deploy", ...TO, "--var", "NAME:Grace");
    assert.notEqual(VERSION.exec(second)[1], VERSION.exec(first)[1]);
    assert.deepEqual(await answer(), { ...expected, greeting: "Good evening", NAME: "Grace", TOKEN: "hush" }, "at once");
  });

  test("a TypeScript project with a framework from npm, bundled by wrangler", async () => {
    const { project, ran, served } = clients();
    const folder = project("hono");
    await ran(folder, "deploy", ...TO);
    const book = await served("books", "/books/1");
    assert.deepEqual([book.status, JSON.parse(book.text)], [200, { title: "Middlemarch", shelf: "upper" }]);
    const again = await served("books", "/books/1", { headers: { "if-none-match": book.headers.get("etag") } });
    assert.deepEqual([again.status, again.text], [304, ""]);
    assert.equal((await served("books", "/books/2")).status, 404);
    assert.equal((await served("books", "/echo", { method: "POST", body: "a body" })).text, "A BODY");

    const source = join(folder, "src/books.ts");
    writeFileSync(source, readFileSync(source, "utf8").replace("Middlemarch", "Silas Marner"));
    await ran(folder, "deploy", ...TO);
    const after = await served("books", "/books/1", { headers: { "if-none-match": book.headers.get("etag") } });
    assert.equal(JSON.parse(after.text).title, "Silas Marner", "the next request is served by the new version");

    // Cloudflare's limits and ours, from wrangler's configuration.
    const config = join(folder, "wrangler.jsonc");
    writeFileSync(config, readFileSync(config, "utf8").replace("{", '{ "limits": { "cpu_ms": 50, "request_bytes": 5 },'));
    await ran(folder, "deploy", ...TO);
    assert.equal((await served("books", "/echo", { method: "POST", body: "a bo" })).text, "A BO");
    assert.equal((await served("books", "/echo", { method: "POST", body: "a body" })).status, 413);
  });

  test("a KV namespace, a D1 database and an R2 bucket of wrangler's configuration: what is in them outlives the next deploy", async () => {
    const { project, ran, served } = clients();
    const main = (text) => `export default { async fetch(request, env) {
      await env.DB.exec("CREATE TABLE IF NOT EXISTS put (value TEXT)");
      if (request.method === "PUT") {
        const value = await request.text();
        await Promise.all([env.STORE.put("key", value), env.FILES.put("key", value), env.DB.prepare("INSERT INTO put VALUES (?)").bind(value).run()]);
      }
      const told = [await env.STORE.get("key"), await (await env.FILES.get("key"))?.text(), await env.DB.prepare("SELECT value FROM put").first("value")];
      return new Response(\`${text}: \${told.join(", ")}\`);
    } };`;
    const folder = project("plain", { "index.js": main("first") });
    appendFileSync(join(folder, "wrangler.toml"), '\n[[kv_namespaces]]\nbinding = "STORE"\nid = "0123456789abcdef0123456789abcdef"\n'
      + '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "main"\ndatabase_id = "main"\n[[r2_buckets]]\nbinding = "FILES"\nbucket_name = "files"\n');
    const to = [...TO, "--name", "stores"];
    assert.match(await ran(folder, "deploy", ...to), /STORE/);
    assert.equal((await served("stores")).text, "first: , , ");
    assert.equal((await served("stores", "/", { method: "PUT", body: "a value" })).text, "first: a value, a value, a value");
    writeFileSync(join(folder, "index.js"), main("second"));
    await ran(folder, "deploy", ...to);
    assert.equal((await served("stores")).text, "second: a value, a value, a value");
  });

  test("a Durable Object class of wrangler's configuration, with its migrations: what it stores outlives the next deploy", async () => {
    const { project, ran, failed, served } = clients();
    const main = (text, name) => `import { DurableObject } from "cloudflare:workers";
      export class ${name} extends DurableObject { async add() { const count = ((await this.ctx.storage.get("count")) ?? 0) + 1; await this.ctx.storage.put("count", count); return "${text} " + count; } }
      export default { fetch: async (request, env) => new Response(await env.COUNTERS.getByName("one").add()) };`;
    const folder = project("plain", { "index.js": main("first", "Counter") });
    const config = join(folder, "wrangler.toml");
    const plain = readFileSync(config, "utf8");
    const objects = (name) => `\n[[durable_objects.bindings]]\nname = "COUNTERS"\nclass_name = "${name}"\n`;
    const first = '\n[[migrations]]\ntag = "v1"\nnew_sqlite_classes = ["Counter"]\n';
    writeFileSync(config, plain + objects("Counter"));
    const to = [...TO, "--name", "objects"];
    assert.match(await failed(folder, "deploy", ...to), /not currently configured to implement Durable Objects/);
    writeFileSync(config, plain + objects("Counter") + first);
    await ran(folder, "deploy", ...to);
    assert.equal((await served("objects")).text, "first 1");
    writeFileSync(join(folder, "index.js"), main("second", "Counter"));
    await ran(folder, "deploy", ...to);
    assert.equal((await served("objects")).text, "second 2");
    writeFileSync(join(folder, "index.js"), main("third", "Tally"));
    writeFileSync(config, `${plain}${objects("Tally")}${first}\n[[migrations]]\ntag = "v2"\nrenamed_classes = [{ from = "Counter", to = "Tally" }]\n`);
    await ran(folder, "deploy", ...to);
    assert.equal((await served("objects")).text, "third 3");
  });

  test("a queue of wrangler's configuration", async () => {
    const { project, ran, served, api } = clients();
    const folder = project("plain", { "index.js": `export default {
      async fetch(request, env) { if (request.method === "POST") await env.JOBS.send(await request.text()); return new Response(await env.STORE.get("came")); },
      async queue(batch, env) { for (const { body } of batch.messages) await env.STORE.put("came", body); },
    };` });
    appendFileSync(join(folder, "wrangler.toml"), '\n[[queues.producers]]\nbinding = "JOBS"\nqueue = "jobs"\n[[queues.consumers]]\nqueue = "jobs"\n[[kv_namespaces]]\nbinding = "STORE"\nid = "came"\n');
    await ran(folder, "deploy", ...TO, "--name", "queued");
    await api("PUT", `/accounts/${ACCOUNT}/workers/dispatch/namespaces/${NAMESPACE}/queues/jobs`, { consumer: { script_name: "queued", max_wait_time_ms: 0 } });
    await served("queued", "/", { method: "POST", body: "a job" });
    await until(async () => (await served("queued")).text, "it comes", (text) => text === "a job");
  });

  test("a script that calls another, by a service binding", async () => {
    const { project, ran, failed, served } = clients();
    const folder = project("parts");
    const config = join(folder, "wrangler.toml");
    const named = (name, rest = "") => writeFileSync(config, `name = "${name}"\nmain = "index.js"\ncompatibility_date = "2026-07-01"\n${rest}`);
    const services = '[[services]]\nbinding = "NEXT"\nservice = "callee"\nentrypoint = "Greeter"\nprops = { name = "Ada" }\n';
    writeFileSync(join(folder, "index.js"), "export default { fetch: async (request, env) => new Response(await env.NEXT.greet('Hello')) };");
    named("calling", services);
    assert.match(await failed(folder, "deploy", ...TO), /Could not resolve service binding "NEXT"/);
    named("callee");
    writeFileSync(join(folder, "index.js"), `import { WorkerEntrypoint } from "cloudflare:workers";
      export default { fetch: () => new Response("callee") };
      export class Greeter extends WorkerEntrypoint { greet(word) { return word + ", " + this.ctx.props.name; } }`);
    await ran(folder, "deploy", ...TO);
    named("calling", services);
    writeFileSync(join(folder, "index.js"), "export default { fetch: async (request, env) => new Response(await env.NEXT.greet('Hello')) };");
    await ran(folder, "deploy", ...TO);
    assert.equal((await served("calling", "/")).text, "Hello, Ada");
  });

  test("a script without a bundler, and an annotation", async () => {
    const { project, ran, served, sdk } = clients();
    const folder = project("parts");
    await ran(folder, "deploy", ...TO, "--message", "by hand", "--tag", "v1");
    assert.equal((await served("parts", "/word")).text, "apart");
    assert.equal((await served("parts", "/later")).text, "imported when it is needed");
    const path = `/accounts/${ACCOUNT}/workers/dispatch/namespaces/${NAMESPACE}/scripts/parts/versions`;
    const { result } = await sdk.get(path);
    assert.deepEqual([result.items[0].annotations["workers/message"], result.items[0].annotations["workers/tag"]], ["by hand", "v1"]);
    assert.equal(result.items[0].metadata.source, "wrangler");
  });

  test("what needs what is not built yet is refused by name, and nothing changes", async () => {
    const { project, failed, served } = clients();
    const folder = project("plain");
    const before = (await served("plain")).text;
    appendFileSync(join(folder, "wrangler.toml"), `
[[analytics_engine_datasets]]
binding = "STORE"

[ai]
binding = "MODEL"
`);
    const out = await failed(folder, "deploy", ...TO, "--var", "NAME:Nobody");
    for (const part of [/"STORE".*"analytics_engine"/, /"MODEL".*"ai"/]) assert.match(out, part);
    assert.equal((await served("plain")).text, before);
  });

  test("with [env], whose tags wrangler sets beside, it only warns", async () => {
    const { project, ran, served } = clients();
    const folder = project("plain");
    appendFileSync(join(folder, "wrangler.toml"), '\n[env.staging.vars]\nNAME = "Stage"\n');
    await ran(folder, "deploy", ...TO, "--env", "staging");
    assert.equal(JSON.parse((await served("plain-staging")).text).NAME, "Stage");
  });
});
