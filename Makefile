# Everything one does with a checkout. The work itself is in tools/ and in the `locrib` command.
# ARGS is passed on: make test ARGS="tests/bgp -x", make learn ARGS=--no-browser.
# Without it, the files of tests run side by side; what is named runs in one process.

PYTHON ?= $(or $(wildcard /usr/bin/python3),$(shell command -v python3),$(error Python 3.11 or newer is missing. Install it: sudo apt-get install -y python3 python3-venv))
VENV := .venv/bin/python
SETUP = @$(PYTHON) tools/bootstrap.py

.PHONY: learn test lint bench agreement soak clean

learn:  ## open the course in JupyterLab
	$(SETUP)
	@$(VENV) -P -m locrib learn $(ARGS)

test:  ## set up and run everything
	$(SETUP) --dev
	@$(VENV) -m pytest $(or $(ARGS),-n auto)

lint:  ## the static checks that tests/test_house.py runs too, with the tools' own output
	$(SETUP) --dev
	@$(VENV) tools/lint.py

bench:  ## how fast: decisions, redraws in the browser, imports, labs beside what is built by hand
	$(SETUP) --dev
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(VENV) $$file; done

# The usual run writes docs/agreement.md; another number of cases or another seed goes to build/.
agreement:  ## put generated cases to the real daemons: make agreement CASES=5000 SEED=7
	$(SETUP)
	@$(VENV) -P -m labs.agreement --report $(if $(CASES)$(SEED),build,docs)/agreement.md \
		$(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

soak:  ## everything that repeats itself, at full counts: thousands of examples, hundreds of labs
	$(SETUP) --dev
	@$(VENV) -m pytest --hypothesis-profile=soak -m "not browser" $(or $(ARGS),-n auto)

clean:  ## take away what make made here; `locrib forget` does the rest of the machine
	@rm -rf .venv build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
