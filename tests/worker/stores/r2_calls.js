// Calls of an R2 bucket, whose outcomes are those of Cloudflare's: run against Miniflare's and against ours.
const bytes = (...list) => Uint8Array.from(list);
const text = async (object) => (object === null ? null : object.text ? await object.text() : "no body");
// What differs each time is told by its type.
const told = (object) => object && {
  key: object.key, size: object.size, etag: object.etag, httpEtag: object.httpEtag, version: typeof object.version, uploaded: object.uploaded instanceof Date,
  httpMetadata: object.httpMetadata, customMetadata: object.customMetadata, range: object.range, storageClass: object.storageClass, checksums: object.checksums?.toJSON(), kind: object.constructor.name,
};
const page = ({ objects, ...rest }) => ({ ...rest, cursor: typeof rest.cursor, objects: objects.map(({ key, size, httpMetadata, customMetadata }) => ({ key, size, httpMetadata, customMetadata })) });
const hex = (text) => Uint8Array.from(text.match(/../g), (byte) => parseInt(byte, 16));
const MD5 = "5d41402abc4b2a76b9719d911017c592"; // of hello
const fixed = (text) => new Response(text).body;
const known = (text) => { const { readable, writable } = new FixedLengthStream(text.length); const writer = writable.getWriter(); writer.write(new TextEncoder().encode(text)); writer.close(); return readable; };
const unknown = (text) => { const { readable, writable } = new TransformStream(); const writer = writable.getWriter(); writer.write(new TextEncoder().encode(text)); writer.close(); return readable; };

