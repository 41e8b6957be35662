// The same sites under Miniflare's own `assets`, which is Cloudflare's code, and under ours: the same status, headers and
// body, but for what is said here.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ours, theirs } from "./assets/site.mjs";
import { SITES } from "./assets/sites.mjs";
import { wire } from "./wire.mjs";

// - the digest is made of other things: both have one, see below
// - they always say that the file came from their cache; we have none
// - they give no length, as they pass the file through a binding; a body and its length are compared by the bodies
const APART = ["etag", "cf-cache-status", "content-length", "transfer-encoding", "x-mf-additional-response-log"];

const left = ({ headers }) => headers.filter(([name]) => !APART.includes(name)).sort();
const etag = ({ headers }) => headers.find(([name]) => name === "etag")?.[1];

async function same(mine, other, { path, method = "GET", headers = {}, body, known }) {
  const what = `${method} ${path} ${JSON.stringify(headers)}${known ? ` known: ${known("E")}` : ""}`;
  const ask = async ({ url }) => {
    const asked = { host: "site.example", ...headers };
    const target = new URL(url);
    if (known) asked["if-none-match"] = known(etag(await wire(target, { path, headers: asked })) ?? '"none"');
    return wire(target, { path, method, headers: asked, body });
  };
  const [a, b] = await Promise.all([ask(mine), ask(other)]);
  assert.deepEqual([a.status, a.reason, left(a), String(a.body)], [b.status, b.reason, left(b), String(b.body)], what);
  assert.deepEqual(/^"[0-9a-f]{32}"$/.test(etag(a)), etag(b) !== undefined, what);
}

let asked = 0;
for (const [name, site] of Object.entries(SITES)) {
  describe(name, () => {
    test(`${site.requests.length} requests`, async () => {
      const hosts = await Promise.all([ours(site), theirs(site)]);
      try {
        const failures = [];
        for (const request of site.requests) {
          asked += 1;
          await same(...hosts, request).catch((error) => failures.push(error));
        }
        const told = failures.slice(0, 5).map(({ message, actual, expected }) => `${message}\n  ours   ${JSON.stringify(actual)}\n  theirs ${JSON.stringify(expected)}`);
        assert.equal(failures.length, 0, `${failures.length} differ:\n${told.join("\n")}`);
      } finally {
        await Promise.all(hosts.map((host) => host.dispose()));
      }
    });
  });
}

test("it were some hundred requests", () => assert.ok(asked > 500, `${asked}`));
