from pathlib import Path

import pytest

from locrib import answers, delivery, files, folders
from locrib.forget import forget
from locrib.learn import SERVER_LOCK
from locrib.trouble import Exit, Trouble


@pytest.fixture
def workspace(home: Path, lesson: Path) -> Path:
    """A workspace with two lessons, of which one was changed, an answer, and a file of no one."""
    workspace = folders.workspace()
    assert workspace.is_relative_to(home)
    delivery.deliver([(lesson, "a.ipynb"), (lesson, "b.ipynb")], workspace)
    text = (workspace / "b.ipynb").read_text(encoding="utf-8")
    (workspace / "b.ipynb").write_text(text.replace("wins", "loses"), encoding="utf-8")
    answers.save("med-1", "p1", question_version=1, folder=workspace / answers.FOLDER)
    (workspace / "holiday.txt").write_text("mine", encoding="utf-8")
    for folder in (folders.data() / "daemons", folders.cache(), folders.state()):
        folder.mkdir(parents=True)
        (folder / "something").write_text("x", encoding="utf-8")
    return workspace


def never(question: str) -> bool:
    pytest.fail(f"asked {question!r}")


def left(workspace: Path) -> set[str]:
    return {
        path.relative_to(workspace).as_posix()
        for path in workspace.rglob("*")
        if path.is_file() and delivery.MEMORY not in path.parts
    }


def test_what_can_be_made_again_goes_and_work_stays_unasked(workspace: Path) -> None:
    told: list[str] = []
    forget(workspace, work=False, tell=told.append, confirm=never)
    assert left(workspace) == {"b.ipynb", "answers/med-1.json", "answers/.lock", "holiday.txt"}
    for folder in (folders.data(), folders.cache(), folders.state()):
        assert not folder.exists()
    assert any(line.startswith("keeps   notebooks you changed") for line in told)
    assert any(line.startswith("removes routing daemons") for line in told)


def test_after_forgetting_a_delivery_still_knows_whose_work_is_whose(
    workspace: Path, lesson: Path
) -> None:
    forget(workspace, work=False, tell=str, confirm=never)
    done = delivery.deliver([(lesson, "a.ipynb"), (lesson, "b.ipynb")], workspace)
    assert [outcome.action for outcome in done] == [delivery.Action.NEW, delivery.Action.KEEP]


def test_work_goes_only_when_confirmed(workspace: Path) -> None:
    before = left(workspace)
    forget(workspace, work=True, tell=str, confirm=lambda _question: False)
    assert left(workspace) == before
    forget(workspace, work=True, tell=str, confirm=lambda _question: True)
    assert left(workspace) == {"holiday.txt"}


def test_a_workspace_that_holds_nothing_else_goes_too(workspace: Path) -> None:
    (workspace / "holiday.txt").unlink()
    forget(workspace, work=True, tell=str, confirm=lambda _question: True)
    assert not workspace.exists()


def test_nothing_to_forget_is_said(home: Path) -> None:
    told: list[str] = []
    forget(home / "nowhere", work=True, tell=told.append, confirm=never)
    assert told == ["nothing of Loc-RIB is here"]


def test_nothing_goes_while_a_server_runs(workspace: Path) -> None:
    before = left(workspace)
    with (
        files.locked(workspace / delivery.MEMORY / SERVER_LOCK),
        pytest.raises(Trouble) as caught,
    ):
        forget(workspace, work=True, tell=str, confirm=never)
    assert caught.value.code is Exit.BUSY
    assert left(workspace) == before


def test_a_link_in_place_of_a_folder_is_removed_and_not_followed(
    workspace: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x", encoding="utf-8")
    folders.config().parent.mkdir(parents=True, exist_ok=True)
    folders.config().symlink_to(elsewhere)
    forget(workspace, work=False, tell=str, confirm=never)
    assert not folders.config().is_symlink()
    assert (elsewhere / "precious").exists()
