// The clients that people have, unmodified, pointed at a host: wrangler and the npm package `cloudflare`.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import Cloudflare from "cloudflare";
import { apiOf } from "../../worker/api.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");
/** Any: a host has one account. */
export const ACCOUNT = "0123456789abcdef0123456789abcdef";
export const NAMESPACE = "tenants";

/** All a suite needs of a host that runs: its clients, with the token that it was started with. */
export function clientsOf(host, token) {
  const home = mkdtempSync(join(tmpdir(), "platform-"));
  const baseURL = new URL("client/v4", host.url).href;
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    WRANGLER_LOG_PATH: join(home, "logs"),
    WRANGLER_SEND_METRICS: "false",
    CI: "1",
    NO_COLOR: "1",
    CLOUDFLARE_API_BASE_URL: baseURL,
    CLOUDFLARE_API_TOKEN: token,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
  };

  /** Runs wrangler in a folder; gives its exit code and all that it wrote. `env` is beside, or in place of, the usual one. */
  const wrangler = (folder, args, more = {}) =>
    new Promise((resolve) => {
      const options = { cwd: folder, env: { ...env, ...more }, timeout: 60_000, maxBuffer: 1 << 24 };
      execFile(process.execPath, [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...args], options, (error, stdout, stderr) => {
        resolve({ code: error ? (error.code ?? "killed") : 0, out: stripVTControlCharacters(stdout + stderr) });
      });
    });

  return {
    host,
    home,
    token,
    env,
    sdk: new Cloudflare({ apiToken: token, baseURL, maxRetries: 1 }),
    api: apiOf(host, token),
    wrangler,
    /** Runs wrangler, which has to succeed; gives what it wrote. */
    async ran(folder, ...args) {
      const { code, out } = await wrangler(folder, args);
      assert.equal(code, 0, `wrangler ${args.join(" ")}:\n${out}`);
      return out;
    },
    /** Runs wrangler, which has to fail; gives what it wrote. */
    async failed(folder, ...args) {
      const { code, out } = await wrangler(folder, args);
      assert.equal(code, 1, `wrangler ${args.join(" ")}:\n${out}`);
      return out;
    },
    /** A folder with a copy of a project, and with the repository's packages where Node looks for them. */
    project(name, files = {}) {
      const folder = mkdtempSync(join(home, `${name}-`));
      cpSync(join(import.meta.dirname, "projects", name), folder, { recursive: true });
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      return folder;
    },
    /** What a script answers: `{ status, headers, text }`. */
    async served(script, path = "/", init = {}) {
      const answer = await host.fetch(`/dispatch/${NAMESPACE}/${script}${path}`, { redirect: "manual", ...init });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
