"""The rules of the house that a machine can hold: one test a rule, over the files git knows."""

import re
import runpy
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[1]
PACKAGES = ("bgp", "widgets", "labs", "modules", "locrib")
CHECKS: dict[str, tuple[str, ...]] = runpy.run_path(str(TOP / "tools" / "lint.py"))["CHECKS"]

# Written so that this file does not hold what it looks for.
REGISTRIES = ("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.(org|com)", "deb" + r"\.debian")


def tracked() -> list[Path]:
    """The project's files: those in git, or all that git would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [TOP / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[Path, str]]:
    """Name (from the top) and text of each text file of the project."""
    found = []
    for path in tracked():
        try:
            found.append((path.relative_to(TOP), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def lines_with(pattern: str, *, under: tuple[str, ...] = ("",), suffix: str = "") -> list[str]:
    """Every line of the project that has the pattern, as `file:line: text`."""
    wanted = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        if path.as_posix().startswith(under) and path.name.endswith(suffix)
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line)
    ]


def project() -> dict[str, Any]:
    return tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CHECKS)
def test_a_static_check_passes(name: str) -> None:
    done = subprocess.run(CHECKS[name], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"


def test_no_file_names_a_package_registry() -> None:
    assert lines_with(r"https?://[^ \"']*(" + "|".join(REGISTRIES) + ")") == []
    assert lines_with(r"(--index-url|--extra-index-url|^-i )", under=("constraints",)) == []


def test_constraints_are_exact_and_cover_every_dependency() -> None:
    lines = (TOP / "constraints.txt").read_text(encoding="utf-8").splitlines()
    versions = dict(line.split("==") for line in lines if not line.startswith("#"))
    known = {normal(name) for name in versions}
    declared = project()["project"]
    extra = [name for names in declared["optional-dependencies"].values() for name in names]
    for requirement in [*declared["dependencies"], *extra]:
        name = re.match(r"[\w.-]+", requirement)
        assert name is not None
        assert normal(name[0]) in known, f"{requirement} has no exact version in constraints.txt"


def test_every_package_we_import_is_declared() -> None:
    declared = project()["project"]
    extra = [name for names in declared["optional-dependencies"].values() for name in names]
    names = {normal(re.split(r"[<>=! ]", name)[0]) for name in [*declared["dependencies"], *extra]}
    homes = metadata.packages_distributions()
    ours = {*PACKAGES, "tests", *sys.stdlib_module_names}
    imported = {
        found[1]: f"{path}"
        for path, text in texts()
        if path.suffix == ".py"
        for found in re.finditer(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)
        if found[1] not in ours
    }
    undeclared = {
        f"{where} imports {module}"
        for module, where in imported.items()
        if module in homes and not names & {normal(home) for home in homes[module]}
    }
    assert undeclared == set()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_domain_needs_nothing_but_the_standard_library() -> None:
    program = "import sys, bgp; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=TOP, capture_output=True, text=True, check=True
    )
    # The interpreter's own compiled configuration has a name that depends on the machine.
    seen = {name for name in done.stdout.split() if not name.startswith("_sysconfigdata")}
    assert seen - sys.stdlib_module_names - {"__main__", "bgp"} == set()


def test_every_python_file_says_why_it_exists() -> None:
    silent = [
        str(path)
        for path, text in texts()
        if path.suffix == ".py" and path.parts[0] in PACKAGES and not text.startswith('"""')
    ]
    assert silent == []


def test_no_package_docstring_is_a_placeholder() -> None:
    assert lines_with(r'^"""\.?"""$', under=PACKAGES, suffix=".py") == []


def test_no_notebook_is_in_git() -> None:
    assert [path for path, _ in texts() if path.suffix == ".ipynb"] == []


def test_no_test_sleeps() -> None:
    assert lines_with(r"\b(time|asyncio)\.sleep" + r"\(", under=("tests/",)) == []


def test_every_file_of_tests_that_begins_first_is_there(pytestconfig: pytest.Config) -> None:
    conftest = pytestconfig.pluginmanager.get_plugin(str(TOP / "tests" / "conftest.py"))
    assert conftest is not None
    assert [name for name in conftest.LONGEST_FIRST if not (TOP / "tests" / name).is_file()] == []


def test_nothing_is_left_unfinished() -> None:
    marks = r"\b(TO" + "DO|FIX" + "ME|X" + r"XX)\b"
    assert lines_with(marks, under=tuple(f"{name}/" for name in PACKAGES)) == []


def test_every_ignored_lint_has_its_reason_beside_it() -> None:
    # A test that hands over a wrong type on purpose says so by its name.
    code = (*PACKAGES, "tools", "benchmarks")
    ignored = r"# (noqa: [A-Z0-9, ]+|type: ignore\[[\w, -]+\])\s*$"
    assert lines_with(ignored, under=code, suffix=".py") == []


def test_no_path_of_one_machine_is_in_the_tree() -> None:
    assert lines_with(r"(^|[\s\"'(=])/(work|root|home/\w+)/") == []


@pytest.mark.parametrize("name", ["learn", "test", "lint", "bench", "agreement", "soak", "clean"])
def test_make_knows_the_words_of_the_readme(name: str) -> None:
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{name}:", makefile, re.MULTILINE)


def test_every_decision_is_half_a_page() -> None:
    decisions = [(path, text) for path, text in texts() if path.parts[:2] == ("docs", "decisions")]
    assert decisions
    for path, text in decisions:
        assert text.startswith("# "), path
        assert len(text.split()) < 350, f"{path} is longer than half a page"


def test_the_picture_in_the_readme_is_what_the_calculator_draws() -> None:
    tool = runpy.run_path(str(TOP / "tools" / "readme_picture.py"))
    drawn = tool["PICTURE"].read_text(encoding="utf-8")
    assert drawn == tool["picture"](), "draw it anew: .venv/bin/python tools/readme_picture.py"


def test_links_between_our_documents_lead_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path, text in texts()
        if path.suffix == ".md" and "modules" not in path.parts
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)[^)]*\)", text)
        if not (TOP / path.parent / target).exists()
    ]
    assert broken == []
