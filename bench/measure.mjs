import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { writeConfig } from "./config.mjs";
import { Deployed } from "./deployed.mjs";
import { shuffled } from "./stats.mjs";
import { Workerd, machineCpuSeconds } from "./workerd.mjs";

// So that what one host leaves to V8's helper threads is not counted for the next one.
const SETTLE_MS = 30;
// A named worker is never evicted and takes 2.2 MiB: over this number, workerd is started anew.
const KEYS_PER_PROCESS = 1200;
// After each start of workerd, before anything counts: enough for the hosts' own code to be compiled.
const COLD_WARM_UP = 20;

// Of one core: the share of other programs in a turn over which its round is disturbed.
export const QUIET = 0.1;

const answer = { status: 200, body: "hello" };

/** What one path is measured with: the hosts, the options, and what run.mjs ends when the run ends. */
export class Bench {
  constructor({ name, variants, options, chance, binary, directory, generator, say }) {
    Object.assign(this, { name, variants, options, chance, binary, generator, say });
    this.directory = join(directory, name);
    this.series = new Map(variants.map((variant) => [variant.name, []]));
    this.peakMemory = 0;
    // Disturbed rounds that were measured again, as many as the rounds that count at most.
    this.repeated = 0;
  }

  keep(results) {
    for (const [name, result] of results) this.series.get(name).push(result);
  }

  /** Whether a round's results count: other programs' work disturbs it, whatever the results say. */
  counts(results) {
    const quiet = results.every((result) => result.othersBusy <= QUIET);
    if (quiet || this.options.quick || this.repeated === this.options.rounds) return true;
    this.repeated++;
    this.say(`${this.name} path: disturbed by other programs, measured again`);
    return false;
  }

  async start() {
    await mkdir(this.directory, { recursive: true });
    if (this.name === "dispatch") {
      this.server = await Deployed.start(this);
      return;
    }
    this.config ??= await writeConfig(this.variants, this.directory, this.options.keepWasmCode ? ["--no-flush-liftoff-code"] : []);
    this.server = await Workerd.start({
      binary: this.binary,
      config: this.config,
      sockets: this.variants.map((variant) => variant.name),
      memoryLimit: this.options.memoryLimit,
    });
  }

  stop() {
    const { server } = this;
    this.server = null;
    this.peakMemory = Math.max(this.peakMemory, server?.peakMemory ?? 0);
    return server?.stop();
  }

  /** One turn of one host: what the generator saw, and workerd's processor time meanwhile. */
  async turn(variant, job) {
    await pause(SETTLE_MS);
    const before = this.server.cpuSeconds();
    const machineBefore = machineCpuSeconds();
    const running = this.generator.run({
      port: this.server.ports.get(variant.name),
      headers: this.server.headers?.get(variant.name) ?? variant.headers,
      expect: answer,
      ...job,
    });
    running.catch(() => {});
    const result = await Promise.race([running, this.server.failed]).catch((error) => {
      const log = this.server.log && `\nworkerd said:\n${this.server.log}`;
      throw new Error(`${this.name}, host ${variant.name}: ${error.message}${log}`);
    });
    const cpu = this.server.cpuSeconds() - before;
    const machineCpu = machineCpuSeconds() - machineBefore;
    return {
      ...result,
      requestsPerSecond: result.requests / result.seconds,
      cpuMicros: (cpu * 1e6) / result.requests,
      workerdBusy: cpu / result.seconds,
      othersBusy: Math.max(0, (machineCpu - cpu) / result.seconds - result.generatorBusy),
    };
  }
}

