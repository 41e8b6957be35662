// Which script a request is for, and what the script is shown of it.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { after, before, describe, test } from "node:test";
import { refused } from "./contract.mjs";
import { ECHO, TOKEN, says, scriptsOf, startScripts, sticker, text, version, withScripts } from "./dispatch.mjs";

const DOMAIN = "Apps.Example.com";

const WHOLE_HOST = ["service-worker-allowed", "clear-site-data", "strict-transport-security", "alt-svc", "nel", "report-to"];
const REACHING = `export default { fetch() {
  const headers = new Headers({ "x-own": "kept" });
  for (const name of ${JSON.stringify(WHOLE_HOST)}) headers.set(name, "said");
  return new Response("hi", { headers });
} };`;

/** A request with a Host of its own, which fetch() does not let us set. */
function asked(host, name, path = "/", { method = "GET", headers = {} } = {}) {
  const { hostname, port } = new URL(host.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers: { ...headers, host: name } }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() });
    });
    request.on("error", reject);
    request.end();
  });
}

describe("a script by its path", () => {
  let host;
  before(async () => {
    host = await startScripts();
    await host.deploy("app", ECHO);
  });
  after(() => host?.dispose());
  const seen = async (path, init) => JSON.parse(await text(await host.ask(path, init)));

  test("sees its own URL, every byte of the rest as it was sent", async () => {
    for (const rest of ["/", "/a/b?x=1&y=%20&y", "/%2Fa%20b/%C3%A4+;,:@&=$", "//evil.example/x", "/dispatch/tenants/app/", "/?q=https://h/#", "/a//b/"]) {
      // By hand: fetch() and URL would write it anew.
      const answer = await asked(host, new URL(host.url).host, `/dispatch/tenants/app${rest}`);
      assert.equal(JSON.parse(answer.text).url, `${host.url.slice(0, -1)}${rest.replace("#", "")}`, rest);
    }
  });

  test("GET and HEAD of the bare name go to the slash, for relative links; anything else is served there", async () => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await host.ask("app?x=1&y=/", { method });
      assert.deepEqual([answer.status, answer.headers.get("location")], [308, "/dispatch/tenants/app/?x=1&y=/"]);
      assert.equal(await answer.text(), "");
    }
    const posted = await seen("app?x=1", { method: "POST", body: "b" });
    assert.deepEqual([posted.url, posted.method, posted.body], [`${host.url}?x=1`, "POST", "b"]);
  });

  test("that is not there, or can be none, is a 404", async () => {
    for (const path of ["other/", "APP/", "a.b/", "app@0123/", "app@01234567/", "..%2fapp/"]) {
      await refused(await host.ask(path), 404, "not_found");
    }
    for (const path of ["/dispatch/", "/dispatch/tenants", "/dispatch/nobody/app/", "/dispatch//app/", "/dispatch/builtin/config/", "/dispatch/builtin/metrics/"]) {
      await refused(await host.fetch(path), 404, "not_found");
    }
  });

  test("knows by x-forwarded-* where it is, and nobody else has a say in them", async () => {
    const forged = { "x-forwarded-for": "6.6.6.6", "x-forwarded-host": "evil", "x-forwarded-proto": "evil", "x-forwarded-prefix": "/evil" };
    const { headers } = await seen("app/x", { headers: { ...forged, "cf-connecting-ip": "192.0.2.7" } });
    const told = Object.fromEntries(Object.keys(forged).map((name) => [name, headers[name]]));
    assert.deepEqual(told, {
      "x-forwarded-for": "192.0.2.7",
      "x-forwarded-host": new URL(host.url).host,
      "x-forwarded-proto": "http",
      "x-forwarded-prefix": "/dispatch/tenants/app",
    });
  });

  test("does not see what speaks for the client to us, and sees all else", async () => {
    const basic = (text) => `Basic ${Buffer.from(text).toString("base64")}`;
    const { result: issued } = await host.api("POST", "/accounts/acc/tokens", { name: "t", permission: "read", namespaces: "*" });
    assert.match(issued.value, /^dlt_/);
    for (const authorization of [`Bearer ${TOKEN}`, `bearer  ${TOKEN} `, TOKEN, `Bearer ${issued.value}`, basic(`user:${TOKEN}`), basic(`${TOKEN}:`), `Bearer theirs, Bearer ${TOKEN}`]) {
      const got = await seen("app/", { headers: { authorization, "proxy-authorization": authorization } });
      assert.equal(got.headers.authorization, undefined, authorization);
      assert.equal(got.headers["proxy-authorization"], undefined, authorization);
      assert.ok(!JSON.stringify(got).includes(TOKEN));
    }
    for (const authorization of ["Bearer theirs", basic("user:password"), `Bearer ${TOKEN}x`, `Bearer x${TOKEN}`, "Basic %%%"]) {
      assert.equal((await seen("app/", { headers: { authorization } })).headers.authorization, authorization);
    }
    const { headers } = await seen("app/", {
      headers: { cookie: "a=1; dl_session=x; b=dl_2;dl_version=y; dlx=3", "cf-access-jwt-assertion": "j", "cf-access-client-secret": "s", "x-own": "kept", "cf-ray": "kept" },
    });
    assert.equal(headers.cookie, "a=1; b=dl_2; dlx=3");
    assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith("cf-access-")), []);
    assert.deepEqual([headers["x-own"], headers["cf-ray"]], ["kept", "kept"]);
    assert.equal((await seen("app/", { headers: { cookie: "dl_session=x" } })).headers.cookie, undefined);
  });

  test("cannot speak in the host's name", async () => {
    await host.deploy("forger", `export default { fetch() {
      const headers = new Headers({ "x-worker-key": "f", "x-worker-cache": "f", "x-worker-version": "f", "x-worker-fallback": "f", "x-worker-request-id": "f", "x-worker-entered": "1", "server-timing": "mine;dur=1" });
      for (const cookie of ["a=1; Path=/", "dl_version=forged", " dl_session=forged; Domain=example.com", "=dl_version=forged; Path=/", "dlx=2"]) headers.append("set-cookie", cookie);
      return new Response("hi", { headers });
    } };`);
    const { headers } = await host.ask("forger/");
    assert.match(headers.get("x-worker-key"), /^tenants\/forger@[0-9a-f]{12}$/);
    assert.equal(headers.get("x-worker-cache"), "cold");
    for (const name of ["x-worker-version", "x-worker-request-id"]) assert.match(headers.get(name), /^[0-9a-f-]{36}$/);
    assert.deepEqual([headers.get("x-worker-fallback"), headers.get("x-worker-entered")], [null, null]);
    assert.match(headers.get("server-timing"), /^mine;dur=1, total;dur=[\d.]+, factory;dur=[\d.]+$/);
    assert.deepEqual(headers.getSetCookie(), ["a=1; Path=/", "dlx=2"]);
  });

  test("says nothing for all of a host that it shares", async () => {
    await host.deploy("reaching", REACHING);
    // Nor is it the client who says whether it shares one.
    for (const headers of [{}, { "x-forwarded-prefix": "" }]) {
      const answer = await host.ask("reaching/sw.js", { headers });
      assert.equal(await text(answer), "hi");
      for (const name of WHOLE_HOST) assert.equal(answer.headers.get(name), null, name);
      assert.equal(answer.headers.get("x-own"), "kept");
    }
  });

  test("gets request.cf only in a namespace that is trusted", async () => {
    const cf = { colo: "TXL", country: "DE" };
    const got = async (namespace) => JSON.parse(await text(await host.miniflare.dispatchFetch(`${host.url}dispatch/${namespace}/app/`, { cf }))).cf;
    assert.equal(await got("tenants"), undefined);
    const trusted = scriptsOf(host, "trusted");
    await trusted.create();
    await host.api("PATCH", "/accounts/acc/workers/dispatch/namespaces/trusted", { trusted_workers: true });
    await trusted.deploy("app", ECHO);
    assert.deepEqual(await got("trusted"), { ...(await got("trusted")), ...cf });
    await host.api("PATCH", "/accounts/acc/workers/dispatch/namespaces/trusted", { trusted_workers: false });
    assert.equal(await got("trusted"), undefined, "and no longer than it is");
  });
});

