# Set-up, demo and tests. Needs Python 3.11 or newer, pip and make; everything else goes into
# .venv, which is made when it is missing. PYTHON=python3.12 chooses another interpreter.
# `make help` lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := build/demo

.PHONY: help demo campaign test browser lint format docs build clean
.PHONY: bench bench-front-end bench-training bench-quality bench-transfer bench-classify bench-safety bench-scale bench-dump
.PHONY: bench-phrases bench-extend

# --- environments: one for use, the same with the development tools on top --------------------

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

$(VENV)/.installed: pyproject.toml setup.py constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# torch by itself first: as a dependency it may be taken in a much larger build
	$(INSTALL) torch
	$(INSTALL) -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(INSTALL) -e '.[dev]'
	touch $@

# Snakemake and DVC run the examples; what they need does not mix with what the package needs.
$(VENV)/.installed-examples: examples/requirements.txt $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)/examples
	$(VENV)/examples/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

# --- what people ask for ----------------------------------------------------------------------

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 18

demo: $(VENV)/.installed  ## Run the whole pipeline on two phrases, and show the table
	@rm -rf $(DEMO)
	$(BIN)/corpus2vec run sample_corpora/phrases.txt --dim 2 --seq-len 5 --table input -o $(DEMO)
	@printf '\nThe corpus:\n\n'
	@cat sample_corpora/phrases.txt
	@printf '\nThe vocabulary (vocab.tsv):\n\n'
	@cat $(DEMO)/vocab.tsv
	@printf '\nThe encoded documents (ids.parquet):\n\n'
	@$(BIN)/corpus2vec show $(DEMO)/ids.parquet
	@printf '\nThe embedding table (embeddings.txt), 7 tokens x 2 columns:\n\n'
	@cat $(DEMO)/embeddings.txt
	@printf '\nlookup "Nice to see you again":\n\n'
	@$(BIN)/corpus2vec lookup $(DEMO)/embeddings.txt "Nice to see you again"

test: lint browser $(VENV)/.installed-examples  ## Check format, lint, types, and run the tests
	$(BIN)/python -m pytest --numprocesses auto --durations=15 -r fEs

# The report is tested in a real browser, the man page by man, a recipe of the docs by R; ps finds
# the workers that tests kill. Root on Debian or Ubuntu gets them; with CI set the tests fail without
# one rather than being skipped.
FIND_BROWSER := which chromium chromium-browser google-chrome 2>/dev/null | grep -q .
browser:
	@{ $(FIND_BROWSER) && which man ps Rscript >/dev/null; } || test "$$(id -u)" != 0 || ! which apt-get >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium man-db procps r-base-core; }
	@$(FIND_BROWSER) || echo '*** NO CHROMIUM: the report is NOT tested in a browser. Install it: apt-get install chromium ***'

lint: $(VENV)/.installed-dev  ## Check format, lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev  ## Format the code, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev  ## Write the reference from the program, and the website in build/site
	$(BIN)/python docs/generate.py
	$(INSTALL) -e '.[docs]'
	$(BIN)/mkdocs build --quiet

build: $(VENV)/.installed-dev  ## Make a wheel and a source archive in dist/
	$(INSTALL) build
	$(BIN)/python -m build --quiet

# make bench CORPUS=some.txt OPTIONS='--lower --min-count 5'
bench: $(VENV)/.installed
	$(BIN)/python benchmarks/real_text.py $(or $(CORPUS),sample_corpora/english.txt) -- $(OPTIONS)

# make bench-front-end CORPUS=some.txt OPTIONS='--times 16 --repeat 3'
bench-front-end: $(VENV)/.installed-dev
	$(INSTALL) -e '.[bench]'
	$(BIN)/python benchmarks/front_end.py $(or $(CORPUS),sample_corpora/english.txt) $(OPTIONS)

# make bench-training CORPUS=some.txt OPTIONS='--tokens 150000 --minutes 2'
bench-training: $(VENV)/.installed-dev
	$(INSTALL) -e '.[bench]'
	$(BIN)/python benchmarks/training.py $(or $(CORPUS),sample_corpora/english.txt) $(OPTIONS)

# make bench-quality CORPUS=some.txt DATA=folder OPTIONS='--seeds 1'; DATA has the judgements
bench-quality: $(VENV)/.installed-dev
	$(INSTALL) -e '.[bench]'
	$(BIN)/python benchmarks/quality.py $(CORPUS) $(DATA) $(OPTIONS)

# make bench-transfer MODEL=model.safetensors CLASSES='one.gz other.gz'
bench-transfer: $(VENV)/.installed
	$(BIN)/python benchmarks/transfer.py $(MODEL) $(CLASSES) $(OPTIONS)

# make bench-classify CLASSES='one.gz other.gz'; fastText is in it if fasttext-wheel is installed
bench-classify: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/classify.py $(CLASSES) $(OPTIONS)

# make bench-phrases CORPUS=some.txt OPTIONS='--data folder --only speed'
bench-phrases: $(VENV)/.installed-dev
	$(INSTALL) -e '.[bench]'
	$(BIN)/python benchmarks/phrases.py $(or $(CORPUS),sample_corpora/english.txt) $(OPTIONS)

# make bench-extend CORPUS=some.txt DATA=folder OPTIONS='--epochs 5'; DATA has the judgements
bench-extend: $(VENV)/.installed-dev
	$(INSTALL) -e '.[bench]'
	$(BIN)/python benchmarks/extend.py $(CORPUS) $(DATA) $(OPTIONS)

# make bench-safety CORPUS=some.txt OPTIONS='--gigabytes 5 -- --lower --min-count 5'
bench-safety: $(VENV)/.installed
	$(BIN)/python benchmarks/safety.py $(or $(CORPUS),sample_corpora/english.txt) $(OPTIONS)

# make bench-scale OPTIONS='--sizes 13M 1G --at-once'; a billion tokens take 6 GB of disk
bench-scale: $(VENV)/.installed
	$(BIN)/python benchmarks/scale.py train $(OPTIONS)

# make bench-dump OPTIONS='--rows 50000'
bench-dump: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/dump.py $(OPTIONS)

# make campaign PROMISE='1 7'; OPTIONS='--full' takes as many points as the list of promises names
# where that takes hours. Root on Debian or Ubuntu gets the tools that inject faults.
TOOLS := strace mkfs.ext4
campaign: $(VENV)/.installed-dev browser  ## Test every promise of docs/promises.md, in an hour and a half
	@which $(TOOLS) >/dev/null || test "$$(id -u)" != 0 || ! which apt-get >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends strace e2fsprogs mount; }
	@$(INSTALL) -e '.[fuzz]' || echo '*** NO ATHERIS: the fuzzer draws its mutations at random ***'
	$(BIN)/python -m campaigns $(PROMISE) $(OPTIONS)

clean:  ## Remove what was built, the environment included
	rm -rf build sample_corpora/build $(VENV) *.egg-info
