"""TOML from outside: whatever is in it, a mistake is told by file, line and name, in one line."""

import pytest

from labs.errors import LabError
from labs.toml_file import TomlFile

ESCAPE = "\x1b"


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "{a=" * 5_000])
def test_a_file_nested_without_end_is_refused_as_any_other(text: str) -> None:
    with pytest.raises(LabError, match=r"deep\.toml: nested too deeply"):
        TomlFile(text, "deep.toml")


def test_a_byte_order_mark_of_an_editor_means_nothing() -> None:
    assert TomlFile('\ufefftitle = "x"', "x.toml").data == {"title": "x"}


def test_text_that_would_drive_a_terminal_is_refused() -> None:
    table = TomlFile('title = "\\u001b]0;mine\\u0007"', "x.toml").whole()
    with pytest.raises(LabError, match=r"x\.toml:1: title: expected one line") as refused:
        table.text("title", "one line")
    assert ESCAPE not in str(refused.value)


def test_a_name_that_would_drive_a_terminal_is_refused_in_harmless_words() -> None:
    file = TomlFile('title = "x"\n[host."\\u001b[31m"]\n', "x.toml")
    with pytest.raises(LabError, match="31m") as refused:
        file.fail(next(iter(file.tables("host").values())).place, "no name")
    assert ESCAPE not in str(refused.value)


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ('[host."a b"]', "host.a b"),
        ("[host.'a b']", "host.a b"),
        ('[ host . "a" ]', "host.a"),
        ('"a b" = 1', "a b"),
        ("'a' = 1", "a"),
    ],
)
def test_a_quoted_name_has_a_line_too(header: str, place: str) -> None:
    file = TomlFile(f"# one\n# two\n{header}\n", "x.toml")
    with pytest.raises(LabError, match=r"^x\.toml:3: "):
        file.fail(place, "means nothing")
