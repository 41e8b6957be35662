// What README tells a newcomer to type, typed: the blocks of its sections as they stand, but for port and folder.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { telemetryOf, until } from "../../worker/telemetry.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");

/** The shell blocks of the section of this name. */
function blocks(section) {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const text = readme.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
}

export default (clients) => describe("README", () => {
  let folder;
  /** Types commands into bash; gives what they said. What was exported and set is there for the next ones. */
  const typed = async (commands) => {
    const { host, token, env } = clients();
    folder ??= mkdtempSync(join(clients().home, "readme-"));
    writeFileSync(join(folder, ".dev.vars"), `API_TOKEN=${token}\n`);
    const state = join(folder, "state");
    const { host: at } = new URL(host.url);
    const text = commands.replaceAll("127.0.0.1:8787", at).replaceAll("localhost:8787", `localhost:${new URL(host.url).port}`).replaceAll("/tmp/hello", join(folder, "hello"));
    const script = `set -euo pipefail
npx() { shift; "${process.execPath}" "${join(ROOT, "node_modules/wrangler/bin/wrangler.js")}" "$@"; }
curl() { command curl --silent --show-error --fail-with-body "$@"; }
if [ -e "${state}" ]; then . "${state}"; fi
${text}
declare -p API AUTH CLOUDFLARE_API_BASE_URL CLOUDFLARE_API_TOKEN CLOUDFLARE_ACCOUNT_ID 2>/dev/null >"${state}" || true`;
    const { CLOUDFLARE_API_BASE_URL, CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID, ...plain } = env;
    return new Promise((resolve, reject) => {
      execFile("bash", ["-c", script], { cwd: folder, env: plain, timeout: 60_000 }, (error, stdout, stderr) => {
        const out = stripVTControlCharacters(stdout + stderr);
        if (error) reject(new Error(`${text}\n${out}`));
        else resolve(out);
      });
    });
  };
  const [first, second] = blocks("Deploy your first script in a minute");

  test("deploys a first script", async () => {
    const out = await typed(first.replaceAll("tenants", "newcomers"));
    assert.equal(out.match(/^Hello from Ada, at \/world$/gm)?.length, 2, out);
  });

  test("deploys it again, to some visitors, and goes back", async () => {
    writeFileSync(join(folder, "hello/index.js"), 'export default { fetch: () => new Response("Hello again\\n") };\n');
    const again = first.split("\n").filter((line) => line.startsWith("npx wrangler deploy") || line.startsWith("curl"));
    const out = await typed(again.join("\n").replaceAll("tenants", "newcomers"));
    assert.equal(out.match(/^Hello again$/gm)?.length, 2, out);

    const { api } = clients();
    const { items } = (await api("GET", "/accounts/local/workers/dispatch/namespaces/newcomers/scripts/hello/versions")).result;
    const told = await typed(second.replaceAll("tenants", "newcomers").replaceAll("<new id>", items[0].id).replaceAll("<old id>", items[1].id));
    assert.ok(told.includes('"percentage":10') && told.includes('"percentage":90'), told);
    assert.match(await typed("curl http://127.0.0.1:8787/dispatch/newcomers/hello/world"), /Hello from Ada/);
  });

  test("observes it", async () => {
    const [block] = blocks("Observe");
    // It goes on until Ctrl-C, and has a test of its own.
    // Isolates bring what they have counted once a second.
    const { get } = telemetryOf(clients(), "/accounts/local/workers/dispatch/namespaces/newcomers");
    await until(() => get("/analytics"), ({ series }) => series.length > 0);
    const lines = block.split("\n").filter((line) => !line.startsWith("npx wrangler tail"));
    const told = await typed(lines.join("\n").replaceAll("tenants", "newcomers"));
    for (const part of [/"outcomes"/, /"dropped"/, /"projected"/, /^# TYPE dynamic_loader_requests_total counter$/m]) assert.match(told, part);
  });

  test("makes a token", async () => {
    for (const block of blocks("Control API")) {
      const out = await typed(block.replaceAll("tenants", "newcomers"));
      assert.match(out, /"value":"dlt_[0-9a-f]{40}"/);
    }
  });
});
