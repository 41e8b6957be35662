// Any sequence of calls leaves what a model of it would.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startScripts, text } from "./dispatch.mjs";

/** Numbers that are the same for the same seed (mulberry32). */
const numbers = (seed) => (most) => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % most;
};

const KEYS = ["a", "a/", "a/b", "a/b/c", "b", "ä", "a\u0000", "a%", "A", "\u{1f600}"];
const inOrder = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const SEEDS = [1, 2, 3, 4];

describe("any sequence of calls", () => {
  let host;
  before(async () => (host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0 } })));
  after(() => host?.dispose());

  /** Makes calls by a script of its own, and compares each with what `step(next)` says: `[call, expected]`. */
  async function holds(name, source, metadata, model, steps = 250) {
    for (const seed of SEEDS) {
      const script = `${name}-${seed}`;
      await host.deploy(script, source, metadata);
      const step = model(numbers(seed));
      const [calls, expected] = [[], []];
      for (let i = 0; i < steps; i += 1) {
        const [call, answer] = step(i);
        calls.push(call);
        expected.push(JSON.stringify(answer));
      }
      const told = JSON.parse(await text(await host.ask(`${script}/`, { method: "POST", body: JSON.stringify(calls) })));
      calls.forEach((call, at) => assert.equal(JSON.stringify(told[at]), expected[at], `seed ${seed}, call ${at}: ${JSON.stringify(call)}`));
    }
  }

  const each = (call) => `export default { async fetch(request, env) {
    const told = [];
    for (const call of await request.json()) told.push((await one(env, ...call)) ?? null);
    return Response.json(told);
  } };
  ${call}`;

  test("of a KV namespace is as of a map", () => holds("kv", each(`
    async function one({ KV }, call, ...args) {
      const answer = await KV[call](...args);
      return call === "list" ? answer.keys.map(({ name, metadata }) => [name, metadata ?? null]) : answer;
    }`), { bindings: [{ name: "KV", type: "kv_namespace", namespace_id: "kv" }] }, (next) => {
    const model = new Map();
    return (i) => {
      const key = KEYS[next(KEYS.length)];
      switch (next(5)) {
        case 0: case 1: {
          const [value, metadata] = ["v".repeat(next(40)) + i, next(2) ? { i } : null];
          model.set(key, [value, metadata]);
          return [["put", key, value, { metadata }], null];
        }
        case 2: return model.delete(key), [["delete", key], null];
        case 3: {
          const [value, metadata] = model.get(key) ?? [null, null];
          return [["getWithMetadata", key], { value, metadata, cacheStatus: null }];
        }
        default: {
          const [prefix, limit] = [["", "a", "a/", "zz"][next(4)], 1 + next(6)];
          const found = [...model].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => inOrder(a, b)).slice(0, limit);
          return [["list", { prefix, limit }], found.map(([name, [, metadata]]) => [name, metadata])];
        }
      }
    };
  }));

  test("of an R2 bucket is as of a map", () => holds("r2", each(`
    async function one({ R2 }, call, ...args) {
      const answer = await R2[call](...args);
      if (call === "list") return [answer.objects.map(({ key, size }) => [key, size]), answer.delimitedPrefixes, answer.truncated];
      if (call === "get") return answer && [answer.size, answer.customMetadata.i, await answer.text()];
      return call === "put" ? answer && answer.size : answer;
    }`), { bindings: [{ name: "R2", type: "r2_bucket", bucket_name: "files" }] }, (next) => {
    const model = new Map();
    return (i) => {
      const key = KEYS[next(KEYS.length)];
      switch (next(6)) {
        case 0: case 1: {
          const value = "v".repeat(next(40)) + i;
          // What is there already is not replaced.
          const onlyIf = next(4) === 0 ? { etagDoesNotMatch: "*" } : undefined;
          if (onlyIf && model.has(key)) return [["put", key, value, { onlyIf }], null];
          model.set(key, [value, String(i)]);
          return [["put", key, value, { customMetadata: { i: String(i) }, ...(onlyIf && { onlyIf }) }], value.length];
        }
        case 2: return model.delete(key), [["delete", key], null];
        case 3: case 4: {
          const found = model.get(key);
          const [offset, length] = [next(3), 1 + next(3)];
          if (found === undefined || found[0].length < offset + length || next(2)) return [["get", key], found === undefined ? null : [found[0].length, found[1], found[0]]];
          return [["get", key, { range: { offset, length } }], [found[0].length, found[1], found[0].slice(offset, offset + length)]];
        }
        default: {
          const [prefix, delimiter] = [["", "a", "a/", "zz"][next(4)], next(2) ? "/" : undefined];
          const [files, folders] = [[], new Set()];
          for (const name of [...model.keys()].filter((name) => name.startsWith(prefix)).sort(inOrder)) {
            const end = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix.length);
            if (end < 0) files.push([name, model.get(name)[0].length]);
            else folders.add(name.slice(0, end + 1));
          }
          return [["list", { prefix, delimiter }], [files, [...folders], false]];
        }
      }
    };
  }));

  test("of a D1 database is as of a table in memory, a batch whole or not at all", () => holds("d1", each(`
    let isMade = false;
    async function one({ DB }, call, ...args) {
      if (!isMade) await DB.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, value TEXT NOT NULL, count INTEGER NOT NULL CHECK (count < 100))");
      isMade = true;
      if (call === "all") return (await DB.prepare("SELECT id, value, count FROM t WHERE count >= ? ORDER BY count DESC, id LIMIT ?").bind(...args).raw());
      const set = (id, value, count) => DB.prepare("INSERT INTO t VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET value = ?2, count = ?3").bind(id, value, count);
      if (call === "batch") return DB.batch(args.map((row) => set(...row))).then((all) => all.length, () => "refused");
      if (call === "set") return set(...args).run().then(({ meta }) => meta.changes, () => "refused");
      if (call === "remove") return (await DB.prepare("DELETE FROM t WHERE id % ? = 0").bind(...args).run()).meta.changes;
      return DB.prepare("SELECT COUNT(*) AS n, TOTAL(count) AS sum FROM t").first();
    }`), { bindings: [{ name: "DB", type: "d1", id: "main" }] }, (next) => {
    const model = new Map();
    const row = () => [next(20), "v".repeat(next(10)), next(105)];
    return () => {
      switch (next(6)) {
        case 0: case 1: {
          const [id, value, count] = row();
          if (count >= 100) return [["set", id, value, count], "refused"];
          model.set(id, [value, count]);
          return [["set", id, value, count], 1];
        }
        case 2: {
          const rows = Array.from({ length: 1 + next(4) }, row);
          if (rows.some(([, , count]) => count >= 100)) return [["batch", ...rows], "refused"];
          for (const [id, value, count] of rows) model.set(id, [value, count]);
          return [["batch", ...rows], rows.length];
        }
        case 3: {
          const by = 2 + next(9);
          const gone = [...model.keys()].filter((id) => id % by === 0);
          for (const id of gone) model.delete(id);
          return [["remove", by], gone.length];
        }
        case 4: {
          const [least, limit] = [next(100), 1 + next(10)];
          const found = [...model].map(([id, [value, count]]) => [id, value, count]).filter(([, , count]) => count >= least);
          return [["all", least, limit], found.sort((a, b) => b[2] - a[2] || a[0] - b[0]).slice(0, limit)];
        }
        default: return [["sum"], { n: model.size, sum: [...model.values()].reduce((sum, [, count]) => sum + count, 0) }];
      }
    };
  }));

  test("of Durable Objects is as of maps, one for each name, also where one is ended meanwhile", () => holds("objects", `import { DurableObject } from "cloudflare:workers";
    ${each(`
    async function one({ NS }, name, call, ...args) {
      return NS.getByName(name)[call](...args).catch((error) => error.message);
    }`)}
    export class Store extends DurableObject {
      put(key, value) { return this.ctx.storage.put(key, value); }
      get(key) { return this.ctx.storage.get(key); }
      remove(key) { return this.ctx.storage.delete(key); }
      async list(options) { return [...(await this.ctx.storage.list(options))]; }
      async undone(key, value) {
        await this.ctx.storage.transaction(async (txn) => { await txn.put(key, value); txn.rollback(); });
      }
      async clear() { await this.ctx.storage.deleteAll(); }
      async end() { await this.ctx.storage.sync(); this.ctx.abort("ended"); }
    }`, { bindings: [{ name: "NS", type: "durable_object_namespace", class_name: "Store" }], migrations: { new_tag: "v1", new_sqlite_classes: ["Store"] } }, (next) => {
    const objects = new Map([["one", new Map()], ["two", new Map()], ["three", new Map()]]);
    return (i) => {
      const name = [...objects.keys()][next(3)];
      const model = objects.get(name);
      const key = KEYS[next(KEYS.length)];
      switch (next(8)) {
        case 0: case 1: case 2: return model.set(key, i), [[name, "put", key, i], null];
        case 3: return [[name, "get", key], model.get(key) ?? null];
        case 4: return [[name, "remove", key], model.delete(key)];
        case 5: return [[name, "undone", key, -1], null];
        case 6: {
          if (next(8) === 0) return model.clear(), [[name, "clear"], null];
          if (next(4) === 0) return [[name, "end"], "ended"];
          return [[name, "get", key], model.get(key) ?? null];
        }
        default: {
          const [prefix, reverse, limit] = [["", "a", "a/"][next(3)], next(2) === 1, 1 + next(6)];
          const found = [...model].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => inOrder(a, b));
          return [[name, "list", { prefix, reverse, limit }], (reverse ? found.reverse() : found).slice(0, limit)];
        }
      }
    };
  }));
});
