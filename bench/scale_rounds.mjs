// The measurements of scale: each round starts the runtime anew over what is stored, so that each has scripts that were never seen.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { check, populate } from "./population.mjs";
import { ScaleHost, nameOf, tagOf } from "./scale_host.mjs";
import { quantile } from "./stats.mjs";

// The same in each size: those of the smallest.
const FEW = 10;
const EXPECT = { status: 200, body: "hello" };
const p50 = (times) => quantile(times, 0.5);
const p99 = (times) => quantile(times, 0.99);

/** Requests to these paths, each once, in the order that they have; time and CPU time of each. */
async function asked({ generator }, host, paths, connections, expect = EXPECT) {
  const before = host.cpuSeconds();
  const { requests, seconds, p50, p99 } = await generator.run({ port: host.port, connections, expect, paths });
  return { p50, p99, perSecond: requests / seconds, cpuMicros: ((host.cpuSeconds() - before) * 1e6) / requests };
}

const over = (host, scripts, count) => Array.from({ length: count }, (_, i) => host.pathOf(scripts[i % scripts.length]));

async function called(count, call) {
  const times = [];
  for (let i = 0; i < count; i += 1) times.push(await call(i));
  return { p50: p50(times), p99: p99(times) };
}

/** `{ [size]: [round, ...] }`. */
export async function measureScripts(context) {
  const { options, folder, say } = context;
  const at = (size) => join(folder, `scripts-${size}`);
  say(`scale: making ${options.sizes.join(", ")} scripts`);
  for (const size of options.sizes) mkdirSync(at(size));
  await Promise.all(options.sizes.map((size) => populate(at(size), size)));
  for (const size of options.sizes) {
    const host = await ScaleHost.start(at(size));
    try {
      await check(host, size);
    } finally {
      await host.stop();
    }
  }
  const rounds = Object.fromEntries(options.sizes.map((size) => [size, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const size of context.shuffled(options.sizes)) {
      say(`scale: round ${round} of ${options.rounds}, ${size} scripts`);
      const host = await ScaleHost.start(at(size));
      try {
        rounds[size].push(await scriptsRound(context, host, size, round === options.rounds));
      } catch (error) {
        throw new Error(`${size} scripts: ${error.message}\n${host.log}`);
      } finally {
        await host.stop();
      }
    }
  }
  return rounds;
}

async function scriptsRound(context, host, size, isLast) {
  const { options } = context;
  const all = Array.from({ length: Math.min(size, options.loaded) }, (_, i) => nameOf(Math.floor((i * size) / Math.min(size, options.loaded))));
  const few = all.slice(0, FEW);
  const round = {};
  // What is called for the first time is compiled: that is no matter of scripts.
  await host.ask("none");
  round.cold = await asked(context, host, over(host, few, few.length), 1);
  const names = Array.from({ length: 20 }, (_, i) => `none-${i}`);
  const began = performance.now();
  for (const name of names) await host.ask(name);
  round.unknown = { p50: (performance.now() - began) / names.length };
  round.warm = await asked(context, host, over(host, few, options.requests), 16);
  if (all.length > FEW) {
    round.coldMore = await asked(context, host, over(host, all.slice(FEW), all.length - FEW), 1);
    round.warmAll = await asked(context, host, over(host, all, options.requests), 16);
  }
  const at = "/scale/scripts";
  const get = (below) => async () => (await host.timed("GET", below)).ms;
  // Pages of as many as the least size has.
  const last = Math.ceil(size / FEW);
  const calls = {
    list: get(`${at}?per_page=${FEW}`),
    listLast: get(`${at}?per_page=${FEW}&page=${last}`),
    filter: get(`${at}?tags=${tagOf(7)}:yes`),
    get: get(`${at}/${few[1]}`),
    settings: get(`${at}/${few[1]}/settings`),
    quota: get("/scale/quota"),
    patch: async (i) => (await host.timed("PATCH", `${at}/${few[2]}/settings`, { retention: 20 + (i % 2) })).ms,
    deploy: () => host.deploy(few[3], [tagOf(3)]),
    create: async (i) => {
      const ms = await host.deploy(`new-${i}`, [tagOf(1)]);
      await host.call("DELETE", `${at}/new-${i}`);
      return ms;
    },
  };
  round.api = {};
  for (const [name, call] of Object.entries(calls)) {
    await call(options.calls);
    round.api[name] = await called(options.calls, call);
  }
  if (!isLast) return round;
  // Looked up and not loaded: what an isolate holds of scripts, and nothing else.
  const wasm = async () => (await host.wasmMemory()) / 2 ** 20;
  round.memory = { before: await wasm() };
  const held = Math.min(size, options.held);
  for (let i = 0; i < held; i += 1) {
    await host.call("GET", `${at}/${nameOf(i)}/explain`);
    if (i + 1 === Math.min(held, 600)) round.memory.after600 = await wasm();
  }
  Object.assign(round.memory, { seen: held, after: await wasm(), rss: host.memory() / 2 ** 20 });
  return round;
}

/** Of a script with few versions and one with many, of which 200 are kept at most: `{ [versions]: [round, ...] }`. */
export async function measureVersions(context) {
  const { options, folder, say } = context;
  const at = join(folder, "versions");
  mkdirSync(at);
  const host = await ScaleHost.start(at);
  const name = (versions) => `v-${String(versions).padStart(6, "0")}`;
  try {
    await host.call("POST", "", { name: "scale" });
    for (const versions of options.versions) {
      say(`scale: making a script of ${versions} versions`);
      await host.deploy(name(versions), []);
      await host.call("PATCH", `/scale/scripts/${name(versions)}/settings`, { retention: 200 });
      for (let i = 1; i < versions; i += 1) await host.deploy(name(versions), []);
    }
    const rounds = Object.fromEntries(options.versions.map((versions) => [versions, []]));
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const versions of context.shuffled(options.versions)) {
        say(`scale: round ${round} of ${options.rounds}, ${versions} versions`);
        const script = name(versions);
        const below = `/scale/scripts/${script}`;
        const get = (below) => async () => (await host.timed("GET", below)).ms;
        const api = {};
        for (const [name, call] of Object.entries({
          get: get(below),
          versions: get(`${below}/versions?per_page=10`),
          deployments: get(`${below}/deployments`),
          explain: get(`${below}/explain`),
          deploy: () => host.deploy(script, []),
        })) {
          await call();
          api[name] = await called(options.calls, call);
        }
        rounds[versions].push({ warm: await asked(context, host, over(host, [script], options.requests), 16), api });
      }
    }
    return rounds;
  } finally {
    await host.stop();
  }
}
