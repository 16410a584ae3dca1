# The project's commands; 'make help' lists them.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
RUN ?= online_retail
ARGS ?=
ROWS ?= 1000000
FIGURES := data/derived/benchmarks

.DEFAULT_GOAL := help
.PHONY: help report quick test lab bench mutants slow twins dictionary pictures spark requirements clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 16

report: $(READY) ## Run the notebooks and write a report: make report RUN=online_retail ARGS="--as-of 2011-10-01"
	@test $(RUN) != demo_crm -o -f data/demo_crm/source.yaml \
	  || $(BIN)/workbench demo data/demo_crm --customers 6000 --months 36 --seed 1
	@$(BIN)/workbench run notebooks/params/$(RUN).yaml $(ARGS)

test: $(READY) ## Check style, types, documentation and behaviour
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

quick: $(READY) ## Check style and what takes little time, after every save
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest -m "not slow"

lab: $(READY) ## Open the notebooks in JupyterLab, at the first one
	@ARROW_DEFAULT_MEMORY_POOL=system MALLOC_ARENA_MAX=1 $(BIN)/jupyter lab --LabApp.news_url=None --LabApp.extension_manager=readonly --notebook-dir=. \
	  --LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate notebooks/00_welcome.ipynb

bench: $(READY) ## Measure loading, labels and features against a bare scan, and what the model learns: make bench ROWS="1000000 10000000"
	@mkdir -p $(FIGURES)
	@$(BIN)/python tests/benchmarks/bench_init.py --json $(FIGURES)/init.json
	@$(BIN)/python tests/benchmarks/bench_load.py --rows $(lastword $(ROWS)) --json $(FIGURES)/load.json
	@$(BIN)/python tests/benchmarks/bench_labels.py --rows $(lastword $(ROWS)) --json $(FIGURES)/labels.json
	@$(BIN)/python tests/benchmarks/bench_features.py --rows $(ROWS) --json $(FIGURES)/features.json
	@$(BIN)/python tests/benchmarks/bench_panel.py --json $(FIGURES)/panel.json
	@$(BIN)/python tests/benchmarks/bench_model.py --json $(FIGURES)/model.json
	@$(BIN)/python tests/benchmarks/bench_training.py --json $(FIGURES)/training.json
	@$(BIN)/python tests/benchmarks/bench_notebooks.py --json $(FIGURES)/notebooks.json
	@echo "Figures: $(FIGURES)/*.json"

slow: $(READY) ## Measure every test anew, and list those that 'make quick' leaves out
	$(BIN)/pytest --measure

mutants: $(READY) ## Change code on purpose and count the changes no test notices: make mutants ARGS="label --sample 20"
	@$(BIN)/python tests/mutants.py $(ARGS)

twins: $(READY) ## Bring each notebook and its .py source to the newer of the two, and take outputs out
	@$(BIN)/jupytext --quiet --sync notebooks/*.py notebooks/tutorials/*.py
	@$(BIN)/jupyter nbconvert --log-level ERROR --clear-output --inplace notebooks/*.ipynb notebooks/tutorials/*.ipynb

dictionary: $(READY) ## Write the generated parts of the documentation anew
	@$(BIN)/python tests/dictionary.py

pictures: $(READY) ## Make the pictures in the README anew, of the report on the shipped data
	@$(BIN)/python tests/pictures.py

spark: $(READY) ## Add Spark to the environment; it needs Java 17 or newer
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-spark.txt

requirements: ## Pin all packages anew, with hashes (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra dev pyproject.toml --output-file requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra dev --extra spark pyproject.toml --output-file requirements-spark.txt

clean: ## Remove the environment and everything computed
	rm -rf .venv data/derived data/demo_crm data/simulated reports/online_retail reports/demo_crm reports/.[a-z0-9]*
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing the pinned packages into .venv (a minute or two, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
