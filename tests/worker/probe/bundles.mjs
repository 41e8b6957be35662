// Modules that are kept elsewhere, and secrets: what a key covers by what stands for it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fresh, probe } from "./start.mjs";

const MAIN = `import text from "./note.txt"; let n = 0;
  export default { fetch: (request, env) => Response.json([text, n += 1, env]) };`;
const MODULES = { "index.js": { js: MAIN }, "note.txt": { text: "kept" } };
const bundled = (more = {}) => ({ name: fresh(), how: "code", bundle: { digest: "b1", modules: MODULES }, ...more });

export default function (runtime) {
  describe(`bundles and secrets (${runtime})`, () => {
    const p = probe();

    it("reads the modules on a cold start, and not on a warm hit", async () => {
      for (const how of ["code", "get", "unchecked"]) {
        const spec = bundled({ how });
        assert.deepEqual(await p.json("/x", spec), ["kept", 1, {}], how);
        assert.deepEqual(await p.json("/x", spec), ["kept", 2, {}], how);
        assert.equal(await p.json("/count", spec), 1, how);
      }
    });

    it("reads them each time for a worker that is not kept", async () => {
      for (const how of ["load", "loadWith"]) {
        const spec = bundled({ how });
        assert.deepEqual([(await p.json("/x", spec))[1], (await p.json("/x", spec))[1]], [1, 1], how);
        assert.equal(await p.json("/count", spec), 2, how);
      }
    });

    it("knows another bundle by its digest alone", async () => {
      const spec = bundled();
      await p.json("/x", spec);
      const other = { ...MODULES, "note.txt": { text: "other" } };
      const same = { ...spec, bundle: { digest: "b1", modules: other } };
      assert.deepEqual(await p.json("/x", same), ["kept", 2, {}], "nobody compares");
      assert.deepEqual(await p.json("/x", { ...spec, bundle: { digest: "b2", modules: other } }), ["other", 1, {}]);
    });

    it("lets a module beside the bundle take the place of one in it", async () => {
      const spec = bundled({ modules: [{ name: "note.txt", kind: "text", text: "mine" }] });
      assert.deepEqual(await p.json("/x", spec), ["mine", 1, {}]);
    });

    it("asks anew for a bundle that could not be read", async () => {
      for (const how of ["code", "get"]) {
        const spec = bundled({ how, factory: "failOnce" });
        const error = await p.error("/x", spec);
        assert.equal(error.kind, "Factory", how);
        assert.match(error.message, /storage is down/);
        assert.deepEqual(await p.json("/x", spec), ["kept", 1, {}], how);
      }
      const nothing = bundled({ bundle: { digest: "b1", modules: null } });
      assert.match((await p.error("/x", nothing)).message, /the bundle b1 was read and is no object of modules/);
    });

    it("gives the secret, under a key that covers its fingerprint", async () => {
      const spec = bundled({ secrets: { TOKEN: ["hunter2", "1"] }, env: { A: 1 } });
      assert.deepEqual(await p.json("/x", spec), ["kept", 1, { A: 1, TOKEN: "hunter2" }]);
      assert.deepEqual((await p.json("/x", { ...spec, secrets: { TOKEN: ["swordfish", "1"] } }))[1], 2, "the same worker");
      assert.deepEqual(await p.json("/x", { ...spec, secrets: { TOKEN: ["swordfish", "2"] } }), ["kept", 1, { A: 1, TOKEN: "swordfish" }]);
    });
  });
}
