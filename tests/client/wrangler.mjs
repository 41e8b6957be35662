// `wrangler dev` as a person starts it, on a free port, with a storage of its own, and all of it ended afterwards.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { asking } from "../worker/asking.mjs";
import { descendants, running } from "../worker/processes.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const START_MS = 120_000;
// One that others may overtake holds nobody up then; nothing else may be left that would keep this process for the other kind.
const overtaken = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A folder for the storage and the secrets of one test; `remove()` it. */
export function workFolder(secrets) {
  const folder = mkdtempSync(join(tmpdir(), "wrangler-dev-"));
  const secretsFile = join(folder, "secrets");
  writeFileSync(secretsFile, Object.entries({ SECRETS_KEY: randomBytes(32).toString("base64"), ...secrets }).map(([name, value]) => `${name}=${value}\n`).join(""));
  return { storage: join(folder, "storage"), secretsFile, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts it and waits until it answers: this project, or what else has a configuration in the folder `root`. */
export async function startWrangler({ storage, secretsFile }, root = ROOT) {
  const port = await freePort();
  const options = [
    "dev", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", String(await freePort()),
    "--persist-to", storage, "--env-file", secretsFile, "--show-interactive-dev-session", "false",
  ];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1", NO_COLOR: "1" };
  const child = spawn(join(ROOT, "node_modules/.bin/wrangler"), options, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
  const closed = new Promise((resolve) => child.once("close", resolve));
  const url = `http://127.0.0.1:${port}/`;
  const host = { url, fetch: asking(url), pid: child.pid, log: () => log, stop: () => stop(child, closed) };

  const end = Date.now() + START_MS;
  while (!(await host.fetch("/").then((answer) => answer.ok, () => false))) {
    if (child.exitCode !== null || Date.now() > end) {
      await host.stop();
      throw new Error(`wrangler dev does not answer (exit code ${child.exitCode}):\n${log}`);
    }
    await wait(100);
  }
  return host;
}

/** Asks it to end, as Ctrl-C does, and sees that it and all it started are gone; gives those that had to be killed. */
async function stop(child, closed) {
  const pids = [child.pid, ...descendants(child.pid).map(({ pid }) => pid)];
  child.kill("SIGINT");
  await Promise.race([closed, overtaken(30_000)]);
  for (let i = 0; i < 300 && running(pids).length > 0; i++) await wait(100);
  const left = running(pids);
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  return left.map(({ name }) => name);
}
