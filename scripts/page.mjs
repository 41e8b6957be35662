// Builds the page: src/ui into public/app, which wrangler serves as static assets. `page.mjs --watch` goes on with each change.
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { context } from "esbuild";

const ROOT = resolve(import.meta.dirname, "..");
const outdir = join(ROOT, "public/app");
rmSync(outdir, { recursive: true, force: true });
const builder = await context({
  absWorkingDir: ROOT,
  entryPoints: { main: "src/ui/main.jsx" },
  outdir,
  bundle: true,
  // What only the editor needs is fetched with it.
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  chunkNames: "[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
});
await builder.rebuild();
if (process.argv.includes("--watch")) await builder.watch();
else await builder.dispose();
