# One verb per task; `make` alone lists them. Needs Python 3.10 or later, and nothing else.

PYTHON  ?= python3
EXTRAS  ?= torch,tensorflow-cpu,sklearn,dev
WORKERS ?= 2

bin := .venv/bin
pip := -m pip --disable-pip-version-check

# One thread per process: two runtimes that each take every core fight over them.
export OMP_NUM_THREADS      := 1
export MKL_NUM_THREADS      := 1
export OPENBLAS_NUM_THREADS := 1
export TF_CPP_MIN_LOG_LEVEL := 3

.DEFAULT_GOAL := help
.PHONY: help report atlas full benchmark test suite baseline check confirm docs wheel venv clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Exit status 1 means that something diverges: the files are written all the same, and make says so.
report: venv ## ask every framework the quick profile; writes reports/index.html
	$(bin)/equivalence run --profile quick -o reports/run.jsonl --html reports/index.html

docs: report ## the page of the catalogue, the sample report, and the picture in the README
	$(bin)/equivalence list divergences --markdown > docs/divergences.md.part
	mv docs/divergences.md.part docs/divergences.md
	$(bin)/equivalence run '*:binary:mean:float32' -o reports/sample.jsonl --html docs/sample_report.html
	$(bin)/python docs/picture.py reports/index.html docs/report.png

# Every minor release in an environment of its own: half an hour, and a package index. Of Keras and
# TensorFlow what differs least is left out; sums, soft targets and other gradients share the terms.
plainly := --select float32 --select @eager --select '!sum' --select '!target_gradient' --select '!weight_gradient'
of_keras := $(plainly) --frameworks tensorflow_v2 --select 'tensorflow_v2.keras.*' --select '!tensorflow_v2.keras.*[mean]' \
  --select '!soft' --select '!soft_binary' --select '!soft_segmentation' --select '!soft_binary_segmentation'
atlas: venv ## which release of scikit-learn, Keras and TensorFlow changed which cell, as data and as a page
	$(bin)/equivalence atlas --make scikit-learn --from 1.1.3
	$(bin)/equivalence atlas --make keras --from 3.0 --with tensorflow-cpu==2.16.2 $(of_keras)
	$(bin)/equivalence atlas --make tf-keras --from 2.15 $(of_keras)
	$(bin)/equivalence atlas --make tensorflow-cpu --name tensorflow --from 2.12 $(plainly) \
	  --frameworks tensorflow_v1,tensorflow_v2 --select '!tensorflow_v2.keras.*'
	$(bin)/equivalence atlas -o docs/atlas.html

full: venv ## the same with the full profile; writes reports/full.html
	$(bin)/equivalence run --profile full -o reports/full.jsonl --html reports/full.html

# An hour. Both pages are written whatever the bars come to; make stops if one of them is missed.
benchmark: venv ## what the suite catches, cries about and costs; writes docs/power.md, docs/speed.md
	$(bin)/python -m benchmarks.power -o docs/power.md; power=$$?; \
	$(bin)/python -m benchmarks.speed -o docs/speed.md && exit $$power

# `python -m pytest` and not `pytest`: the checkout must come before an installed wheel.
test: suite ## the laws over every framework, then the tests of the tool
	$(bin)/python -m pytest tests -n $(WORKERS)

# The baseline is of the platform that its file names; where there is none yet, that is said, and passes.
suite: venv ## the laws only, against the accepted run of this platform
	$(bin)/python -m pytest equivalence -n $(WORKERS) --equivalence-baseline=fixtures/baselines

# BECAUSE is read from the environment, where make puts it: a reason may hold quotes.
baseline: venv ## what is new against the accepted run; with BECAUSE='...' accept it
ifdef BECAUSE
	$(bin)/equivalence run --profile quick -o reports/run.jsonl || test $$? -eq 1
	$(bin)/equivalence compare fixtures/baselines reports/run.jsonl --accept '*' --because "$$BECAUSE"
else
	$(bin)/equivalence run --profile quick -o reports/run.jsonl --baseline fixtures/baselines
endif

check: venv ## lint, format, types, layers
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy
	$(bin)/lint-imports

confirm: report ## 200 random findings of each dtype again, by formulas in mpmath
	$(bin)/python tests/confirmation.py reports/run.jsonl 200

# The built wheel must work without the checkout: it is installed and run in an empty folder elsewhere.
wheel: venv ## build into dist/, install elsewhere, run its laws there
	rm -rf dist
	PIP_CONSTRAINT='$(CURDIR)/constraints.txt' $(bin)/python -m build
	set -e; elsewhere=$$(mktemp -d); trap 'rm -rf "$$elsewhere"' EXIT; \
	wheel=$$(echo '$(CURDIR)'/dist/*.whl); \
	$(PYTHON) -m venv "$$elsewhere/venv"; mkdir "$$elsewhere/empty"; cd "$$elsewhere/empty"; \
	../venv/bin/python $(pip) install --quiet -c '$(CURDIR)/constraints.txt' "$$wheel[sklearn]"; \
	../venv/bin/python -m pytest --pyargs equivalence -q; \
	../venv/bin/equivalence list losses

venv: .venv/.installed ## .venv with every framework and tool, as constraints.txt pins them

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(bin)/python -c 'import pip; raise SystemExit(int(pip.__version__.split(".")[0]) < 23)' || $(bin)/python $(pip) install --upgrade 'pip>=23'
	$(bin)/python $(pip) install -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

clean: ## remove what the verbs made
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find reports -mindepth 1 ! -name README.md -delete
	find equivalence tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
