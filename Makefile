# make app    start the app (PORT=8501)     make test   lint, then every test     make bench   measure
# make oracles   hold the reasons of answers to TransformerLens, on the shipped GPT-2
# make cluster   start the app with two workers for each model, through Ray, on this computer
# make messages   collect the messages of the code, bring every catalogue up to date and compile it
# make language LANGUAGE=ru   begin a catalogue
# make shots   photograph every page, in shots/; PAGES="masked_word batch" LANGUAGES=ru for some
# Each sets up what it needs in .venv; the second call finds it there.

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
LOCALE := assets/locale
TEMPLATE := $(LOCALE)/headlight.pot
PYBABEL := $(VENV)/bin/pybabel --quiet
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Threads that wait for work sleep instead of spinning: with several visitors spinning cost 14 times the run.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: app cluster test oracles lint fuzz bench shots messages language

app: $(VENV)/ready-for-app
	@echo "Headlight starts at http://localhost:$(PORT) (for others in the room: this computer's address, port $(PORT))"
	$(VENV)/bin/python serve.py --server.port $(PORT)

cluster: $(VENV)/ready-for-cluster
	@echo "Starting the workers; then Headlight starts at http://localhost:$(PORT)"
	$(VENV)/bin/python -m viz.cluster --server.port $(PORT)

test: lint
	sh tests/browser/install.sh
	$(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile

oracles: $(VENV)/ready-for-oracles
	$(VENV)/bin/python -m pytest tests/oracles

lint: $(VENV)/ready-for-test
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/pyright

# Every property on 100,000 new examples; takes hours.
fuzz: $(VENV)/ready-for-test
	$(VENV)/bin/python -m pytest tests/properties --hypothesis-profile fuzz

bench: $(VENV)/ready-for-test
	$(VENV)/bin/python -m benchmarks

shots: $(VENV)/ready-for-test
	sh tests/browser/install.sh
	$(VENV)/bin/python -m tools.shots --pages $(PAGES) --languages $(LANGUAGES)

# Catalogues name the file of a message, not its line: a line moves with every change.
messages: $(VENV)/ready-for-app
	mkdir -p $(LOCALE)
	$(PYBABEL) extract --mapping pyproject.toml --project Headlight --add-location file --sort-by-file --output $(TEMPLATE) .
	if ls $(LOCALE)/*/LC_MESSAGES/headlight.po > /dev/null 2>&1; then \
		$(PYBABEL) update --no-fuzzy-matching --domain headlight --input-file $(TEMPLATE) --output-dir $(LOCALE) --ignore-pot-creation-date \
		&& $(PYBABEL) compile --domain headlight --directory $(LOCALE); \
	fi

language: messages
	$(PYBABEL) init --domain headlight --input-file $(TEMPLATE) --output-dir $(LOCALE) --locale $(LANGUAGE)

$(VENV)/ready-for-app: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/ready-for-cluster: requirements-cluster.txt $(VENV)/ready-for-app
	$(VENV)/bin/python -m pip install --quiet -r requirements-cluster.txt
	touch $@

$(VENV)/ready-for-test: requirements-dev.txt requirements-cluster.txt $(VENV)/ready-for-app
	$(VENV)/bin/python -m pip install --quiet -r requirements-dev.txt
	touch $@

$(VENV)/ready-for-oracles: requirements-oracles.txt $(VENV)/ready-for-test
	$(VENV)/bin/python -m pip install --quiet -r requirements-oracles.txt
	touch $@
