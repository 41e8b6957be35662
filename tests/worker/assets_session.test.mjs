// Upload sessions of files, over HTTP: what comes of them, what is refused, and what that leaves behind.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sign } from "../../src/assets/token.js";
import { hashOf, parts, uploaded } from "./assets/site.mjs";
import { directory } from "./objects.mjs";
import { CODE, TOKEN, api, form, host, id, keys, path, script, upload, withUploads } from "./uploads.mjs";

withUploads();

const UPLOAD = "/accounts/acc/workers/assets/upload?base64=true";
const open = async (manifest, options) => (await api("POST", `${path}/assets-upload-session`, { manifest }, options)).result;
const send = (jwt, body, options = {}) => api("POST", options.to ?? UPLOAD, body, { token: jwt, ...options });
const put = (jwt, config = {}, options = {}) => api("PUT", path, form({ compatibility_date: "2026-01-01", assets: { jwt, config } }, {}), options);
const get = (at, init) => host.fetch(`/dispatch/tenants/${script}${at}`, { redirect: "manual", ...init });
const text = async (at) => (await get(at)).text();
const messages = async (call) => (await call).errors.map(({ message }) => message);
const hash = (i) => i.toString(16).padStart(32, "0");
const sizes = (entries) => Object.fromEntries(Object.entries(entries).map(([name, content]) => [name, { hash: hashOf(name, content), size: Buffer.byteLength(content) }]));
const bucket = () => host.miniflare.getR2Bucket("BUNDLES");
const claims = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));

describe("a session", () => {
  test("asks for what is not there, and the upload that brings the last of it gives the token of the whole", async () => {
    const manifest = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`/${i}.txt`, { hash: hash(i), size: String(i).length }]));
    const { jwt, buckets } = await open(manifest);
    assert.deepEqual(buckets.map((bucket) => bucket.length), [500, 500, 200]);
    assert.ok(Math.abs(claims(jwt).exp * 1000 - Date.now() - 3_600_000) < 60_000, "wrangler reads when it expires");
    // At the same time: it is decided in one place which is the last.
    const answers = await Promise.all(buckets.map((bucket) => {
      const files = Object.fromEntries(bucket.map((hash) => [hash, [String(parseInt(hash, 16)), "text/plain; charset=utf-8"]]));
      return send(jwt, parts(files));
    }));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 202, 202]);
    const [last] = answers.filter(({ status }) => status === 201);
    assert.ok(answers.every((answer) => answer === last || answer.result.jwt === null));
    await put(last.result.jwt);
    assert.equal(await text("/1199.txt"), "1199");
    const again = await open(manifest);
    assert.deepEqual(again.buckets, [], "all of it is there");
    await put(again.jwt);
    assert.equal(await text("/7.txt"), "7");
  });

  test("ends an hour after it was opened, whatever is uploaded to it", async () => {
    const files = { "/a.txt": "ends" };
    await upload();
    const first = claims((await open(sizes(files))).jwt);
    const soon = Math.floor(Date.now() / 1000) + 3;
    const { key } = await directory(host)("session_key");
    const jwt = await sign(key, first, soon * 1000);
    const hash = hashOf("/a.txt", "ends");
    const { result } = await send(jwt, parts({ [hash]: ["ends", "text/plain"] }), { status: 201 });
    assert.equal(claims(result.jwt).exp, soon, "the token of the whole ends with the session");
    assert.equal(claims((await send(result.jwt, parts({}), { status: 201 })).result.jwt).exp, soon, "and is not renewed with itself");
    await new Promise((resolve) => setTimeout(resolve, soon * 1000 - Date.now() + 50));
    assert.match((await send(result.jwt, parts({}), { status: 401 })).errors[0].message, /for an hour.*open another one/);
    assert.match((await put(result.jwt, {}, { status: 400 })).errors[0].message, /older than an hour/);
  });

  test("with nothing in it is a site of nothing", async () => {
    await put((await open({})).jwt);
    assert.equal((await get("/")).status, 404);
  });

  test("of which a file was changed asks for that file", async () => {
    await put(await uploaded(api, path, { "/a.html": "a", "/b.html": "b" }));
    const { buckets } = await open(sizes({ "/a.html": "a", "/b.html": "B", "/c.html": "c" }));
    assert.deepEqual(buckets, [[hashOf("/b.html", "B"), hashOf("/c.html", "c")]]);
  });

  test("tells all that is wrong with its manifest, and stores nothing", async () => {
    const wrong = { x: { hash: hash(1), size: 1 }, "/b": { hash: "zz", size: -1 }, "/c": { hash: hash(2), size: 26_214_401 } };
    assert.equal((await messages(api("POST", `${path}/assets-upload-session`, { manifest: wrong }, { status: 400 }))).length, 4);
    for (const body of ["", "x", "[]", '{"manifest":1}']) {
      await api("POST", `${path}/assets-upload-session`, body, { status: 400, headers: { "content-type": "application/json" } });
    }
    const long = `{"manifest":{"/${"x".repeat(9_000_000)}":{}}}`;
    await api("POST", `${path}/assets-upload-session`, long, { status: 413, headers: { "content-type": "application/json" } });
    assert.deepEqual(await keys(), []);
  });

  test("is opened by who may write, in a namespace that is there", async () => {
    await api("POST", `${path}/assets-upload-session`, { manifest: {} }, { status: 401, token: null });
    await api("POST", `${path.replace("/tenants/", "/nobody/")}/assets-upload-session`, { manifest: {} }, { status: 404 });
  });
});

