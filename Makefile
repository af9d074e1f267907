# Everything runs in .venv, which the first target that needs it makes from the lock file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := workforce optimizer api data
SCENARIO := data/scenarios/wuhai
PLAN := plans/wuhai

.PHONY: setup demo test acceptance faults tamper log-speed trace-speed fuzz load phones field-pictures benchmarks check lock clean
.DELETE_ON_ERROR:

setup: $(VENV)/.kernels

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Guicheng needs Python 3.11 or newer (PYTHON=/path/to/python3). 需要 Python 3.11 或更高版本。"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null; then set -ex; \
	    uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt; \
	    uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	else set -ex; \
	    $(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt; \
	    $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .; \
	fi
	touch $@

# Compiles the numeric kernels into their cache, so that neither a planning run nor a test waits for it.
$(VENV)/.kernels: $(VENV)/.installed $(wildcard optimizer/*.py)
	$(BIN)/python -m optimizer.kernels
	touch $@

demo: setup
	$(BIN)/guicheng plan $(SCENARIO) --out $(PLAN) --time-limit 60
	@echo "The report 报告: $(PLAN)/report.html"

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Whole runs on scenarios of every hard kind, half an hour; another seed draws others.
SEED := 11
acceptance: setup
	GUICHENG_SEED=$(SEED) $(BIN)/python -m pytest -m slow tests/acceptance

# kill -9 of the server, a hundred times on each database, an hour; another seed kills at other moments.
# Before that, whatever starts real servers on PostgreSQL.
KILLS := 100
faults: setup
	GUICHENG_SEED=$(SEED) GUICHENG_KILLS=$(KILLS) $(BIN)/python -m pytest -m slow tests/api tests/faults tests/tools

# Random changes of the stored trip log, each of which must be found; half an hour.
CHANGES := 10000
tamper: setup
	GUICHENG_SEED=$(SEED) GUICHENG_CHANGES=$(CHANGES) $(BIN)/python -m pytest -n 2 tests/data/test_tamper.py

# How many events a second the trip log takes, and how long guicheng log verify needs for all of them.
EVENTS := 1000000
log-speed: setup
	PYTHONPATH=. $(BIN)/python tools/log_speed.py --events $(EVENTS)

# Requests of every shape that the API's document allows, and of many that it does not; half an hour.
CASES := 20000
fuzz: setup
	GUICHENG_FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -p no:xdist tests/api/server/test_fuzz.py

# Clients that write and read at once, for a minute, and the same against a bare endpoint.
load: setup
	PYTHONPATH=. $(BIN)/python tools/load.py

# Fills a trip log with so many events, some 9 GB for ten million, and traces cases at each size on the way.
EVENTS := 10000000
trace-speed: setup
	PYTHONPATH=. $(BIN)/python tools/trace_speed.py --events $(EVENTS)

# Fifty phones in the field for a simulated hour, two of them real browsers; every tap must arrive once.
phones: setup
	PYTHONPATH=. $(BIN)/python tools/phones.py --seed $(SEED)

# The pictures of docs/field.md; needs chromium.
field-pictures: setup
	PYTHONPATH=. $(BIN)/python tools/field_pictures.py docs/pictures

# Plans each scenario of the folder BENCHMARKS and prints their figures beside published ones.
SECONDS := 120
benchmarks: setup
	@test -d "$(BENCHMARKS)" || \
	    { echo "make benchmarks BENCHMARKS=FOLDER: a folder of scenarios. 请指明方案所在的文件夹。"; exit 2; }
	PYTHONPATH=. $(BIN)/python tools/benchmark.py "$(BENCHMARKS)" --time-limit $(SECONDS)

check: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(addprefix -p ,$(PACKAGES))
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture

# Needs uv. The lock names no index, so that it installs from whichever the machine uses; wheels only,
# so that nothing unlocked is fetched to build one.
UV_LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
    --only-binary :all: --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock:
	$(UV_LOCK) --output-file requirements/runtime.txt
	$(UV_LOCK) --extra dev --output-file requirements/dev.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
