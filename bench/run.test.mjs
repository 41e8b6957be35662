// Shows that the harness works; it judges no time.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Deployed } from "./deployed.mjs";
import { cold, dispatch, startup, warm } from "./variants.mjs";

const MEASURES = { dispatch: ["requestsPerSecond", "cpuMicros"], warm: ["requestsPerSecond", "cpuMicros"], startup: ["startMs", "startCpuMs"] };
const script = join(import.meta.dirname, "run.mjs");
const SCRIPT = "/dispatch/bench/hello/";
let folder;
let environment;

// A temporary directory of its own shows what a run leaves behind.
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-test-"));
  environment = { ...process.env, TMPDIR: folder };
});
after(() => rm(folder, { recursive: true }));

// The benchmark needs /proc; elsewhere the one thing to show is that it says so.
const onLinux = (name, body) => platform() === "linux" && test(name, body);
if (platform() !== "linux") {
  test("a run says that it needs Linux", () => assert.rejects(bench("--quick"), /it needs Linux/));
}

const bench = (...options) => promisify(execFile)(process.execPath, [script, ...options], { env: environment });

onLinux("a quick run measures every host on every path and every request succeeds", async () => {
  const { stdout } = await bench("--quick", "--only", "js,aa,direct,dispatch");
  const results = join(import.meta.dirname, "results");
  assert.equal(await readFile(join(results, "quick.md"), "utf8"), stdout);
  assert.match(stdout, /A quick run/);
  const { machine, options, paths } = JSON.parse(await readFile(join(results, "quick.json"), "utf8"));

  assert.match(machine.workerd, /^1\.\d{8}\.\d+$/);
  assert.ok(machine.peakMemory > 2 ** 20 && machine.peakMemory < options.memoryLimit);
  assert.equal(options.rounds, 2);
  assert.deepEqual(Object.keys(paths), ["dispatch", "warm", "get", "load", "startup"]);
  for (const [path, { reference, variants, controlSpread }] of Object.entries(paths)) {
    const names = { warm: ["js", "aa", "direct"], dispatch: ["same", "aa", "dispatch", "js", "direct"] }[path] ?? ["js", "aa"];
    assert.deepEqual(variants.map((variant) => variant.name), names);
    assert.equal(reference, names[0]);
    const measures = MEASURES[path] ?? ["p50", "cpuMicros"];
    assert.deepEqual(Object.keys(controlSpread), measures);
    for (const variant of variants) {
      assert.equal(variant.rounds.length, 2);
      assert.ok(variant.requests > 0);
      if (["get", "load"].includes(path)) assert.equal(variant.requests, 2 * options.coldRequests);
      for (const measure of measures) {
        const { value, ratio } = variant[measure];
        assert.ok(value.q1 > 0 && value.q1 <= value.median && value.median <= value.q3, `${variant.name} ${measure}`);
        assert.ok(ratio.low > 0 && ratio.low <= ratio.median && ratio.median <= ratio.high, `${variant.name} ${measure}`);
        if (variant.name === reference) assert.deepEqual(ratio, { median: 1, q1: 1, q3: 1, low: 1, high: 1 });
      }
    }
  }
  assert.deepEqual(await readdir(folder), []);
});

onLinux("the JavaScript host that does the same work answers with headers of the same names", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "bench-test-"));
  const { TMPDIR } = process.env;
  const server = await Deployed.start({ variants: dispatch, directory });
  t.after(async () => {
    await server.stop();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(directory, { recursive: true });
  });
  const answered = async (name, headers) => {
    const answer = await fetch(`http://127.0.0.1:${server.ports.get(name)}${SCRIPT}`, { headers });
    assert.equal(await answer.text(), "hello");
    return [...answer.headers.keys()];
  };
  for (const headers of [server.headers.get("same"), {}]) {
    const [same, worker] = [await answered("same", headers), await answered("dispatch", headers.cookie ? server.headers.get("dispatch") : {})];
    assert.deepEqual(same, worker);
    assert.equal(worker.includes("set-cookie"), headers.cookie === undefined, "who has been there has the cookie");
  }
  for (const name of ["same", "dispatch"]) assert.match(server.headers.get(name).cookie, /^dl_version=\w+\.\d+\.[\w-]+\.\w+$/);
});

onLinux("over the memory limit the run is aborted with a message and leaves nothing behind", async () => {
  await assert.rejects(bench("--quick", "--warm", "--only", "js", "--memory", "0.01"), ({ code, stderr, stdout }) => {
    assert.equal(code, 1);
    assert.match(stderr, /workerd uses 0\.\d GiB, over the limit/);
    assert.equal(stdout, "");
    return true;
  });
  assert.deepEqual(await readdir(folder), []);
});

onLinux("a run that is told to end ends its processes too", async (t) => {
  const run = spawn(process.execPath, [script, "--only", "js"], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => run.kill("SIGTERM"));
  const ended = new Promise((resolve) => run.once("exit", resolve));
  await new Promise((resolve) => run.stderr.on("data", (text) => `${text}`.includes("round 1") && resolve()));
  const children = (await readFile(`/proc/${run.pid}/task/${run.pid}/children`, "utf8")).trim().split(" ");
  assert.equal(children.length, 2, "workerd and the generator");
  run.kill("SIGTERM");
  assert.equal(await ended, 1);
  // A process that has ended and waits for its parent to notice has no memory left.
  const alive = async (pid) => existsSync(`/proc/${pid}/statm`) && !(await readFile(`/proc/${pid}/statm`, "utf8")).startsWith("0 ");
  for (const pid of children) {
    while (await alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(await readdir(folder), []);
});

test("README has the table of a whole run", async () => {
  const readme = await readFile(join(import.meta.dirname, "..", "README.md"), "utf8");
  const [, table] = /<!-- bench: .* -->\n([^]*?)<!-- \/bench -->/.exec(readme);
  for (const { label } of [...warm, ...cold, ...startup, ...dispatch]) assert.ok(table.includes(`| ${label} |`), label);
});

const mistakes = [
  [["--only", "nobody"], /no host is called nobody; there are js, aa, direct/],
  [["--rounds", "1.5"], /--rounds takes a positive integer, not 1\.5/],
  [["--seconds", "-1"], /seconds/],
  [["--readme", "--quick"], /--readme goes with a whole run only/],
  [["fast"], /unexpected argument: fast/],
];
for (const [options, message] of mistakes) {
  test(`a mistaken command line is explained: ${options.join(" ")}`, async () => {
    await assert.rejects(bench(...options), ({ code, stderr }) => code === 1 && message.test(stderr));
  });
}
