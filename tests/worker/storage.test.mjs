// The configuration document in its Durable Object: what lasts, and what an isolate does when storage does not answer.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FEATURES, current, put, refused, served } from "./contract.mjs";
import { withHost } from "./host.mjs";

const TOKEN = "the-token-of-the-storage-tests";
const document = (version) => ({ version, features: FEATURES });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const withTtl = (ttl, body) => withHost({ main: "spied.js", bindings: { API_TOKEN: TOKEN, SNAPSHOT_TTL_MS: ttl } }, body);
const spy = async (host, modes = {}) => (await host.fetch("/spy", { method: "PUT", body: JSON.stringify(modes) })).json();

/** What a PUT that came to another isolate does: the document is another one, and this isolate is not told. */
async function changedElsewhere(host, version) {
  const objects = await host.miniflare.getDurableObjectNamespace("CONFIG");
  const answer = await objects.getByName("config").fetch("https://config/", {
    method: "PUT",
    headers: { "if-match": "*" },
    body: JSON.stringify(document(version)),
  });
  assert.equal(answer.status, 200, await answer.text());
}

describe("a restart", () => {
  test("keeps the document, its ETag and its worker's key", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    const kept = { bindings: { API_TOKEN: TOKEN }, extra: { durableObjectsPersist: folder } };
    try {
      const before = await withHost(kept, async (host) => {
        assert.equal((await put(host.fetch, TOKEN, document("7.0.0"))).status, 200);
        return current(host.fetch, "cold");
      });
      await withHost(kept, async (host) => {
        assert.deepEqual(await current(host.fetch, "cold"), before);
        const changed = await put(host.fetch, TOKEN, document("7.0.1"), { "if-match": before.etag });
        assert.deepEqual([changed.status, changed.headers.get("etag")], [200, '"2"'.replace("2", Number(before.etag.slice(1, -1)) + 1)]);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the copy in an isolate", () => {
  test("is used as long as it may be: no request waits for storage", () => withTtl(60_000, async (host) => {
    const { key } = await current(host.fetch, "cold");
    await changedElsewhere(host, "3.0.0");
    for (let i = 0; i < 20; i++) assert.equal((await current(host.fetch, "warm")).key, key);
    assert.equal((await spy(host)).reads, 1);
  }));

  test("is taken anew when it is older", () => withTtl(1500, async (host) => {
    await current(host.fetch, "cold");
    await changedElsewhere(host, "3.0.0");
    await wait(1501);
    assert.equal((await current(host.fetch, "cold")).body.version, "3.0.0");
    assert.equal((await current(host.fetch, "warm")).body.version, "3.0.0");
    assert.equal((await spy(host)).reads, 2);
  }));

  test("is none where the operator wants none", () => withTtl(0, async (host) => {
    await current(host.fetch, "cold");
    for (const version of ["3.0.0", "3.0.1"]) {
      await changedElsewhere(host, version);
      assert.equal((await current(host.fetch, "cold")).body.version, version);
    }
    assert.equal((await current(host.fetch, "warm")).body.version, "3.0.1", "the same document is the same worker");
  }));

  test("is what a change here has put there", () => withTtl(60_000, async (host) => {
    await current(host.fetch, "cold");
    assert.equal((await put(host.fetch, TOKEN, document("3.0.0"))).status, 200);
    assert.equal((await current(host.fetch, "cold")).body.version, "3.0.0");
    assert.equal((await spy(host)).reads, 2, "the first read, and the write");
  }));
});

describe("storage that fails", () => {
  test("where there is no copy yet, is told", () => withTtl(0, async (host) => {
    await spy(host, { storage: "fails" });
    for (const ask of [() => host.fetch("/config"), () => put(host.fetch, TOKEN, document("3.0.0"))]) {
      const message = await refused(await ask(), 503, "storage_unavailable");
      assert.match(message, /try again/);
      assert.doesNotMatch(message, /fire/, "the reason is for the operator");
    }
    await host.logged(/The disk is on fire[^]*The disk is on fire/);
    await served(await host.fetch("/metrics"), "metrics");
    await spy(host, { storage: "works" });
    assert.equal((await current(host.fetch, "cold")).body.version, "1.0.0");
  }));

  test("leaves the last copy serving, and is left alone for as long as a copy lasts", () => withTtl(1500, async (host) => {
    const { key } = await current(host.fetch, "cold");
    await spy(host, { storage: "fails" });
    await wait(1501);
    const { reads } = await spy(host);
    for (let i = 0; i < 5; i++) assert.equal((await current(host.fetch, "warm")).key, key);
    assert.equal((await spy(host)).reads, reads + 1);
    await host.logged(/The disk is on fire/);
    await host.logged(/builtin\/config cannot be read, deployment 1 stays/);
    assert.equal((await put(host.fetch, TOKEN, document("3.0.0"))).status, 503, "a change is never lost in silence");

    await spy(host, { storage: "works" });
    await changedElsewhere(host, "3.0.0");
    await wait(1501);
    assert.equal((await current(host.fetch, "cold")).body.version, "3.0.0");
  }));

  test("is not waited for where there is a copy", () => withTtl(0, async (host) => {
    await current(host.fetch, "cold");
    await spy(host, { storage: "late", lateMs: 40_000 });
    const began = performance.now();
    assert.equal((await current(host.fetch, "warm")).body.version, "1.0.0");
    const took = performance.now() - began;
    assert.ok(took >= 200 && took < 20_000, `${took.toFixed(0)} ms, of a storage that takes 40,000 and a patience of 250`);
    await host.logged(/deployment 1 stays: it took over 250 ms/);
  }));
});
