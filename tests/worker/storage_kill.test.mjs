// kill -9 of the runtime in the middle of uploads, through the API: whatever is there afterwards is whole.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { startHost } from "./host.mjs";
import * as objects from "./objects.mjs";
import { descendants } from "./processes.mjs";
import { until } from "./until.mjs";

const TOKEN = "the-token-of-the-kills";
const SCRIPTS = ["a", "b", "c"];
const GRACE_MS = 3000;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let folder, id;
before(() => { folder = mkdtempSync(join(tmpdir(), "kill-")); });
after(() => rmSync(folder, { recursive: true, force: true }));

const start = () => startHost({
  main: "objects.js",
  bindings: { API_TOKEN: TOKEN, BUNDLE_GRACE_MS: GRACE_MS },
  extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") },
});

/** Kills the runtimes of `host`, and gives what is left of it back. */
async function kill(host) {
  const runtimes = descendants(process.pid).filter(({ name }) => name.startsWith("workerd"));
  assert.equal(runtimes.length, 1, "this process has one host");
  for (const { pid } of runtimes) process.kill(pid, "SIGKILL");
  await host.dispose();
}

/** What is uploaded: it says which it is, and is long enough to be cut in two. */
const code = (mark) => `export default { fetch() { return new Response(${JSON.stringify(mark)}); } };\n// ${mark} ${"x".repeat(40_000)}`;
const markOf = (text) => /new Response\("([^"]+)"\)/.exec(text)?.[1];

function form(mark) {
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-01-01", annotations: { "workers/message": mark } }));
  form.append("index.js", new File([code(mark)], "index.js", { type: "application/javascript+module" }));
  return form;
}

/** Uploads to every script, several at once, until the host is gone. Notes what was sent and what was acknowledged. */
function clients(host, round, history, mark = (script, i) => `${script}-${round}-${i}`) {
  const api = apiOf(host, TOKEN);
  let over = false;
  const one = async (script, client) => {
    for (let i = client; !over; i += 2) {
      const sent = mark(script, i);
      history[script].sent.add(sent);
      try {
        const { result } = await api("PUT", `${NAMESPACES}/tenants/scripts/${script}`, form(sent));
        history[script].acknowledged.set(result.deployment_id, sent);
      } catch (error) {
        // Only where the host is gone: nothing is refused.
        if (error.code === "ERR_ASSERTION" && !over && !/: 50\d /.test(error.message)) throw error;
        if (error.code !== "ERR_ASSERTION") return;
      }
    }
  };
  const running = SCRIPTS.flatMap((script) => [0, 1].map((client) => one(script, client)));
  return async () => {
    over = true;
    await Promise.all(running);
  };
}

/** Sees that every script is what one upload has made, and that nothing acknowledged is lost. */
async function whole(host, history) {
  const api = apiOf(host, TOKEN);
  const keys = await objects.bucket(host);
  for (const script of SCRIPTS) {
    const { sent, acknowledged } = history[script];
    const ask = objects.script(host, id, script);
    const live = await ask("live").catch((error) => {
      assert.deepEqual([error.status, acknowledged.size], [404, 0], error.message);
    });
    if (!live) continue;
    const { result } = await ask("versions", { deployable: true });
    const numbers = result.items.map(({ number }) => number);
    assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] - i), "numbers without a gap");
    for (const [version, mark] of acknowledged) {
      const found = result.items.find(({ id }) => id === version);
      assert.ok(found || numbers.length >= 50, `${script}: the acknowledged ${mark} is lost`);
      if (found) assert.equal(found.annotations["workers/message"], mark);
    }
    const [newest] = live.versions;
    assert.deepEqual(live.deployment.versions, [{ version_id: newest.id, percentage: 100 }]);
    assert.deepEqual([newest.number, live.sequence], [numbers[0], numbers[0]], "each upload is a version and a deployment, or neither");
    for (const { bundle } of live.versions) assert.ok(keys.includes(`${id}/${script}/bundle/${bundle}`), `${script}: a bundle is missing`);
    const content = await host.fetch(`/client/v4${NAMESPACES}/tenants/scripts/${script}/content`, { headers: { authorization: `Bearer ${TOKEN}` } });
    const module = await (await content.formData()).get("index.js").text();
    const mark = markOf(module);
    assert.ok(sent.has(mark) && module === code(mark), `${script}: half a content`);
    assert.equal(newest.annotations["workers/message"], mark, "the content is the version's");
    const served = await host.fetch(`/dispatch/tenants/${script}/`);
    assert.deepEqual([served.status, await served.text()], [200, mark]);
    assert.equal((await api("GET", `${NAMESPACES}/tenants/scripts/${script}/versions`)).result.items[0].id, newest.id);
  }
}

