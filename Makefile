# `make run` to look, `make test` to trust; `make check` while you work.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# What exercises the catalogue, by the app and the command: run on PostgreSQL too.
ON_POSTGRESQL := $(addprefix tests/test_,item_changes.py bulk.py export.py words.py cursors.py \
  desk_items.py desk_many.py desk_overview.py desk_pairs.py desk_import.py following.py lookup.py \
  extra_columns.py weeding.py publishing.py moved_frame.py)

.PHONY: run check test test-on-postgresql coverage soak lint browser audit clean

run: .venv/run-installed
	@$(BIN)/hashbag serve --demo --bind 127.0.0.1:$(PORT)

# Linters and the fast tests: under a minute. A process a core, and in it no threads that wait for
# others to do sums.
check: .venv/test-installed lint
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --dist worksteal -m "not slow"

# Everything: linters, all tests, real servers, real browser; the catalogue on both databases.
test: .venv/test-installed browser lint
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder
	@$(MAKE) --no-print-directory test-on-postgresql

test-on-postgresql: .venv/test-installed browser
	@HASHBAG_TEST_DATABASE=postgresql OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --dist worksteal \
	  -m "not slow" $(ON_POSTGRESQL)

# The same, and what of the code the tests ran, in every process; it takes longer.
coverage: .venv/test-installed browser
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder --cov

# The same promises at many more moments: for an evening, or before a release.
soak: .venv/test-installed
	@OMP_NUM_THREADS=1 $(BIN)/pytest -m soak

lint: .venv/test-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports

# Debian's Chromium, the quicker one that has no screen, wrk, nginx and PostgreSQL, where we may
# install them; the tests name what they miss. A policy that starts no services keeps nginx from
# port 80, and a PostgreSQL that nobody uses from starting.
browser:
	@if ! { command -v chromium && command -v chromium-headless-shell && command -v wrk \
	  && [ -x /usr/sbin/nginx ] && command -v openssl \
	  && ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 \
	&& command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; \
	then policy=/usr/sbin/policy-rc.d; if [ ! -e $$policy ]; then trap "rm -f $$policy" EXIT; \
	    printf '#!/bin/sh\nexit 101\n' >$$policy && chmod +x $$policy; fi; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	  chromium chromium-headless-shell fonts-liberation nginx-light openssl postgresql wrk \
	  >/dev/null || echo "The browser, nginx, PostgreSQL and wrk could not be installed" >&2; fi

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
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench,evaluate,jxl,learned,map,postgres,test,watch]'
	@touch $@ .venv/run-installed

clean:
	@rm -rf .venv .audit .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
