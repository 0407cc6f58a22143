# `make demo` and `make test` are all that is needed after a clone: Python 3.11 (3.12 and 3.13 are untested), make and git.
# VENV=.venv       where the environment goes
# FLAVOUR=cpu|gpu  which packages (default: gpu when nvidia-smi lists one)
# ARGS="..."       further arguments of `mucode run` or pytest

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
export VENV FLAVOUR

.DEFAULT_GOAL := help
.PHONY: help demo test test-all gpu-test lint format setup lock site docker image images languages clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 18

demo: image ## two iterations of expert iteration on the built-in model and problems; prints results, writes report.html
	$(BIN)/mucode run $(ARGS)

test: image languages ## the tests of every change, 16 to 19 minutes on 2 cores
	$(BIN)/python -m pytest -n 2 -m "not slow and not gpu" $(ARGS)

test-all: image languages ## every test that needs no GPU
	$(BIN)/python -m pytest -n 2 -m "not gpu" $(ARGS)

gpu-test: setup ## the tests that need a GPU; skipped without one
	$(BIN)/python -m pytest -m gpu $(ARGS)

lint: setup ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy scripts/setup.py

format: setup ## mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: ## the Python environment; does nothing when it is current
	@$(PYTHON) scripts/setup.py

# UV_FIND_LINKS names the CPU build of torch, if the index lacks it. It must not meet the gpu lock, where its version
# (2.13.0+cpu) would sort above the CUDA build; `===` keeps it away from an installation too.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
	--python-version 3.11 --python-platform x86_64-unknown-linux-gnu

lock: setup ## requirements/ anew from pyproject.toml; pins that still fit stay (ARGS=--upgrade: the newest)
	$(LOCK) --extra cpu --extra dev --override requirements/overrides-cpu.txt --no-emit-package torch \
	    $(ARGS) -o requirements/cpu.txt
	sed -i 's/^torch===/torch==/' requirements/gpu.txt
	env -u UV_FIND_LINKS $(LOCK) --extra gpu --extra dev $(ARGS) -o requirements/gpu.txt
	sed -i 's/^torch==/torch===/' requirements/gpu.txt
	$(LOCK) --constraint requirements/cpu.txt $(ARGS) -o requirements/base.txt
	$(subst pyproject.toml,requirements/site.in,$(LOCK)) $(ARGS) -o requirements/site.txt

site: setup ## the documentation as a site in build/site; broken links are errors
	rm -rf build/site-pages && $(BIN)/python scripts/site.py build/site-pages
	cd deploy/site && NO_MKDOCS_2_WARNING=1 $(CURDIR)/$(BIN)/uv run --quiet --no-project --with-requirements \
	    $(CURDIR)/requirements/site.txt mkdocs build --quiet
	@echo "site: open build/site/index.html"

docker: setup ## a Docker engine that answers
	@bash scripts/docker.sh start

image: docker ## the image of the sandbox boxes
	@$(BIN)/mucode sandbox build

languages: docker ## the images of the boxes for JavaScript and C++, if Node.js and g++ can be had
	@bash scripts/language.sh javascript node nodejs
	@bash scripts/language.sh cpp g++ g++ libc6-dev

images: ## images of a cluster's nodes, deploy/images; BASE=... names another base than python:3.11-slim-bookworm
	@bash scripts/images.sh

clean: ## remove the environment and caches; keep runs/
	@if [ -f "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
	rm -rf build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