test("20 times kill -9: the old or the new, nothing half, nothing lost, and in the end nothing left over", { timeout: 150_000 }, async () => {
  const history = Object.fromEntries(SCRIPTS.map((script) => [script, { sent: new Set(), acknowledged: new Map() }]));
  let host = await start();
  id = await objects.created(host);
  try {
    for (let round = 0; round < 20; round++) {
      const stop = clients(host, round, history);
      await wait(100 + Math.random() * 900);
      await kill(host);
      await stop();
      host = await start();
      await whole(host, history);
    }
    const acknowledged = SCRIPTS.reduce((sum, script) => sum + history[script].acknowledged.size, 0);
    assert.ok(acknowledged > 20, `only ${acknowledged} uploads were acknowledged: nothing was tried`);

    // The alarm was waiting while the host was down.
    const needed = async () => {
      const bundles = [];
      for (const script of SCRIPTS) {
        for (const [digest] of await objects.sql(host, "SCRIPTS", `${id}/${script}`, "SELECT DISTINCT bundle FROM version")) {
          bundles.push(`${id}/${script}/bundle/${digest}`);
        }
      }
      return bundles.sort();
    };
    await until(async () => {
      const [kept, wanted] = [(await objects.bucket(host)).sort(), await needed()];
      return JSON.stringify(kept) === JSON.stringify(wanted);
    }, "the bucket has what versions name, and nothing else");
    for (const script of SCRIPTS) {
      const entry = await objects.script(host, id, script)("get", { namespace: "tenants" });
      await until(async () => {
        const { result } = await objects.namespace(host, id)("scripts", { namespace: "tenants" });
        return JSON.stringify(result.find((other) => other.script.id === script)) === JSON.stringify(entry);
      }, "the index says what the script says");
    }
  } finally {
    await host.dispose();
  }
});

test("kill -9 while a script and a namespace are deleted: both come to their end, and what has their name since is not hit", async () => {
  let host = await start();
  try {
    const gone = await objects.created(host, "gone");
    for (let i = 0; i < 8; i++) await objects.upload(host, gone, `s${i}`, objects.draft("same"));
    await objects.upload(host, id, "d", objects.draft("old"));
    await objects.modes(host, { BUNDLES: "holds", SCRIPTS: "holds" });
    await objects.script(host, id, "d")("delete");
    await objects.directory(host)("delete_namespace", { name: "gone" });
    const again = await objects.created(host, "gone");
    await objects.upload(host, again, "s0", objects.draft("same"));
    await until(async () => {
      const { BUNDLES, SCRIPTS } = await objects.modes(host);
      return BUNDLES > 0 && SCRIPTS > 0;
    }, "both are in the middle of it");
    await kill(host);
    host = await start();
    await objects.upload(host, id, "d", objects.draft("new"));
    const left = async () => (await objects.bucket(host)).filter((key) => key.startsWith(gone) || key.startsWith(`${id}/d/`));
    await until(async () => (await left()).length === 1, "what they had goes");
    assert.deepEqual(await left(), [objects.bundleKey(id, "d", objects.draft("new"))]);
    await until(async () => (await objects.namespace(host, gone)("quota")).script_count === 0, "and the index");
    await objects.refused(objects.script(host, gone, "s7")("get"), 404, 10092);
    for (const [namespace, name, text] of [[again, "s0", "same"], [id, "d", "new"]]) {
      assert.equal((await objects.script(host, namespace, name)("live")).versions[0].bundle, objects.draft(text).bundle);
    }
    assert.ok((await objects.bucket(host)).includes(objects.bundleKey(again, "s0", objects.draft("same"))));
  } finally {
    await host.dispose();
  }
});
