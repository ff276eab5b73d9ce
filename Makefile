# Needs make and Python 3.11 to 3.13. Everything else is installed into .venv, from hashed requirements.
.PHONY: demo run test faults sbom lint audit bench diagnose rules-docs
.SILENT:

BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
SINCE ?= 30d
comma := ,

demo: .venv/runtime
	$(BIN)/python -m sandbox.demo $(if $(filter-out 0,$(ONCE)),--once) $(if $(POS),--pos "$(POS)")

run: .venv/runtime
	exec $(BIN)/python -m workers.serve

test: .venv/tests .venv/browser lint
	$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

# The long form of what breaks the promises: so many random schedules and days, on both ledgers; then the fuzzers. Without
# a failure its figures are laid on docs/guarantees.md. PILE: how many deliveries a flood and a backlog have; TESTS: only
# these, the figures of the others stay.
faults: .venv/tests .venv/fuzz
	SEEDS=$(or $(SEEDS),10) PILE=$(PILE) TESTS="$(TESTS)" KEEP_FIGURES=1 $(BIN)/python -m pytest -n 2 --dist worksteal --timeout 1800 \
	  $(or $(TESTS),tests/faults tests/security)

# What the product is made of, as CycloneDX.
sbom: .venv/tests
	mkdir -p var
	cyclonedx-py requirements requirements.txt --output-reproducible --of JSON -o var/sbom.json
	echo "var/sbom.json"

lint: .venv/tests
	ruff check --quiet .
	ruff format --check --quiet .
	mypy
	lint-imports --no-logo --config pyproject.toml
	$(BIN)/python -m tests.advisories

audit: .venv/runtime
	test -n "$(STORE)" || { echo "Name the shop: make audit STORE=demo SINCE=30d"; exit 2; }
	flask --app webhooks.app audit --store "$(STORE)" --since "$(SINCE)"

bench: .venv/tests
	$(BIN)/python -m bench $(if $(filter-out 0,$(LONG)),--long) $(subst $(comma), ,$(ONLY))

diagnose: .venv/runtime
	test -n "$(SCENARIO)" || { echo "Name the scenario: make diagnose SCENARIO=file.json" >&2; exit 2; }
	JSON="$(JSON)" WIRE="$(WIRE)" $(BIN)/python -m bench.diagnose "$(SCENARIO)"

rules-docs: .venv/runtime
	$(BIN)/python -m reconcile.manual docs/rules

# One virtual environment; its two stamps say what it holds. Nothing here writes to standard output.
.venv/runtime: requirements.txt | .venv/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< 1>&2
	touch $@

.venv/tests: tests/requirements.txt | .venv/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< 1>&2
	touch $@ .venv/runtime

# The fuzzer has no wheel for every machine; without it the properties are tried with random values only.
.venv/fuzz: tests/requirements-fuzz.txt .venv/tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< >/dev/null 2>&1 && touch $@ || \
	  echo "atheris cannot be installed here: the fuzz tests that are guided by coverage are skipped." >&2

# The pages are tried in a real browser: the system's, Debian's where it may be installed, or else Playwright's own.
.venv/browser: .venv/tests
	for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && touch $@ && exit 0; done; \
	if command -v apt-get >/dev/null && { test "$$(id -u)" = 0 || sudo -n true 2>/dev/null; }; then \
	  root=$$(test "$$(id -u)" = 0 || echo "sudo -n"); \
	  { $$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 && touch $@ && exit 0; \
	fi; \
	$(BIN)/python -m playwright install chromium >/dev/null 2>&1 && touch $@ && exit 0; \
	echo "No browser could be installed: the tests that need one are skipped (on Debian: apt install chromium)." >&2

.venv/made:
	for python in python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    $$python -m venv .venv 1>&2 && touch $@ && exit 0; \
	  fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 with its venv module was found (on Debian: apt install python3-venv)." >&2; exit 1