describe("a script by its host", () => {
  let host;
  before(async () => {
    host = await startScripts({ bindings: { DISPATCH_DOMAIN: DOMAIN, DISPATCH_NAMESPACE: "tenants" } });
    await host.deploy("app", ECHO);
    const other = scriptsOf(host, "other");
    await other.create();
    await other.deploy("app", says("the other"));
  });
  after(() => host?.dispose());

  test("sees the URL as it is", async () => {
    for (const name of ["app.tenants.apps.example.com", "app.apps.example.com", "APP.Tenants.APPS.example.COM", "app.apps.example.com:8080", "app.apps.example.com."]) {
      const answer = await asked(host, name, "/dispatch/other/app/?q=%20");
      const { url, headers } = JSON.parse(answer.text);
      assert.equal(url, `http://${name.toLowerCase()}/dispatch/other/app/?q=%20`);
      assert.equal(headers["x-forwarded-host"], name.toLowerCase());
      assert.equal(headers["x-forwarded-prefix"], undefined);
    }
    assert.equal((await asked(host, "app.other.apps.example.com")).text, "the other");
  });

  test("says what it likes for all of a host of its own", async () => {
    await host.deploy("reaching", REACHING);
    const { headers } = await asked(host, "reaching.apps.example.com", "/", { headers: { "x-forwarded-prefix": "/forged" } });
    for (const name of WHOLE_HOST) assert.equal(headers[name], "said", name);
  });

  test("does not hide what is ours: the domain itself and other hosts", async () => {
    for (const name of ["apps.example.com", "apps.example.com.", "elsewhere.example", "notapps.example.com"]) {
      assert.match((await asked(host, name, "/config")).text, /"version":"1\.0\.0"/, name);
      assert.equal((await asked(host, name, "/dispatch/other/app/")).text, "the other", name);
    }
  });

  test("that is not there is a 404, and nothing of ours either", async () => {
    for (const name of ["none.apps.example.com", "app.none.apps.example.com", "a.b.c.apps.example.com", "config.builtin.apps.example.com"]) {
      const answer = await asked(host, name, "/config");
      assert.equal(answer.status, 404, name);
    }
  });

  test("no label alone is a script's where there is no namespace for it", () => withScripts({ bindings: { DISPATCH_DOMAIN: DOMAIN } }, async (host) => {
    await host.deploy("app", says("hi"));
    assert.equal((await asked(host, "app.apps.example.com")).status, 404);
    assert.equal((await asked(host, "app.tenants.apps.example.com")).text, "hi");
  }));
});

