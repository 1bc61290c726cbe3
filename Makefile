# "make" lists the targets. "make test" is what CI runs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Builds are stamped below, so that a checkout that git does not trust builds too.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# For each target: 3s are for what came back, 30s look further.
FUZZTIME ?= $(if $(filter test check,$(MAKECMDGOALS)),3s,30s)
BENCH ?= .
COUNT ?= 6
SCENARIO ?= hold

TOOL := go tool -modfile=tools.mod
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
DATE := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)

# The race detector needs a C compiler.
RACE := $(if $(shell command -v $$(go env CC) 2>/dev/null),-race)

.PHONY: help build sbom run test programs race lint vet vuln cross fmt fuzz bench load peers reference bench-gate chaos cover tidy generated chromium web-client web-check web-examples check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/hub
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/hub ./cmd/hub

sbom: build ## write what is in bin/hub to bin/hub.cdx.json, as CycloneDX
	$(TOOL) cyclonedx-gomod bin -json -std -licenses -version '$(VERSION)' -output bin/hub.cdx.json bin/hub

run: build ## build, then run a hub that prints commands to paste
	bin/hub serve --dev

test: lint vet cross race fuzz tidy generated web-client web-check web-examples bench-gate ## everything that CI runs

programs: ## install the programs that the tests of engine/redis, deploy and web/client start, if root may
	@missing=""; \
	for pair in redis-server:redis-server nginx:nginx-light haproxy:haproxy promtool:prometheus systemd-analyze:systemd openssl:openssl; do \
		PATH="$$PATH:/usr/sbin:/sbin" command -v "$${pair%%:*}" >/dev/null || missing="$$missing $${pair#*:}"; \
	done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; \
	fi

race: programs ## run all tests, shuffled, with the race detector
ifeq ($(RACE),)
	@echo "no C compiler: the tests run without the race detector"
endif
	go test $(RACE) -shuffle=on ./...

lint: ## run golangci-lint, formatting and import rules included
	$(TOOL) golangci-lint run --allow-parallel-runners ./...

vet: ## run go vet
	go vet ./...

vuln: ## look for known vulnerabilities in what is called; needs vuln.go.dev, or a copy as GOVULNDB=file:///dir
	$(TOOL) govulncheck ./...

cross: ## build every package for another system
	GOOS=darwin CGO_ENABLED=0 go build ./...

fmt: ## format the Go files
	$(TOOL) golangci-lint fmt

fuzz: ## fuzz every target for FUZZTIME (30s; 3s in "make test")
	@.ci/fuzz $(FUZZTIME)

bench: ## run the micro-benchmarks (BENCH=regexp COUNT=6), beside those of a commit if given (BASE=main~5)
	@tmp=$$(mktemp -d); trap 'git worktree remove --force "$$tmp/base" 2>/dev/null || true; rm -rf "$$tmp"' EXIT; \
	run() { go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) $(or $(PKG),./...); }; \
	run | tee "$$tmp/new.txt" >&2; \
	if [ -z "$(BASE)" ]; then $(TOOL) benchstat "$$tmp/new.txt"; exit 0; fi; \
	git worktree add -q --detach "$$tmp/base" '$(BASE)'; \
	(cd "$$tmp/base" && run) | tee "$$tmp/old.txt" >&2; \
	$(TOOL) benchstat "$$tmp/old.txt" "$$tmp/new.txt"

bench-gate: build ## check the CPU of a delivery as a multiple of the floor's: generous bounds, the best of three rounds
	@if [ "$$(go env GOOS)" != linux ]; then echo "bench-gate: Linux only, not run"; exit 0; fi; \
	tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; go build -o "$$tmp/bench" ./bench; \
	"$$tmp/bench" fanout --start-hub bin/hub --baselines floor --conns 2000 --events 20 --settle 200ms --runs 3 --out "$$tmp" >/dev/null; \
	"$$tmp/bench" gate "$$tmp"/*-fanout.json --at-most 'depth1.cpu_us_per_delivery=2.5;depth8.cpu_us_per_delivery=2'

load: ## run a load scenario against a running hub (SCENARIO=connect|hold|fanout|unicast|topics|slow|resume|churn|cluster|soak ARGS=..)
	go run ./bench $(SCENARIO) $(ARGS)

peers: ## install the servers that the load suite runs beside the hub: nginx with nchan, Pushpin, Centrifugo
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nginx-light libnginx-mod-nchan pushpin
	GOBIN=$(CURDIR)/bin go install github.com/centrifugal/centrifugo/v6@v6.9.1

reference: ## take reference results beside floor, plain, nchan, Pushpin and Centrifugo (SCENARIO=".." CONNS=10000 RUNS=5)
	bench/reference.sh $(if $(filter command line environment,$(origin SCENARIO)),$(SCENARIO))

chaos: programs ## break hubs and engine under load for 5 minutes (CHAOS=5m) and write bench-out/chaos.md
	mkdir -p bench-out
	CHAOS=$(or $(CHAOS),5m) CHAOS_REPORT=$(CURDIR)/bench-out/chaos.md \
		go test -run '^TestChaos' -count=1 -timeout 60m -v ./internal/chaos

cover: ## print the coverage of each function
	mkdir -p bin
	go test -coverprofile=bin/cover.out -coverpkg=./... ./...
	go tool cover -func=bin/cover.out

tidy: ## check that go.mod and go.sum are tidy
	go mod tidy -diff

generated: ## check that "go generate" changes nothing
	@state() { git diff | git hash-object --stdin; }; \
	if ! git rev-parse --git-dir >/dev/null 2>&1; then echo "generated: no git, not checked"; exit 0; fi; \
	before=$$(state); go generate ./...; \
	if [ "$$before" != "$$(state)" ]; then echo "generated files were stale; commit the new ones:"; git status --short; exit 1; fi

chromium: ## install the Chromium that the web tests open, if root may
	@if command -v npm >/dev/null && ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; \
	fi

web-client: programs chromium build ## test the TypeScript client, if there is npm
	@if ! command -v npm >/dev/null; then echo "web-client: no npm, not tested"; exit 0; fi; \
	cd web/client; npm ci --no-audit --no-fund --loglevel=error; npm test --loglevel=error; \
	if command -v chromium >/dev/null; then TEST_HUB=$(CURDIR)/bin/hub npm run --loglevel=error test:browser; \
	else echo "web-client: no chromium, no browser was opened"; fi

web-check: chromium ## test the dashboard and check that the built one is that of its source, if there is npm
	@if ! command -v npm >/dev/null; then echo "web-check: no npm, not checked"; exit 0; fi; \
	cd web/dashboard; npm ci --no-audit --no-fund --loglevel=error; npm run --loglevel=error build >/dev/null; \
	if git rev-parse --git-dir >/dev/null 2>&1 && [ -n "$$(git status --porcelain -- dist)" ]; then \
		echo "web/dashboard/dist was stale; commit the new one:"; git status --short -- dist; exit 1; \
	fi; \
	npm test --loglevel=error; \
	if command -v chromium >/dev/null; then npm run --loglevel=error test:browser; else echo "web-check: no chromium, the page was not opened"; fi

web-examples: web-client ## build the examples and open them, if there is npm
	@if ! command -v npm >/dev/null; then echo "web-examples: no npm, not tested"; exit 0; fi; \
	if command -v chromium >/dev/null; then TEST_HUB=$(CURDIR)/bin/hub $(MAKE) --no-print-directory -C examples test; \
	else $(MAKE) --no-print-directory -C examples build; echo "web-examples: no chromium, no browser was opened"; fi

check: test ## the same as test
