# A front to CMake. Every target does its own set-up; what is there already is left alone.
# The real work: scripts/ (set-up, model, demo, tests), CMakeLists.txt (build).

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20

release := build/release
sanitize := build/sanitize
fuzz := build/fuzz

# Warnings fail the build where changes are checked, not on a user's newer compiler.
werror := $(if $(CI),ON,OFF)

# $(call configure,DIRECTORY,OPTIONS)
configure = cmake -S . -B $(1) -G Ninja -DDEAR_WERROR=$(werror) $(2) --log-level=WARNING >/dev/null
sanitized := -DDEAR_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: build model ## set up, build, fetch the default model, rerank real passages
	@scripts/demo $(release)

reproduce: build model ## measure BM25 and the default model on NovelEval, published results beside them
	@scripts/reproduce $(release)

test: everything sanitized model ## set up, build twice (plain; with sanitizers), run every test
	@scripts/run-tests $(release) $(sanitize)

setup: ## install what building and testing need
	@scripts/setup build test

build: ## build/release/dear and libdear
	@scripts/setup build
	@test -f $(release)/build.ninja || $(call configure,$(release),-DBUILD_TESTING=OFF)
	@cmake --build $(release) --target dear libdear
	@ln -sf release/dear build/dear

model: ## fetch the default model, if it is not there
	@scripts/fetch-model

sanitize: sanitized model ## build with AddressSanitizer and UBSan, run every test
	@scripts/run-tests $(sanitize)

fuzz: ## run each fuzz target for FUZZ_SECONDS (20)
	@scripts/setup build test fuzz
	@$(call configure,$(fuzz),$(sanitized) -DDEAR_FUZZ=ON -DCMAKE_C_COMPILER=clang)
	@cmake --build $(fuzz) --target fuzz
	@scripts/fuzz $(fuzz) $(FUZZ_SECONDS)

lint: everything ## check format, clang-tidy's findings, shell scripts
	@scripts/setup lint
	@scripts/lint $(release)

format: ## let clang-format lay out every C file
	@scripts/setup lint
	@git ls-files '*.c' '*.h' | xargs clang-format -i

bench: everything model ## build and run the benchmarks
	@scripts/bench $(release)

bench-peers: everything model ## measure beside other engines, which are built first (docs/performance.md)
	@scripts/setup peers
	@scripts/bench-peers build/peers

bench-retrieval: everything ## measure the first stage beside bm25s and Tantivy, on a million passages
	@scripts/setup peers
	@scripts/bench-retrieval $(release) build/peers/retrieval

install: build ## install into PREFIX (/usr/local)
	@cmake --install $(release) --prefix $(PREFIX)

clean: ## remove build/
	@rm -rf build

everything: setup
	@$(call configure,$(release),-DBUILD_TESTING=ON)
	@cmake --build $(release)
	@ln -sf release/dear release/golden-test build/

sanitized: setup
	@$(call configure,$(sanitize),$(sanitized))
	@cmake --build $(sanitize)

.NOTPARALLEL:
.PHONY: help demo reproduce test setup build model sanitize fuzz lint format bench bench-peers \
        bench-retrieval install clean everything sanitized