describe("an upload of files", () => {
  const FILES = { "/a.html": "<h1>a</h1>", "/b": "\x00\xffb" };
  const [a, b] = Object.entries(FILES).map(([name, content]) => hashOf(name, content));

  test("keeps what they are served as; base64 is a choice", async () => {
    const { jwt } = await open(sizes(FILES));
    await send(jwt, parts({ [a]: [FILES["/a.html"], "text/html; charset=utf-8"] }), { status: 202 });
    const raw = parts({ [b]: [FILES["/b"], null] }, { base64: false });
    const { result } = await send(jwt, raw, { to: UPLOAD.split("?")[0], status: 201 });
    await put(result.jwt);
    for (const method of ["GET", "HEAD"]) {
      const [page, data] = [await get("/a", { method }), await get("/b", { method })];
      assert.deepEqual([page.headers.get("content-type"), page.headers.get("etag")], ["text/html; charset=utf-8", `"${a}"`]);
      assert.deepEqual([data.headers.get("content-type"), await data.text()], [null, method === "GET" ? FILES["/b"] : ""]);
    }
    assert.equal((await get("/a", { headers: { "if-none-match": `"${a}"` } })).status, 304);
    assert.equal((await (await bucket()).head(`${id}/${script}/asset/${a}`)).httpMetadata.contentType, "text/html; charset=utf-8");
  });

  test("takes what is right of it and tells what is not", async () => {
    const { jwt } = await open(sizes(FILES));
    const body = parts({ [a]: [FILES["/a.html"], "text/html"], [hash(7)]: ["x", null] });
    assert.deepEqual(await messages(send(jwt, body, { status: 400 })), [`"${hash(7)}" is no hash of this session.`]);
    assert.deepEqual(await messages(put(jwt, {}, { status: 400 })), ["assets.jwt is of an upload session that is not complete: 1 files are missing."]);
    for (const wrong of ["", FILES["/b"].slice(1), `${FILES["/b"]}!`]) {
      assert.deepEqual(await messages(send(jwt, parts({ [b]: [wrong, null] }), { status: 400 })), [`${b} is not of the 4 bytes that the manifest says.`]);
    }
    const text = new FormData();
    text.append(b, new File(["no base64!"], b));
    assert.deepEqual(await messages(send(jwt, text, { status: 400 })), [`${b} is no base64 text.`]);
    assert.deepEqual((await keys()).filter((key) => key.startsWith("asset/")), [`asset/${a}`]);
    await send(jwt, parts({ [b]: [FILES["/b"], null] }), { status: 201 });
  });

  test("is multipart, and whole", async () => {
    const { jwt } = await open(sizes(FILES));
    const type = "multipart/form-data; boundary=B";
    const head = `--B\r\nContent-Disposition: form-data; name="${a}"\r\n\r\n`;
    for (const [body, headers] of [["x", { "content-type": "text/plain" }], ["x", { "content-type": "multipart/form-data" }], ["", { "content-type": type }], ["x", { "content-type": type }], [`${head}PGgx`, { "content-type": type }]]) {
      await send(jwt, body, { headers, status: 400 });
    }
    const long = `--B\r\nContent-Disposition: form-data; name="${a}"\r\nContent-Type: ${"x".repeat(300)}\r\n\r\nPGgxPmE8L2gxPg==\r\n--B--\r\n`;
    assert.match((await messages(send(jwt, long, { headers: { "content-type": type }, status: 400 })))[0], /Content-Type is too long/);
    assert.deepEqual((await keys()).filter((key) => key.startsWith("asset/")), []);
  });

  test("of a file that is there leaves it as it is", async () => {
    const { jwt } = await open(sizes(FILES));
    await send(jwt, parts({ [a]: [FILES["/a.html"], "text/html"] }), { status: 202 });
    await send(jwt, parts({ [a]: ["<h1>x</h1>", "text/plain"] }), { status: 202 });
    const kept = await (await bucket()).get(`${id}/${script}/asset/${a}`);
    assert.deepEqual([await kept.text(), kept.httpMetadata.contentType], [FILES["/a.html"], "text/html"]);
  });

  test("can be of the largest files, three at a time", { timeout: 60_000 }, async () => {
    const size = 25 << 20;
    const content = (seed) => Buffer.alloc(size, Buffer.from(Array.from({ length: 1009 }, (_, i) => (i * seed) % 251)));
    const seeds = [3, 5, 7];
    const { jwt, buckets } = await open(Object.fromEntries(seeds.map((seed) => [`/${seed}.bin`, { hash: hash(seed), size }])));
    assert.deepEqual(buckets, seeds.map((seed) => [hash(seed)]));
    const answers = await Promise.all(seeds.map((seed) => send(jwt, parts({ [hash(seed)]: [content(seed), "application/octet-stream"] }))));
    await put(answers.find(({ status }) => status === 201).result.jwt);
    for (const seed of seeds) assert.ok(Buffer.from(await (await get(`/${seed}.bin`)).arrayBuffer()).equals(content(seed)));
  });

  test("is not read any further than it may be", async () => {
    const { jwt } = await open(sizes(FILES));
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1 << 20;
        controller.enqueue(sent === 1 << 20 ? Buffer.from(`--B\r\nContent-Disposition: form-data; name="${a}"\r\n\r\n`) : Buffer.alloc(1 << 20, 65));
        if (sent > 300 << 20) controller.close();
      },
    });
    const answer = await send(jwt, endless, { headers: { "content-type": "multipart/form-data; boundary=B" }, status: 413 }).catch((error) => error);
    // Whether the answer gets through while the client still sends is not for us to say.
    assert.ok(!(answer instanceof Error) || answer.cause !== undefined, answer);
    assert.ok(sent < 150 << 20, `${sent}`);
  });
});

