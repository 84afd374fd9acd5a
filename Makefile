# `make run` to look, `make test` to trust; `make check` while you work.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# What exercises the catalogue, by the app and the command: run on PostgreSQL too.
ON_POSTGRESQL := $(addprefix tests/test_,item_changes.py bulk.py export.py words.py cursors.py \
  desk_items.py desk_many.py desk_overview.py desk_pairs.py desk_import.py following.py lookup.py \
  extra_columns.py weeding.py publishing.py moved_frame.py backups.py)

# Tests start thousands of processes: what is compiled is kept, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run check test test-on-postgresql coverage soak fuzz lint browser audit lock sbom audit-packages clean

run: .venv/run-installed
	@$(BIN)/hashbag serve --demo --bind 127.0.0.1:$(PORT)

# Linters and the fast tests: a minute. A process a core, and in it no threads that wait for others
# to do sums; what makes requests of the API's description up is not even read.
check: .venv/test-installed lint
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --dist worksteal -p no:schemathesis \
	  --ignore tests/test_api_contract.py -m "not slow and not thorough and not soak and not fuzz"

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
	@$(BIN)/bandit --quiet --recursive --configfile pyproject.toml webapp

# Debian's Chromium, the quicker one that has no screen, wrk, nginx, Redis and PostgreSQL, where we
# may install them; the tests name what they miss. A policy that starts no services keeps nginx from
# port 80, and a PostgreSQL that nobody uses from starting.
browser:
	@if ! { command -v chromium && command -v chromium-headless-shell && command -v wrk \
	  && [ -x /usr/sbin/nginx ] && command -v openssl && command -v redis-server \
	  && ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 \
	&& command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; \
	then policy=/usr/sbin/policy-rc.d; if [ ! -e $$policy ]; then trap "rm -f $$policy" EXIT; \
	    printf '#!/bin/sh\nexit 101\n' >$$policy && chmod +x $$policy; fi; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	  chromium chromium-headless-shell fonts-liberation nginx-light openssl postgresql redis-server \
	  wrk >/dev/null \
	  || echo "The browser, nginx, Redis, PostgreSQL and wrk could not be installed" >&2; fi

# What Google's Lighthouse and axe say of the served pages. Needs Node and npm.
audit: .venv/test-installed browser
	@npm install --prefix .audit --no-save --no-fund --no-audit --loglevel=error lighthouse@12.8.2
	@$(BIN)/python -m tests.audit --lighthouse .audit/node_modules/.bin/lighthouse

# The packages that `make run` installs, anew in their newest versions, each file by its checksum,
# for all systems and versions of Python.
LOCKED := --universal --python-version 3.11 --generate-hashes --upgrade \
  --custom-compile-command "make lock"
lock: .tools/installed
	@.tools/bin/uv pip compile --quiet $(LOCKED) .lock/build.in --output-file .lock/build.txt
	@.tools/bin/uv pip compile --quiet $(LOCKED) --extra learned --extra map --extra watch \
	  pyproject.toml --output-file .lock/run.txt

# What is in it, as an SBOM (CycloneDX): from the lock, so also without a network.
sbom: .tools/installed
	@mkdir -p dist
	@.tools/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-file dist/hashbag.cdx.json .lock/run.txt
	@echo "dist/hashbag.cdx.json"

# Whether a fault is known in any of it. The answers come from the package registry.
audit-packages: .tools/installed
	@.tools/bin/pip-audit --strict --require-hashes --disable-pip --requirement .lock/run.txt \
	  || { echo "Either a fault is known, as told above, or nobody could be asked." >&2; exit 1; }

.tools/installed:
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check \
	  "cyclonedx-bom>=7" "pip-audit>=2.9" "uv>=0.8"
	@touch $@

.venv/bin/python:
	@$(PYTHON) -m venv .venv

# Only files of the known checksums are installed, and what builds them comes from there too.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
.venv/run-installed: .venv/bin/python pyproject.toml .lock/build.txt .lock/run.txt
	@echo "Installing Hashbag into .venv (the first time takes a minute) ..."
	@$(INSTALL) --require-hashes --requirement .lock/build.txt
	@$(INSTALL) --require-hashes --no-build-isolation --requirement .lock/run.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/test-installed: .venv/run-installed
	@echo "Installing the test tools into .venv ..."
	@$(INSTALL) -e '.[bench,evaluate,jxl,learned,map,milvus,milvus-server,postgres,redis,s3,test,watch]'
	@touch $@

clean:
	@rm -rf .venv .tools .audit .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
