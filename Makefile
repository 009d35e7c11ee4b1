# Sunhome. Every target sets up what it needs; Python 3.11 or newer and make are enough.
#
#   make run          start the portal (http://127.0.0.1:8000), with a demo company on first start
#   make test         all tests on SQLite and PostgreSQL, and all checks
#   make help         the other targets

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
UV ?= uv
unexport PYTHONDONTWRITEBYTECODE

py := $(VENV)/bin/python
key := $(shell cat requirements.lock pyproject.toml | cksum | tr ' ' '-')
ready := $(VENV)/.ready-$(key)
catalogues := $(wildcard portal/*/texts/*/LC_MESSAGES/messages.po)
rooms := $(patsubst portal/%/__init__.py,%,$(wildcard portal/*/__init__.py))
babel := $(py) -m babel.messages.frontend --quiet
keywords := -k _ -k _l -k gettext -k lazy_gettext -k ngettext:1,2 -k lazy_ngettext:1,2

.PHONY: help run test test-sqlite test-postgres test-long lint types check-templates \
	check-dependencies texts texts-update migrate screenshots bench lock clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# *//; s/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 26

# The environment: made once for each state of requirements.lock and pyproject.toml.
$(ready):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Sunhome needs Python 3.11 or newer; '$(PYTHON)' is missing or older." \
	    "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up the environment in $(VENV) (about a minute, once) …"
	@$(py) -c '' 2>/dev/null || rm -rf $(VENV)
	@$(py) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { \
	  echo "Python's venv module is incomplete: install it (Debian: apt install python3-venv)." \
	    >&2; rm -rf $(VENV); exit 1; }
	@$(py) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --requirement requirements.lock
	@rm -f $(VENV)/.ready-* && touch $@

run: $(ready) texts ## start web server and scheduler; Ctrl-C stops both
	@exec $(py) -m portal.base.serve

test: ## everything: both databases, lint, types, templates, dependencies
	@failed=; for step in test-sqlite test-postgres lint types check-templates check-dependencies; \
	do $(MAKE) --no-print-directory $$step || failed="$$failed $$step"; done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi; echo "All passed."

test-sqlite: $(ready) texts ## the tests on SQLite
	$(py) -m pytest -n $(JOBS) --database sqlite

test-postgres: $(ready) texts ## those tests that touch the database, on PostgreSQL
	$(py) -m pytest -n $(JOBS) --database postgres --database-only

test-long: $(ready) texts ## the tests' long forms, on both databases
	$(py) -m pytest -n $(JOBS) --database sqlite --long
	$(py) -m pytest -n $(JOBS) --database postgres --database-only --long

lint: $(ready) ## ruff
	$(py) -m ruff check

types: $(ready) ## mypy --strict
	$(py) -m mypy

check-templates: $(ready) ## djlint
	$(py) -m djlint --profile jinja --lint --quiet templates

check-dependencies: $(ready) ## deptry: what is imported is declared, and the other way round
	$(py) -m deptry .

# Words. Compiled catalogues are not committed: they are made where they are older than their text.
texts: $(ready) $(catalogues:.po=.mo) ## compile the English words

%.mo: %.po | $(ready)
	@$(babel) compile --input-file $< --output-file $@ --locale en

texts-update: $(ready) ## take new Chinese texts from the source into each room's English catalogue
	@mkdir -p build
	@for room in $(rooms); do \
	  pot=build/$$room.pot; po=portal/$$room/texts/en/LC_MESSAGES/messages.po; \
	  if [ $$room = base ]; then places="$(wildcard templates/*.html) templates/errors"; \
	  else places=templates/$$room; fi; \
	  places=$$(ls -d portal/$$room $$places 2>/dev/null); \
	  $(babel) extract --mapping-file babel.cfg --no-default-keywords $(keywords) \
	    --add-location file --sort-by-file --project sunhome \
	    --copyright-holder "Sunhome contributors" --output-file $$pot $$places || exit 1; \
	  [ $$(grep -c '^msgid ' $$pot) -gt 1 ] || continue; \
	  if [ -f $$po ]; then \
	    $(babel) update --input-file $$pot --output-file $$po --locale en --no-wrap \
	      --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date || exit 1; \
	  else \
	    mkdir -p $${po%/*} && $(babel) init --input-file $$pot --output-file $$po --locale en \
	      --no-wrap || exit 1; \
	  fi; done

migrate: $(ready) ## bring the database to this version
	$(py) -m flask --app app migrate

screenshots: $(ready) texts ## the pictures of README and docs, made again
	$(py) -m tests.browser.screenshots

bench: $(ready) texts ## measure the main pages against a bare view
	$(py) -m bench

lock: $(ready) ## resolve the newest dependencies into requirements.lock (needs uv)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: $(py) -m pip install uv" >&2; exit 1; }
	@rm -rf build/lock && mkdir -p build/lock && cp pyproject.toml build/lock/
	@cd build/lock && $(UV) export --quiet --format requirements.txt --all-extras \
	  --no-emit-project --no-header --output-file requirements.txt
	@{ echo "# Made by 'make lock' from pyproject.toml: every package, pinned by its hashes."; \
	  cat build/lock/requirements.txt; } > requirements.lock
	@rm -rf build/lock

clean: ## remove what was made; the data in instance/ stays
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find portal -name '*.mo' -delete
	find . -name __pycache__ -not -path './instance/*' -prune -exec rm -rf {} +
