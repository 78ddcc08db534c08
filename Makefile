# Everything a contributor or a CI runner calls. `make help` lists it.
#
# PYTHON=python3.11  the interpreter for a new .venv      PORT=8001  where the demo listens
# PYTEST_ARGS='-k code'  passed on to every pytest run (one that then finds no test is no failure)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help env demo bench test test-all test-edxapp test-faults test-fuzz test-races security mutants demo-smoke demo-smoke-controls quality format docs lock wheel clean tutor statements \
	extract_translations compile_translations check_translations pull_translations push_translations

VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
PYTEST_ARGS ?=
# The root of an edx-platform checkout, and a Python with its requirements and this package in it.
ASSESSPREP_EDX_PLATFORM ?=
EDX_PYTHON ?= python
STAMP := $(VENV)/.made
# Containers often have Python keep nothing of what it compiled. Here dozens of processes start, and each would begin with seconds of that.
export PYTHONDONTWRITEBYTECODE :=

help:  ## this list
	@grep -hE '^[a-z_-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name what; do \
		printf '  make %-20s %s\n' "$$name" "$$what"; done

# Made again only when what it is made from changes: the second run does nothing.
$(STAMP): requirements/dev.txt setup.py scripts/env.sh
	@PYTHON="$(PYTHON)" scripts/env.sh
	@touch $@

env: $(STAMP)  ## make .venv (uv where present, pip otherwise)
	@:

demo:  ## seed and serve the embedded LMS on 127.0.0.1:8000 (PORT=...), and print who can sign in where
	@scripts/port-free.sh "$(PORT)"
	@$(MAKE) --no-print-directory env
	@exec $(PY) manage.py demo --port "$(PORT)"

# Three runs, because each needs a process of its own: see docs/decisions/0003-mariadb-for-races.rst. All three always run.
test: $(STAMP)  ## all tests; those of parts that are not installed are skipped, loudly
	@scripts/env.sh --mariadb
	@scripts/run-tests.sh $(PYTEST_ARGS)

test-all:  ## all tests, with MariaDB, Redis and Chromium required: a skip of theirs is a failure
	@ASSESSPREP_REQUIRE=all $(MAKE) --no-print-directory test

test-faults: $(STAMP)  ## kill, freeze and restart real servers while students work (ASSESSPREP_FAULT_KILLS=20: the long form)
	@scripts/env.sh --mariadb
	@$(PY) -m tests.faults $(PYTEST_ARGS)

test-fuzz: $(STAMP)  ## requests made up from our own schema: no server error, nothing the schema does not tell
	@$(PY) -m tox -q -e fuzz $(if $(CASES),-- --cases $(CASES))

test-races: $(STAMP)  ## ten thousand raced rounds on a MariaDB of their own (ROUNDS=...): nothing lost, nothing doubled
	@scripts/env.sh --mariadb
	@$(PY) -m tests.races $(if $(ROUNDS),--rounds $(ROUNDS))

mutants: $(STAMP)  ## rules, clocks and actions of attempts with one thing wrong each time: do the tests notice? (MODULES='path ...')
	@$(PY) -m tox -q -e mutants $(if $(MODULES),-- $(MODULES))

security: $(STAMP)  ## bandit, and our own rules for semgrep
	@$(PY) -m tox -q -e security

# From the platform's root, by its own test settings: its own pytest options apply. Both processes, one after the other.
test-edxapp:  ## contract and main job on a real edx-platform (ASSESSPREP_EDX_PLATFORM=its root EDX_PYTHON=its python)
	@if [ -z "$(ASSESSPREP_EDX_PLATFORM)" ]; then \
		echo "make test-edxapp: SKIPPED. ASSESSPREP_EDX_PLATFORM names no edx-platform: see docs/operating.md" >&2; exit 0; fi; \
	cd "$(ASSESSPREP_EDX_PLATFORM)"; mkdir -p test_root/log; rc=0; \
	for process in lms cms; do \
		DJANGO_SETTINGS_MODULE=$$process.envs.test PYTHONPATH="$(CURDIR)$${PYTHONPATH:+:$$PYTHONPATH}" \
		$(EDX_PYTHON) -m pytest -c setup.cfg --rootdir . -p conftest -o python_classes='Test*' -p no:cacheprovider \
			--show-capture=no -q $(PYTEST_ARGS) "$(CURDIR)/tests/lms/test_edxapp_contract.py" "$(CURDIR)/tests/edxapp" || rc=1; \
	done; exit $$rc

bench: $(STAMP)  ## what it costs, against goals (build/bench.json); some of it: .venv/bin/python -m bench NAME
	@$(PY) -m bench

demo-smoke: $(STAMP)  ## the main job end to end over HTTP on a fresh demo
	@$(PY) -m tests.smoke

demo-smoke-controls: $(STAMP)  ## the same with one part of the embedded LMS spoiled each time: it must fail each time
	@$(PY) -m tests.smoke --controls

quality: $(STAMP)  ## style, types, import contracts, missing migrations, what is personal, annotated settings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run assessprep devlms
	DJANGO_SETTINGS_MODULE=devlms.settings $(VENV)/bin/code_annotations django_find_annotations \
		--config_file .pii_annotations.yml --app_name assessprep_xblock --lint --coverage
	$(VENV)/bin/code_annotations static_find_annotations --config_file .setting_annotations.yml --lint --no_report

format: $(STAMP)  ## let ruff mend what it can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

docs: $(STAMP)  ## write the tables of settings and refusals into docs/ again
	@$(PY) scripts/docs_tables.py

tutor: $(STAMP)  ## render Tutor's environment with the plugin and look into it
	@$(PY) -m tox -q -e tutor

statements: $(STAMP)  ## our events through event-routing-backends
	@$(PY) -m tox -q -e statements

wheel: $(STAMP)  ## build the wheel, look into it, and install it into an empty environment
	@$(PY) scripts/check_wheel.py --build --install

# The names that Open edX's translation pipeline calls (OEP-58).
extract_translations: $(STAMP)  ## write the catalogues of texts again (needs GNU gettext)
	@$(PY) scripts/translations.py extract

compile_translations: $(STAMP)  ## write the .mo files that are read
	@$(PY) scripts/translations.py compile

check_translations: $(STAMP)  ## fail where a text is not in the catalogue
	@$(PY) scripts/translations.py check

pull_translations:  ## take this package's translations from openedx-translations (needs atlas)
	cd assessprep_xblock && atlas pull $(ATLAS_OPTIONS) \
		translations/assessprep-xblock/assessprep_xblock/conf/locale:conf/locale
	@$(MAKE) --no-print-directory compile_translations

push_translations:  ## nothing to do: openedx-translations calls extract_translations every day
	@echo "openedx-translations extracts by itself"

lock:  ## choose the newest versions for requirements/*.txt again (needs uv)
	@uv --version >/dev/null 2>&1 || { echo "make lock: needs uv (https://docs.astral.sh/uv/)" >&2; exit 1; }
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --custom-compile-command "make lock" \
		setup.py requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --custom-compile-command "make lock" \
		requirements/mariadb.in -o requirements/mariadb.txt

clean:  ## remove .venv and everything built
	rm -rf $(VENV) build dist .tox .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