describe("the token", () => {
  const manifest = sizes({ "/a.html": "a" });
  const body = () => parts({ [manifest["/a.html"].hash]: ["a", null] });

  test("of a session is the only one that an upload takes", async () => {
    const { jwt } = await open(manifest);
    const { key } = await directory(host)("session_key");
    const expired = await sign(key, { ...claims(jwt) }, Date.now() - 1000);
    const forged = await sign("another key", claims(jwt), Date.now() + 1_000_000);
    for (const token of [null, "x", TOKEN, expired, forged, `${jwt.slice(0, -4)}AAAA`]) {
      const { errors } = await send(token, body(), { status: 401 });
      assert.equal(errors[0].code, 10023);
    }
    assert.deepEqual((await keys()).filter((key) => key.startsWith("asset/")), []);
    const fresh = await sign(key, { ...claims(jwt) }, Date.now() + 10_000);
    await send(fresh, body(), { status: 201 });
  });

  test("opens nothing else of the API", async () => {
    const { jwt } = await open(manifest);
    await api("GET", path, undefined, { token: jwt, status: 401 });
    await api("POST", `${path}/assets-upload-session`, { manifest }, { token: jwt, status: 401 });
  });

  test("is for its own script, and for an hour", async () => {
    const { jwt } = await open(manifest);
    const { result } = await send(jwt, body(), { status: 201 });
    const other = path.replace(script, `other-${script}`);
    const metadata = { compatibility_date: "2026-01-01", assets: { jwt: result.jwt } };
    const { errors } = await api("PUT", other, form(metadata, {}), { status: 400 });
    assert.match(errors[0].message, /another script/);
    const { key } = await directory(host)("session_key");
    assert.match((await messages(put(await sign(key, claims(jwt), Date.now() - 1), {}, { status: 400 })))[0], /older than an hour/);
    for (const wrong of ["", "x", 1, undefined]) await put(wrong, {}, { status: 400 });
    await put(result.jwt);
    await put(result.jwt, { not_found_handling: "404-page" });
  });

  test("of a session whose files were cleaned up says so", async () => {
    const { jwt } = await open(manifest);
    for (const key of await keys()) await (await bucket()).delete(`${id}/${script}/${key}`);
    assert.equal((await send(jwt, body(), { status: 409 })).errors[0].code, 190004);
    assert.equal((await put(jwt, {}, { status: 409 })).errors[0].code, 190004);
  });
});

