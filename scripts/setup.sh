#!/usr/bin/env bash
# Installs what is missing and says what it does; silent and quick when all is there.
#
#   setup.sh build   what a build needs; wrangler's build command calls this
#   setup.sh work    and the npm tools, fresh: what `make dev` and `make deploy` need (the default)
#   setup.sh check   and Rust's formatter and linter
#   setup.sh test    and a browser, and what checks metrics and the API
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

offline="see the lines above; with no network, connect and run this again: it goes on where it stopped"

# One set-up at a time on this machine: the second waits, then finds the work done. The kernel frees
# flock's lock however the holder ends; where there is no flock, a directory is the lock.
lock() {
  local waiting="another set-up is running on this machine; waiting for it"
  mkdir -p "$CACHE"
  if command -v flock >/dev/null; then
    exec 9>"$CACHE/setup.lock"
    flock -n 9 || { step "$waiting" && flock 9; }
    return
  fi
  until mkdir "$CACHE/setup.lock.d" 2>/dev/null; do
    [ -z "$waiting" ] || step "$waiting (if none is: rmdir '$CACHE/setup.lock.d')"
    waiting=
    sleep 1
  done
  trap 'rmdir "$CACHE/setup.lock.d"' EXIT
}

# heartbeat WHAT COMMAND...: a line every ten seconds, for a command that prints nothing where there is no terminal.
heartbeat() {
  local what=$1 pid code=0 start=$SECONDS
  shift
  (while sleep 10 >/dev/null 2>&1 && kill -0 $$; do step "still $what ($((SECONDS - start)) s)" >&2; done) 9>&- &
  pid=$!
  "$@" 9>&- || code=$?
  kill "$pid"
  wait "$pid" 2>/dev/null || true
  return "$code"
}

# debian PACKAGE...: installs them where that needs no question; false where it does, or where there is no apt-get.
debian() {
  local sudo=()
  command -v apt-get >/dev/null || return
  if [ "$(id -u)" != 0 ]; then
    [ -n "${CI:-}" ] || return
    sudo=(sudo -n)
  fi
  step "installing $* (apt-get)"
  heartbeat "installing $*" ${sudo[@]+"${sudo[@]}"} sh -ec 'export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@"' sh "$@" </dev/null >/dev/null
}

rust() {
  command -v cargo >/dev/null || fail "Rust is not installed (no cargo in PATH)" "install it with rustup: https://rustup.rs"
  local wanted have
  wanted=$(awk -F'"' '/^rust-version = / { print $2; exit }' Cargo.toml)
  have=$(rustc --version | cut -d' ' -f2)
  at_least "$have" "$wanted" || fail "Rust $have is older than the $wanted this project needs" "run: rustup update stable"
}

compiler() {
  command -v cc >/dev/null || debian build-essential ||
    fail "there is no C compiler (cc), which Rust links with" "install one (Debian, Ubuntu: apt-get install build-essential; macOS: xcode-select --install)"
}

wasm_target_there() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; }

wasm_target() {
  wasm_target_there && return
  command -v rustup >/dev/null ||
    fail "this Rust has no wasm32-unknown-unknown target, and there is no rustup to add it" "install Rust with rustup: https://rustup.rs"
  step "adding Rust's target wasm32-unknown-unknown"
  rustup target add wasm32-unknown-unknown 9>&- || fail "rustup could not add the target" "$offline"
}

# worker-build links with OpenSSL; macOS and Windows bring what it uses there.
openssl() {
  if [ "$(uname)" != Linux ] || cargo_tool "${worker_build[@]}" >/dev/null; then return; fi
  pkg-config --exists openssl 2>/dev/null || debian pkg-config libssl-dev ||
    fail "OpenSSL's header files or pkg-config are missing, which worker-build needs" \
      "install them (Debian, Ubuntu: apt-get install pkg-config libssl-dev; Fedora: dnf install pkgconf openssl-devel)"
}

# cargo_tool_built BINARY CRATE VERSION
cargo_tool_built() {
  cargo_tool "$@" >/dev/null && return
  step "building $2 $3 with cargo, once for this machine (one to three minutes); it goes to $CACHE"
  # Built to be ready soon: each runs for a second, so its own speed matters less than its build's.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install "$2@$3" --bin "$1" --locked --force --root "$CACHE/$2-$3" 9>&- ||
    fail "cargo could not build $2 $3" "$offline"
  cargo_tool "$@" >/dev/null || fail "$CACHE/$2-$3/bin/$1 does not run here" "remove $CACHE/$2-$3 and run this again"
}

rust_components_there() { cargo fmt --version && cargo clippy --version; }

rust_components() {
  rust_components_there >/dev/null 2>&1 && return
  step "adding Rust's formatter and linter"
  rustup component add rustfmt clippy 9>&- || fail "rustup could not add rustfmt and clippy" "$offline"
}

