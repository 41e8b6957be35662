// The hosts that are compared. A variant is served as a service of its own, with a socket and a loader of its own.
//   name        for --only, the socket and the results; label: for the table
//   entry       its main module, relative to this folder; esbuild bundles it, wasm modules are found by themselves
//   entrypoint  the named export that answers, where it is not the default one
//   headers     request headers, for a host that chooses by one
//   path        what is asked for, where it is not "/": of this Worker itself, whose main module is that of dist/
//   loader      whether it has the binding LOADER (default: true)

// That of wrangler.toml; hosts/code.js and rust/ give it to the dynamic worker too.
export const compatibilityDate = "2026-07-01";

export const reference = "js";
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

// This Worker, with a script that was uploaded to it.
export const dispatch = [
  { name: "js", label: "JavaScript host, three lines (the reference)", entry: "hosts/warm.js" },
  { name: "aa", label: "the same host again (A/A control)", entry: "hosts/warm.js" },
  { name: "dispatch", label: "this Worker, an uploaded script", path: "/dispatch/bench/hello/" },
];

export const names = [...new Set([...warm, ...cold, ...dispatch].map((variant) => variant.name))];
