// The load generator, a process of its own that run.mjs forks: one job at a time, told and answered by messages.
// Closed loop: each connection sends its next request when it has the whole answer to the last one.
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { readResponse, requestBytes } from "./http.mjs";
import { quantile } from "./stats.mjs";

const HUNG_MS = 20_000;

/** Sends what `next()` gives (null: no more) and checks each answer; calls `answered(ms)` after each. */
class Connection {
  #socket;
  #partial = null;
  #sentAt = 0;

  constructor({ port, next, answered, expect, known, done, failed }) {
    Object.assign(this, { next, answered, expect, known, done, failed });
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      // One buffer for all reads, so that reading allocates nothing.
      onread: { buffer: Buffer.allocUnsafe(64 * 1024), callback: (size, buffer) => this.#read(size, buffer) },
    });
    this.opened = new Promise((resolve) => this.#socket.once("connect", resolve));
    this.#socket.on("error", (error) => this.failed(error));
    this.#socket.on("close", () => this.failed(new Error("the server closed a connection")));
    this.#socket.setTimeout(HUNG_MS, () => this.failed(new Error(`no answer in ${HUNG_MS / 1000} s`)));
  }

  start() {
    const request = this.next();
    if (request === null) return this.done();
    this.#sentAt = performance.now();
    this.#socket.write(request);
  }

  close() {
    this.failed = () => {};
    this.#socket.destroy();
  }

  #read(size, buffer) {
    try {
      if (!this.#complete(size, buffer)) return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
    this.answered(performance.now() - this.#sentAt);
    this.start();
    return true;
  }

  #complete(size, buffer) {
    // Most answers are byte for byte one that was checked before.
    const known = this.known.bytes;
    if (known !== null && this.#partial === null && known.compare(buffer, 0, size) === 0) return true;
    const fresh = buffer.subarray(0, size);
    const bytes = Buffer.concat(this.#partial === null ? [fresh] : [this.#partial, fresh]);
    const response = readResponse(bytes);
    this.#partial = response === null ? bytes : null;
    if (response === null) return false;
    if (response.length !== bytes.length) throw new Error("the server sent more than was asked for");
    if (response.status !== this.expect.status || response.body !== this.expect.body) {
      throw new Error(`status ${response.status}, body ${JSON.stringify(response.body.slice(0, 300))}`);
    }
    this.known.bytes = bytes;
    return true;
  }
}

/** Runs one job: for `seconds` the same `path`, or each of `paths` once. Fails at the first wrong answer. */
export async function run({ port, connections, headers, expect, seconds, path, paths }) {
  const times = [];
  const answered = (ms) => times.push(ms);
  const same = paths ? null : requestBytes(path, headers);
  const queue = paths?.map((each) => requestBytes(each, headers));
  let deadline = Infinity;
  let sent = 0;
  const next = queue
    ? () => queue[sent++] ?? null
    : () => (performance.now() < deadline ? same : null);
  const known = { bytes: null };
  let startedAt;
  let cpuAtStart;

  const all = [];
  try {
    await new Promise((resolve, failed) => {
      let running = connections;
      const done = () => --running === 0 && resolve();
      for (let i = 0; i < connections; i++) {
        all.push(new Connection({ port, next, answered, expect, known, done, failed }));
      }
      Promise.all(all.map((connection) => connection.opened)).then(() => {
        startedAt = performance.now();
        cpuAtStart = process.cpuUsage();
        if (!queue) deadline = startedAt + seconds * 1000;
        for (const connection of all) connection.start();
      });
    });
  } finally {
    for (const connection of all) connection.close();
  }
  const elapsed = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuAtStart);
  return {
    requests: times.length,
    seconds: elapsed,
    generatorBusy: (cpu.user + cpu.system) / 1e6 / elapsed,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}

if (process.send) {
  process.on("message", async (job) => {
    try {
      process.send({ result: await run(job) });
    } catch (error) {
      process.send({ error: error.message });
    }
  });
  process.on("disconnect", () => process.exit());
}
