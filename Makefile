# Needs Python 3.11 or newer, git and make (GNU 3.81 or newer); everything else goes into .venv.
# Another Python: make PYTHON=python3.12 run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready.stamp
LOCK := requirements.lock

.DEFAULT_GOAL := help
.PHONY: help run test check lint type layers wheel bench bench-search soak lock inspector clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## start the server with the memory in ~/.pack/memory
	@$(BIN)/pack serve --http

test: check wheel ## check and test everything
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: lint type layers ## lint, type and layer checks

lint: $(READY) ## style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

type: $(READY) ## types
	@$(BIN)/python -m mypy

layers: $(READY) ## which package may import which
	@$(BIN)/lint-imports --no-logo

wheel: $(READY) ## build the wheel, install it into an empty environment and start it
	@$(BIN)/python .ci/check_wheel.py

bench: $(READY) ## measure speed and size against git by hand; ARGS="--sizes 100,1000 --rounds 20"
	@$(BIN)/python -m tests.bench $(ARGS)

bench-search: $(READY) ## measure what search finds, beside plain FTS5; ARGS="--locomo FILE --json OUT"
	@$(BIN)/python -m tests.search $(ARGS)

soak: $(READY) ## the long campaigns and many examples of each property (hours)
	@PACK_TEST_PROFILE=soak $(BIN)/python -m pytest -m "soak or hypothesis" --timeout=14400

# The same pins hold for Python 3.11 to 3.13 on Linux and macOS: no requirement differs there.
# No extra index of the machine takes part, so that the hashes are those of public releases.
lock: $(READY) ## renew requirements.lock from pyproject.toml; ARGS=--upgrade for newer versions
	@PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= \
	    CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --no-config --extra dev \
	    --generate-hashes --allow-unsafe --strip-extras --no-emit-options --no-emit-index-url \
	    --no-emit-trusted-host --no-emit-find-links $(ARGS) --output-file $(LOCK) pyproject.toml

inspector: $(READY) ## install the MCP inspector, so that the tests talk to it too (needs npm)
	@npm install --prefix $(VENV)/inspector --no-audit --no-fund --ignore-scripts --save-exact \
	    @modelcontextprotocol/inspector@2.12.0

clean: ## remove the environment and everything generated
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What pip has to fetch is compared with the hashes in the lock, the build backend included.
$(READY): $(LOCK) pyproject.toml
	@command -v git >/dev/null 2>&1 || { echo "git is missing; install it first" >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null 2>&1 || \
	    { echo "$(PYTHON) is missing; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) is older than Python 3.11; try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "$(PYTHON) cannot make environments; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "preparing $(VENV) (a minute or two the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
