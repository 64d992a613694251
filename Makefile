# Everything happens in .venv of the checkout; `make demo` and `make test` need nothing else.
# PYTHON=... picks an interpreter; otherwise the first from 3.11.2 to 3.13 found is taken.
# TORCH_INDEX=... is PyTorch's own package index for CPU wheels, 3 GB smaller than PyPI's build.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# setuptools warns at length of what an editable install is; here it is what is wanted. Of 26,000
# files only those that are used are compiled, when they are used.
PIP := PYTHONWARNINGS=ignore sh .ci/pip.sh $(BIN)/python install --no-compile -c constraints.txt
# Pins what a source distribution is built with, too; pip itself must be new enough first.
BUILD := --build-constraint constraints.txt
SOURCES := pyproject.toml constraints.txt

.PHONY: help demo serve check house test test-unit test-vllm test-gpu test-pbx pbx-up test-page \
	test-agents bench bench-text asr-model tts-model model-report interruptions fresh pins clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@PYTHON="$(PYTHON)" sh .ci/venv.sh $(VENV)

$(VENV)/.installed: $(SOURCES) | $(BIN)/python
	@echo "Installing into $(VENV) (PyTorch and NeMo: minutes, README.md says how many)..."
	@$(PIP) pip setuptools wheel && \
		$(PIP) $(BUILD) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -e . && touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the test tools..."
	@$(PIP) $(BUILD) -e '.[dev,train]' && touch $@

$(VENV)/.installed-train: $(VENV)/.installed
	@$(PIP) $(BUILD) -e '.[train]' && touch $@

demo: $(VENV)/.installed  ## a spoken question in, a spoken answer out (reply.wav)
	@$(BIN)/beseda ingest samples/knowledge
	@$(BIN)/beseda talk samples/questions/q3.wav -o reply.wav

serve: $(VENV)/.installed  ## the service on 127.0.0.1:8000
	@$(BIN)/beseda serve

NPM := $(shell command -v npm)
PAGE := tests/javascript
$(PAGE)/node_modules/.installed: $(PAGE)/package-lock.json
	@npm ci --silent --no-audit --no-fund --prefix $(PAGE) && touch $@

check: $(VENV)/.installed-dev $(if $(NPM),$(PAGE)/node_modules/.installed)  ## ruff, mypy --strict, import-linter, tsc
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
ifneq ($(NPM),)
	$(PAGE)/node_modules/.bin/tsc --project $(PAGE)
else
	@[ "$$CI" != true ] || { echo "Node.js 20 or newer with npm is needed"; exit 1; }
	@echo "There is no Node.js here: the page's JavaScript was not checked."
endif

house: $(VENV)/.installed-dev  ## the code in figures: sizes, names, import cycles, test : code
	@$(BIN)/python -m tests.bench.house $(OPTIONS)

test: $(VENV)/.installed-dev  ## all tests that need no GPU
	$(BIN)/pytest -m "not gpu and not bench and not vllm and not pbx and not page"

test-unit: $(VENV)/.installed-dev  ## the fast ones, no NeMo
	$(BIN)/pytest -m unit

# --no-deps: the lock leaves out what the server does not need and what breaks it (torchvision).
$(VENV)-vllm/.installed: tests/vllm/lock.txt | $(BIN)/python
	@echo "Installing vLLM for the CPU into $(VENV)-vllm (2 GB)..."
	@$(BIN)/python -m venv $(VENV)-vllm
	@sh .ci/pip.sh $(VENV)-vllm/bin/python install --no-deps -r $< && touch $@

test-vllm: $(VENV)/.installed-dev $(VENV)-vllm/.installed  ## the answers on a real vLLM server
	BESEDA_TEST_VLLM=$(abspath $(VENV)-vllm)/bin/python $(BIN)/pytest -m vllm

test-gpu: $(VENV)/.installed-dev  ## transcription and synthesis on CUDA; says so when there is none
	$(BIN)/pytest -m gpu -rs

test-pbx: $(VENV)/.installed-dev  ## real calls: baresip, Asterisk in a chroot, the models (root)
	$(BIN)/pytest -m pbx -rs tests/pbx

pbx-up: $(VENV)/.installed-dev  ## leave that Asterisk running, for calls from outside (root)
	@$(BIN)/python -m tests.pbx.exchange $(PBX)

test-page: $(VENV)/.installed-dev  ## the web page in a real Chromium (installs Debian's as root)
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get -qq update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium \
		>/dev/null; } || { echo "Chromium is needed: sudo apt install chromium"; exit 1; }
	SCREENSHOTS=$(or $(SCREENSHOTS),build/screenshots) $(BIN)/pytest -m page -rs tests/page

test-agents: $(VENV)/.installed-dev  ## the npm @openai/agents client on a real service (Node 20+)
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is needed"; exit 1; }
	@npm ci --silent --no-audit --no-fund --prefix tests/npm
	$(BIN)/python -m tests.npm.run

bench: $(VENV)/.installed-dev  ## timings, as ratios within one run
	$(BIN)/pytest -m bench -s

build/nemo-text/.installed:  # the peer, apart: its pynini and its pins are its own
	@$(BIN)/python -m venv build/nemo-text && sh .ci/pip.sh build/nemo-text/bin/python install \
		nemo_text_processing==1.2.0 && touch $@

bench-text: $(VENV)/.installed-dev build/nemo-text/.installed  ## russian/ beside NeMo's normaliser
	$(BIN)/python -m tests.bench.peers speed
	$(BIN)/python -m tests.bench.peers table > docs/russian-peers.md

# FROM=a checkpoint to go on from; MANIFEST=recordings of one's own; OPTIONS=whatever else the
# recipe takes. See recipes/README.md.
OWN = $(if $(MANIFEST),--manifest $(MANIFEST))
START = $(if $(FROM),--start $(FROM))

asr-model: $(VENV)/.installed-train  ## the recogniser, anew, FROM= one, or from a MANIFEST= (root, hours)
	$(BIN)/python -m recipes.asr.train --home build/$(if $(MANIFEST),own-)asr \
		$(START) $(OWN) $(OPTIONS)

tts-model: $(VENV)/.installed-train  ## the voices, anew, FROM= a folder, or from a MANIFEST= (root, hours)
	$(BIN)/python -m recipes.tts.train --home build/$(if $(MANIFEST),own-)tts \
		$(START) $(OWN) $(OPTIONS)

model-report: $(VENV)/.installed-train  ## what both can do, measured anew: build/report (root, minutes)
	$(BIN)/python -m recipes.asr.report --home build/report
	$(BIN)/python -m recipes.tts.report --home build/report

interruptions: $(VENV)/.installed-train  ## false and missed interruptions, counted (root, minutes)
	@$(BIN)/python -m tests.bench.interruptions --chroot build/rhvoice

fresh:  ## both commands in bare systems made by debootstrap: FRESH="bookworm trixie" (root, minutes)
	@.ci/fresh $(or $(FRESH),bookworm trixie)

pins: $(VENV)/.installed-dev  ## constraints.txt anew, for every Python; UPGRADE=1 takes new versions
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/pins.py $(if $(UPGRADE),--upgrade)

clean:  ## forget the environment; documents and conversations stay in BESEDA_HOME
	rm -rf $(VENV) reply.wav
