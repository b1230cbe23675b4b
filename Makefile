# digit-ocr. `make` alone lists the targets; all of them share the virtual environment in VENV.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Two test processes are as fast as it gets on small machines, and kind to large ones. Each begins
# with half of the tests in order, so that what a module shares is made once.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install demo test accuracy lint types contracts check format benchmark tables clean

help:  ## List these targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED)  ## Make .venv and install digit-ocr with all that developing needs.

$(INSTALLED): pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("digit-ocr needs Python 3.11 or newer; this is " + sys.version.split()[0] + " (make PYTHON=python3.12 ...)")'
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing digit-ocr, PyTorch and the tools into $(VENV): once, a few minutes ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.txt -e '.[dev]'
	@touch $@

demo: $(INSTALLED)  ## Fetch MNIST, train on it, and read a digit: about a minute.
	@$(BIN)/digit-ocr data fetch mnist
	@$(BIN)/python -m src.train
	@$(BIN)/python -m src.inference.create_sample
	@$(BIN)/python -m src.inference.predict_digit

test: $(INSTALLED)  ## Run the tests, with coverage.
	@$(PYTEST) --cov --cov-report=term:skip-covered --cov-fail-under=90

accuracy: $(INSTALLED)  ## Measure the shipped weights on MNIST: minutes.
	@$(PYTEST) -m accuracy

lint: $(INSTALLED)  ## Check style and formatting.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(INSTALLED)  ## Check the types.
	@$(BIN)/mypy

contracts: $(INSTALLED)  ## Check that imports go down only, and that reading needs no torch.
	@$(BIN)/lint-imports --no-cache

check: lint types contracts test  ## All of the above, accuracy left out.

format: $(INSTALLED)  ## Format the code and mend what ruff can.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

benchmark: $(INSTALLED)  ## Measure the speed of reading on this machine.
	@$(BIN)/digit-ocr benchmark

tables: $(INSTALLED)  ## Fill README.md and MODEL_CARD.md from benchmarks/results/.
	@$(BIN)/python benchmarks/tables.py

clean:  ## Remove caches and builds; data, models, runs and .venv stay.
	@rm -rf build dist .cache .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
