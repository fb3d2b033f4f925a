# Everything one does with a checkout. The work itself is in tools/ and in the `locrib` command.
# ARGS is passed on: make test ARGS="tests/bgp -x", make learn ARGS=--no-browser.

PYTHON ?= $(or $(wildcard /usr/bin/python3),$(shell command -v python3),$(error Python 3.11 or newer is missing. Install it: sudo apt-get install -y python3 python3-venv))
VENV := .venv/bin/python

.PHONY: learn test lint bench agreement soak clean

learn:  ## open the course in JupyterLab
	@$(PYTHON) tools/bootstrap.py
	@$(VENV) -P -m locrib learn $(ARGS)

test:  ## set up and run everything
	@$(PYTHON) tools/bootstrap.py --dev
	@$(VENV) -m pytest $(ARGS)

lint:  ## what tests/test_house.py checks, with the tools' own output
	@$(PYTHON) tools/bootstrap.py --dev
	@$(VENV) tools/lint.py

clean:  ## take away what make made here; `locrib forget` does the rest of the machine
	@rm -rf .venv build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