# The stamp is a copy of the lock file that node_modules was made from. A build changes nothing while
# the tools it needs are there: wrangler may be running from node_modules at that moment.
npm_tools_there() {
  if [ "$for" = build ] && [ -x node_modules/.bin/wasm-opt ] && [ -x node_modules/.bin/esbuild ] && [ -d node_modules/preact ] && [ -d node_modules/codemirror ]; then return; fi
  cmp -s package-lock.json node_modules/.made-from-lock
}

npm_tools() {
  npm_tools_there && return
  command -v npm >/dev/null ||
    fail "Node.js with npm is not installed" "install Node.js $NODE_WANTED or newer (https://nodejs.org/en/download, or your system's packages)"
  step "installing the npm tools: wrangler, workerd, miniflare, esbuild, binaryen (about 700 MB in node_modules)"
  # Errors only: npm would warn that wrangler wants a newer Node.js, which is among what this brings.
  heartbeat "installing the npm tools" npm ci --loglevel=error || fail "npm could not install the tools" "$offline"
  cp package-lock.json node_modules/.made-from-lock
}

browser() {
  find_chromium >/dev/null && return
  local remedy="install Chromium or Chrome, or set CHROMIUM to its path"
  [ -z "${CHROMIUM:-}" ] || fail "CHROMIUM is set to '$CHROMIUM', which is not a program" "$remedy"
  { debian chromium fonts-liberation && find_chromium >/dev/null; } || fail "there is no Chromium for the browser tests" "$remedy"
}

# Debian's package brings a server, too, which nobody here wants to have running: of it this one program is taken.
metrics_checker() {
  find_promtool >/dev/null && return
  local folder remedy="install Prometheus (https://prometheus.io/download/), or set PROMTOOL to the path of its promtool"
  command -v apt-get >/dev/null || fail "there is no promtool for the tests of the metrics" "$remedy"
  step "fetching promtool, which checks the metrics (Debian's package prometheus)"
  folder=$(mktemp -d)
  mkdir -p "$CACHE"
  (cd "$folder" && chmod 755 . && { apt-get -qq download prometheus 2>/dev/null || { debian dpkg && apt-get -qq download prometheus; }; } &&
    dpkg-deb -x prometheus_*.deb . && cp usr/bin/promtool "$CACHE/promtool") >/dev/null
  rm -rf "$folder"
  find_promtool >/dev/null || fail "promtool could not be fetched" "$remedy"
}

# Python has its packages by itself, so nothing of the machine's own is changed.
api_tester() {
  find_schemathesis >/dev/null && return
  local remedy="install Python $PYTHON_WANTED or newer with its module venv (Debian, Ubuntu: apt-get install python3-venv; https://www.python.org/downloads)"
  local version
  version=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) || debian python3 python3-venv ||
    fail "there is no python3 for the tests of the API" "$remedy"
  version=${version:-$(python3 -c 'import platform; print(platform.python_version())')}
  at_least "$version" "$PYTHON_WANTED" || fail "Python $version is older than the $PYTHON_WANTED that the tests of the API need" "$remedy"
  step "installing schemathesis, which tests the API by its document; it goes to $SCHEMATHESIS_HOME"
  mkdir -p "$CACHE"
  # Debian has the module without what puts pip into an environment, which is another package.
  rm -rf "$SCHEMATHESIS_HOME"
  python3 -m venv "$SCHEMATHESIS_HOME" >/dev/null 2>&1 || { debian python3-venv && python3 -m venv --clear "$SCHEMATHESIS_HOME"; } ||
    fail "python3 cannot make an environment of its own (python3 -m venv)" "$remedy"
  heartbeat "installing schemathesis" "$SCHEMATHESIS_HOME/bin/python" -m pip install --quiet --no-input --disable-pip-version-check -r "$SCHEMATHESIS_PINS" ||
    { rm -rf "$SCHEMATHESIS_HOME" && fail "pip could not install schemathesis" "$offline"; }
  find_schemathesis >/dev/null || fail "$SCHEMATHESIS_HOME/bin/schemathesis does not run here" "remove $SCHEMATHESIS_HOME and run this again"
}

for=${1:-work}
case $for in build | work | check | test) ;; *) fail "there is no set-up for '$for'" "see the head of scripts/setup.sh" ;; esac

worker_build=(worker-build worker-build "$WORKER_BUILD")
wasm_bindgen=(wasm-bindgen wasm-bindgen-cli "$WASM_BINDGEN")

all_there() {
  command -v cc && wasm_target_there && npm_tools_there && cargo_tool "${worker_build[@]}" && cargo_tool "${wasm_bindgen[@]}" &&
    case $for in
    check) rust_components_there ;;
    test) rust_components_there && find_chromium && find_promtool && find_schemathesis ;;
    esac
}

rust
if ! all_there >/dev/null 2>&1; then
  lock
  compiler
  wasm_target
  npm_tools
  openssl
  cargo_tool_built "${worker_build[@]}"
  cargo_tool_built "${wasm_bindgen[@]}"
  case $for in check | test) rust_components ;; esac
  [ "$for" != test ] || browser
  [ "$for" != test ] || metrics_checker
  [ "$for" != test ] || api_tester
  step "all is there"
fi
use_node
