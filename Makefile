# Every target ends non-zero when what it checks does not hold, and prints its
# figure last.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

FUNCTIONS := $(notdir $(patsubst %/main.go,%,$(wildcard functions/*/main.go)))
CONSOLE   := internal/console/app
TOOL      := go tool -modfile=internal/tools/go.mod
BOOTSTRAP := CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags "-s -w -buildid="
REPORT    := go -C internal/tools run ./testreport
CORE      := ./internal/syncer/... ./internal/setup/... ./internal/callback/... ./internal/usage/... ./internal/connectwise/... ./internal/dynamo/...
VENV      := .cache/venv
# The console is built when its sources are there; without, its page says so.
ifneq (,$(wildcard $(CONSOLE)/package.json))
DIST      := internal/console/dist/app/index.html
endif

export CHROMIUM ?= /usr/bin/chromium
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD = 1
export SAM_CLI_TELEMETRY = 0
export AWS_DEFAULT_REGION ?= eu-west-1

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: run
run: binaries ## everything on this machine: services, simulator, issuer, functions; prints the address
	@go build -o .build/bin/ ./internal/cmd/local
	@exec .build/bin/local

.PHONY: demo
demo: binaries ## the whole path headless, from empty to synced
	@go build -o .build/bin/ ./internal/cmd/demo
	@exec .build/bin/demo

.PHONY: simulator
simulator: ## only the ConnectWise simulator
	@go build -o .build/bin/ ./internal/cmd/simulator
	@exec .build/bin/simulator

.PHONY: test
test: binaries ## all tests that need Go and Node only
	go vet ./...
	@go -C internal/tools test ./testreport
	@$(if $(DIST),$(MAKE) test-console)
	@go test -timeout 20m -json ./... | $(REPORT)

.PHONY: test-console
test-console: $(CONSOLE)/node_modules/.stamp
	npm --prefix $(CONSOLE) test

.PHONY: years
years: ## simulated years under every combination of open points, and every fault under pairs of them
	@GOGC=800 go test ./internal/billing -run TestEvery -v -timeout 0 -args -reach all | grep -v '^ *===\|^ *--- PASS'

.PHONY: race
race: binaries ## tests of the core under the race detector (needs a C compiler)
	@go test -race -timeout 15m -json $(CORE) | $(REPORT)

.PHONY: e2e
e2e: binaries $(CONSOLE)/node_modules/.stamp ## browser tests (Chromium, or CHROMIUM=path)
	@test -x "$$CHROMIUM" || { echo "e2e: no Chromium at $$CHROMIUM; install it or set CHROMIUM"; exit 1; }
	npm --prefix $(CONSOLE) run e2e

.PHONY: bench
bench: binaries ## the figures of the design, each with its target
	@go build -o .build/bin/ ./internal/cmd/bench
	@exec .build/bin/bench

.PHONY: lint
lint: ## linters for Go and, where it exists, the console
	@go mod tidy -diff
	@$(TOOL) golangci-lint run ./...
	@out=$$($(TOOL) govulncheck ./... 2>&1) || { \
	  if grep -q 'fetching vulnerabilities' <<<"$$out"; then echo "govulncheck: NOT CHECKED, its data cannot be reached from here"; \
	  else echo "$$out"; exit 1; fi; }
	@$(if $(DIST),$(MAKE) lint-console)
	@echo "lint: OK, $$(go list ./... | wc -l) packages"

.PHONY: lint-console
lint-console: $(CONSOLE)/node_modules/.stamp
	npm --prefix $(CONSOLE) run lint

.PHONY: fmt
fmt: ## format the Go sources and mend what the linters can
	@$(TOOL) golangci-lint fmt ./...
	@$(TOOL) golangci-lint run --fix ./...

.PHONY: build
build: ## the functions for Lambda (arm64) and for this machine, with their sizes
	@GOOS=linux GOARCH=arm64 $(MAKE) bootstraps TO=arm64
	@$(MAKE) binaries
	@for f in $(FUNCTIONS); do \
	  printf '%-10s %6d kB, %6d kB zipped\n' $$f $$(($$(wc -c <.build/arm64/$$f/bootstrap)/1024)) $$(($$(gzip -c .build/arm64/$$f/bootstrap | wc -c)/1024)); \
	done
	@echo "build: OK, $(words $(FUNCTIONS)) functions for arm64 and $$(go env GOARCH)"

.PHONY: binaries
binaries: # the functions for this machine, apart from those that are deployed
	@$(MAKE) bootstraps TO=local

.PHONY: bootstraps
bootstraps: $(DIST)
	@test -n "$(FUNCTIONS)" || { echo "no function has a main.go"; exit 1; }
	@for f in $(FUNCTIONS); do $(BOOTSTRAP) -o .build/$(TO)/$$f/bootstrap ./functions/$$f; done

.PHONY: template
template: $(VENV)/.stamp ## checks of template.yaml that need Python
	@$(VENV)/bin/cfn-lint template.yaml infra/monitoring.yaml
	@$(VENV)/bin/sam validate --lint --template template.yaml
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python infra/translate.py template.yaml infra/monitoring.yaml

.PHONY: witness
witness: binaries $(VENV)/.stamp .cache/witness/.stamp ## the template on an independent emulator (Python)
	@MINISTACK=.cache/witness/bin/ministack $(VENV)/bin/python infra/witness.py $$(go env GOARCH)

.PHONY: clean
clean: ## remove what was built and cached; local data stays
	rm -rf .build .cache .aws-sam $(CONSOLE)/node_modules

$(VENV)/.stamp: infra/requirements.txt infra/constraints.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r infra/requirements.txt -c infra/constraints.txt
	@touch $@

.cache/witness/.stamp: infra/requirements-witness.txt
	python3 -m venv .cache/witness
	.cache/witness/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

internal/console/dist/app/index.html: $(CONSOLE)/node_modules/.stamp $(shell find $(CONSOLE)/src $(CONSOLE)/public $(CONSOLE)/*.ts $(CONSOLE)/index.html -type f 2>/dev/null)
	npm --prefix $(CONSOLE) run build
	@touch $@

$(CONSOLE)/node_modules/.stamp: $(wildcard $(CONSOLE)/package-lock.json)
	@test -f $(CONSOLE)/package.json || { echo "$(CONSOLE) does not exist: there is nothing to install"; exit 1; }
	cd $(CONSOLE) && npm ci
	@touch $@
