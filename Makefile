# Everything a developer types. `make help` lists it.
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup serve dev fmt lint house types test test-all bench check docs

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## environment in .venv, data plane and web client built, test servers installed where we are root on Debian
	@sh deploy/setup.sh

serve: ## set up, then run everything on http://127.0.0.1:7880 with data in ./var
	@LOPHOP_SETUP=serve sh deploy/setup.sh
	.venv/bin/lophop serve --data var

dev: ## set up, then run the demo province on http://127.0.0.1:7880 (loopback only)
	@LOPHOP_SETUP=serve sh deploy/setup.sh
	.venv/bin/lophop serve --dev --data var/dev

fmt: ## format Python, Rust and the web client
	.venv/bin/ruff format lophop sfu signaling recorder lms tests bench
	.venv/bin/ruff check --fix lophop sfu signaling recorder lms tests bench
	cargo fmt --manifest-path sfu/native/Cargo.toml --all
	cd web_client && npx biome check --write src

lint: ## ruff, import law, clippy, biome
	.venv/bin/ruff check lophop sfu signaling recorder lms tests bench
	.venv/bin/ruff format --check lophop sfu signaling recorder lms tests bench
	.venv/bin/lint-imports
	cargo fmt --manifest-path sfu/native/Cargo.toml --all --check
	cargo clippy -q --manifest-path sfu/native/Cargo.toml --workspace --all-targets -- -D warnings
	cd web_client && npm run --silent lint

house: ## sizes, cycles and left-overs, worst first (a mirror, not a gate)
	$(PY) deploy/house.py

types: ## mypy --strict, stubtest of the native face, tsc
	.venv/bin/mypy
	.venv/bin/python -m mypy.stubtest sfu._dataplane
	cd web_client && npm run --silent types

test: setup lint types ## everything that decides, real browsers included (under 15 minutes on 2 cores)
	@sh deploy/test.sh "not slow"

test-all: setup lint types ## the everyday tests, the slow ones and 30 s of fuzzing for every parser
	@sh deploy/test.sh ""
	sh deploy/fuzz.sh rust

bench: ## what the node costs, as ratios in one run; a table and bench.json (under four minutes)
	$(PY) -m bench

check: test ## what CI runs
