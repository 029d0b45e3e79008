# `make` shows what there is to do. Needs GNU make 3.81 or later and Python 3.11 or later; nothing else is assumed.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP_OPTIONS := --quiet --disable-pip-version-check -c constraints.txt
EXTRAS := dev,local
PYTEST_ARGS ?=
PLANTED_ARGS ?=
WORKERS ?= 4
LOCK_PYTHON ?= python3.11

# The first interpreter that is 3.11 or later and can create virtual environments. Override: make setup PYTHON=/path/to/python3
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; \
	done)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup engines demo test torture planted lint types contracts check docs picture bench lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Create .venv with everything pinned in constraints.txt
	@:

# The pip that came with Python may be old and read the index twice as slowly, so it installs a newer one: from outside where it
# can, for to copy it into the environment first takes as long again. pip would compile on one core, and also what neither a
# command nor a test imports.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { \
		echo "No Python 3.11 or later with the venv module was found." >&2; \
		echo "hint: install one, or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv --without-pip $(VENV)
	@echo "Installing into $(VENV) ..."
	@"$(PYTHON)" -m pip --python $(BIN)/python install $(PIP_OPTIONS) pip hatchling 2>/dev/null || \
		{ $(BIN)/python -m ensurepip >/dev/null && $(BIN)/python -m pip install $(PIP_OPTIONS) pip hatchling; }
	@$(BIN)/python -m pip install $(PIP_OPTIONS) --no-compile --no-build-isolation -e '.[$(EXTRAS)]'
	@$(BIN)/python -m compileall -qq -j 0 -x '/(tests|mypyc?|pygments/lexers|sympy/physics|moto/stepfunctions)/' $(VENV)/lib || true
	@touch $@

engines: $(STAMP)
	@$(BIN)/python -m tests.engines.dynamodb_local fetch

demo: $(STAMP) ## Create the tables in the embedded engine and show where they stand
	$(BIN)/osem-migrate upgrade --env local
	$(BIN)/osem-migrate status --env local

# More workers than the usual two cores: much of a test is waiting for an engine or a process. Bytecode is written even where
# the environment forbids it, or every process that a test starts would compile the package anew.
test: engines ## Run every test with coverage (more: make test PYTEST_ARGS='-k name')
	@echo "Running every test on $(WORKERS) workers, which takes about five minutes on two cores ..."
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -p tests.coverage -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

torture: engines ## Disturb every call of every run, and let many contend; takes about half an hour
	@$(BIN)/python -m tests.torture
	@OSEM_TORTURE=1 $(BIN)/python -m pytest tests/torture tests/integration/test_concurrency.py tests/integration/test_drift_sweep.py \
		tests/integration/test_journeys.py tests/unit/formats tests/unit/planning/test_import_file.py

# One bug: make planted PLANTED_ARGS="--only NAME"
planted: engines ## Plant bugs in a copy, one at a time, and show which test catches each; takes about a quarter of an hour
	@$(BIN)/python -m tests.planted --workers $(WORKERS) $(PLANTED_ARGS)

lint: $(STAMP) ## Check style and format, and the migrations by their own rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/osem-migrate lint --strict

types: $(STAMP) ## Check types, strictly
	@$(BIN)/mypy
	@set -e; for example in examples/*/; do (cd "$$example" && "$(CURDIR)/$(BIN)/mypy" --python-executable "$(CURDIR)/$(BIN)/python" \
		--cache-dir "$(CURDIR)/.mypy_cache/examples"); done

contracts: $(STAMP) ## Check which module may import which
	@$(BIN)/lint-imports

check: lint types contracts ## lint, types and contracts

docs: $(STAMP) ## Write the command reference, the rules of lint and the error codes into docs/
	@$(BIN)/python -m docs.generator

picture: $(STAMP) ## Take the picture of the page of export html anew, with Chromium (CHROMIUM names another)
	@$(BIN)/python -m docs.generator.picture

bench: $(STAMP) ## Run every benchmark and print its table
	@set -e; for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

# Resolved in an environment of its own, by the oldest Python we support, so that the pins suit all of them.
lock: ## Resolve every dependency again and rewrite constraints.txt
	@set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	$(LOCK_PYTHON) -m venv "$$work/venv"; \
	"$$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip '.[$(EXTRAS)]'; \
	{ echo "# Every dependency of every extra, and pip, pinned, for Python 3.11 to 3.13. Written by: make lock"; \
	  "$$work/venv/bin/python" -m pip freeze --disable-pip-version-check --all --exclude osem-migrate --exclude setuptools | \
	    grep -E '^[A-Za-z0-9._-]+=='; \
	} > "$$work/constraints.txt"; \
	cp "$$work/constraints.txt" constraints.txt

clean: ## Remove .venv and what the tools left behind
	@rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find osem_migrate migrations tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
