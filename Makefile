# cyclelight: everything runs in .venv, which is built from requirements.lock on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Tests of whole nodes in real time: one after the other, so that they have the machine to themselves.
LIVE := tests/demo tests/system
SIDE_BY_SIDE := --numprocesses auto --dist loadgroup

.PHONY: demo test fuzz check package bench benchmark tune distance asyncapi lock clean

demo: $(READY) ## a broker, four real controllers on virtual boards and people, live (DEMO_SECONDS=20 ends by itself)
	@$(BIN)/cyclelight-sim demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: check ## style, types, architecture and all tests; what CI runs
	@tests/support/ensure-mosquitto
	@tests/install/ensure-clean-root
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-fail-under=100 tests/core
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --ignore=tests/core $(LIVE:%=--ignore=%)
	$(BIN)/python -m pytest $(LIVE)

fuzz: $(READY) ## every parser of bytes from outside, 20 minutes (FUZZ_MINUTES=60: longer); keeps new inputs in tests/fuzz/corpus
	$(BIN)/python -m tests.fuzz $(if $(FUZZ_MINUTES),--minutes $(FUZZ_MINUTES))

check: $(READY) ## style, types and architecture only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

package: $(READY) ## dist/cyclelight_VERSION_all.deb: for Raspberry Pi OS Bookworm and Trixie, needs no network there
	@PYTHONPATH=systemd/install $(BIN)/python -m cyclelight_packaging

bench: $(READY) ## speed and memory, as ratios against a reference in the same run
	$(BIN)/python -m bench

benchmark: $(READY) ## all schemes, 20 winter and summer nights each; writes docs/benchmark.md, goes on if interrupted
	$(BIN)/cyclelight-sim compare --out out/benchmark --docs docs

tune: $(READY) ## what other values of the core's constants come to, on the nights kept for that; takes hours
	$(BIN)/python -m bench.tune

distance: $(READY) ## what the energy above the clairvoyant's is spent on, cause by cause
	$(BIN)/python -m bench.distance

asyncapi: $(READY) ## writes docs/asyncapi.json, the MQTT topics and payloads as an AsyncAPI document
	$(BIN)/python -m controller.mqtt.asyncapi > docs/asyncapi.json.new
	@mv docs/asyncapi.json.new docs/asyncapi.json

lock: ## renew requirements.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-annotate --no-header --upgrade --extra sim --extra test \
	    pyproject.toml --output-file requirements.lock

clean: ## remove everything that was built
	rm -rf $(VENV) out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "cyclelight needs Python 3.11 or newer; this is $$($(PYTHON) -V). Try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Building .venv (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
