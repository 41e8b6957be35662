// The same under the newer runtime that wrangler brings, which is the one of `wrangler dev`.
import { createRequire } from "node:module";

// Miniflare looks here when it is loaded, so it is loaded after.
const wrangler = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
process.env.MINIFLARE_WORKERD_PATH = wrangler("workerd").default;

for (const name of ["loading", "bundles", "errors", "capabilities", "passing", "panics", "fallback"]) {
  const { default: suite } = await import(`./probe/${name}.mjs`);
  suite("wrangler's workerd", { sharesCompiledWasm: true });
}
