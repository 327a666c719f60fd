# Shortcuts for what a person would type; `make` alone lists them.
BIN := .venv/bin
TYPED := rules services clients jobs simulators models blueprints forms runtime app.py
LOCK := $(BIN)/uv -q pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url

# The tests that take pictures.
WALKS := tests/end_to_end/test_first_setup.py tests/end_to_end/test_demo_calls.py

.DEFAULT_GOAL := help
.PHONY: help run test lint format types bench chaos crash-points mutation fuzz audit-packages screenshots translations translations-check lock

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 20

run: ## Start everything (DEMO=1 by default)
	@./run.sh

test: ## Run the tests; with ARGS="..." for pytest
	@./test.sh $(ARGS)

lint: ## Look for mistakes: code, types, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/djlint templates --lint --quiet

format: ## Format the code
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

types: ## Check the types only
	$(BIN)/mypy $(TYPED)

bench: ## Measure what the documents claim
	$(BIN)/python -m bench

chaos: ## Break everything while calls come in, on both databases; then without safeguards
	$(BIN)/python -m chaos
	$(BIN)/python -m chaos controls

crash-points: ## Kill the process at every point of every write, on both databases
	$(BIN)/python -m chaos.crash_points

mutation: ## See which small changes of rules and ledger no test notices
	@.ci/mutation

fuzz: ## Try a million made-up bodies, 20,000 requests, and the API's description
	$(BIN)/python -m fuzz bodies
	$(BIN)/python -m fuzz http
	$(BIN)/python -m fuzz openapi

audit-packages: ## Ask PyPI for known weaknesses of all packages; one it does not know fails too
	$(BIN)/pip-audit -r requirements.txt --require-hashes --disable-pip --strict
	$(BIN)/pip-audit -r requirements-dev.txt --require-hashes --disable-pip --strict

screenshots: ## Take the pictures of the documents by walking through the pages
	SCREENSHOTS=docs/pictures $(BIN)/pytest -q $(WALKS)

translations: ## Collect new texts into translations/*.po and compile them
	@.ci/translations update

translations-check: ## Fail if a text is missing in translations/ or a .mo is old
	@.ci/translations check

lock: ## Resolve requirements*.in anew into the hash-locked requirements*.txt
	$(LOCK) -o requirements.txt requirements.in
	$(LOCK) -o requirements-dev.txt requirements-dev.in
	$(LOCK) -o requirements-mutation.txt requirements-mutation.in
