// The commands of README's chapters on patterns, storage and outbound, typed into a shell as they stand there; and what `make dev` makes, made twice.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { EXAMPLES, seed } from "../../scripts/seed.mjs";
import { NAMESPACES } from "./api.mjs";
import { scriptsOf, wait } from "./dispatch.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";
import { bound } from "./stores/bound.mjs";
import { until } from "./until.mjs";

const run = promisify(execFile);
const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const chapter = (title, next) => README.slice(README.indexOf(`\n${title}\n`), README.indexOf(`\n${next}\n`));
const CHAPTER = chapter("## Patterns", "## The SDK in one example");

/** `[{ command, lines }]` of the blocks of a console, or of a shell, without answers: commands go on until their quotes are closed. */
function typed(text, kind = "console") {
  const found = [];
  for (const [, block] of text.matchAll(new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, "gs"))) {
    let last;
    for (const line of block.trimEnd().split("\n")) {
      const open = last && last.lines.length === 0 && (last.command.match(/'/g) ?? []).length % 2 === 1;
      if (kind === "sh" && !open) found.push((last = { command: line, lines: [] }));
      else if (line.startsWith("$ ")) found.push((last = { command: line.slice(2), lines: [] }));
      else if (open) last.command += `\n${line}`;
      else last.lines.push(line);
    }
  }
  return found;
}

describe("the chapter on patterns", () => {
  let host;
  const shell = async (command) => {
    const H = host.url.slice(0, -1);
    const env = { ...process.env, H, AUTH: `Authorization: Bearer ${TOKEN}`, API: `${H}/client/v4${NAMESPACES}/tenants/scripts/app` };
    return (await run("bash", ["-c", command.replace(/^curl/, "curl --silent --show-error --fail --max-time 20")], { env })).stdout;
  };
  // The tunnels of the chapter lead to this host.
  before(async () => (host = await startPatterns({ extra: { outboundService: undefined } })));
  after(() => host?.dispose());

  test("each command answers as it says", async () => {
    const commands = typed(CHAPTER);
    assert.ok(commands.length >= 10, `${commands.length}`);
    for (const { command, lines } of commands) {
      const out = await shell(command);
      if (lines.length === 0) continue;
      const expected = lines.join("\n").replaceAll("http://127.0.0.1:8787", host.url.slice(0, -1)).split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      assert.match(out.trim(), new RegExp(`^${expected.join(".*")}$`, "s"), command);
    }
  });

  test("one example of each pattern is made, once, and can be tried", async () => {
    const url = host.url.slice(0, -1);
    const lines = await seed(url, TOKEN);
    assert.equal(lines.length, EXAMPLES.flatMap(({ tries = [] }) => tries).length, lines.join("\n"));
    const told = async () => JSON.stringify(await Promise.all(EXAMPLES.filter(({ document }) => document).map(({ path }) => host.manage("GET", path))));
    const before = await told();
    assert.deepEqual(await seed(url, TOKEN), lines);
    assert.equal(await told(), before, "what is there stays as it is");
    for (const line of lines) assert.ok((await shell(line)).length > 0, line);
  });

  test("the plugin of the chapter lets in who has its key, as the shell says", async () => {
    const plugins = chapter("### Plugins", "### Services");
    const [, code] = /```js\n(.*?)```/s.exec(plugins);
    const { create, deploy } = scriptsOf(host, "plugin", TOKEN);
    await create({}).catch(() => {});
    await host.api("PATCH", `${NAMESPACES}/plugin`, { services: ["service/page"] });
    await deploy("check", code);
    const [put, ask] = typed(plugins, "sh");
    assert.match((await shell(put.command)), /"id":"main"/);
    assert.match(await shell(ask.command), /"title":"A page"/);
    await assert.rejects(shell(ask.command.replace("k1", "k2")), /403/);
  });

  test("the rules of the chapter on outbound are taken, and its audit tells", async () => {
    const { create, deploy, ask } = scriptsOf(host, "tenants", TOKEN);
    await create();
    await deploy("app", 'export default { fetch: async () => { const { status } = await fetch("https://elsewhere.example/"); return new Response(String(status)); } };');
    const [secret, rules, audit, ...more] = typed(chapter("## Outbound", "## Observe"), "sh");
    assert.equal(more.length, 0);
    for (const { command } of [secret, rules]) assert.equal(JSON.parse(await shell(command)).success, true, command);
    assert.equal(await (await ask("app/")).text(), "403");
    const { requests } = await until(async () => JSON.parse(await shell(audit.command)).result, "it is in the audit", ({ requests }) => requests.length > 0);
    assert.deepEqual(requests.map(({ decision, host, method, count }) => [decision, host, method, count]), [["refused", "elsewhere.example", "GET", 1]]);
  });

  test("what scripts store is exported, restored, emptied and queued as the chapter on storage says", async () => {
    const { deploy, create } = scriptsOf(host, "tenants", TOKEN);
    await create({}).catch(() => {});
    const named = { KV: { namespace_id: "sessions" }, DB: { id: "main" } };
    const bindings = bound.bindings.map((binding) => ({ ...binding, ...named[binding.name] }));
    for (const name of ["stored", "hello"]) {
      await deploy(name, `import { DurableObject } from "cloudflare:workers";
        export class Room extends DurableObject {}
        export default { async fetch(request, env) { await env.KV.put("a", "b"); await env.DB.exec("CREATE TABLE IF NOT EXISTS t (a)"); return new Response("put"); }, queue() {} };`, { ...bound, bindings });
    }
    await host.fetch("/dispatch/tenants/stored/").then((answer) => answer.text());
    const folder = mkdtempSync(join(tmpdir(), "readme-"));
    try {
      const H = host.url.slice(0, -1);
      const env = { ...process.env, AUTH: `Authorization: Bearer ${TOKEN}`, API: `${H}/client/v4${NAMESPACES}/tenants/scripts/stored`, CLOUDFLARE_API_BASE_URL: `${H}/client/v4` };
      const blocks = [chapter("### Export, backup and quotas", "### Sharing bindings of the host"), chapter("### Queues", "## Outbound")];
      const commands = blocks.flatMap((text) => [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block)).join("\n");
      assert.ok(commands.split("\n").filter((line) => line.startsWith("curl")).length >= 8, commands);
      const silent = 'set -e; curl() { command curl --silent --show-error --fail --max-time 20 "$@"; echo; }\n';
      const { stdout } = await run("bash", ["-c", silent + commands], { cwd: folder, env });
      for (const part of ['"kind":"d1"', '{"key":"a","value":"b"', '"statements":', '"script_name":"hello"']) assert.ok(stdout.replaceAll(" ", "").includes(part), `${part}\n${stdout}`);
      assert.match(readFileSync(join(folder, "main.sql"), "utf8"), /CREATE TABLE t \(a\);/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("what cannot be made is told", async () => {
    const [line] = await seed(host.url.slice(0, -1), "wrong", [{ path: "/tenant/none", document: { name: "x" } }]);
    assert.match(line, /^\/tenant\/none could not be made: 401 /);
  });
});
