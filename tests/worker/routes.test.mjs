// Which paths and methods there are, and what every answer has.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ENDPOINTS, contract, refused, served } from "./contract.mjs";
import { startHost } from "./host.mjs";

const TOKEN = "the-token-of-the-route-tests";

describe("routes", () => {
  let host;
  before(async () => (host = await startHost({ bindings: { API_TOKEN: TOKEN } })));
  after(() => host?.dispose());

  test("the contract of the four routes", () => contract(host.url, TOKEN));

  test("HEAD answers as GET does, without the body", async () => {
    for (const path of ["/", "/dynamic", "/metrics", "/config", "/nothing"]) {
      const [get, head] = [await host.fetch(path), await host.fetch(path, { method: "HEAD" })];
      assert.equal(head.status, get.status, path);
      assert.equal(await head.text(), "", path);
      // The length of a body is told by either, or by none, as the runtime likes.
      const names = ({ headers }) => [...headers.keys()].filter((name) => !/^(transfer-encoding|content-length|date)$/.test(name));
      assert.deepEqual(names(head), names(get), path);
      for (const name of ["content-type", "etag", "cache-control"]) assert.equal(head.headers.get(name), get.headers.get(name), path);
    }
  });

  test("/ is a page for browsers and a list for programs that ask for one", async () => {
    const kind = async (accept) => {
      const answer = await host.fetch("/", { headers: { accept } });
      await answer.text();
      return /^(text\/html|application\/json)/.exec(answer.headers.get("content-type"))[1];
    };
    assert.equal(await kind("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), "text/html");
    assert.equal(await kind("*/*"), "text/html");
    assert.equal(await kind("application/json"), "application/json");
    assert.equal(await kind("text/html;q=0.4, application/json"), "application/json");
    assert.equal(await kind("text/html, application/json;q=0.4"), "text/html");
  });

  test("the page brings its policy", async () => {
    const page = await host.fetch("/");
    await page.text();
    assert.equal(page.headers.get("x-content-type-options"), "nosniff");
    assert.equal(page.headers.get("referrer-policy"), "no-referrer");
    const policy = page.headers.get("content-security-policy");
    for (const part of ["script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      assert.ok(policy.includes(part), part);
    }
    assert.ok(!policy.includes("unsafe-inline"), policy);
  });

  test("a path that is no endpoint is a 404 that names it", async () => {
    for (const path of ["/nothing", "/dynamic/", "/Metrics", "/config/x", "/index.html", "//", "/%2fconfig"]) {
      // Not by the path alone: "//" would be read as the begin of a host.
      const answer = await host.fetch(host.url.slice(0, -1) + path);
      const message = await refused(answer, 404, "not_found");
      assert.ok(message.includes(path), message);
    }
    const query = await served(await host.fetch("/metrics?from=/nothing"), "metrics");
    assert.ok(query.body.timestamp, "a query is no part of the path");
  });

  test("another method is a 405 that says which there are", async () => {
    const allowed = (path) => ENDPOINTS.filter((endpoint) => endpoint.endsWith(` ${path}`)).map((endpoint) => endpoint.split(" ")[0]);
    for (const path of ["/", "/dynamic", "/metrics", "/config"]) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        if (allowed(path).includes(method)) continue;
        const answer = await host.fetch(path, { method, body: method === "OPTIONS" ? undefined : "{}" });
        assert.deepEqual(answer.headers.get("allow").split(", "), ["GET", "HEAD", ...allowed(path).slice(1)], `${method} ${path}`);
        const message = await refused(answer, 405, "method_not_allowed");
        assert.ok(message.includes("GET, HEAD"), message);
      }
    }
  });

  test("an error is no answer of a dynamic worker and does not look like one", async () => {
    const answer = await host.fetch("/nothing");
    for (const name of ["x-worker-key", "x-worker-cache", "server-timing"]) assert.equal(answer.headers.get(name), null, name);
  });
});
