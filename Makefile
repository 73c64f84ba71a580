# Everything is run through here. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
MADE := .make
ONLY ?=
SOURCES := daemon detectors connectors tests
KERNELS := $(wildcard detectors/tocsin_detectors/kernels/*.py)
UV := $(shell command -v uv 2>/dev/null)

# One installer for all: uv where there is one, else pip. Talk goes to standard error.
INSTALL = $(if $(UV),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet) -c constraints.txt
DEV = $$($(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['dependency-groups']['dev'])")

.PHONY: help install demo check test test-chart bench docs constraints wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(MADE)/dev $(MADE)/kernels ## an environment in .venv with everything for development

demo: $(MADE)/base $(MADE)/kernels ## install what the program needs where it is missing, and watch it work
	@$(BIN)/tocsin demo

check: $(MADE)/dev ## style, types, layers, house rules, freshness of the reference pages
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/house tests/docs

test: $(MADE)/dev $(MADE)/kernels ## all tests
	$(BIN)/pytest tests

test-chart: $(MADE)/dev ## the Helm chart; needs helm on PATH
	@command -v helm >/dev/null || { echo "helm is not on PATH; go install helm.sh/helm/v3/cmd/helm@v3.16.4" >&2; exit 1; }
	$(BIN)/pytest tests/helm

bench: $(MADE)/dev $(MADE)/kernels ## benchmarks as JSON lines on standard output; ONLY=name for one
	@names="$(ONLY)"; \
	if [ -z "$$names" ]; then \
	  names=$$(grep -l '__name__ == "__main__"' tests/bench/*.py | xargs -n1 basename | sed 's/\.py$$//'); \
	fi; \
	for name in $$names; do \
	  [ -f "tests/bench/$$name.py" ] || { echo "no benchmark named '$$name' in tests/bench" >&2; exit 2; }; \
	  echo "bench: $$name" >&2; \
	  PYTHONPATH=tests $(BIN)/python "tests/bench/$$name.py"; \
	done

docs: $(MADE)/dev ## write the reference pages
	@$(BIN)/tocsin docs docs/reference

constraints: ## pin every dependency anew (needs uv)
	@uv pip compile pyproject.toml --all-extras --group dev --universal --no-header --quiet --upgrade -o constraints.txt >/dev/null

wheel: $(MADE)/dev ## build the wheel into dist/
	@$(BIN)/hatchling build -t wheel

clean: ## remove everything that was made, .venv too
	rm -rf $(VENV) $(MADE) dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@for python in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$("$$python" --version)" >&2; exec "$$python" -m venv $(VENV); \
	  fi; \
	done; \
	echo "tocsin needs Python 3.11 or newer with venv; on Debian or Ubuntu: apt-get install python3 python3-venv" >&2; exit 1

$(MADE)/base: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	@mkdir -p $(MADE)
	@echo "installing tocsin and what it needs (about half a gigabyte the first time)" >&2
	@$(INSTALL) -e . >&2
	@touch $@

$(MADE)/dev: $(MADE)/base
	@echo "installing the tools for development" >&2
	@$(INSTALL) $(DEV) >&2
	@touch $@

# Two days of two series in both formats reach every kernel; what numba compiles is kept on disk.
$(MADE)/kernels: $(MADE)/base $(KERNELS)
	@echo "compiling kernels (once)" >&2
	@awk 'BEGIN { print "time,host,value"; for (m = 0; m < 2880; m++) for (h = 0; h < 2; h++) \
	    printf "%d,h%d,%.3f\n", 1700000000 + 60 * m, h, rand() }' >$(MADE)/days.csv
	@awk -F, 'NR > 1 { printf "{\"time\": %s, \"host\": \"%s\", \"value\": %s}\n", $$1, $$2, $$3 }' \
	    $(MADE)/days.csv >$(MADE)/days.ndjson
	@$(BIN)/tocsin replay $(MADE)/days.csv >/dev/null 2>$(MADE)/kernels.log \
	  && $(BIN)/tocsin replay $(MADE)/days.ndjson >/dev/null 2>>$(MADE)/kernels.log && touch $@ \
	  || echo "they will be compiled on first use; see $(MADE)/kernels.log" >&2
