import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";

const START_MS = 30_000;
const WATCH_MS = 200;
// USER_HZ, the unit of /proc/PID/stat, is 100 on every architecture that workerd is built for.
const TICKS_PER_SECOND = 100;

/** Processor time of all programs of the machine since its start, in seconds; what a hypervisor took away included. */
export function machineCpuSeconds() {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "latin1").split(/\s+/, 9);
  return [user, nice, system, irq, softirq, steal].reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

/** Processor time of a process since its start, in seconds; steps of 10 ms. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the name in parentheses, which may hold anything; the third is at index 0 here.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The same of all its threads that there are now, in nanoseconds. */
export function threadsCpuNanos(pid) {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1"));
  return threads.reduce((sum, stat) => sum + Number(stat.split(" ", 1)[0]), 0);
}

const memory = (pid, what) => Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;

/** The most memory that a process has had, in bytes. */
export const peakMemory = (pid) => memory(pid, "VmHWM");

/** A running workerd. `failed` rejects when it ends by itself or grows over its limit. */
export class Workerd {
  #child;
  #closed;
  #watch;
  #memoryLimit;
  #log = "";
  #stopped = false;
  ports = new Map();
  peakMemory = 0;

  /** Starts workerd and waits until all `sockets` listen. */
  static async start({ binary, config, sockets, memoryLimit }) {
    const server = new Workerd(binary, config, memoryLimit);
    try {
      await Promise.race([server.#listening(sockets), server.failed]);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  constructor(binary, config, memoryLimit) {
    this.#memoryLimit = memoryLimit;
    // Worker loaders are behind --experimental in workerd itself; wrangler passes it too.
    this.#child = spawn(binary, ["serve", "--experimental", "--control-fd=3", config], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on("data", (text) => (this.#log = (this.#log + text).slice(-4000)));
    }
    this.failed = new Promise((_, reject) => {
      this.#child.once("error", reject);
      this.#closed = new Promise((resolve) => {
        this.#child.once("close", (code, signal) => {
          if (!this.#stopped) reject(new Error(`workerd ended (${signal ?? code})`));
          resolve();
        });
      });
      this.#watch = setInterval(() => {
        try {
          this.#checkMemory();
        } catch (error) {
          // Already gone: then "close" says how it ended.
          if (error.code !== "ENOENT") reject(error);
        }
      }, WATCH_MS);
    });
    // It may fail between two uses; whoever uses it next is told.
    this.failed.catch(() => {});
  }

  /** What workerd said last, for the person who has to find out why it failed. */
  get log() {
    return this.#log.trim();
  }

  /** Ends it, at once; the promise is for who wants to wait until it is gone. */
  stop() {
    this.#stopped = true;
    clearInterval(this.#watch);
    this.#child.kill("SIGKILL");
    return this.#closed;
  }

  /** Processor time of all its threads, in milliseconds. */
  cpuMs() {
    return threadsCpuNanos(this.#child.pid) / 1e6;
  }

  /** Processor time of the whole process. */
  cpuSeconds() {
    return cpuSeconds(this.#child.pid);
  }

  #checkMemory() {
    const now = memory(this.#child.pid, "VmRSS");
    this.peakMemory = Math.max(this.peakMemory, now);
    if (now > this.#memoryLimit) {
      const gib = (bytes) => (bytes / 2 ** 30).toFixed(1);
      throw new Error(`workerd uses ${gib(now)} GiB, over the limit of ${gib(this.#memoryLimit)} GiB (--memory)`);
    }
  }

  async #listening(sockets) {
    const late = setTimeout(() => this.#child.kill("SIGKILL"), START_MS);
    try {
      for await (const line of createInterface({ input: this.#child.stdio[3] })) {
        const { event, socket, port } = JSON.parse(line);
        if (event === "listen") this.ports.set(socket, port);
        if (sockets.every((name) => this.ports.has(name))) return;
      }
      await this.failed;
    } finally {
      clearTimeout(late);
    }
  }
}
