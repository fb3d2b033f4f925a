"""A situation: what was done to a lab, as a value that is kept in files and read back."""

import pytest

from labs.situation import Situation


def test_what_is_written_is_read_back_equal() -> None:
    situation = Situation().having("cut node1 sw", "yes").having("as node1", "64999").at("mark")
    assert Situation.of(situation.plain()) == situation


@pytest.mark.parametrize(
    "data",
    [
        *(None, 5, "done", [], {}, {"done": []}, {"moments": []}),
        {"done": 5, "moments": []},
        {"done": [], "moments": 5},
        {"done": [["cut node1 sw"]], "moments": []},
        {"done": [["cut node1 sw", "yes", "no"]], "moments": []},
        {"done": [["cut node1 sw", 5]], "moments": []},
        {"done": [["", "yes"]], "moments": []},
        {"done": [[" ", "yes"]], "moments": []},
        {"done": [["cut node1 sw", None]], "moments": []},
        {"done": [], "moments": [5]},
    ],
)
def test_what_is_none_is_refused_in_words(data: object) -> None:
    with pytest.raises(ValueError, match=r"expected (a situation|text in a situation), seen"):
        Situation.of(data)
