// Calls of a KV namespace, whose outcomes are those of Cloudflare's: run against Miniflare's and against ours.
const soon = () => Math.floor(Date.now() / 1000) + 120;
const stream = (text) => new Response(text).body;
const names = async (listed) => ({ ...(await listed), keys: (await listed).keys.map(({ name }) => name), cursor: typeof (await listed).cursor });
const long = "k".repeat(513);

export default [
  ["get: nothing there", ({ KV }) => KV.get("none")],
  ["put: text", ({ KV }) => KV.put("text", "täxt")],
  ["get", ({ KV }) => KV.get("text")],
  ["get: text", ({ KV }) => KV.get("text", "text")],
  ["get: type as an option", ({ KV }) => KV.get("text", { type: "text" })],
  ["get: empty options", ({ KV }) => KV.get("text", {})],
  ["get: arrayBuffer", ({ KV }) => KV.get("text", "arrayBuffer")],
  ["get: stream", ({ KV }) => KV.get("text", "stream")],
  ["get: json that is none", ({ KV }) => KV.get("text", "json")],
  ["put: JSON", ({ KV }) => KV.put("json", '{"a":[1,null]}')],
  ["get: json", ({ KV }) => KV.get("json", { type: "json" })],
  ["get: nothing there, json", ({ KV }) => KV.get("none", "json")],
  ["get: nothing there, stream", ({ KV }) => KV.get("none", "stream")],
  ["get: unknown type", ({ KV }) => KV.get("text", "xml")],
  ["get: unknown type as an option", ({ KV }) => KV.get("text", { type: "xml" })],
  ["get: no key", ({ KV }) => KV.get("")],
  ["get: .", ({ KV }) => KV.get(".")],
  ["get: ..", ({ KV }) => KV.get("..")],
  ["get: key too long", ({ KV }) => KV.get(long)],
  ["get: key of 512 bytes", ({ KV }) => KV.get("k".repeat(512))],
  ["get: key too long in UTF-8", ({ KV }) => KV.get("ä".repeat(257))],
  ["get: no argument", ({ KV }) => KV.get()],
  ["get: undefined", ({ KV }) => KV.get(undefined)],
  ["get: null", ({ KV }) => KV.get(null)],
  ["get: a number", ({ KV }) => KV.get(5)],
  ["get: cacheTtl too low", ({ KV }) => KV.get("text", { cacheTtl: 10 })],
  ["get: cacheTtl", ({ KV }) => KV.get("text", { cacheTtl: 60 })],
  ["put: bytes", ({ KV }) => KV.put("bytes", Uint8Array.from([0, 255, 1]))],
  ["get: bytes", ({ KV }) => KV.get("bytes", "arrayBuffer")],
  ["put: part of a buffer", ({ KV }) => KV.put("part", new Uint8Array(Uint8Array.from([1, 2, 3, 4]).buffer, 1, 2))],
  ["get: part of a buffer", ({ KV }) => KV.get("part", "arrayBuffer")],
  ["put: DataView", ({ KV }) => KV.put("view", new DataView(Uint8Array.from([9, 8]).buffer))],
  ["get: DataView", ({ KV }) => KV.get("view", "arrayBuffer")],
  ["put: ArrayBuffer", ({ KV }) => KV.put("buffer", Uint8Array.from([7]).buffer)],
  ["get: ArrayBuffer", ({ KV }) => KV.get("buffer", "arrayBuffer")],
  ["put: stream", ({ KV }) => KV.put("stream", stream("streamed"))],
  ["get: what was a stream", ({ KV }) => KV.get("stream")],
  ["put: empty text", ({ KV }) => KV.put("empty", "")],
  ["get: empty text", ({ KV }) => KV.get("empty")],
  ["get: empty json", ({ KV }) => KV.get("empty", "json")],
  ["put: empty bytes", ({ KV }) => KV.put("nothing", new Uint8Array())],
  ["get: empty bytes", ({ KV }) => KV.get("nothing", "arrayBuffer")],
  ["put: a number", ({ KV }) => KV.put("number", 42)],
  ["get: a number as text", ({ KV }) => KV.get("number")],
  ["put: null", ({ KV }) => KV.put("null", null)],
  ["put: undefined", ({ KV }) => KV.put("undefined", undefined)],
  ["put: an object", ({ KV }) => KV.put("object", { a: 1 })],
  ["put: true", ({ KV }) => KV.put("true", true)],
  ["put: no value", ({ KV }) => KV.put("none")],
  ["put: no key", ({ KV }) => KV.put("", "x")],
  ["put: key too long", ({ KV }) => KV.put(long, "x")],
  ["put: ..", ({ KV }) => KV.put("..", "x")],
  ["put: metadata", ({ KV }) => KV.put("meta", "with", { metadata: { a: [1, "ä"] } })],
  ["getWithMetadata", ({ KV }) => KV.getWithMetadata("meta")],
  ["getWithMetadata: json", ({ KV }) => KV.getWithMetadata("json", "json")],
  ["getWithMetadata: arrayBuffer", ({ KV }) => KV.getWithMetadata("meta", { type: "arrayBuffer" })],
  ["getWithMetadata: stream", ({ KV }) => KV.getWithMetadata("meta", "stream")],
  ["getWithMetadata: nothing there", ({ KV }) => KV.getWithMetadata("none")],
  ["getWithMetadata: no key", ({ KV }) => KV.getWithMetadata("")],
  ["put: metadata null", ({ KV }) => KV.put("meta-null", "x", { metadata: null })],
  ["getWithMetadata: metadata null", ({ KV }) => KV.getWithMetadata("meta-null")],
  ["put: metadata text", ({ KV }) => KV.put("meta-text", "x", { metadata: "text" })],
  ["getWithMetadata: metadata text", ({ KV }) => KV.getWithMetadata("meta-text")],
  ["put: metadata too large", ({ KV }) => KV.put("meta-large", "x", { metadata: "x".repeat(1023) })],
  ["put: metadata of the most bytes", ({ KV }) => KV.put("meta-most", "x", { metadata: "x".repeat(1022) })],
  ["put: without metadata takes it away", async ({ KV }) => { await KV.put("meta", "without"); return KV.getWithMetadata("meta"); }],
  ["put: expirationTtl too low", ({ KV }) => KV.put("ttl", "x", { expirationTtl: 5 })],
  ["put: expirationTtl 0", ({ KV }) => KV.put("ttl", "x", { expirationTtl: 0 })],
  ["put: expirationTtl negative", ({ KV }) => KV.put("ttl", "x", { expirationTtl: -1 })],
  ["put: expirationTtl not whole", ({ KV }) => KV.put("ttl-1", "x", { expirationTtl: 60.9 })],
  ["put: expirationTtl text", ({ KV }) => KV.put("ttl-2", "x", { expirationTtl: "100" })],
  ["put: expirationTtl no number", ({ KV }) => KV.put("ttl-3", "x", { expirationTtl: "soon" })],
  ["put: expirationTtl", ({ KV }) => KV.put("ttl", "x", { expirationTtl: 60 })],
  ["put: expiration past", ({ KV }) => KV.put("at", "x", { expiration: 1 })],
  ["put: expiration too soon", async ({ KV }) => { try { await KV.put("at", "x", { expiration: Math.floor(Date.now() / 1000) + 5 }); } catch (error) { return error.message.replace(/\d{10}/, "N"); } }],
  ["put: expiration", ({ KV }) => KV.put("at", "x", { expiration: soon() })],
  ["put: both", ({ KV }) => KV.put("both", "x", { expiration: 1, expirationTtl: 60 })],
  ["get: what has an expiration", ({ KV }) => KV.get("at")],
  ["list: expirations", async ({ KV }) => (await KV.list({ prefix: "at" })).keys.map(({ name, expiration }) => [name, typeof expiration])],
  ["list: metadata", async ({ KV }) => (await KV.list({ prefix: "meta" })).keys],
  ["get: several", ({ KV }) => KV.get(["text", "none", "json"])],
  ["get: several, json", ({ KV }) => KV.get(["json", "none"], "json")],
  ["get: several, json that is none", ({ KV }) => KV.get(["json", "text"], { type: "json" })],
  ["get: several, arrayBuffer", ({ KV }) => KV.get(["text"], "arrayBuffer")],
  ["get: several, none", ({ KV }) => KV.get([])],
  ["get: 100", async ({ KV }) => (await KV.get(Array.from({ length: 100 }, (_, i) => `n${i}`))).size],
  ["get: 101", ({ KV }) => KV.get(Array.from({ length: 101 }, (_, i) => `n${i}`))],
  ["get: several, one without a name", ({ KV }) => KV.get(["text", ""])],
  ["getWithMetadata: several", ({ KV }) => KV.getWithMetadata(["meta-text", "none", "text"])],
  ["getWithMetadata: several, json", ({ KV }) => KV.getWithMetadata(["json"], "json")],
  ["delete: what is there", ({ KV }) => KV.delete("text")],
  ["delete: it is gone", ({ KV }) => KV.get("text")],
  ["delete: what is not there", ({ KV }) => KV.delete("text")],
  ["delete: no key", ({ KV }) => KV.delete("")],
  ["delete: key too long", ({ KV }) => KV.delete(long)],
  ["list: keys in the order of their bytes", async ({ KV }) => {
    for (const key of ["p/b", "p/a", "p/ä", "p/z", "p/Z", "p/\u{1f600}", "p/\uffee", "q"]) await KV.put(key, key);
    return KV.list({ prefix: "p/" });
  }],
  ["list: limit", ({ KV }) => names(KV.list({ prefix: "p/", limit: 2 }))],
  ["list: pages", async ({ KV }) => {
    const pages = [];
    for (let cursor; ; ) {
      const page = await KV.list({ prefix: "p/", limit: 2, cursor });
      pages.push(page.keys.map(({ name }) => name));
      if (page.list_complete) return pages;
      ({ cursor } = page);
    }
  }],
  ["list: prefix of nothing", ({ KV }) => KV.list({ prefix: "zzz" })],
  ["list: prefix with a percent sign", async ({ KV }) => { await KV.put("100%_a", "x"); await KV.put("100xya", "x"); return (await KV.list({ prefix: "100%_" })).keys; }],
  ["list: limit 0", ({ KV }) => names(KV.list({ limit: 0 }))],
  ["list: limit 1001", ({ KV }) => KV.list({ limit: 1001 })],
  ["list: limit negative", ({ KV }) => names(KV.list({ limit: -5 }))],
  ["list: prefix too long", ({ KV }) => KV.list({ prefix: long })],
  ["list: prefix null", async ({ KV }) => (await KV.list({ prefix: null, limit: 1 })).keys.length],
  ["list: all", async ({ KV }) => { const { list_complete, cacheStatus, keys, ...more } = await KV.list(); return { list_complete, cacheStatus, more, some: keys.length > 20 }; }],
  ["list: null", async ({ KV }) => (await KV.list(null)).list_complete],
  ["keys that a URL would write otherwise", async ({ KV }) => {
    for (const key of ["a b", "a/b", "a?b#c", "a%2Fb", "ä", "\u0000", "a\nb", "__proto__", "😀"]) await KV.put(key, key);
    return Promise.all(["a b", "a/b", "a?b#c", "a%2Fb", "ä", "\u0000", "a\nb", "__proto__", "😀"].map((key) => KV.get(key)));
  }],
  ["a lone surrogate", async ({ KV }) => { await KV.put("\ud800", "x"); return KV.get("\ufffd"); }],
  ["value of a lone surrogate", async ({ KV }) => { await KV.put("surrogate", "a\ud800b"); return KV.get("surrogate"); }],
  ["a byte order mark", async ({ KV }) => { await KV.put("bom", "\ufeffx"); return [await KV.get("bom"), await KV.get("bom", "arrayBuffer")]; }],
  ["not UTF-8 as text", async ({ KV }) => { await KV.put("binary", Uint8Array.from([255, 97])); return KV.get("binary"); }],
  ["a megabyte and more", async ({ KV }) => {
    const value = new Uint8Array(3_000_001).map((_, i) => i % 251);
    await KV.put("large", value);
    const read = new Uint8Array(await KV.get("large", "arrayBuffer"));
    return [read.length, read.every((byte, i) => byte === i % 251)];
  }],
  ["over 25 MiB", ({ KV }) => KV.put("over", new Uint8Array(25 * 1024 * 1024 + 1))],
  ["get: several, too large together", async ({ KV }) => {
    for (const key of ["half-1", "half-2"]) await KV.put(key, "x".repeat(13 * 1024 * 1024 + 1));
    try { return await KV.get(["half-1", "half-2"]); } finally { for (const key of ["half-1", "half-2"]) await KV.delete(key); }
  }],
  ["put: replaces", async ({ KV }) => { await KV.put("large", "small now"); return KV.get("large"); }],
  ["what it is", ({ KV }) => [Object.prototype.toString.call(KV), KV.constructor.name, Object.keys(KV), typeof KV.get]],
  ["called apart", ({ KV }) => { const { get } = KV; return get("text"); }],
];
