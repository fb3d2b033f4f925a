"""A recording that is damaged says so, wherever it is damaged; nothing else happens."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labs.errors import LabError
from labs.lab_recording import Recording
from labs.lab_replay import Replay
from labs.lab_values import Answer, Hop
from labs.situation import Situation

CURL = ("client", "http://10.244.1.10/", 1)


@pytest.fixture
def damaged(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], object]], Replay]:
    """Record two answers, damage the file as told, and open it."""

    def damage(how: Callable[[dict[str, Any]], object]) -> Replay:
        recording = Recording("first-session", "A first session")
        recording.note(Situation(), "curl", CURL, (Answer(CURL[1], 0.1, "pod1", "192.0.2.10"),))
        recording.note(Situation(), "trace", ("client", "10.244.1.10"), (Hop("client"),))
        file = tmp_path / "recording.json"
        recording.save(file)
        record = json.loads(file.read_text(encoding="utf-8"))
        how(record["situations"][0])
        file.write_text(json.dumps(record), encoding="utf-8")
        return Replay(file)

    return damage


@pytest.mark.parametrize("answer", [None, 5, "x", [5], [{}], [None], [{"url": "x", "tok": 1}]])
def test_an_answer_that_is_none_is_refused_by_its_verb(
    damaged: Callable[[Callable[[dict[str, Any]], object]], Replay], answer: object
) -> None:
    lab = damaged(lambda situation: situation["answers"][0].update(answer=answer))
    with pytest.raises(LabError, match="is damaged: an answer to curl is none"):
        lab.curl(*CURL)
    assert lab.trace("client", "10.244.1.10") == (Hop("client"),)


@pytest.mark.parametrize("place", ["done", "moments"])
@pytest.mark.parametrize("value", [None, 5, "x", True])
def test_a_situation_that_is_none_is_refused_by_its_number(
    damaged: Callable[[Callable[[dict[str, Any]], object]], Replay], place: str, value: object
) -> None:
    with pytest.raises(LabError, match="situation 0: it is damaged"):
        damaged(lambda situation: situation.update({place: value}))


def test_arguments_that_are_no_list_are_refused(
    damaged: Callable[[Callable[[dict[str, Any]], object]], Replay],
) -> None:
    with pytest.raises(LabError, match="situation 0: it is damaged"):
        damaged(lambda situation: situation["answers"][0].update(arguments=5))
