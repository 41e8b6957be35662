// `wrangler dev`, unmodified, over the repository as it is: what a newcomer runs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { FEATURES, contract, current, put } from "../worker/contract.mjs";
import { seed } from "../../scripts/seed.mjs";
import { startWrangler, workFolder } from "./wrangler.mjs";

const TOKEN = "the-token-of-the-client-tests";
const run = promisify(execFile);

describe("wrangler dev", { timeout: 300_000 }, () => {
  let folder, host;
  const ask = (path, init) => host.fetch(path, init);
  before(async () => {
    folder = workFolder({ API_TOKEN: TOKEN });
    host = await startWrangler(folder);
  });
  after(async () => {
    await host?.stop();
    folder?.remove();
  });

  test("says which bindings there are, and complains of nothing", () => {
    for (const name of ["LOADER", "CONFIG", "LIMITER", "DYNAMIC_PER_MINUTE", "SNAPSHOT_TTL_MS", "API_TOKEN"]) {
      assert.ok(host.log().includes(`env.${name}`), `${name} is missing in:\n${host.log()}`);
    }
    assert.doesNotMatch(host.log(), /\bWARNING\b|\bERROR\b/);
    assert.ok(!host.log().includes(TOKEN), "the token is a secret");
  });

  test("the contract of the four routes", () => contract(host.url, TOKEN));

  test("a change is served at once, by the process that runs", async () => {
    const { pid, url } = host;
    const old = await current(ask);
    for (const version of ["4.0.0", "4.0.1"]) {
      const answer = await put(ask, TOKEN, { version, features: FEATURES });
      assert.equal(answer.status, 200, await answer.text());
      const now = await current(ask, "cold");
      assert.equal(now.body.version, version);
      assert.notEqual(now.key, old.key);
    }
    assert.deepEqual([host.pid, host.url], [pid, url]);
  });

  test("the examples of patterns that make dev makes can be tried as they are printed, and a restart keeps them", async () => {
    const url = host.url.replace(/\/$/, "");
    const lines = await seed(url, TOKEN);
    assert.ok(lines.length > 0 && lines.every((line) => line.startsWith("curl ")), lines.join("\n"));
    const env = { ...process.env, AUTH: `Authorization: Bearer ${TOKEN}` };
    const shell = async (line) => (await run("bash", ["-c", line.replace(/^curl/, "curl --silent --show-error --fail --max-time 20")], { env })).stdout;
    for (const line of lines) assert.ok((await shell(line)).length > 0, line);
    assert.deepEqual(await host.stop(), [], "these had to be killed");
    host = await startWrangler(folder);
    const again = host.url.replace(/\/$/, "");
    // On another port, so what leads to the host itself is led there anew.
    assert.deepEqual(await seed(again, TOKEN), lines.map((line) => line.replaceAll(url, again)));
    for (const line of lines) assert.ok((await shell(line.replaceAll(url, again))).length > 0, line);
    const subject = await shell(`curl -X POST '${again}/test/button/conversion?subject=ada'`);
    assert.equal(JSON.parse(subject).counted, false, "it was counted before the restart");
  });

  test("a restart keeps the document, and leaves no process behind", async () => {
    const before = await current(ask);
    assert.deepEqual(await host.stop(), [], "these had to be killed");
    host = await startWrangler(folder);
    const { body, etag, key } = await current(ask, "cold");
    assert.deepEqual({ body, etag, key }, before);
  });

  test("it ends when it is asked to", async () => {
    assert.deepEqual(await host.stop(), [], "these had to be killed");
    await assert.rejects(ask("/"));
  });
});
