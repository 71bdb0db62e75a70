# demo up test lint bench: each sets up what it needs in .venv first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cksum requirements/dev.lock pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo up test lint bench lock setup clean

setup: $(STAMP)

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "==> Setting up $(VENV) (a few minutes and about 6 GB the first time)"
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --require-hashes --no-deps -r requirements/dev.lock | sed -un 's/^Collecting \([^ ]*\).*/    \1/p'
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.installed-*
	@touch $@
	@echo "==> Set up"

# The whole story on real parts. RECORDINGS=dir adds the live world with a real person's recordings.
demo: $(STAMP)
	@$(BIN)/python -m vivavoce.demo --output demo-output $(if $(RECORDINGS),--recordings $(RECORDINGS))

up: $(STAMP)
	@$(BIN)/vivavoce up

test: $(STAMP)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not shared and not postgres and not gpu and not browser" --durations 15 $(ARGS)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "browser and not shared" tests/browser --durations 10 $(ARGS)

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/vivavoce django makemigrations --check --dry-run

bench: $(STAMP)
	@for b in watermark fingerprint identity detector engine gpt_sovits log api; do $(BIN)/python -m bench.$$b --quick --json bench-output/$$b.json || exit 1; done

# Needs uv. The header is left out and no index address is written.
lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--only-binary :all: --override requirements/overrides.txt --extra worker --extra s3 --extra languages --group dev pyproject.toml --output-file requirements/dev.lock
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--only-binary :all: --override requirements/overrides.txt --extra worker --extra s3 pyproject.toml --output-file requirements/worker.lock
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--only-binary :all: --extra s3 pyproject.toml --output-file requirements/web.lock

clean:
	@rm -rf demo-output bench-output