describe("the configuration", () => {
  test("is refused for all that is wrong with it, and nothing is changed", async () => {
    await put(await uploaded(api, path, { "/a.html": "a" }));
    const jwt = await uploaded(api, path, { "/a.html": "A" });
    const before = await keys();
    const config = { base_path: "/x", html_handling: "no", run_worker_first: true, _headers: "x: 1", _redirects: "/a\n/* /index.html 200" };
    const { errors } = await put(jwt, config, { status: 400 });
    assert.deepEqual(errors.map(({ code }) => code), [100324, 100324, 100324, 100324, 100324]);
    assert.match(errors[0].message, /base_path/);
    assert.equal(errors.at(-1).message.split("\n").length, 3, "a line for each line that is wrong");
    assert.deepEqual(await keys(), before);
    assert.equal(await text("/a"), "a");
  });

  test("changes with an upload alone; files that are kept keep it", async () => {
    const files = { "/index.html": "home", "/a.html": "a" };
    await put(await uploaded(api, path, files));
    assert.equal((await get("/nothing")).status, 404);
    await put((await open(sizes(files))).jwt, { not_found_handling: "single-page-application" });
    assert.equal(await text("/nothing"), "home");
    await upload(CODE, { keep_assets: true });
    assert.deepEqual([await text("/a"), await text("/nothing")], ["a", "hi"]);
    await upload(CODE);
    assert.equal(await text("/a"), "hi", "without being told to, none are kept");
  });

  test("leads to paths below the one that the script has here", async () => {
    await put(await uploaded(api, path, { "/docs/index.html": "d" }), { _redirects: "/old /docs/\n/away https://else.example/x" });
    const to = async (at) => (await get(at)).headers.get("location");
    assert.deepEqual([await to("/docs?a=b"), await to("/old"), await to("/away")], [
      `/dispatch/tenants/${script}/docs/?a=b`, `/dispatch/tenants/${script}/docs/`, "https://else.example/x",
    ]);
    assert.equal(await text("/docs/"), "d");
  });
});
