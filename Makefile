# Every command of Velvet; `make help` lists them. Nothing here needs Docker, root or a cloud account.
.SILENT:
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
PYTEST := $(PY) -m pytest
# Runs a module on what an image holds; a release that cannot be built ends it.
RELEASED := release=$$($(PY) -m deploy.release) && PYTHONPATH=$$release $(PY) -m
CODE := services libs sandbox tests bench chaos deploy proto/generate.py

##@ Use
.PHONY: run
run: setup ## Replay the sample ledger, or LEDGER=path.csv, through a stack of its own and print the report
	$(PY) -m sandbox.run $${LEDGER:+--ledger "$$LEDGER"} $${MAPPING:+--mapping "$$MAPPING"}

.PHONY: up
up: setup ## Start the stack in the sandbox and leave it running
	$(PY) -m sandbox.stack up

.PHONY: down
down: setup ## Stop the stack; its state is kept
	$(PY) -m sandbox.stack down

.PHONY: reset
reset: setup ## Stop the stack and wipe its state
	$(PY) -m sandbox.stack reset

.PHONY: backup
backup: setup ## Back up the databases of the running stack, each at its own moment
	$(PY) -m sandbox.stack backup

.PHONY: restore
restore: setup ## Go back to BACKUP=.velvet/backups/… beside the Kafka of today: nothing lost, nothing sent twice
	$(PY) -m sandbox.stack restore "$${BACKUP:-}"

.PHONY: token
token: setup ## Print a sandbox token for CREDITOR=acme-nl and nothing else
	$(PY) -m sandbox.stack token "$${CREDITOR:-}"

.PHONY: redrive
redrive: setup ## Put the dead letters of TOPIC=invoices.dead-letter.v1 back, each once
	test -n "$${TOPIC:-}" || { echo 'Say which dead letters: make redrive TOPIC=invoices.dead-letter.v1.' >&2; exit 2; }
	$(PY) -m sandbox.stack exec -- "$(CURDIR)/$(PY)" -m chassis.kafka.redrive "$$TOPIC"

##@ Check
.PHONY: check
check: lint type imports proto-check manifests architecture ## Lint, types, import contracts, proto compatibility, manifests: what CI runs before the tests

.PHONY: lint
lint: setup ## Style and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

.PHONY: type
type: setup ## Types, strictly
	$(PY) -m mypy $(wildcard $(CODE))

.PHONY: imports
imports: setup ## Who may import whom
	$(PY) -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'

.PHONY: proto-check
proto-check: setup ## Contracts: style, compatibility with the last release, generated code up to date
	.venv/bin/buf lint proto
	.venv/bin/buf breaking proto --against proto/release.binpb
	$(PY) proto/generate.py --check

.PHONY: manifests
manifests: setup ## Kubernetes and compose files, offline
	$(PY) deploy/check_manifests.py

.PHONY: architecture
architecture: setup ## Same rooms, sizes, words, registry against code
	$(PYTEST) -q tests/architecture

.PHONY: test
test: setup ## Every test ring, real PostgreSQL and real Kafka included
	$(PYTEST)

.PHONY: unit
unit: setup ## The rings without I/O
	$(PYTEST) tests/unit

.PHONY: integration
integration: setup ## The rings on real servers
	$(PYTEST) tests/ports tests/integration

.PHONY: e2e
e2e: setup ## The four services together
	$(PYTEST) tests/e2e

.PHONY: bench
bench: setup ## The benchmark, one JSON line per figure; ONLY=P1,P4 runs some, BENCH_LONG=1 adds ten million invoices
	sh sandbox/setup.sh bench
	$(RELEASED) bench $${ONLY:+"ONLY=$$ONLY"}

.PHONY: growth
growth: setup ## What an event and a decision cost from a thousand to a million customers; writes docs/growth.*
	sh sandbox/setup.sh bench
	$(RELEASED) bench.growth

.PHONY: soak
soak: setup ## A steady load for SOAK_MINUTES=15 while every service is restarted in turn; fails when anything grows
	$(RELEASED) bench.soak

.PHONY: chaos
chaos: setup ## The fault-injection run, one JSON line per figure; CHAOS_MINUTES=60 runs longer, CHAOS_SEED=… replays a plan
	$(PY) -m chaos

.PHONY: fuzz
fuzz: setup ## Feed every door with what nobody should send, FUZZ_MINUTES=10 long; FUZZ_SEED=… does the same again
	FUZZ_MINUTES=$${FUZZ_MINUTES:-10} $(PYTEST) -q tests/fuzz

##@ Build
.PHONY: setup
setup: ## Prepare everything: virtual environment, Kafka, PostgreSQL (the other targets do it by themselves)
	sh sandbox/setup.sh

.PHONY: release
release: setup ## Build what an image holds, compiled where it thinks most, and print where it lies: what bench, growth and soak run
	$(PY) -m deploy.release

.PHONY: proto
proto: setup ## Generate libs/contracts from proto/
	$(PY) proto/generate.py

.PHONY: calendars
calendars: setup ## Write down the bank days and holidays that the holidays library knows
	$(PY) -m chassis.testing.write_days

.PHONY: format
format: setup ## Format the code
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

.PHONY: migrate
migrate: setup ## Bring the databases of the running stack to the current schema
	for service in invoices classifier scheduler notifier; do \
	    $(PY) -m sandbox.stack exec -- "$(CURDIR)/$(PY)" -m $$service migrate || exit 1; \
	done

.PHONY: help
help: ## List every target
	awk 'BEGIN { FS = ":.*## " } /^##@ / { print substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
