import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { compatibilityDate } from "./variants.mjs";

const folder = import.meta.dirname;
const require = createRequire(import.meta.url);

/** The workerd that wrangler brings, or Miniflare: {binary, version}. */
export function workerd(by = "wrangler") {
  const from = createRequire(require.resolve(`${by}/package.json`));
  const found = from("workerd");
  return { binary: found.default, version: from("workerd/package.json").version };
}

/** Bundles the variants' entries and writes workerd's configuration into `output`; returns the file's path. */
export async function writeConfig(variants, output, v8Flags = []) {
  const services = [];
  for (const variant of variants) services.push(service(variant, await bundle(variant, output)));
  await endBundling();
  const sockets = variants.map(socket);
  const file = join(output, "config.capnp");
  await writeFile(file, `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(v8Flags)},
  services = [
    ${services.join(",\n    ")},
    # Nothing here has business outside this process.
    (name = "internet", network = (allow = [])),
  ],
  sockets = [
    ${sockets.join(",\n    ")},
  ],
);
`);
  return file;
}

// esbuild keeps a process for the next call; there is none.
export const endBundling = () => require("esbuild").stop();

/** Makes one module of a variant's entry, `main.js` in a folder of its name; gives what workerd's configuration says of it. */
export async function bundle(variant, output) {
  const entry = resolve(folder, variant.entry);
  if (!existsSync(entry)) {
    throw new Error(`${variant.entry} of the host ${variant.name} is missing: \`make bench\` builds the Rust hosts`);
  }
  const directory = join(output, variant.name);
  await mkdir(directory, { recursive: true });
  const wasm = [];
  await require("esbuild").build({
    entryPoints: [entry],
    outfile: join(directory, "main.js"),
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*", "node:*"],
    logLevel: "error",
    plugins: [{
      name: "wasm",
      setup: (build) => build.onResolve({ filter: /\.wasm$/ }, (module) => {
        const path = resolve(module.resolveDir, module.path);
        wasm.push(path);
        return { path: `./${basename(path)}`, external: true };
      }),
    }],
  });
  for (const path of new Set(wasm)) await copyFile(path, join(directory, basename(path)));
  return [
    `(name = "main.js", esModule = embed "${variant.name}/main.js")`,
    ...[...new Set(wasm.map((path) => basename(path)))].map(
      (name) => `(name = "${name}", wasm = embed "${variant.name}/${name}")`,
    ),
  ];
}

// A loader without an id has a cache that it shares with no other.
function service({ name, loader = true }, modules) {
  const bindings = loader ? `(name = "LOADER", workerLoader = ())` : "";
  return `(name = "${name}", worker = (
      compatibilityDate = "${compatibilityDate}",
      modules = [${modules.join(", ")}],
      bindings = [${bindings}],
    ))`;
}

function socket({ name, entrypoint }) {
  const target = entrypoint ? `(name = "${name}", entrypoint = "${entrypoint}")` : `"${name}"`;
  return `(name = "${name}", address = "127.0.0.1:0", http = (), service = ${target})`;
}
