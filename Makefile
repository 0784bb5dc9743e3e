# Two commands to start with: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-slow lint smoke bench install install-dev lock clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: install  ## a small city lives the year 2024, then its pages on http://127.0.0.1:$(PORT)
	@exec $(BIN)/anju demo --port $(PORT)

test: install-dev lint  ## everything, a real Chromium included
	@scripts/system-packages chromium fonts-noto-cjk
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

test-slow: install-dev  ## the heavier proofs
	@scripts/system-packages chromium fonts-noto-cjk
	$(BIN)/pytest -m slow

lint: install-dev  ## style, types, floors of the house, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/anju db check-migrations

smoke: install  ## what `make demo` does, from nothing, with its pages checked over HTTP
	$(BIN)/anju smoke

bench: install-dev  ## speed as ratios: make bench [ONLY=name]
	$(BIN)/python -m bench $(ONLY)

install: $(VENV)/.installed  ## the environment alone

install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@scripts/make-venv $(PYTHON) $(VENV)

$(VENV)/.installed: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing (once)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

lock: install-dev  ## write the lock files anew
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --allow-unsafe --all-build-deps --strip-extras -o requirements/base.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --allow-unsafe --all-build-deps --strip-extras --extra dev -c requirements/base.txt -o requirements/dev.txt pyproject.toml

clean:  ## stop the embedded server, remove the environment and all data made by demo and tests
	-@[ ! -x $(BIN)/anju ] || $(BIN)/anju db stop
	rm -rf $(VENV) .anju build