describe("a preview of a version", () => {
  test("is by the begin of its id, in the path or in the label; whatever is live", () => withScripts({ bindings: { DISPATCH_DOMAIN: DOMAIN, DISPATCH_NAMESPACE: "tenants" } }, async (host) => {
    const one = await host.deploy("app", says("one"));
    const two = await host.upload("app", says("two"));
    assert.equal(await text(await host.ask("app/")), "one", "it is not live");
    for (const prefix of [two, two.slice(0, 8), two.slice(0, 20)]) {
      const answer = await host.ask(`app@${prefix}/`);
      assert.deepEqual([await text(answer), version(answer)], ["two", two]);
    }
    assert.equal(await text(await host.ask(`app%40${one.slice(0, 8)}/`)), "one");
    const label = `${two.slice(0, 8)}-app`;
    for (const name of [`${label}.apps.example.com`, `${label}.tenants.apps.example.com`]) {
      assert.equal((await asked(host, name)).text, "two", name);
    }
    assert.equal((await asked(host, `01234567-app.apps.example.com`)).status, 404);
    // A script of that very name comes first.
    await host.deploy(label, says("a name"));
    for (const name of [`${label}.apps.example.com`, `${label}.tenants.apps.example.com`]) assert.equal((await asked(host, name)).text, "a name");
    assert.equal(await text(await host.ask(`app@${two.slice(0, 8)}/`)), "two", "but by the path it is to be had");
    const explained = await host.explain("app", `url=http://${label}.apps.example.com/`);
    assert.equal(explained.version, two, "of the script app it is the preview");
    await host.remove(label);
    assert.equal((await asked(host, `${label}.apps.example.com`)).text, "two", "and again when the other is gone");
    assert.equal((await host.ask(`app@${two.slice(0, 8)}`)).headers.get("location"), `/dispatch/tenants/app@${two.slice(0, 8)}/`);
  }));

  test("sets no cookie, and is told as it fails", () => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } }, async (host) => {
    const one = await host.deploy("app", says("one"));
    const two = await host.upload("app", says("two"));
    await host.split("app", { [one]: 50, [two]: 50 });
    assert.equal((await host.ask(`app@${two}/`)).headers.get("set-cookie"), null);
    // Nor does it read one: it has no key to know one by.
    const [, , incarnation] = sticker(await host.ask("app/")).split(".");
    const signed = `aa.999.${incarnation}`;
    const forged = `${signed}.${createHmac("sha256", "").update(`cookie\0${signed}\0`).digest("hex").slice(0, 32)}`;
    const { reads } = await host.spy();
    const shown = await host.ask(`app@${two}/`, { headers: { cookie: `dl_version=${forged}` } });
    assert.deepEqual([await text(shown), shown.headers.get("set-cookie"), (await host.spy()).reads], ["two", null, reads]);
    const three = await host.upload("app", says("three"));
    await host.spy({ code: "broken" });
    await refused(await host.ask(`app@${three}/`), 502, "dynamic_worker_failed_to_load");
  }));
});
