# Everything a contributor runs. A fresh clone needs `make` and `python3-venv`, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# with its own certificates first, then with those of the machine: a network that has its own authority knows these alone
UV_INSTALL := $(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
SUMO_LIBRARIES := libatomic1 libgl1 libx11-6 libxext6 libxrender1
PACKAGES := signal_ctrl detectors optimiser sumo_scenarios bench
# tests/conftest.py puts the longest files first, so that all processes end together
SPREAD := --dist loadfile --no-loadscope-reorder
# one more than CI has cores: tests of browsers, sockets and leases wait for as long as they work
WORKERS ?= 3
# processes that tests start find the tests' own modules too, and compiled: each of hundreds would compile them anew
export PYTHONPATH := $(CURDIR)
unexport PYTHONDONTWRITEBYTECODE
QUICK := not sumo and not slow and not deep and not browser

PAGE := signal_ctrl/web/page
PAGE_TOOLS := $(PAGE)/node_modules/.package-lock.json
PAGE_BUILT := signal_ctrl/web/built/index.html

PART ?= seeds failures-all demand-all
MADE := out/made
TOWNS = $(shell $(BIN)/python -m sumo_scenarios.town_names)
COMMA := ,
SPACE := $(subst x,,x x)

# what can be done side by side: types take one core for a minute, the page and reading the tests the other one
BEFORE_TESTS := --no-print-directory --jobs 2 --output-sync=target lint page read-tests

.PHONY: help setup page lock bill demo bench-micro campaign campaign-made campaign-eyes campaign-centre campaign-watch campaign-town lint read-tests check test test-deep clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv from requirements.lock, every package checked against its hash

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "signal-ctrl needs Python 3.11 or newer: make setup PYTHON=python3.11" >&2; exit 3; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv \
	  || echo "uv cannot be had; going on with pip" >&2
	@for certificates in "" --system-certs; do \
	  $(UV_INSTALL) $$certificates 2>$(VENV)/uv-says && exit; \
	done; \
	echo "uv cannot install the packages: $$(grep -m 1 . $(VENV)/uv-says); pip does, in some minutes" >&2; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import libsumo' 2>/dev/null || { \
	  echo "SUMO needs system libraries: $(SUMO_LIBRARIES)" >&2; \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq \
	    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SUMO_LIBRARIES) >/dev/null; \
	  $(BIN)/python -c 'import libsumo' \
	    || { echo "on Debian: sudo apt-get install $(SUMO_LIBRARIES)" >&2; exit 3; }; }
	@echo "compiling the rollout (once)" >&2; $(BIN)/python -m sumo_scenarios.warm_up
	@touch $@

page: $(PAGE_BUILT)  ## build the command centre's page (Node 18 or newer, npm)

$(PAGE_BUILT): $(PAGE_TOOLS) $(wildcard $(PAGE)/src/* $(PAGE)/src/*/*) $(PAGE)/build.mjs $(PAGE)/tsconfig.json
	cd $(PAGE) && npm run --silent check && npm run --silent build

$(PAGE_TOOLS): $(PAGE)/package-lock.json
	@command -v npm >/dev/null || { echo "the page needs Node and npm; on Debian: sudo apt-get install nodejs npm" >&2; exit 3; }
	cd $(PAGE) && npm ci --no-progress --loglevel=error
	@touch $@

lock:  ## compile requirements.lock anew (add UPGRADE=--upgrade for newer versions)
	@test -x $(BIN)/uv || { echo "run make setup first: uv is missing" >&2; exit 3; }
	$(BIN)/uv pip compile --quiet --python-version 3.11 --python-platform x86_64-unknown-linux-gnu --extra dev --extra ray \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header $(UPGRADE) \
	  pyproject.toml -o requirements.lock >/dev/null

bill: setup  ## what a release is made of, from the locks, as CycloneDX: out/bill-of-materials.json
	mkdir -p out && $(BIN)/python -m bench.bill_of_materials --out out/bill-of-materials.json

demo: setup  ## compare three controllers on a real city network; report in out/demo/
	$(BIN)/signal-ctrl demo

bench-micro: setup  ## speed of kernel, rollout, detectors and scorer against the stored base (STORE=--store: a new base)
	$(BIN)/python -m bench.micro $(STORE)

campaign: setup  ## hours: 20 seeds, failed loops and demand on all networks; goes on where it stopped (PART=seeds: one part)
	for part in $(PART); do \
	  $(BIN)/signal-ctrl bench run --preset $$part --referees --out out/campaign/$$part --ledger bench/results/$$part.jsonl; \
	  $(BIN)/python -m bench.campaign bench/results/$$part.jsonl || true; \
	done

campaign-made: setup  ## an hour: networks of our own making, 60 to 120 % of their demand; goes on where it stopped
	for town in $(TOWNS); do \
	  test -d $(MADE)/$$town || $(BIN)/signal-ctrl scenarios build $$town --out $(MADE)/$$town; \
	done
	$(BIN)/signal-ctrl bench run --scenarios $(subst $(SPACE),$(COMMA),$(foreach name,$(TOWNS),$(MADE)/$(name)/$(name).sumocfg)) \
	  --controllers fixed,actuated,max_pressure,greedy,adaptive --sensing max_pressure=positions,greedy=positions,loops \
	  --seeds 1-3 --scales 0.6,0.8,1,1.2 --untuned --referees --out out/campaign/made --ledger bench/results/made.jsonl
	$(BIN)/python -m bench.campaign bench/results/made.jsonl || true

campaign-eyes: setup  ## hours: video, loop health, estimation and forecast against the truth; goes on where it stopped
	$(BIN)/python -m bench.video || true
	$(BIN)/python -m bench.video_accuracy || true
	$(BIN)/python -m bench.loop_health --days 0-4,7-11
	$(BIN)/python -m bench.estimation
	$(BIN)/python -m bench.forecast || true
	$(BIN)/python -m bench.live

campaign-centre: setup  ## hours: killed and failing stores, broken links, hostile plans and requests; goes on where it stopped
	$(BIN)/python -m bench.plan_mutants --count 100000
	$(BIN)/python -m bench.crash --store sqlite --kills 200
	$(BIN)/python -m bench.crash --store postgresql --kills 200
	$(BIN)/python -m bench.faults
	$(BIN)/python -m bench.faults --opened --calls 300
	$(BIN)/python -m bench.fuzz_routes --requests 100000 --seed 1
	$(BIN)/python -m bench.link_faults --seeds 1-2000
	$(BIN)/python -m bench.link.outage
	$(BIN)/python -m bench.link.storm
	$(BIN)/python -m bench.big_override || true
	$(BIN)/python -m bench.override_latency
	$(BIN)/python -m bench.load || true

campaign-watch: setup  ## hours: state of roads, congestion, incidents, diversion, dispatch, intake, shadow; goes on where it stopped
	$(BIN)/python -m bench.road_state --feeds out/campaign/feeds || true
	$(BIN)/python -m bench.city_speed
	$(BIN)/python -m bench.diversion --scenario grid4x4 --scale 2 --seeds 1-10 || true
	$(BIN)/python -m bench.dispatch --keep || true
	$(BIN)/python -m bench.intake_load --no-kill --minutes 2 || true
	$(BIN)/python -m bench.intake_load --minutes 4 || true
	$(BIN)/python -m bench.link.shadow_gain cologne1:1 cologne1:2 cologne3:1
	$(BIN)/python -m bench.congestion make ingolstadt7 --out out/campaign/days --days 37 --low 0.8 --high 1.4
	$(BIN)/python -m bench.congestion judge out/campaign/days --name ingolstadt7
	$(BIN)/python -m bench.incidents record && $(BIN)/python -m bench.incidents judge && $(BIN)/python -m bench.incidents report

campaign-town: setup  ## hours: buses, special vehicles, people on foot, persons, parking; goes on where it stopped
	$(BIN)/signal-ctrl bench run --preset newtown --out out/campaign/newtown --ledger bench/results/newtown.jsonl
	$(BIN)/python -m bench.newtown bench/results/newtown.jsonl || true
	$(BIN)/python -m bench.bus_priority || true
	$(BIN)/python -m bench.special || true
	$(BIN)/python -m bench.pedestrians || true
	$(BIN)/signal-ctrl parking evaluate newtown --seeds 1-5 || true
	$(BIN)/python -m bench.parking_load --seconds 60 || true
	$(BIN)/python -m bench.parking_load --seconds 60 --kill

lint: setup  ## formatting, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(PACKAGES)
	$(BIN)/lint-imports

read-tests: setup  # each process of the tests would rewrite and compile all of them
	$(BIN)/pytest --collect-only --quiet --quiet --doctest-modules tests $(PACKAGES) >/dev/null || true

check:  ## lint, quick tests and doctests, some eight minutes
	$(MAKE) $(BEFORE_TESTS)
	$(BIN)/pytest -n 2 $(SPREAD) --doctest-modules -m "$(QUICK)" tests $(PACKAGES)

test:  ## check and every other test but the deep ones
	$(MAKE) $(BEFORE_TESTS)
	$(BIN)/pytest -n $(WORKERS) $(SPREAD) --doctest-modules -m "not deep" tests $(PACKAGES)

test-deep: setup  ## property tests with thousands of examples, and the tests marked deep
	HYPOTHESIS_PROFILE=deep $(BIN)/pytest -m "deep or hypothesis" --timeout=0 tests

clean:  ## remove what the other targets made, .venv too
	rm -rf $(VENV) $(PAGE)/node_modules signal_ctrl/web/built signal_ctrl/web/built_parking out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
