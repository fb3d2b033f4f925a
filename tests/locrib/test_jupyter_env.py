import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from locrib import folders, jupyter_env
from locrib.trouble import Trouble


def test_the_courses_jupyter_shares_no_folder_with_the_users_own(home: Path) -> None:
    variables = jupyter_env.environment({})
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        assert "locrib" in Path(variables[name]).parts
    assert Path(variables["JUPYTER_CONFIG_DIR"]).is_relative_to(home)
    assert "jupyter_config.py" in {
        path.name for folder in jupyter_env.config_path() for path in folder.iterdir()
    }


@pytest.mark.usefixtures("home")
def test_what_was_meant_for_another_python_or_jupyter_does_not_reach_ours() -> None:
    foreign = {
        "JUPYTER_TOKEN": "x",
        "PYTHONSTARTUP": "/x.py",
        "PYTHONPATH": ":/a::b:",
        "PATH": "/c",
    }
    variables = jupyter_env.environment(foreign)
    assert "JUPYTER_TOKEN" not in variables
    assert "PYTHONSTARTUP" not in variables
    assert variables["PYTHONPATH"].split(":") == ["/a", str(Path.cwd() / "b")]
    assert variables["PATH"].split(":") == [str(Path(sys.executable).parent), "/c"]


@pytest.mark.usefixtures("home")
def test_keys_lie_in_the_sessions_own_folder() -> None:
    folder = jupyter_env.runtime()
    assert folder.parent == Path(os.environ["XDG_RUNTIME_DIR"])
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("home")
def test_a_session_folder_that_others_can_enter_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Path(os.environ["XDG_RUNTIME_DIR"]).chmod(0o755)
    folder = jupyter_env.runtime()
    assert folder == tmp_path / f"locrib-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("trap", ["open", "link", "file"])
def test_a_folder_laid_out_by_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    place = tmp_path / f"locrib-{os.getuid()}"
    if trap == "open":
        place.mkdir()
        place.chmod(0o777)
    elif trap == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.write_text("", encoding="utf-8")
    with pytest.raises(Trouble) as caught:
        jupyter_env.runtime()
    assert str(place) in caught.value.expected


def test_a_workspace_is_chosen_by_variable_or_lies_with_the_documents(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folders.workspace() == home / "Documents" / "locrib"
    monkeypatch.setenv("LOCRIB_WORKSPACE", "~/course")
    assert folders.workspace() == home / "course"


def test_a_folder_that_cannot_be_written_is_a_sentence(
    home: Path, read_only: Callable[[], AbstractContextManager[None]]
) -> None:
    home.chmod(0o500)
    with pytest.raises(Trouble) as caught, read_only():
        jupyter_env.environment({})
    assert str(home) in caught.value.expected
