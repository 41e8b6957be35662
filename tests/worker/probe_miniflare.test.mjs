// The SDK and the dispatch under the runtime that Miniflare 4 brings.
import bundles from "./probe/bundles.mjs";
import capabilities from "./probe/capabilities.mjs";
import errors from "./probe/errors.mjs";
import fallback from "./probe/fallback.mjs";
import loading from "./probe/loading.mjs";
import panics from "./probe/panics.mjs";
import passing from "./probe/passing.mjs";

// Compiled modules are shared from workerd 1.20260820 or so on.
for (const suite of [loading, bundles, errors, capabilities, passing, panics, fallback]) suite("Miniflare's workerd", { sharesCompiledWasm: false });
