#!/usr/bin/env bash
# What worker-build runs as wasm-opt: wasm-opt.sh IN -o OUT OPTIONS..., of which we keep the features.
#
# worker-build asks for `-O --debuginfo`. We differ in two things, both measured:
# - no names, a quarter of the file: only traces of the wasm stack use them; a panic's message and place are
#   in the code. KEEP_NAMES=1 keeps them, for a profiler.
# - no inlining of functions with one caller, LLVM having inlined what is worth it: 2 % smaller compressed, as fast.
set -euo pipefail
optimise=(-O --one-caller-inline-max-function-size=0)
names=(--strip-debug --strip-producers)
[ -z "${KEEP_NAMES:-}" ] || names=(--debuginfo)
# By name, as worker-build has them: with --all-features binaryen writes encodings that workerd refuses.
features=()
for option in "${@:4}"; do
  case $option in --enable-*) features+=("$option") ;; esac
done
exec "$WASM_OPT" "$1" -o "$3" ${features[@]+"${features[@]}"} "${optimise[@]}" "${names[@]}"
