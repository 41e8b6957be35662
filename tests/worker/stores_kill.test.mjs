// The runtime is killed while scripts write: what was acknowledged is there, and nothing is half there.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startScripts, text, wait } from "./dispatch.mjs";
import { descendants } from "./processes.mjs";
import { until } from "./until.mjs";

const KILLS = 3;
const ENOUGH = 20;

/**
 * Kills the runtime three times while three writers write, by `write(host, lane, n)`: it says whether that was acknowledged. After each
 * `check(host)` looks at what is there.
 */
async function killed(source, metadata, { prepare, write, check }) {
  const folder = mkdtempSync(join(tmpdir(), "stores-kill-"));
  const options = { bindings: { SNAPSHOT_TTL_MS: 0 }, extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") } };
  let host = await startScripts(options);
  try {
    await host.deploy("app", source, metadata);
    await prepare?.(host);
    let [n, acknowledged] = [0, 0];
    for (let kills = 0; kills < KILLS; kills += 1) {
      let ended = false;
      const writer = async (lane) => {
        while (!ended) if (await write(host, lane, (n += 1))) acknowledged += 1;
      };
      const writers = [0, 1, 2].map(writer);
      const before = acknowledged;
      while (acknowledged < before + ENOUGH) await wait(10);
      for (const { pid } of descendants(process.pid).filter(({ name }) => name.startsWith("workerd"))) process.kill(pid, "SIGKILL");
      ended = true;
      await Promise.all(writers);
      await host.dispose();
      host = await startScripts({ ...options, again: true });
      await check(host, kills);
    }
  } finally {
    await host.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

const send = (host, path, init) => host.ask(`app/${path}`, init).then(async (answer) => [answer.status, await answer.text()]).catch(() => [0, ""]);
const post = (body) => ({ method: "POST", body: JSON.stringify(body) });
const told = async (host, path) => JSON.parse(await text(await host.ask(`app/${path}`)));

/** Of KV and R2: the value of a key is the last one that was acknowledged, whole. */
const values = () => {
  const acknowledged = new Map();
  return {
    async write(host, lane, n) {
      const [key, value] = [`k${lane}-${n % 10}`, `${n} `.repeat(5000)];
      const [status] = await send(host, key, { method: "PUT", body: value });
      // What nobody was told of may be there or not.
      if (status === 200) acknowledged.set(key, value);
      else acknowledged.delete(key);
      return status === 200;
    },
    async check(host) {
      for (const [key, value] of acknowledged) assert.equal(await text(await host.ask(`app/${key}`)), value, key);
    },
  };
};

test("KV", () => killed(`export default { async fetch(request, env) {
  const key = new URL(request.url).pathname.slice(1);
  return new Response(request.method === "PUT" ? await env.KV.put(key, await request.text()) : await env.KV.get(key));
} };`, { bindings: [{ name: "KV", type: "kv_namespace", namespace_id: "kv" }] }, values()));

test("R2", () => killed(`export default { async fetch(request, env) {
  const key = new URL(request.url).pathname.slice(1);
  if (request.method === "PUT") return new Response((await env.R2.put(key, request.body)).etag);
  return new Response((await env.R2.get(key))?.body ?? "none");
} };`, { bindings: [{ name: "R2", type: "r2_bucket", bucket_name: "files" }] }, values()));

test("D1: each batch is whole or not there", () => {
  const acknowledged = new Set();
  return killed(`export default { async fetch(request, env) {
    const { DB } = env;
    if (request.method === "GET") return Response.json(await DB.prepare("SELECT batch, COUNT(*) AS rows FROM t GROUP BY batch").all().then(({ results }) => results));
    const batch = await request.json();
    if (batch === 0) await DB.exec("CREATE TABLE t (batch, row)");
    else await DB.batch(Array.from({ length: 5 }, (_, row) => DB.prepare("INSERT INTO t VALUES (?, ?)").bind(batch, row)));
    return new Response("done");
  } };`, { bindings: [{ name: "DB", type: "d1", id: "main" }] }, {
    prepare: (host) => send(host, "", post(0)),
    async write(host, lane, n) {
      const [status] = await send(host, "", post(n));
      if (status === 200) acknowledged.add(n);
      return status === 200;
    },
    async check(host) {
      const all = await told(host, "");
      assert.ok(all.every(({ rows }) => rows === 5), "none is half there");
      const there = new Set(all.map(({ batch }) => batch));
      assert.deepEqual([...acknowledged].filter((batch) => !there.has(batch)), []);
    },
  });
});

test("Durable Objects, and their alarms ring", () => {
  const counts = [0, 0, 0];
  const add = (host, name) => send(host, `${name}/add`).then(([status, body]) => (status === 200 ? Number(body) : 0));
  return killed(`import { DurableObject } from "cloudflare:workers";
  export default { async fetch(request, env) {
    const [, name, method, ...args] = new URL(request.url).pathname.split("/");
    return Response.json((await env.NS.getByName(name)[method](...args)) ?? null);
  } };
  export class Counter extends DurableObject {
    async add() {
      const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
      await this.ctx.storage.put("count", count);
      return count;
    }
    ring(ms) { return this.ctx.storage.setAlarm(Date.now() + Number(ms)); }
    async alarm() { await this.ctx.storage.put("rang", true); }
    rang() { return this.ctx.storage.get("rang"); }
  }`, { bindings: [{ name: "NS", type: "durable_object_namespace", class_name: "Counter" }], migrations: { new_tag: "v1", new_sqlite_classes: ["Counter"] } }, {
    prepare: (host) => told(host, "alarm0/ring/1000"),
    async write(host, lane) {
      const count = await add(host, lane);
      counts[lane] = Math.max(counts[lane], count);
      return count > 0;
    },
    async check(host, kills) {
      for (const lane of [0, 1, 2]) {
        const count = await add(host, lane);
        assert.ok(count > counts[lane], `${count} after ${counts[lane]} was acknowledged`);
        counts[lane] = count;
      }
      await until(() => told(host, `alarm${kills}/rang`), "an alarm that was acknowledged rings");
      await told(host, `alarm${kills + 1}/ring/1000`);
    },
  });
});

test("queues: each message comes", () => {
  const acknowledged = new Set();
  return killed(`export default {
    async fetch(request, env) {
      if (request.method === "POST") { await env.QUEUE.send(await request.json()); return new Response("sent"); }
      return Response.json((await env.LOG.list()).keys.map(({ name }) => Number(name)));
    },
    async queue(batch, env) { for (const { body } of batch.messages) await env.LOG.put(String(body), "came"); },
  };`, { bindings: [{ name: "LOG", type: "kv_namespace", namespace_id: "log" }, { name: "QUEUE", type: "queue", queue_name: "q" }] }, {
    prepare: (host) => host.api("PUT", `${NAMESPACES}/tenants/queues/q`, { consumer: { script_name: "app", batch_size: 5, max_wait_time_ms: 100 } }),
    async write(host, lane, n) {
      const [status] = await send(host, "", post(n));
      if (status === 200) acknowledged.add(n);
      return status === 200;
    },
    async check(host) {
      const missing = async () => {
        const came = new Set(await told(host, ""));
        return [...acknowledged].filter((n) => !came.has(n));
      };
      await until(missing, "all come", ({ length }) => length === 0);
    },
  });
});
