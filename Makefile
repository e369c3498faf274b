# Needs Python 3.11.5 or newer, git and make (GNU 3.81 or newer); everything else goes into .venv.
# Another Python: make PYTHON=python3.12 run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_LOCK := requirements.lock
DEV_LOCK := requirements-dev.lock
RUN_READY := $(VENV)/run.stamp
DEV_READY := $(VENV)/dev.stamp
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test check lint type layers wheel bench bench-peers bench-search sim soak lock inspector \
    conformance clients bundle dist demo newcomer clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(RUN_READY) ## start the server with the memory in ~/.pack/memory
	@$(BIN)/pack serve --http

test: $(DEV_READY) ## check and test everything
	@$(MAKE) --no-print-directory --jobs=2 check wheel
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

check: lint type layers ## lint, type and layer checks

lint: $(DEV_READY) ## style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

type: $(DEV_READY) ## types
	@$(BIN)/python -m mypy

layers: $(DEV_READY) ## which package may import which
	@$(BIN)/lint-imports --no-logo

wheel: $(DEV_READY) ## build the wheel, install it into an empty environment and start it
	@$(BIN)/python .ci/check_wheel.py

bench: $(DEV_READY) ## measure speed and size against git by hand; ARGS="--sizes 100,1000 --rounds 20"
	@$(BIN)/python -m tests.bench $(ARGS)

bench-peers: $(DEV_READY) ## measure joining beside git clone, and a write on the other side; ARGS="--commits 10000"
	@$(BIN)/python -m tests.bench.peers $(ARGS)

bench-search: $(DEV_READY) ## measure what search finds, beside FTS5 and BM25; ARGS="--locomo FILE --beam PATH"
	@$(BIN)/python -m tests.search $(ARGS)

sim: $(DEV_READY) ## 2,000 simulated groups of peers; ARGS="--from 2000 --count 48000" for others
	@$(BIN)/python -m tests.sim $(ARGS)

soak: $(DEV_READY) ## the long campaigns and many examples of each property (hours)
	@PACK_TEST_PROFILE=soak $(BIN)/python -m pytest -m "soak or hypothesis" --timeout=14400

# The same pins hold for Python 3.11 to 3.13; what one system alone needs has a marker.
# No extra index of the machine takes part, so that the hashes are those of public releases.
COMPILE := PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= \
    CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --no-config \
    --generate-hashes --allow-unsafe --strip-extras --no-emit-options --no-emit-index-url \
    --no-emit-trusted-host --no-emit-find-links

lock: $(DEV_READY) ## renew both locks from pyproject.toml; ARGS=--upgrade for newer versions
	@$(COMPILE) --build-deps-for editable $(ARGS) --output-file $(RUN_LOCK) pyproject.toml
	@$(COMPILE) --extra dev --constraint $(RUN_LOCK) $(ARGS) --output-file $(DEV_LOCK) pyproject.toml

inspector: $(DEV_READY) ## install the MCP inspector, so that the tests talk to it too (needs npm)
	@npm install --prefix $(VENV)/inspector --no-audit --no-fund --ignore-scripts --save-exact \
	    @modelcontextprotocol/inspector@2.12.0

# The suite needs Node 22 or newer; where there is an older one, a newer one is put beside the suite.
NEWER_NODE := parseInt(process.versions.node) < 22 ? \
    "node-" + process.platform + "-" + process.arch + "@24.22.3" : ""

conformance: $(DEV_READY) ## install the official MCP conformance suite, so that the tests run it (needs npm)
	@npm install --prefix $(VENV)/conformance --no-audit --no-fund --ignore-scripts --save-exact \
	    @modelcontextprotocol/conformance@0.2.0-alpha.12 $$(node -p '$(NEWER_NODE)')

clients: $(DEV_READY) ## install the libraries of other clients, and run the tools' schemas through them (needs npm)
	@$(PYTHON) -m venv $(VENV)/clients
	@$(VENV)/clients/bin/python -m pip --quiet --disable-pip-version-check install \
	    google-genai==3.6.1 litellm==1.110.2 openai-agents==0.24.0
	@npm install --prefix $(VENV)/clients --no-audit --no-fund --ignore-scripts --save-exact \
	    ajv@8.20.0 zod@4.6.7 json-schema-to-zod@2.8.1 @n8n/json-schema-to-zod@1.16.0
	@$(BIN)/python -m pytest -n 0 -m clients tests/stories/test_client_libraries.py

bundle: $(DEV_READY) ## build dist/*.mcpb for hosts and dist/server.json for the registry, and check them
	@! command -v npm >/dev/null || npm install --prefix $(VENV)/bundle --no-audit --no-fund \
	    --ignore-scripts --save-exact --silent @anthropic-ai/mcpb@2.1.2
	@$(BIN)/python .ci/release/bundle.py

demo: $(DEV_READY) ## record the terminal session of the README from the real product, as templates/demo.svg
	@$(BIN)/python -m tests.demo

newcomer: $(DEV_READY) ## install into an empty environment, set up a client and write from it; timed
	@$(BIN)/python -m tests.demo.newcomer

# Twine has an environment of its own, as nothing else here needs what it needs.
dist: $(DEV_READY) ## build what a release uploads to PyPI, into dist/, and check it; nothing is uploaded
	@rm -f dist/*.whl dist/*.tar.gz
	@$(BIN)/python -m build --no-isolation --outdir dist .
	@$(PYTHON) -m venv $(VENV)/twine
	@$(VENV)/twine/bin/python -m pip --quiet --disable-pip-version-check install twine==7.0.0
	@$(VENV)/twine/bin/twine check --strict dist/*.whl dist/*.tar.gz

clean: ## remove the environment and everything generated
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Compiled apart from pip, which would use one core for it, and would leave out PACK's own modules: a
# machine on which Python writes no bytecode by itself would compile them at each start.
BYTECODE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib/python3*/site-packages \
    pack servers connectors templates

# What `make run` needs. What pip has to fetch is compared with the hashes in the lock, the build
# backend included; that the lock is complete, as --no-deps relies on, is checked by `make wheel`.
# Python 3.11 puts setuptools into every environment, and nothing uses it; pip itself stays, to
# install extras, but without its bytecode.
$(RUN_READY): $(RUN_LOCK) pyproject.toml
	@command -v git >/dev/null 2>&1 || { echo "git is missing; install it first" >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null 2>&1 || \
	    { echo "$(PYTHON) is missing; install Python 3.11.5 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5))' || \
	    { echo "$(PYTHON) is older than Python 3.11.5; try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "$(PYTHON) cannot make environments; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "preparing $(VENV) (about half a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --no-deps --no-compile -r $(RUN_LOCK)
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(PIP) --quiet uninstall --yes setuptools
	@$(BYTECODE)
	@find $(VENV)/lib/python3*/site-packages/pip -name __pycache__ -type d -prune -exec rm -rf {} +
	@touch $(RUN_READY)

# What `make test` and everything else for developers adds to it, all extras included.
$(DEV_READY): $(RUN_READY) $(DEV_LOCK)
	@echo "adding the tools for developers to $(VENV) (a minute or two the first time)"
	@$(PIP) install --require-hashes --no-compile -r $(DEV_LOCK)
	@$(BYTECODE)
	@touch $(DEV_READY)
