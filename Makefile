# One word per task. `make demo` and `make test` need nothing but git and Python 3.11 or newer: they
# create .venv and install into it by themselves.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: histories help demo test test-all check lint types imports pytest sweep soak bench golden clean

VENV := .venv
BIN := $(VENV)/bin
# The stamp is younger than pyproject.toml when what it asks for is installed.
INSTALLED := $(VENV)/.installed
# Two at least: much of the suite waits for subprocesses.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$(( n < 2 ? 2 : n )))

help:
	@echo 'make demo      compile and run the content workflow of examples/ai_content'
	@echo 'make test      everything: lint, format, types, import directions, tests'
	@echo 'make test-all  the tests on every Python from 3.11 on that is installed'
	@echo 'make sweep     the compiler over the standard library and other real code; takes minutes'
	@echo 'make soak      the reliability tests at length, with more programs and processes; takes minutes'
	@echo 'make check     lint, format, types, import directions'
	@echo 'make bench     print the benchmarks as JSON lines'
	@echo 'make golden    rewrite the golden trees, for a person to read the diff'
	@echo 'make histories record the runs that later releases have to replay; once for each version'
	@echo 'make clean     remove .venv and caches'

demo: $(INSTALLED)
	@$(BIN)/python examples/demo.py

test: check pytest

# Each version in an environment of its own, kept inside .venv.
test-all: $(INSTALLED)
	@for version in 3.11 3.12 3.13 3.14; do \
	  if command -v python$$version >/dev/null 2>&1; then \
	    $(MAKE) pytest VENV=.venv/$$version PYTHON=python$$version; \
	  else echo "python$$version is not installed"; fi; \
	done

check: lint types imports

lint: $(INSTALLED)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

types: $(INSTALLED)
	$(BIN)/mypy

imports: $(INSTALLED)
	$(BIN)/lint-imports

pytest: $(INSTALLED)
	WFC_HYPOTHESIS_PROFILE=$${WFC_HYPOTHESIS_PROFILE:-ci} $(BIN)/python -m pytest -q -n $(WORKERS)

sweep: $(INSTALLED)
	$(BIN)/python -m pytest -q -n $(WORKERS) -m sweep

soak: $(INSTALLED)
	WFC_HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q -n $(WORKERS) -m soak

bench: $(INSTALLED)
	$(BIN)/python -m tests.bench --json

histories: $(INSTALLED)
	$(BIN)/python -m tests.runtime.histories.record

golden: $(INSTALLED)
	$(BIN)/python -m pytest -q tests/golden tests/compiler/binder/test_scopes.py tests/compiler/rules/test_examples.py --update-golden

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The oldest supported Python that is found, so that nothing newer slips in unnoticed.
$(INSTALLED): pyproject.toml
	@if [ ! -x $(BIN)/python ]; then \
	  chosen=""; \
	  for candidate in $${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do \
	    if command -v "$$candidate" >/dev/null 2>&1 && "$$candidate" -c \
	      'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	      chosen="$$candidate"; break; fi; \
	  done; \
	  if [ -z "$$chosen" ]; then \
	    echo 'wfc needs Python 3.11 or newer, and none was found on PATH.' >&2; \
	    echo 'Install one, or name it: make test PYTHON=/path/to/python3.11' >&2; exit 1; fi; \
	  echo "creating $(VENV) with $$("$$chosen" --version)" >&2; \
	  "$$chosen" -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "$$chosen cannot make a virtual environment (on Debian: install python3-venv)" >&2; \
	    exit 1; }; \
	fi
	@echo 'installing wfc and its development tools into $(VENV)' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
