// kill -9 of the runtime while versions are deployed, secrets are changed, tokens are made, the configuration is replaced and requests
// are counted: what was acknowledged is there, in its order, and nothing is half there. Uploads, files, stores, queues and jobs have
// tests of their own: storage_kill, assets_kill, stores_kill, pattern_job_kill.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { FEATURES } from "./contract.mjs";
import { TOKEN, says, startScripts, text } from "./dispatch.mjs";
import { descendants } from "./processes.mjs";
import { until } from "./until.mjs";

const KILLS = 3;
const ENOUGH = 8;
const at = (name) => `${NAMESPACES}/tenants/scripts/${name}`;

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), "faults-kill-")); });
after(() => rmSync(folder, { recursive: true, force: true }));
const start = (again) => startScripts({ again, bindings: { SNAPSHOT_TTL_MS: 0 }, extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") } });

/** A call of the API whose answer may not come; gives its result, or undefined. What comes is to be good. */
async function sent(host, method, path, body, headers = {}) {
  let answer, text;
  try {
    answer = await host.fetch(path, { method, headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
    text = await answer.text();
  } catch {
    return undefined;
  }
  // 5xx is what a runtime says that is about to end.
  assert.ok(answer.ok || answer.status >= 500, `${method} ${path}: ${answer.status} ${text}`);
  return answer.ok ? { result: JSON.parse(text).result, etag: answer.headers.get("etag") } : undefined;
}

/** What of a kind was acknowledged last, and what was sent since: one of these is there. */
const history = () => ({ all: [], last: undefined, since: [] });
function noted(history, what, isAcknowledged) {
  if (!isAcknowledged) return history.since.push(what);
  history.all.push(what);
  return Object.assign(history, { last: what, since: [] });
}

test("three times kill -9", { timeout: 120_000 }, async () => {
  let host = await start(false);
  try {
    const ids = [await host.deploy("deployed", says("0"))];
    for (const text of ["1", "2"]) ids.push(await host.upload("deployed", says(text)));
    await host.deploy("secret", "export default { fetch: (request, env) => new Response(env.S) };", { bindings: [{ type: "secret_text", name: "S", text: "none" }] });
    await host.deploy("counted", says("x"));
    const [deployed, secrets, tokens, configs] = [history(), history(), history(), history()];
    const counts = { asked: 0, told: 0 };
    // None was acknowledged yet: what there is to begin with counts as that.
    Object.assign(deployed, { last: { id: undefined, version: ids[0] } });
    Object.assign(secrets, { last: "none" });
    let n = 0;

    const clients = (host) => [
      async () => {
        const version = ids[(n += 1) % 3];
        const made = await sent(host, "POST", `/client/v4${at("deployed")}/deployments`, { strategy: "percentage", versions: [{ version_id: version, percentage: 100 }] });
        noted(deployed, { id: made?.result.id, version }, made);
        return made;
      },
      async () => {
        const value = `value ${(n += 1)}`;
        const made = await sent(host, "PUT", `/client/v4${at("secret")}/secrets`, { name: "S", text: value, type: "secret_text" });
        noted(secrets, value, made);
        return made;
      },
      async () => {
        const made = await sent(host, "POST", "/client/v4/accounts/acc/tokens", { name: `t${(n += 1)}`, permission: "read", namespaces: "*" });
        noted(tokens, made?.result.value, made);
        return made;
      },
      async () => {
        const version = `1.0.${(n += 1)}`;
        const made = await sent(host, "PUT", "/config", { version, features: FEATURES }, { "if-match": "*" });
        noted(configs, version, made);
        return made;
      },
      async () => {
        counts.asked += 1;
        return (await host.ask("counted/").then((answer) => answer.text()).catch(() => "")) === "x";
      },
    ];

    const requests = async () => (await host.api("GET", `${at("counted")}/analytics?by=script&step=minute`)).result.series[0]?.totals.requests ?? 0;

    for (let kills = 0; kills < KILLS; kills += 1) {
      let ended = false;
      const done = clients(host).map(() => 0);
      const running = clients(host).map(async (client, lane) => {
        while (!ended) if (await client()) done[lane] += 1;
      });
      await until(() => done.every((count) => count >= ENOUGH), "each client has done something");
      await until(async () => (counts.told = await requests()) > 0, "something is counted");
      for (const { pid } of descendants(process.pid).filter(({ name }) => name.startsWith("workerd"))) process.kill(pid, "SIGKILL");
      ended = true;
      await Promise.all(running);
      await host.dispose();
      host = await start(true);

      // Deployments: all in a row, those acknowledged among them, and what is live is the last of them.
      const list = await host.deployments("deployed");
      assert.ok(list.length > ENOUGH, `${list.length} deployments`);
      const acknowledged = deployed.all.slice(-list.length + 2).map(({ id }) => id);
      const order = list.map(({ id }) => id).toReversed().filter((id) => acknowledged.includes(id));
      assert.deepEqual(order, acknowledged, "each is there, in its order");
      const live = list[0].versions[0].version_id;
      assert.ok([deployed.last, ...deployed.since].some(({ version }) => version === live), live);
      assert.equal(await text(await host.ask("deployed/")), String(ids.indexOf(live)));

      const value = await text(await host.ask("secret/"));
      assert.ok([secrets.last, ...secrets.since].includes(value), `${value}, and not ${secrets.last} or ${secrets.since}`);
      const numbers = (await host.api("GET", `${at("secret")}/versions?per_page=100`)).result.items.map(({ number }) => number);
      assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] - i), "each secret is a version, and none is missing");

      for (const token of tokens.all) await host.api("GET", NAMESPACES, undefined, { token });
      const { version } = await (await host.fetch("/config")).json();
      assert.ok([configs.last, ...configs.since].includes(version), `${version}, and not ${configs.last} or ${configs.since}`);

      // What an isolate had not brought yet has gone with it; what it had is there, and nothing more than was asked.
      const counted = await requests();
      assert.ok(counted >= counts.told && counted <= counts.asked, `${counted}, of ${counts.told} that were told and ${counts.asked} that were asked`);
      // And on it goes, from what is there.
      for (const history of [deployed, secrets, configs]) history.since.push(history.last);
    }
    assert.ok(tokens.all.length >= KILLS * ENOUGH);
  } finally {
    await host.dispose();
  }
});
