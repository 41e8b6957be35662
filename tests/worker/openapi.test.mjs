// The API against its own OpenAPI document: schemathesis makes calls of it, right ones and wrong ones, and looks at every answer.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { Response } from "miniflare";
import { document } from "../../src/openapi/document.js";
import { startHost } from "./host.mjs";
import { seed } from "./openapi/seed.mjs";

const TOKEN = "the-token-of-the-openapi-tests";
const FOLDER = resolve(import.meta.dirname, "openapi");

const operations = Object.values(document.paths).flatMap((item) => Object.values(item).filter(({ operationId }) => operationId));

/** The document, with examples of what is here and no document can know of: by the operation's id, `{ parameter: value }`. */
function withExamples(examples) {
  const copy = structuredClone(document);
  for (const item of Object.values(copy.paths)) {
    for (const operation of Object.values(item).filter(({ operationId }) => examples[operationId])) {
      const { body, ...parameters } = examples[operation.operationId];
      if (body) operation.requestBody.content["application/json"].example = body;
      for (const [name, example] of Object.entries(parameters)) {
        const known = (operation.parameters ??= []).find((one) => one.name === name);
        if (known) known.example = example;
        else operation.parameters.push({ ...copy.components.parameters[name], example });
      }
    }
  }
  return copy;
}

/** What there is to be found of each, by what was seeded. */
const examplesOf = ({ versions, deployments, staged, made, tails, error, jobs }) => ({
  getVersion: { item: versions[0] },
  getDeployment: { item: deployments[0] },
  deleteDeployment: { item: deployments[1] },
  createDeployment: { body: { strategy: "percentage", versions: [{ version_id: staged, percentage: 100 }] } },
  rollToken: { item: made[0] },
  deleteToken: { item: made[1] },
  getError: { item: error },
  resolveError: { item: error },
  endNamespaceTail: { item: tails[0] },
  endScriptTail: { item: tails[1] },
  endWranglerTail: { item: tails[2] },
  getSecret: { item: "KEY" },
  deleteSecret: { item: "KEY" },
  deleteOutboundSecret: { item: "KEY" },
  deleteNamespaceOutboundSecret: { item: "KEY" },
  putTag: { item: "old" },
  deleteTag: { item: "old" },
  exportKv: { item: "kv" },
  emptyKv: { item: "kv" },
  exportD1: { item: "d1" },
  restoreD1: { item: "d1" },
  emptyD1: { item: "d1" },
  exportR2: { item: "r2", key: "a.txt" },
  emptyR2: { item: "r2" },
  exportObjects: { item: "Room.1.0" },
  emptyObjects: { item: "Room.1.0" },
  getQueue: { item: "jobs" },
  putQueue: { item: "jobs" },
  listMessages: { item: "jobs" },
  purgeQueue: { item: "jobs" },
  getJob: { id: jobs[0] },
  getJobResults: { id: jobs[0] },
  retryJob: { id: jobs[0] },
  cancelJob: { id: jobs[0] },
  deleteJob: { id: jobs[1] },
});

/** Runs schemathesis to its end: its exit code and what it wrote. */
function run(args, options) {
  const tester = spawn(process.env.SCHEMATHESIS ?? "schemathesis", args, options);
  let output = "";
  for (const stream of [tester.stdout, tester.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    tester.on("error", reject);
    tester.on("close", (code) => resolve({ code, output }));
  });
}

describe("the OpenAPI document", () => {
  let host, folder;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "openapi-"));
    host = await startHost({
      bindings: { API_TOKEN: TOKEN, DYNAMIC_PER_MINUTE: 1000 },
      // The origin of a tunnel.
      extra: { outboundService: () => new Response("the origin") },
    });
  });
  after(async () => {
    await host?.dispose();
    rmSync(folder, { recursive: true });
  });

  test("is served to anybody", async () => {
    const answer = await host.fetch("/openapi.json");
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type"), /^application\/json/);
    assert.deepEqual(await answer.json(), document);
    assert.equal((await host.fetch("/openapi.json", { method: "DELETE" })).headers.get("allow"), "GET, HEAD");
  });

  test("has every answer to calls of it, right ones and wrong ones", async ({ signal }) => {
    const seeded = await seed(host, TOKEN);
    const [file, told] = ["openapi.json", "statuses.json"].map((name) => join(folder, name));
    writeFileSync(file, JSON.stringify(withExamples(examplesOf(seeded))));
    const args = ["--no-color", "--config-file", join(FOLDER, "schemathesis.toml"), "run", file, "--url", host.url.replace(/\/$/, "")];
    const { code, output } = await run(args, {
      // Where it leaves what it has found.
      cwd: folder,
      signal,
      env: { ...process.env, API_TOKEN: TOKEN, SESSION_TOKEN: seeded.jwt, STATUSES: told, SCHEMATHESIS_HOOKS: join(FOLDER, "hooks.py"), PYTHONDONTWRITEBYTECODE: "1", PYTHONHASHSEED: "0" },
    });
    assert.equal(code, 0, output);
    // Calls that all were refused would have proved little.
    const statuses = JSON.parse(readFileSync(told, "utf8"));
    const isGood = (status) => Number(status) < 300;
    const refused = operations.filter(({ operationId, responses }) => Object.keys(responses).some(isGood) && !Object.keys(statuses[operationId] ?? {}).some(isGood));
    assert.deepEqual(refused.map(({ operationId }) => operationId), []);
  });
});
