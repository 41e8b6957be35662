#!/usr/bin/env bash
# Builds a Worker's crate into its build/ folder: build.sh [crate folder, default the root].
# wrangler.toml names it as the build command, so plain `npx wrangler dev` and `deploy` work too.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
crate=$(cd "${1:-$scripts/..}" && pwd)
"$scripts/setup.sh" build
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"
use_node

# worker-build downloads each tool that it is not given.
WASM_BINDGEN_BIN=$(cargo_tool wasm-bindgen wasm-bindgen-cli "$WASM_BINDGEN")
WASM_OPT=$ROOT/node_modules/.bin/wasm-opt
WASM_OPT_BIN=$scripts/wasm-opt.sh
ESBUILD_BIN=$ROOT/node_modules/.bin/esbuild
export WASM_BINDGEN_BIN WASM_OPT WASM_OPT_BIN ESBUILD_BIN
# A compile error is complete without worker-build's own stack.
export RUST_LIB_BACKTRACE=0

# The page and the API's document are the host's.
if [ "$crate" = "$ROOT" ]; then
  node "$scripts/page.mjs"
  node "$scripts/openapi.mjs"
fi

cd "$crate"
# The same command as worker-build's own, which then finds nothing to do. The last artifact is this crate's.
export WASM_BINDGEN_USE_JS_SYS=1
artifacts=$(cargo build --lib --release --target wasm32-unknown-unknown --message-format json-render-diagnostics)
wasm=$(sed -n 's/.*"filenames":\[[^]]*"\([^"]*\.wasm\)".*/\1/p' <<<"$artifacts" | tail -n 1)
[ -n "$wasm" ] || fail "$crate builds no .wasm file" "give its Cargo.toml: [lib] crate-type = [\"cdylib\"]"

# All that comes after cargo depends on these files alone, and takes seconds: done only when one of them changed.
state() {
  cksum "$wasm" "$ROOT/package-lock.json" "$scripts"/*.sh build/index.js build/index_bg.wasm 2>/dev/null
  echo "$WORKER_BUILD $WASM_BINDGEN ${KEEP_NAMES:-}"
}
if [ -f build/.made-from ] && state | cmp -s - build/.made-from; then
  step "build/ is up to date"
  exit
fi
"$(cargo_tool worker-build worker-build "$WORKER_BUILD")" --release
state >build/.made-from
