// The addresses of a script under `wrangler dev`: its path, its host, and those of one version.
import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, test } from "node:test";
import { NAMESPACE } from "./clients.mjs";

/** With a Host of its own, which fetch() does not let us set. */
function asked(url, host, path) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers: { host: `${host}:${port}` } }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve([response.statusCode, Buffer.concat(chunks).toString()]);
    }).on("error", reject).end();
  });
}

export default (clients) => describe("the addresses of a script", () => {
  test("by its path and by its host, the script sees its own URL", async () => {
    const { project, ran, served, host, api } = clients();
    const folder = project("site", {
      "worker.js": 'export default { fetch: (request) => new Response(request.url) };\n',
      "wrangler.toml": 'name = "where"\nmain = "worker.js"\ncompatibility_date = "2026-07-01"\n',
    });
    await ran(folder, "deploy", "--dispatch-namespace", NAMESPACE);
    const { port } = new URL(host.url);
    assert.equal((await served("where", "/a?b=%20")).text, new URL("/a?b=%20", host.url).href);
    const name = `where.${NAMESPACE}.localhost`;
    assert.deepEqual(await asked(host.url, name, "/a?b=%20"), [200, `http://${name}:${port}/a?b=%20`]);
    const { result } = await api("GET", `/accounts/any/workers/dispatch/namespaces/${NAMESPACE}/scripts/where/versions`);
    const preview = `${result.items[0].id.slice(0, 8)}-where.${NAMESPACE}.localhost`;
    assert.deepEqual(await asked(host.url, preview, "/"), [200, `http://${preview}:${port}/`]);
    const [status, text] = await asked(host.url, "localhost", "/config");
    assert.deepEqual([status, "version" in JSON.parse(text)], [200, true], "the domain itself is the host's own");
    assert.equal((await asked(host.url, `none.${NAMESPACE}.localhost`, "/config"))[0], 404);
  });
});