/** The warm path, also of what is dispatched: `series` gets one entry a host and round. */
export async function measureWarm(bench) {
  const { rounds, seconds, connections } = bench.options;
  await bench.start();
  for (let round = 0; round <= rounds;) {
    bench.say(`${bench.name} path: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
    const results = new Map();
    for (const variant of shuffled(bench.variants, bench.chance)) {
      results.set(variant.name, await bench.turn(variant, { path: variant.path ?? "/", seconds, connections }));
    }
    if (round > 0 && !bench.counts([...results.values()])) continue;
    if (round > 0) bench.keep(results);
    round++;
  }
  await bench.stop();
}

/** The cold path: `series` gets one entry a host and round, each with a `get` and a `load` side. */
export async function measureCold(bench) {
  const { rounds, coldRequests, connections, served } = bench.options;
  const keysPerRound = bench.variants.length * coldRequests;
  let keys = Infinity;
  let made = 0;
  const job = (mode, count) => ({
    connections: 1,
    paths: Array.from({ length: count }, () => (mode === "load" ? "/load" : `/cold/${bench.options.seed}-${made++}`)),
  });
  for (let round = 1; round <= rounds;) {
    if (keys + keysPerRound > KEYS_PER_PROCESS) {
      bench.say("cold path: starting workerd anew");
      await bench.stop();
      await bench.start();
      for (const mode of ["get", "load"]) {
        for (const variant of bench.variants) await bench.turn(variant, job(mode, COLD_WARM_UP));
      }
      // V8's better compiler then has seen what the host's requests run through.
      for (const variant of served > 0 ? bench.variants : []) {
        await bench.turn(variant, { connections, paths: Array.from({ length: served }, () => "/") });
      }
      keys = bench.variants.length * COLD_WARM_UP;
    }
    bench.say(`cold path: round ${round} of ${rounds}`);
    const results = new Map(bench.variants.map((variant) => [variant.name, {}]));
    for (const mode of shuffled(["get", "load"], bench.chance)) {
      for (const variant of shuffled(bench.variants, bench.chance)) {
        results.get(variant.name)[mode] = await bench.turn(variant, job(mode, coldRequests));
      }
    }
    keys += keysPerRound;
    if (!bench.counts([...results.values()].flatMap((modes) => [modes.get, modes.load]))) continue;
    bench.keep(results);
    round++;
  }
  await bench.stop();
}

/** The start: `series` gets one entry a host and round. Each has a workerd of its own, which is given one request. */
export async function measureStartup(bench) {
  const configs = new Map();
  for (const variant of bench.variants) {
    const directory = join(bench.directory, variant.name);
    await mkdir(directory, { recursive: true });
    configs.set(variant.name, await writeConfig([variant], directory));
  }
  for (let round = 0; round <= bench.options.rounds;) {
    bench.say(`startup: ${round === 0 ? "warming up" : `round ${round} of ${bench.options.rounds}`}`);
    const results = new Map();
    for (const variant of shuffled(bench.variants, bench.chance)) {
      results.set(variant.name, await started(bench, variant.name, configs.get(variant.name)));
    }
    if (round > 0 && !bench.counts([...results.values()])) continue;
    if (round > 0) bench.keep(results);
    round++;
  }
}

async function started(bench, name, config) {
  await pause(SETTLE_MS);
  const machineBefore = machineCpuSeconds();
  const began = performance.now();
  bench.server = await Workerd.start({ binary: bench.binary, config, sockets: [name], memoryLimit: bench.options.memoryLimit });
  const answer = await fetch(`http://127.0.0.1:${bench.server.ports.get(name)}/`, { headers: { accept: "application/json", connection: "close" } });
  const body = await answer.text();
  const startMs = performance.now() - began;
  const startCpuMs = bench.server.cpuMs();
  const own = process.cpuUsage(bench.cpuBefore);
  bench.cpuBefore = process.cpuUsage();
  const machineMs = (machineCpuSeconds() - machineBefore) * 1000;
  await bench.stop();
  if (!answer.ok) throw new Error(`startup, host ${name}: ${answer.status} ${body}`);
  const generatorBusy = (own.user + own.system) / 1000 / startMs;
  const workerdBusy = startCpuMs / startMs;
  const othersBusy = Math.max(0, machineMs / startMs - workerdBusy - generatorBusy);
  return { requests: 1, startMs, startCpuMs, p50: startMs, p99: startMs, workerdBusy, generatorBusy, othersBusy };
}
