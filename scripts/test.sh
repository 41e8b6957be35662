#!/usr/bin/env bash
# Every check and test, in order; ends at the first that fails. test.sh STAGE... runs only those.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

only=" $* "
summary=""
passed=0

# stage NAME WHAT COMMAND...
stage() {
  local name=$1 what=$2 start=$SECONDS took
  shift 2
  [ "$only" = "  " ] || [ "${only#* "$name" }" != "$only" ] || return 0
  printf '\n==> %s: %s\n' "$name" "$what"
  # In a subshell: `fail` ends only that.
  ("$@") || {
    printf '\n%sFAILED: %s (%s), exit code %d, after %d s. This stage alone: make test ONLY=%s\n' \
      "$summary" "$name" "$what" "$?" "$((SECONDS - start))" "$name" >&2
    exit 1
  }
  took=$((SECONDS - start))
  printf '==> %s: ok, %d s\n' "$name" "$took"
  summary+=$(printf '  ok  %-10s %4d s  %s' "$name" "$took" "$what")$'\n'
  passed=$((passed + 1))
}

# node_tests FOLDER...: runs every *.test.mjs below the folders; finding none is an error. One file at a time, or so many as at_once
# says: they start servers. No test takes three minutes; one that hangs must not hang us.
at_once=1
node_tests() {
  local folder files=() found
  for folder in "$@"; do
    found=$(find "$folder" -name '*.test.mjs' -not -path '*/node_modules/*' -not -path '*/target/*' | sort)
    [ -n "$found" ] || fail "there is no *.test.mjs in $folder" "git status; the tests belong to the repository"
    while read -r file; do files+=("$file"); done <<<"$found"
  done
  node --test --test-reporter=spec --test-concurrency="$at_once" --test-timeout=180000 "${files[@]}"
}

# Wrangler bundles and checks as for a deployment, and uploads nothing. The folder is also what the Miniflare tests load.
dry_run() {
  rm -rf "$1"
  # Absolute: a relative one is taken from the folder of the configuration.
  node_modules/.bin/wrangler deploy --dry-run --outdir "$ROOT/$1" "${@:2}"
}

# Every answer of every host is checked; the numbers of so short a run mean nothing. It needs /proc.
bench_hosts() {
  scripts/build.sh bench/rust
  [ -e /proc/stat ] || { step "no /proc here: built, not run"; return; }
  node bench/run.mjs --quick
}

worker_tests() {
  # Each waits for a runtime of its own, most of the time.
  at_once=2 PROMTOOL=$(find_promtool) SCHEMATHESIS=$(find_schemathesis) node_tests tests/worker
}

browser_tests() {
  CHROMIUM=$(find_chromium) node_tests tests/browser
}

stage setup "install what is missing" scripts/setup.sh test
use_node
stage check "formatting, lints and documentation" make --no-print-directory check
stage native "unit, property, fuzz and doc tests on this machine" cargo test --workspace
stage build "the Worker, for release" scripts/build.sh
stage probe "the test Worker, for release" scripts/build.sh tests/probe
stage deploy "wrangler deploy --dry-run of the Worker" dry_run dist
stage deploy "wrangler deploy --dry-run of the test Worker" dry_run tests/probe/dist --config tests/probe/wrangler.toml
stage size "the Worker against its budget" node scripts/size.mjs dist
stage unit "the JavaScript of the Worker, fuzzed too, and of the benchmark" node_tests tests/unit tests/fuzz bench
stage hosts "the Rust hosts of the benchmark, a short run" bench_hosts
stage worker "the Worker in Miniflare" worker_tests
stage client "the Worker under wrangler dev" node_tests tests/client
stage browser "the page in Chromium" browser_tests

[ "$passed" -gt 0 ] || fail "no stage is called $*" "make test ONLY=... takes names from scripts/test.sh"
printf '\n%s\nstages: %d passed, 0 failed\n' "$summary" "$passed"
[ "$only" = "  " ] || printf 'Only these stages ran.\n'
