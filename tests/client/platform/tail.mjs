// `wrangler tail`, unmodified: a script of a namespace by the name NAMESPACE/SCRIPT.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { toFile } from "cloudflare";
import { until } from "../../worker/until.mjs";
import { ACCOUNT, NAMESPACE } from "./clients.mjs";

const WRANGLER = join(resolve(import.meta.dirname, "../../.."), "node_modules/wrangler/bin/wrangler.js");
const NAME = "tailed";
const CODE = `export default { fetch(request) {
  const { pathname } = new URL(request.url);
  console.log("at", pathname, { of: [1] });
  if (pathname === "/boom") throw new TypeError("on purpose");
  return new Response("x");
} };`;

export default (clients) => describe("wrangler tail", () => {
  /** Runs it until what it writes is so; gives what it wrote. It ends as Ctrl-C ends it. */
  async function tailed(args, isSo, work) {
    const { env, home } = clients();
    const child = spawn(process.execPath, [WRANGLER, "tail", `${NAMESPACE}/${NAME}`, ...args], { cwd: home, env, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (out += text));
    const closed = new Promise((resolve) => child.once("close", resolve));
    // What it asks of the API is seen there: as JSON it says nothing before something comes.
    const tails = async () => (await clients().api("GET", `/accounts/${ACCOUNT}/workers/dispatch/namespaces/${NAMESPACE}/scripts/${NAME}/tails`)).result;
    try {
      await until(tails, "it begins", ({ length }) => length > 0);
      // It listens a little later, which nobody is told.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await work();
      await until(() => out, "it tells", (out) => isSo(out) || child.exitCode !== null);
    } finally {
      child.kill("SIGINT");
      await closed;
    }
    await until(tails, "it ends its tail itself", ({ length }) => length === 0);
    return stripVTControlCharacters(out);
  }
  const ask = (path) => clients().served(NAME, path);

  test("shows calls, what they write, and what they throw, as people read it", async () => {
    const file = await toFile(Buffer.from(CODE), "index.js", { type: "application/javascript+module" });
    const where = { account_id: ACCOUNT, dispatch_namespace: NAMESPACE };
    await clients().sdk.workersForPlatforms.dispatch.namespaces.scripts.update(NAME, { ...where, metadata: { main_module: "index.js", compatibility_date: "2026-07-01" }, files: [file] });
    const out = await tailed(["--format", "pretty"], (out) => out.includes("on purpose"), async () => {
      await ask("/a");
      await ask("/boom");
    });
    assert.match(out, /Successfully created tail/);
    assert.match(out, /GET http:\/\/127\.0\.0\.1:\d+\/a - Ok @/);
    assert.match(out, /\(log\) at \/a \{"?\s*"?of"?: ?\[\s*1\s*\]\s*\}/);
    assert.match(out, /GET http:\/\/127\.0\.0\.1:\d+\/boom - Exception Thrown @/);
    assert.match(out, /TypeError: on purpose\s+at Object\.fetch \(index\.js:4:35\)/);
  });

  test("as JSON, filtered by its own options", async () => {
    const out = await tailed(["--format", "json", "--status", "error", "--method", "GET", "--search", "purpose"], (out) => out.includes("on purpose"), async () => {
      await ask("/b");
      await ask("/boom");
    });
    const event = JSON.parse(out.slice(out.indexOf("{"), out.lastIndexOf("}") + 1));
    assert.deepEqual([event.outcome, event.scriptName, event.logs[0].message, event.exceptions[0].message], ["exception", NAME, ["at", "/boom", { of: [1] }], "on purpose"]);
    assert.equal(event.event.request.method, "GET");
  });

  test("of a script that there is not it says why", async () => {
    const out = await clients().failed(clients().home, "tail", `nothing/${NAME}`, "--format", "pretty");
    assert.match(out, /There is no namespace/);
  });
});