export default [
  ["head: nothing there", ({ R2 }) => R2.head("none")],
  ["get: nothing there", ({ R2 }) => R2.get("none")],
  ["put: text", async ({ R2 }) => told(await R2.put("text", "hello"))],
  ["head", async ({ R2 }) => told(await R2.head("text"))],
  ["get", async ({ R2 }) => { const object = await R2.get("text"); return [told(object), await object.text(), object.bodyUsed]; }],
  ["get: json", async ({ R2 }) => { await R2.put("json", '{"a":1}'); return (await R2.get("json")).json(); }],
  ["get: arrayBuffer", async ({ R2 }) => (await R2.get("text")).arrayBuffer()],
  ["get: bytes", async ({ R2 }) => (await R2.get("text")).bytes()],
  ["get: blob", async ({ R2 }) => (await R2.get("text")).blob()],
  ["get: body", async ({ R2 }) => (await R2.get("text")).body],
  ["get: read twice", async ({ R2 }) => { const object = await R2.get("text"); await object.text(); return object.text(); }],
  ["put: ArrayBuffer", async ({ R2 }) => { await R2.put("b", bytes(1, 2).buffer); return (await R2.get("b")).bytes(); }],
  ["put: part of a buffer", async ({ R2 }) => { await R2.put("b", new Uint8Array(bytes(1, 2, 3, 4).buffer, 1, 2)); return (await R2.get("b")).bytes(); }],
  ["put: Blob", async ({ R2 }) => { await R2.put("b", new Blob(["blob"], { type: "text/x" })); return [told(await R2.head("b")), await text(await R2.get("b"))]; }],
  ["put: stream of a known length", async ({ R2 }) => { await R2.put("s", known("streamed")); return text(await R2.get("s")); }],
  ["put: stream of a response", async ({ R2 }) => { await R2.put("s", fixed("a body")); return text(await R2.get("s")); }],
  ["put: stream of an unknown length", ({ R2 }) => R2.put("s", unknown("streamed"))],
  ["put: null", async ({ R2 }) => told(await R2.put("empty", null))],
  ["put: empty text", async ({ R2 }) => told(await R2.put("empty", ""))],
  ["get: empty", async ({ R2 }) => { const object = await R2.get("empty"); return [object.size, await object.text()]; }],
  ["put: a number", async ({ R2 }) => { await R2.put("n", 5); return text(await R2.get("n")); }],
  ["put: an object", ({ R2 }) => R2.put("o", { a: 1 })],
  ["put: undefined", async ({ R2 }) => told(await R2.put("u", undefined))],
  ["put: no value", ({ R2 }) => R2.put("u")],
  ["put: no key", async ({ R2 }) => told(await R2.put("", "x"))],
  ["put: key too long", ({ R2 }) => R2.put("k".repeat(1025), "x")],
  ["put: key of the most bytes", async ({ R2 }) => (await R2.put("k".repeat(1024), "x")).key.length],
  ["put: a long key", async ({ R2 }) => { await R2.put("k".repeat(750), "x"); return (await R2.head("k".repeat(750))).key.length; }],
  ["put: metadata", async ({ R2 }) => told(await R2.put("meta", "x", { httpMetadata: { contentType: "text/html", contentLanguage: "de", contentDisposition: "inline", contentEncoding: "identity", cacheControl: "max-age=5", cacheExpiry: new Date(1e12) }, customMetadata: { a: "1", B: "ä" } }))],
  ["head: metadata", async ({ R2 }) => told(await R2.head("meta"))],
  ["writeHttpMetadata", async ({ R2 }) => { const headers = new Headers({ own: "kept" }); (await R2.head("meta")).writeHttpMetadata(headers); return [...headers]; }],
  ["put: httpMetadata of headers", async ({ R2 }) => told(await R2.put("headers", "x", { httpMetadata: new Headers({ "content-type": "a/b", "cache-control": "no-store" }) }))],
  ["put: metadata too large", ({ R2 }) => R2.put("large", "x", { customMetadata: { a: "x".repeat(3000) } })],
  ["put: md5", async ({ R2 }) => told(await R2.put("sum", "hello", { md5: MD5 }))],
  ["put: md5 as bytes", async ({ R2 }) => told(await R2.put("sum", "hello", { md5: hex(MD5) }))],
  ["put: wrong md5", ({ R2 }) => R2.put("sum", "other", { md5: MD5 })],
  ["put: md5 that is none", ({ R2 }) => R2.put("sum", "hello", { md5: "xyz" })],
  ["put: sha256", async ({ R2 }) => told(await R2.put("sum", "hello", { sha256: await crypto.subtle.digest("SHA-256", new TextEncoder().encode("hello")) }))],
  ["put: wrong sha1", ({ R2 }) => R2.put("sum", "hello", { sha1: "0".repeat(40) })],
  ["put: two checksums", ({ R2 }) => R2.put("sum", "hello", { md5: MD5, sha1: "0".repeat(40) })],
  ["checksums: as buffers", async ({ R2 }) => (await R2.head("text")).checksums.md5],
  ["get: range from", async ({ R2 }) => { const object = await R2.get("text", { range: { offset: 2 } }); return [object.range, await object.text(), object.size]; }],
  ["get: range of", async ({ R2 }) => { const object = await R2.get("text", { range: { offset: 1, length: 2 } }); return [object.range, await object.text()]; }],
  ["get: range to", async ({ R2 }) => { const object = await R2.get("text", { range: { length: 2 } }); return [object.range, await object.text()]; }],
  ["get: range at the end", async ({ R2 }) => { const object = await R2.get("text", { range: { suffix: 2 } }); return [object.range, await object.text()]; }],
  ["get: range of a header", async ({ R2 }) => { const object = await R2.get("text", { range: new Headers({ range: "bytes=1-2" }) }); return [object.range, await object.text()]; }],
  ["get: range beyond", ({ R2 }) => R2.get("text", { range: { offset: 10 } })],
  ["get: range that is none", ({ R2 }) => R2.get("text", { range: { offset: 1, suffix: 2 } })],
  ["get: onlyIf etagMatches", async ({ R2 }) => told(await R2.get("text", { onlyIf: { etagMatches: MD5 } }))],
  ["get: onlyIf not", async ({ R2 }) => { const object = await R2.get("text", { onlyIf: { etagMatches: "0".repeat(32) } }); return [object.constructor.name, "body" in object]; }],
  ["get: onlyIf etagDoesNotMatch", async ({ R2 }) => "body" in (await R2.get("text", { onlyIf: { etagDoesNotMatch: MD5 } }))],
  ["get: onlyIf uploadedBefore", async ({ R2 }) => "body" in (await R2.get("text", { onlyIf: { uploadedBefore: new Date(0) } }))],
  ["get: onlyIf uploadedAfter", async ({ R2 }) => "body" in (await R2.get("text", { onlyIf: { uploadedAfter: new Date(0) } }))],
  ["get: onlyIf of headers", async ({ R2 }) => "body" in (await R2.get("text", { onlyIf: new Headers({ "if-none-match": `"${MD5}"` }) }))],
  ["put: onlyIf not", ({ R2 }) => R2.put("text", "new", { onlyIf: { etagMatches: "0".repeat(32) } })],
  ["put: onlyIf", async ({ R2 }) => told(await R2.put("text", "hello", { onlyIf: { etagMatches: MD5 } }))],
  ["put: onlyIf nothing is there", async ({ R2 }) => [await R2.put("text", "new", { onlyIf: { etagDoesNotMatch: "*" } }), (await R2.put("fresh", "x", { onlyIf: { etagDoesNotMatch: "*" } }))?.key]],
  ["delete", ({ R2 }) => R2.delete("fresh")],
  ["delete: it is gone", ({ R2 }) => R2.head("fresh")],
  ["delete: what is not there", ({ R2 }) => R2.delete("none")],
  ["delete: several", async ({ R2 }) => { await R2.put("d1", "x"); await R2.delete(["d1", "none"]); return R2.head("d1"); }],
  ["delete: too many", ({ R2 }) => R2.delete(Array(1001).fill("x"))],
  ["list", async ({ R2 }) => { for (const key of ["l/a", "l/b/c", "l/b/d", "l/e", "l/ä", "m"]) await R2.put(key, key, { customMetadata: { k: key }, httpMetadata: { contentType: "x/y" } }); return page(await R2.list({ prefix: "l/" })); }],
  ["list: include", async ({ R2 }) => page(await R2.list({ prefix: "l/", limit: 1, include: ["customMetadata", "httpMetadata"] }))],
  ["list: delimiter", async ({ R2 }) => page(await R2.list({ prefix: "l/", delimiter: "/" }))],
  ["list: pages", async ({ R2 }) => { const pages = []; for (let cursor; ; ) { const one = await R2.list({ prefix: "l/", limit: 2, cursor }); pages.push(one.objects.map(({ key }) => key)); if (!one.truncated) return pages; ({ cursor } = one); } }],
  ["list: startAfter", async ({ R2 }) => page(await R2.list({ prefix: "l/", startAfter: "l/b/c" }))],
  ["list: limit 0", ({ R2 }) => R2.list({ limit: 0 })],
  ["list: limit 1001", ({ R2 }) => R2.list({ limit: 1001 })],
  ["list: prefix of nothing", async ({ R2 }) => page(await R2.list({ prefix: "zzz" }))],
  ["keys that a URL would write otherwise", async ({ R2 }) => { const keys = ["a b", "a?b#c", "a%2Fb", "\u{1f600}", "../up", "/a", "a//b"]; for (const key of keys) await R2.put(key, key); return Promise.all(keys.map(async (key) => text(await R2.get(key)))); }],
  ["multipart", async ({ R2 }) => {
    const upload = await R2.createMultipartUpload("parts", { customMetadata: { a: "1" } });
    const five = new Uint8Array(5 * 1024 * 1024);
    const parts = [await upload.uploadPart(1, five), await R2.resumeMultipartUpload("parts", upload.uploadId).uploadPart(2, "the end")];
    const object = await upload.complete(parts);
    return [typeof upload.uploadId, upload.key, parts.map(({ partNumber, etag }) => [partNumber, typeof etag]), object.size, object.customMetadata, /-2$/.test(object.etag)];
  }],
  ["multipart: aborted", async ({ R2 }) => { const upload = await R2.createMultipartUpload("aborted"); await upload.uploadPart(1, "x"); await upload.abort(); return upload.complete([]); }],
  ["multipart: no such upload", ({ R2 }) => R2.resumeMultipartUpload("none", "none").uploadPart(1, "x")],
  ["multipart: part 0", async ({ R2 }) => (await R2.createMultipartUpload("zero")).uploadPart(0, "x")],
  ["multipart: parts too small", async ({ R2 }) => { const upload = await R2.createMultipartUpload("small"); const parts = [await upload.uploadPart(1, "x"), await upload.uploadPart(2, "y")]; return upload.complete(parts); }],
  ["what it is", ({ R2 }) => [R2.constructor.name, typeof R2.createMultipartUpload]],
];
