// The hosts that are compared. A variant is served as a service of its own, with a socket and a loader of its own.
//   name        for --only, the socket and the results; label: for the table
//   entry       its main module, relative to this folder; esbuild bundles it, wasm modules are found by themselves
//   entrypoint  the named export that answers, where it is not the default one
//   headers     request headers, for a host that chooses by one
//   path        what is asked for, where it is not "/"; a host without an entry is this Worker itself, as it is in dist/
//   loader      whether it has the binding LOADER (default: true)
//   objects     its Durable Objects, {binding: class}; services: its service bindings, {binding: host}

// That of wrangler.toml; hosts/code.js and rust/ give it to the dynamic worker too.
export const compatibilityDate = "2026-07-01";

// What all others of a path are measured by, and its second copy.
export const references = { warm: "js", cold: "js", startup: "js", dispatch: "same" };
export const control = "aa";

// Any path is answered through one cached worker.
export const warm = [
  { name: "js", label: "JavaScript host, three lines (the reference)", entry: "hosts/warm.js" },
  { name: "aa", label: "the same host again (A/A control)", entry: "hosts/warm.js" },
  { name: "direct", label: "the inner worker served directly", entry: "hosts/inner.js", loader: false },
  { name: "rust-naive", label: "Rust, `#[event(fetch)]` and `worker::Request`", entry: "rust/build/index.js" },
  { name: "rust-raw", label: "Rust, the SDK's raw types, worker-build's entry", entry: "rust/entry-raw.js" },
  { name: "rust-entry", label: "Rust, the SDK's raw types and `entry.js`", entry: "rust/entry-sdk.js" },
];

// /cold/<key>: get() with that key; /load: load().
export const cold = [
  { name: "js", label: "JavaScript host (the reference)", entry: "hosts/cold.js" },
  { name: "aa", label: "the same host again (A/A control)", entry: "hosts/cold.js" },
  { name: "rust-naive", label: "Rust, `#[event(fetch)]` and `worker::Request`", entry: "rust/entry-naive-cold.js" },
  { name: "rust-raw", label: "Rust, the SDK's raw types, worker-build's entry", entry: "rust/entry-raw-cold.js" },
  { name: "rust-entry", label: "Rust, the SDK's raw types and `entry.js`", entry: "rust/entry-sdk-cold.js" },
];

// From the start of workerd to the first answer.
export const startup = [
  { name: "js", label: "JavaScript host, three lines (the reference)", entry: "hosts/warm.js" },
  { name: "aa", label: "the same host again (A/A control)", entry: "hosts/warm.js" },
  { name: "rust-naive", label: "Rust, `#[event(fetch)]` and `worker::Request`", entry: "rust/build/index.js" },
  { name: "rust-entry", label: "Rust, the SDK's raw types and `entry.js`", entry: "rust/entry-sdk.js" },
  // It has no bindings here, and answers at / what it is.
  { name: "worker", label: "this Worker", entry: "../dist/entry.js" },
];

const SAME = {
  entry: "hosts/same.js",
  path: "/dispatch/bench/hello/",
  objects: { SCRIPTS: "Script", TELEMETRY: "Telemetry", PULSE: "Pulse" },
};

// This Worker, with a script that was uploaded to it, and what does the same without it.
export const dispatch = [
  { name: "same", label: "JavaScript host that does the same work (the reference)", ...SAME },
  { name: "aa", label: "the same host again (A/A control)", ...SAME },
  { name: "dispatch", label: "this Worker, an uploaded script", path: SAME.path },
  { name: "js", label: "JavaScript host, three lines", entry: "hosts/warm.js" },
  { name: "binding", label: "JavaScript host with a static service binding", entry: "hosts/binding.js", services: { INNER: "direct" }, loader: false },
  { name: "direct", label: "the inner worker served directly", entry: "hosts/inner.js", loader: false },
];

export const names = [...new Set([...warm, ...cold, ...startup, ...dispatch].map((variant) => variant.name))];
