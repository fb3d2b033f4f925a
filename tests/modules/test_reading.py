"""A wrong file of the course is refused with file, key and rule."""

from pathlib import Path

import pytest

from modules.reading import ContentError, Table, read_json, read_toml


def read(tmp_path: Path, text: str) -> str:
    file = tmp_path / "thing.toml"
    file.write_text(text, encoding="utf-8")

    def build(table: Table) -> str:
        return table.text("name") + str(table.number("count", 1)) + "".join(table.texts("tags", ()))

    return read_toml(file, "thing", 1, build)


GOOD = 'format = "thing"\nversion = 1\nname = "a"\n'


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD + 'count = 3\ntags = ["x"]') == "a3x"


@pytest.mark.parametrize(
    ("text", "key", "rule"),
    [
        ("format = ", "the file", "cannot be read as TOML"),
        (GOOD.replace("thing", "other"), "format", "'thing' is expected"),
        (GOOD.replace("version = 1", "version = 2"), "version", "1 is expected"),
        (GOOD.replace('name = "a"', ""), "name", "is missing"),
        (GOOD.replace('"a"', "7"), "name", "a text is expected, not 7"),
        (GOOD.replace('"a"', '" "'), "name", "a text is expected"),
        (GOOD + "count = 0", "count", "1 or more"),
        (GOOD + "count = true", "count", "a whole number"),
        (GOOD + "tags = [1]", "tags", "a list of texts"),
        (GOOD + "nmae = 'b'", "nmae", "an unknown key; there are count, format, name"),
    ],
)
def test_a_wrong_file_says_which_key_and_which_rule(
    tmp_path: Path, text: str, key: str, rule: str
) -> None:
    with pytest.raises(ContentError) as caught:
        read(tmp_path, text)
    assert caught.value.key == key
    assert rule in caught.value.rule
    assert str(tmp_path / "thing.toml") in str(caught.value)


def test_json_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(ContentError, match=r"x\.json: the file: cannot be read as JSON"):
        read_json(file)
