"""Run every static check of the project, all of them even when one fails (`make lint`).

tests/test_house.py runs the same list, so that a green `make test` means a green `make lint`.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PYTHON = (sys.executable, "-m")

CHECKS = {
    "ruff check": (*_PYTHON, "ruff", "check", "--no-cache", "."),
    "ruff format": (*_PYTHON, "ruff", "format", "--no-cache", "--check", "."),
    "mypy": (*_PYTHON, "mypy", "--cache-dir", "build/mypy"),
    "import-linter": (str(Path(sys.executable).with_name("lint-imports")), "--no-cache"),
}
"""Name and command of each check; they run at the top of the project."""


def main() -> None:
    """Run all checks and end with 1 if one of them found something."""
    failed = []
    for name, command in CHECKS.items():
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
