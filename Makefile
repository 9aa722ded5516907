# Two commands do everything on a fresh machine: `make demo` and `make test`. Each makes .venv when it is missing.
PYTHON ?= python3
FAISS ?= cpu
# Extra arguments for pip, for instance an index that holds CPU-only builds of torch.
PIP_ARGS ?=
BIN := .venv/bin
READY := .venv/.ready-$(FAISS)
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS)

.PHONY: setup demo test eval-smoke check fix docs build clean

setup: $(READY)
demo: $(READY)
	$(BIN)/foretaste demo

test: $(READY)-dev
	$(BIN)/foretaste fetch
	$(BIN)/python -m pytest -m "not gpu"

# A small evaluation with the real model: every kind of row, both ways to split, the report.
eval-smoke: $(READY)-dev
	$(BIN)/foretaste fetch
	$(BIN)/foretaste evaluate --dataset movielens-100k --protocol prequential --sample 12 --recipe short --out build/eval-smoke \
		--systems popular,markov,ease-recency,retrieval,random-order,popularity-order,zero-shot,letters,generated
	$(BIN)/foretaste evaluate --dataset movielens-100k --protocol leave-one-out --systems peers

check: $(READY)-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python -m build --wheel --no-isolation --outdir build/wheel >/dev/null

fix: $(READY)-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)-dev
	$(BIN)/python -m typer serving.cli.main utils docs --name foretaste --output docs/command-line.md

build: $(READY)-dev
	$(BIN)/python -m build --no-isolation

clean:
	rm -rf .venv build dist *.egg-info

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	# The CPU and the GPU build of FAISS share their files: only one may be there.
	$(BIN)/pip uninstall --quiet --yes faiss-cpu faiss-gpu 2>/dev/null; rm -f .venv/.ready-*
	$(PIP) -e ".[$(FAISS)]"
	touch $@

$(READY)-dev: $(READY)
	$(PIP) -e ".[$(FAISS),dev]"
	touch $@
