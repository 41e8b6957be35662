# Every target first installs what it needs and is missing; scripts/setup.sh says what it does.
SHELL := bash
PORT ?= 8787
ARGS ?=
wasm := --target wasm32-unknown-unknown
# CI also proves that Cargo.lock is the one that Cargo.toml asks for.
locked := $(if $(CI),--locked)

.DEFAULT_GOAL := help
.PHONY: help setup dev test fuzz check bench sizes deploy clean

help: ## list the targets
	@awk -F': .*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing, nothing else
	@scripts/setup.sh

dev: setup ## run the Worker on http://127.0.0.1:8787 (elsewhere: make dev PORT=9000)
	@scripts/dev.sh $(PORT)

test: ## every check and test (some of them: make test ONLY="native worker")
	@scripts/test.sh $(ONLY)

fuzz: ## feed ever other inputs to what reads them (make fuzz TARGET=routes TIMES=100, or MINUTES=10)
	@scripts/setup.sh work
	@scripts/fuzz.sh "$(TARGET)" "$(or $(TIMES),20)" "$(or $(MINUTES),0)" "$(SEED)"

check: ## formatting, lints and documentation, for this machine and for wasm32
	@scripts/setup.sh check
	cargo fmt --all --check
	cargo clippy $(locked) --workspace --all-targets -- -D warnings
	cargo clippy $(locked) --workspace --lib --examples $(wasm) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps $(wasm)
	cargo build -p worker-loader --example '*' $(wasm)
	CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=true cargo test -p worker-loader --doc $(wasm)

bench: setup ## compare with a plain JavaScript host (about fifteen minutes; options: make bench ARGS=--help)
	@scripts/build.sh bench/rust
	@scripts/build.sh
	@. scripts/env.sh && use_node && node_modules/.bin/wrangler deploy --dry-run --outdir $(CURDIR)/dist > /dev/null
	@. scripts/env.sh && use_node && node bench/run.mjs $(ARGS)

sizes: setup ## what each crate costs in the WebAssembly, as a table
	@KEEP_NAMES=1 scripts/build.sh
	@. scripts/env.sh && use_node && node scripts/dependencies.mjs build/index_bg.wasm
	@scripts/build.sh

deploy: setup ## build, and deploy to Cloudflare
	@. scripts/env.sh && use_node && node_modules/.bin/wrangler deploy $(ARGS)

clean: ## remove what builds made; tools, .dev.vars and local data stay
	rm -rf build dist tests/probe/build tests/probe/dist bench/rust/build .wrangler/tmp
	cargo clean
