"""The home page before anything is run, of the course itself."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from lab_page import free_port

from locrib import answers, course, delivery, folders
from locrib.greeting import greet
from locrib.server import serve
from modules import catalog


@pytest.fixture
def workspace(home: Path) -> Path:
    """A workspace as `locrib learn` has just made it."""
    workspace = folders.workspace()
    assert workspace.is_relative_to(home)
    delivery.deliver(course.notebooks(), workspace)
    return workspace


def page(workspace: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace / course.HOME).read_text(encoding="utf-8"))
    return found


def shown(workspace: Path) -> str:
    """The text of what the page shows."""
    outputs = [cell["outputs"] for cell in page(workspace)["cells"] if cell.get("outputs")]
    return "".join(output["data"]["text/plain"] for [output] in outputs)


def test_a_new_learner_is_invited_to_the_first_lesson(workspace: Path) -> None:
    assert greet(workspace)
    assert catalog.module().lessons[0].title in shown(workspace)


def test_an_answer_shows_at_the_next_start_and_nothing_is_drawn_twice(workspace: Path) -> None:
    greet(workspace)
    before = shown(workspace)
    assert not greet(workspace)
    question = catalog.module().lessons[0].questions[0]
    answers.save(question, "a", question_version=1, folder=workspace / answers.FOLDER)
    assert greet(workspace)
    assert shown(workspace) != before


def test_the_page_still_counts_as_delivered(workspace: Path) -> None:
    greet(workspace)
    actions = {done.action for done in delivery.deliver(course.notebooks(), workspace)}
    assert actions == {delivery.Action.KEEP}
    assert workspace / course.HOME in delivery.own_copies(workspace)[0]


def test_a_page_the_learner_edited_is_left_alone(workspace: Path) -> None:
    found = page(workspace)
    found["cells"][0]["source"] = "# mine"
    (workspace / course.HOME).write_text(json.dumps(found), encoding="utf-8")
    before = (workspace / course.HOME).read_bytes()
    assert not greet(workspace)
    assert (workspace / course.HOME).read_bytes() == before


def test_jupyter_trusts_what_we_drew_and_shows_it_with_its_looks(workspace: Path) -> None:
    greet(workspace)
    with serve(workspace, port=free_port(), log=workspace / "log") as server:
        request = urllib.request.Request(  # noqa: S310 -- our own server
            f"{server.url}/api/contents/{course.HOME}",
            headers={"Authorization": f"token {server.token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310 -- as above
            cells = json.load(reply)["content"]["cells"]
    drawn = [cell for cell in cells if cell.get("outputs")]
    assert [cell["metadata"]["trusted"] for cell in drawn] == [True]
