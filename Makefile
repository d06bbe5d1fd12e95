# `make run` starts everything, `make test` runs every test. Needs Python 3.11+, git and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := bot webhooks events insights sequences engagement channels storage sandbox
# --require-hashes: what is installed is exactly what the lock files name.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help venv run test check bench chaos format reference lock clean

help: ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(VENV)/.runtime ## start Tendril (without credentials: with a sandbox to play in)
	@$(BIN)/python -m sandbox -- $(BIN)/python -m bot run

venv: $(VENV)/.development ## make the virtual environment with everything that development needs

test: $(VENV)/.development ## run all tests
	$(BIN)/pytest -n auto

check: $(VENV)/.development ## lint, types, the arrows of the architecture, the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house

bench: $(VENV)/.development .tools/peers/.installed ## measure what is fast, against limits, peers and goals
	$(BIN)/python -m benchmarks

.tools/peers/.installed: requirements-bench.txt
	@$(PYTHON) -m venv .tools/peers
	@.tools/peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

chaos: $(VENV)/.development ## kill, cut and confuse everything, and count what was lost or went twice (CHAOS=short: three minutes)
	$(BIN)/python -m tests.chaos

format: $(VENV)/.development ## put every file in its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reference: $(VENV)/.development ## write docs/api-reference.md from the code
	$(BIN)/python -m webhooks.api.reference

# The address of a package index never goes into a lock file: it is the machine's business.
LOCK := $(BIN)/python -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: $(VENV)/.development ## write the lock files anew
	$(BIN)/python -m pip install --quiet pip-tools
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-bench.in -o requirements-bench.txt

clean: ## remove what was made, except data (var/) and settings (.env)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .tools
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Tendril needs Python 3.11 or newer: make PYTHON=python3.12 …' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo 'On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@echo 'Installing what Tendril needs …'
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	@echo 'Installing what its tests and checks need …'
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@
