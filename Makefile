# `make run` to look, `make test` to trust; `make check` while you work.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: run check test coverage soak fuzz lint browser audit clean

run: .venv/run-installed
	@$(BIN)/hashbag serve --demo --bind 127.0.0.1:$(PORT)

# Linters and the fast tests: under a minute. A process a core, and in it no threads that wait for
# others to do sums.
check: .venv/test-installed lint
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --dist worksteal -m "not slow"

# Everything: linters, all tests, real servers, real browser.
test: .venv/test-installed browser lint
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder

# The same, and what of the code the tests ran, in every process; it takes longer.
coverage: .venv/test-installed browser
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder --cov

# The same promises at many more moments: for an evening, or before a release. SOAK_SECONDS says how
# long everything happens at once; ten minutes if it is not set.
soak: .venv/test-installed
	@OMP_NUM_THREADS=1 $(BIN)/pytest -m soak

# Ten thousand hostile files to a real server, then thousands of made-up pictures, requests and
# lists: some minutes, and it prints how long answers took.
fuzz: .venv/test-installed
	@OMP_NUM_THREADS=1 $(BIN)/pytest -s -m fuzz
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --hypothesis-profile=fuzz \
	  tests/test_fuzzing.py tests/test_damage.py tests/test_list_fuzzing.py

lint: .venv/test-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports

# Debian's Chromium, the quicker one that has no screen, wrk, and nginx, where we may install them;
# the tests name what they miss. A policy that starts no services keeps nginx from port 80.
browser:
	@if ! { command -v chromium && command -v chromium-headless-shell && command -v wrk \
	  && [ -x /usr/sbin/nginx ] && command -v openssl; } >/dev/null \
	&& command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; \
	then policy=/usr/sbin/policy-rc.d; if [ ! -e $$policy ]; then trap "rm -f $$policy" EXIT; \
	    printf '#!/bin/sh\nexit 101\n' >$$policy && chmod +x $$policy; fi; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	  chromium chromium-headless-shell fonts-liberation nginx-light openssl wrk >/dev/null \
	  || echo "The browser, nginx and wrk could not be installed" >&2; fi

# What Google's Lighthouse and axe say of the served pages. Needs Node and npm.
audit: .venv/test-installed browser
	@npm install --prefix .audit --no-save --no-fund --no-audit --loglevel=error lighthouse@12.8.2
	@$(BIN)/python -m tests.audit --lighthouse .audit/node_modules/.bin/lighthouse

.venv/bin/python:
	@$(PYTHON) -m venv .venv

.venv/run-installed: .venv/bin/python pyproject.toml
	@echo "Installing Hashbag into .venv (the first time takes a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[learned,map,watch]'
	@touch $@

.venv/test-installed: .venv/bin/python pyproject.toml
	@echo "Installing Hashbag and its test tools into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench,evaluate,jxl,learned,map,test,watch]'
	@touch $@ .venv/run-installed

clean:
	@rm -rf .venv .audit .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
