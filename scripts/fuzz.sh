#!/usr/bin/env bash
# Fuzzing by hand: fuzz.sh [TARGET] [TIMES] [MINUTES] [SEED]. TARGET is a file of tests/fuzz without its ending, or nothing for all;
# TIMES is how many times as many inputs as `make test` has. Until so many MINUTES are over it goes on with another seed. What was found is
# shown with its seed, and comes again with it.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"
use_node

target=${1:-} times=${2:-20} minutes=${3:-0} seed=${4:-}
[ -z "$target" ] || [ -e "tests/fuzz/$target.rs" -a "$target" != main ] || [ -e "tests/fuzz/$target.test.mjs" ] ||
  fail "there is no target $target" "take one of: $(cd tests/fuzz && ls -- *.rs *.test.mjs | sed 's/\.rs$//; s/\.test\.mjs$//' | grep -v '^main$' | tr '\n' ' ')"
export FUZZ_TIMES=$times

while :; do
  export FUZZ_SEED=${seed:-$((RANDOM * 32768 + RANDOM))}
  step "${target:-all targets}, $FUZZ_TIMES times as much as in make test, FUZZ_SEED=$FUZZ_SEED"
  again="make fuzz TARGET=$target TIMES=$FUZZ_TIMES SEED=$FUZZ_SEED"
  if [ -z "$target" ] || [ -e "tests/fuzz/$target.rs" ]; then
    cargo test --release --test fuzz -- ${target:+"$target::"} || fail "it found something" "the same again: $again"
  fi
  if [ -z "$target" ] || [ -e "tests/fuzz/$target.test.mjs" ]; then
    node --test --test-reporter=spec tests/fuzz/"${target:-*}".test.mjs || fail "it found something" "the same again: $again"
  fi
  [ "$SECONDS" -lt $((minutes * 60)) ] || break
  seed=
done
