// Names that come to mean something else: a call that changes what they mean is in effect in its isolate at once.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { refused } from "./contract.mjs";
import { says, text, withScripts } from "./dispatch.mjs";

// Whatever is known of a script or a namespace stays known: nothing here is in effect because it grew old.
const long = (body) => withScripts({ bindings: { SNAPSHOT_TTL_MS: 600_000 } }, body);
const at = (name) => `${NAMESPACES}/${name}`;

// It counts in its isolate's memory.
const COUNTS = "let count = 0; export default { fetch: () => new Response(String(++count)) };";

describe("a namespace", () => {
  test("that has another's name since is asked for its own scripts", () => long(async (host) => {
    await host.deploy("app", says("the old one's"));
    assert.equal(await text(await host.ask("app/")), "the old one's");
    await host.api("PATCH", at("tenants"), { name: "moved" });
    await host.create();
    await host.deploy("app", says("the new one's"));
    assert.equal(await text(await host.ask("app/")), "the new one's");
    assert.equal(await text(await host.fetch("/dispatch/moved/app/")), "the old one's");
  }));

  test("has its scripts under its new name, though they were asked for there in vain", () => long(async (host) => {
    await host.deploy("app", says("here"));
    await refused(await host.fetch("/dispatch/moved/app/"), 404, "not_found");
    await host.api("PATCH", at("tenants"), { name: "moved" });
    assert.equal(await text(await host.fetch("/dispatch/moved/app/")), "here");
  }));

  test("that was made anew elsewhere is the one that an upload here was to", () => long(async (host) => {
    await host.deploy("other", says("x"));
    assert.equal(await text(await host.ask("other/")), "x");
    // To another isolate, of which this one is told nothing.
    const objects = await host.miniflare.getDurableObjectNamespace("DIRECTORY");
    const directory = objects.get(objects.idFromName("directory"));
    for (const operation of [{ op: "patch_namespace", name: "tenants", new_name: "away" }, { op: "create_namespace", name: "tenants" }]) {
      const answer = await directory.fetch("https://directory/", { method: "POST", body: JSON.stringify({ ...operation, by: "owner" }) });
      assert.equal(answer.status, 200, await answer.clone().text());
    }
    await host.deploy("app", says("new"));
    assert.equal(await text(await host.ask("app/")), "new");
  }));
});

test("the next script of a name finds nothing of the last one's in memory", () => long(async (host) => {
  for (let life = 0; life < 2; life += 1) {
    await host.deploy("app", COUNTS);
    assert.deepEqual([await text(await host.ask("app/")), await text(await host.ask("app/"))], ["1", "2"]);
    await host.remove("app");
  }
}));
