// Queues of a namespace: as Cloudflare's, from script to script.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { TOKEN, scriptsOf, startScripts, text, wait } from "./dispatch.mjs";
import { compare } from "./stores/compared.mjs";
import { until } from "./until.mjs";

const KV = { name: "LOG", type: "kv_namespace", namespace_id: "log" };
const queue = (queue_name, more) => ({ name: "QUEUE", type: "queue", queue_name, ...more });
const at = (name, rest = "", namespace = "tenants") => `${NAMESPACES}/${namespace}/queues/${name}${rest}`;

/** Sends what it is sent. */
const PRODUCER = `export default { async fetch(request, env) {
  const { body, ...options } = await request.json();
  await env.QUEUE.send(body, options);
  return new Response("sent");
} };`;
/** Says in KV what came, and fails as often as a message wants. */
const CONSUMER = `export default {
  async fetch(request, env) { return Response.json((await env.LOG.list()).keys.map(({ name }) => name)); },
  async queue(batch, env) {
    for (const message of batch.messages) {
      await env.LOG.put(\`\${batch.queue} \${JSON.stringify(message.body)} \${message.attempts} of \${batch.messages.length}\`, "came");
      if (message.body.fails >= message.attempts) message.retry();
    }
  },
};`;

describe("a queue", () => {
  let host;
  let api;
  before(async () => {
    host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0 } });
    api = apiOf(host, TOKEN);
  });
  after(() => host?.dispose());
  const send = async (name, body, options) => text(await host.ask(`${name}/`, { method: "POST", body: JSON.stringify({ body, ...options }) }));
  const seen = async (name) => JSON.parse(await text(await host.ask(`${name}/`)));
  const untilSeen = (name, count) => until(() => seen(name), `${count} come`, (all) => all.length >= count);
  const consume = (name, consumer) => api("PUT", at(name), { consumer: { max_wait_time_ms: 0, ...consumer } });

  test("answers each call as Cloudflare's does", async () => {
    await compare(host, "queue_calls.js", {
      binding: [queue("calls"), KV],
      options: { queueProducers: { QUEUE: "calls" }, queueConsumers: { calls: { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 2 } }, kvNamespaces: ["LOG"] },
      prepare: () => consume("calls", { script_name: "calls", batch_size: 1, max_retries: 2 }),
      count: 35,
      // Miniflare's only words for what it refuses are "Unknown Internal Error (15000)".
      known: Object.fromEntries([
        "send: what JSON has not", "send: too much", "send: a delay below nothing", "send: a delay of more than a day",
        "batch: too many", "batch: one too large", "batch: too much together",
      ].map((what) => [what, true])),
    });
  });

  test("leads from script to script, in batches", async () => {
    await host.deploy("consumer", CONSUMER, { bindings: [KV] });
    await host.deploy("producer", PRODUCER, { bindings: [queue("jobs")] });
    await send("producer", { n: 1 });
    assert.equal((await api("GET", at("jobs"))).result.backlog_count, 1, "it waits for a consumer");
    for (const n of [2, 3]) await send("producer", { n });
    await consume("jobs", { script_name: "consumer", batch_size: 2 });
    const came = await untilSeen("consumer", 3);
    assert.deepEqual(came, ['jobs {"n":1} 1 of 2', 'jobs {"n":2} 1 of 2', 'jobs {"n":3} 1 of 1']);
    const { result } = await api("GET", at("jobs"));
    assert.deepEqual([result.backlog_count, result.consumer.script_name, result.consumer.batch_size, result.consumer.max_retries], [0, "consumer", 2, 3]);
    assert.ok((await api("GET", at("").slice(0, -1))).result.some(({ queue_name }) => queue_name === "jobs"));
  });

  test("tries again, and what fails too often is in the list of dead letters", async () => {
    await host.deploy("failing", CONSUMER, { bindings: [KV] });
    await host.deploy("sender", PRODUCER, { bindings: [queue("fails")] });
    await consume("fails", { script_name: "failing", batch_size: 1, max_retries: 1, dead_letter_queue: "dead" });
    await send("sender", { fails: 1 });
    await send("sender", { fails: 9 });
    assert.deepEqual(await untilSeen("failing", 4), ['fails {"fails":1} 1 of 1', 'fails {"fails":1} 2 of 1', 'fails {"fails":9} 1 of 1', 'fails {"fails":9} 2 of 1']);
    const letters = await until(async () => (await api("GET", at("dead", "/messages")).catch(() => ({ result: [] }))).result, "it is given up", ({ length }) => length > 0);
    assert.deepEqual(letters.map(({ body, attempts, content_type }) => [body, attempts, content_type]), [[{ fails: 9 }, 0, "json"]]);
    await api("DELETE", at("dead", "/messages"));
    assert.deepEqual((await api("GET", at("dead", "/messages"))).result, []);
  });

  test("is the namespace's own", async () => {
    await host.api("POST", NAMESPACES, { name: "others" });
    await host.deploy("mine", PRODUCER, { bindings: [queue("private")] });
    await send("mine", { n: 1 });
    await assert.rejects(api("GET", at("private", "", "others")), /There is no queue/);
    assert.deepEqual((await api("GET", `${NAMESPACES}/others/queues`)).result, []);
  });

  test("a delay of the binding, and one of the message, which counts", async () => {
    await host.deploy("delayed", PRODUCER, { bindings: [queue("delayed", { delivery_delay: 3600 })] });
    await send("delayed", { n: 1 });
    await send("delayed", { n: 2 }, { delaySeconds: 0 });
    const due = (await api("GET", at("delayed", "/messages"))).result.map((message) => Math.round((new Date(message.due) - new Date(message.timestamp)) / 1000));
    assert.deepEqual(due, [3600, 0]);
  });

  test("what it cannot be set to is refused, and nothing changes", async () => {
    await host.deploy("ready", CONSUMER, { bindings: [KV] });
    await consume("set", { script_name: "ready" });
    for (const [settings, says] of [
      [{ consumer: { script_name: "nobody" } }, /there is no script/],
      [{ consumer: {} }, /script_name is missing/],
      [{ consumer: { script_name: "ready", batch_size: 101 } }, /batch_size has to be/],
      [{ consumer: { script_name: "ready", dead_letter_queue: "a b" } }, /dead_letter_queue/],
      // As texts they would be names.
      [{ consumer: { script_name: "ready", dead_letter_queue: 5 } }, /dead_letter_queue/],
      [{ consumer: { script_name: "ready", dead_letter_queue: ["dead"] } }, /dead_letter_queue/],
      [[], /have to be a JSON object/],
      ["5", /have to be a JSON object/],
      [{ consumer: { script_name: "ready", retries: 1 } }, /no field .*retries/],
      [{ message_retention_period: 5 }, /message_retention_period/],
      [{ delivery: 1 }, /no field .*delivery/],
    ]) await assert.rejects(api("PUT", at("set"), settings), says);
    assert.equal((await api("GET", at("set"))).result.consumer.script_name, "ready");
    await assert.rejects(api("PUT", at("a%20b"), {}), /name of a queue/);
    await api("DELETE", at("set"));
    await assert.rejects(api("GET", at("set")), /There is no queue/);
  });

  test("messages wait for a consumer that is gone, and for one that has no handler", async () => {
    await host.deploy("leaving", CONSUMER, { bindings: [KV] });
    await consume("kept", { script_name: "leaving", batch_size: 1 });
    await host.remove("leaving");
    await host.deploy("keeps", PRODUCER, { bindings: [queue("kept")] });
    await send("keeps", { n: 1 });
    await host.logged(/The queue kept is delivered later/);
    const { result: [message] } = await api("GET", at("kept", "/messages"));
    assert.deepEqual([message.body, message.attempts], [{ n: 1 }, 0]);
    assert.ok(new Date(message.due) - Date.now() > 20_000, "it is not tried all the time");
  });

  test("a handler that fails before it says anything has had its try", async () => {
    await host.deploy("crash", `export default { fetch() { return new Response(""); }, queue() { return Promise.reject(new Error("broken")); } };`);
    await host.deploy("crashes", PRODUCER, { bindings: [queue("crashing")] });
    await consume("crashing", { script_name: "crash", batch_size: 1, max_retries: 0, dead_letter_queue: "crashed" });
    await send("crashes", { n: 1 });
    await until(async () => (await api("GET", at("crashing"))).result.backlog_count === 0, "it is tried");
    assert.deepEqual((await api("GET", at("crashed", "/messages"))).result.map(({ body }) => body), [{ n: 1 }]);
  });

  test("is delivered when its namespace is called otherwise", async () => {
    const others = scriptsOf(host, "before", TOKEN);
    await others.create();
    await others.deploy("worker", CONSUMER, { bindings: [KV] });
    await others.deploy("sender", PRODUCER, { bindings: [queue("moving")] });
    await api("PUT", at("moving", "", "before"), { consumer: { script_name: "worker", batch_size: 1, max_wait_time_ms: 0 } });
    await text(await others.ask("sender/", { method: "POST", body: '{"body":{"n":1},"delaySeconds":1}' }));
    await api("PATCH", `${NAMESPACES}/before`, { name: "after" });
    const came = async () => JSON.parse(await text(await scriptsOf(host, "after", TOKEN).ask("worker/")));
    assert.deepEqual(await until(came, "it comes", ({ length }) => length > 0), ['moving {"n":1} 1 of 1']);
  });

  test("goes with its namespace", async () => {
    await api("POST", NAMESPACES, { name: "short" });
    await api("PUT", at("brief", "", "short"), {});
    const [{ namespace_id }] = (await api("GET", NAMESPACES)).result.filter(({ namespace_name }) => namespace_name === "short");
    const objects = await host.miniflare.getDurableObjectNamespace("QUEUES");
    const object = objects.get(objects.idFromName(`${namespace_id}/queue/brief`));
    const status = async () => (await object.fetch("https://queue/", { method: "POST", body: '{"op":"get"}' })).status;
    assert.equal(await status(), 200);
    await api("DELETE", `${NAMESPACES}/short`);
    await until(async () => (await status()) === 404, "it goes");
  });
});
