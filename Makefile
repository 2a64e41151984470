# `make demo` and `make test` need Python 3.11 or newer, and nothing else.

PYTHON ?= python3
BIN := .venv/bin
DEMO := .venv/demo.db

.PHONY: demo test test-long test-oldest test-newest test-night test-collations mutation security lint format tables readme docs man catalogue screens pictures bench bench-large clean

demo: .venv/installed
	@rm -f $(DEMO)
	@$(BIN)/ordercli db init --sample 200 --database $(DEMO)
	$(BIN)/ordercli list --database $(DEMO) --format table --limit 20

test: .venv/installed-for-tests lint
	$(BIN)/python -m pytest -n 4 --dist worksteal

test-long: .venv/installed-for-tests lint
	$(BIN)/python -m pytest -n 4 --dist worksteal tests/long

# With the libraries of the oldest and of the newest versions that are allowed, and with any Python:
# make test-oldest PYTHON=/usr/bin/python3; make test-newest PYTHON=python3.13

test-oldest test-newest: .venv/installed-for-tests
	$(PYTHON) -m venv --clear .venv/$@
	PYTHONPATH=. $(BIN)/python -m tools.oldest > .venv/$@/oldest.txt
	.venv/$@/bin/python -m pip install --quiet --upgrade '.[test]' $(if $(findstring oldest,$@),--constraint .venv/$@/oldest.txt)
	.venv/$@/bin/python -m pip install --quiet --no-deps --editable .
	.venv/$@/bin/python -m pytest -n 4 --dist worksteal

# Thousands of random selections, reports and changes beside an oracle of plain Python.
test-night: .venv/installed-for-tests
	ORDERCLI_TEST_EXAMPLES=5000 $(BIN)/python -m pytest -n 4 --timeout 36000 tests/project/test_oracle.py

test-collations: .venv/installed-for-tests
	PYTHONPATH=tests $(BIN)/python -m tools.collations

mutation: .venv/installed-for-tests
	$(BIN)/python -m pip install --quiet 'mutmut>=3.8'
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

security: .venv/installed-for-tests
	$(BIN)/python -m pytest -n 4 --dist worksteal tests/long --figures .venv/figures.json
	PYTHONPATH=tests $(BIN)/python -m tools.security .venv/figures.json

lint: .venv/installed-for-tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-for-tests
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

tables: .venv/installed-for-tests
	PYTHONPATH=tests $(BIN)/python -m tools.tables

readme: .venv/installed-for-tests
	PYTHONPATH=tests $(BIN)/python -m tools.readme

docs: .venv/installed-for-docs
	$(BIN)/zensical build --strict --clean
	@echo "the site is .venv/site/index.html"

catalogue: .venv/installed-for-tests
	PYTHONPATH=tests $(BIN)/python -m tools.catalogue

man: .venv/installed-for-tests
	PYTHONPATH=tests $(BIN)/python -m tools.man_page

screens: .venv/installed-for-tests
	PYTHONPATH=tests $(BIN)/python -m tools.screens

pictures: screens
	PYTHONPATH=tests $(BIN)/python -m tools.pictures

bench: .venv/installed-for-benchmarks
	PYTHONPATH=tests:. $(BIN)/python benchmarks/bench.py

bench-large: .venv/installed-for-benchmarks
	PYTHONPATH=tests:. $(BIN)/python benchmarks/bench.py large

clean:
	rm -rf .venv build dist mutants

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[postgres]'
	@touch $@

.venv/installed-for-tests: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

.venv/installed-for-docs: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

.venv/installed-for-benchmarks: .venv/installed-for-tests
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@
