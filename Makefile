# make run    everything, from a bare machine to a hotline that answers
# make test   everything that is checked: style, types, import rules, tests
PYTHON ?= python3.11
HOTLINE = .venv/bin/hotline

export RASA_TELEMETRY_ENABLED = false
export HF_HUB_OFFLINE = 1
export HF_HUB_DISABLE_TELEMETRY = 1
export DO_NOT_TRACK = 1
export TOKENIZERS_PARALLELISM = false

.PHONY: run test setup test-setup model index check screenshots

run: setup model index
	@exec $(HOTLINE) serve

setup:
	@$(PYTHON) -c "" 2>/dev/null || { echo "Python 3.11 is needed and '$(PYTHON)' does not run. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) bootstrap.py setup

model: setup
	@$(HOTLINE) train

index: setup
	@$(HOTLINE) knowledge build --if-stale

test: test-setup check model
	.venv/bin/pytest

test-setup:
	@$(PYTHON) bootstrap.py test-setup

check:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports

# Needs a running hotline (make run) and files a few requests there; the pictures lie in var/screenshots.
screenshots:
	.venv/bin/python benchmarks/screenshots.py var/screenshots
