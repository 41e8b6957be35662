#!/usr/bin/env bash
# What worker-build runs as wasm-opt (`wasm-opt.sh IN -o OUT OPTIONS...`): takes the names out and nothing else.
#
# worker-build asks for `-O --debuginfo`. The names are a quarter of the file, and only traces of the
# wasm stack use them; a panic's message and place are in the code. LLVM has optimised already: a second
# round by -O makes the module neither faster nor, compressed, smaller, and takes four seconds of every
# build. KEEP_NAMES=1 keeps the names, for a profiler.
set -euo pipefail
strip=(--strip-debug --strip-producers)
[ -z "${KEEP_NAMES:-}" ] || strip=(--debuginfo)
# Features by name, those that worker-build names: with --all-features binaryen writes encodings that workerd refuses.
features=()
for option in "${@:4}"; do
  case $option in --enable-*) features+=("$option") ;; esac
done
exec "$WASM_OPT" "$1" -o "$3" ${features[@]+"${features[@]}"} "${strip[@]}"
