PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: practice test check format serve cassettes stale clean

practice: $(STAMP) ## set up, then start an interview in the terminal
	@$(BIN)/interviewer practice $(ARGS)

# As many processes as cores, each with one thread: two for each core spend a quarter of the time on waiting.
test: $(STAMP) ## set up, then run the tests (no key, no network)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile $(ARGS)

check: $(STAMP) ## format, lint, strict types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## rewrite the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

serve: $(STAMP) ## set up, then serve the API on http://127.0.0.1:8000
	@$(BIN)/interviewer serve $(ARGS)

# torch goes in first and alone: asked for by name at this version it is the CPU build where the machine offers one.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(0 if ok else "Python 3.11, 3.12 or 3.13 is needed, this is %d.%d: make PYTHON=python3.13 practice" % sys.version_info[:2])'
	@echo "Setting up .venv (once; a few minutes, most of it PyTorch)…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

# Without URL a local endpoint answers with tests/interviewer/model/completions; with one, that provider does.
cassettes: $(STAMP) ## record the talk with language models again: make cassettes [URL=… KEY=… MODEL=…]
	@INTERVIEWER_TEST_RECORD=$(or $(URL),written) INTERVIEWER_TEST_RECORD_KEY="$(KEY)" INTERVIEWER_TEST_RECORD_MODEL="$(MODEL)" \
		$(BIN)/pytest -q -p no:cacheprovider $(if $(URL),--force-enable-socket tests/interviewer/model/test_interviews.py,tests/interviewer/model --deselect tests/interviewer/model/test_cassettes.py)

stale: $(STAMP) ## say which cassettes a changed prompt has made stale
	@$(BIN)/python cassettes/stale.py

clean: ## remove the virtual environment and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
