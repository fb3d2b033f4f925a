from hypothesis import given
from hypothesis import strategies as st

from widgets.text import clip, columns, pad, plain, table, wrap, xml


def test_control_characters_and_reordering_marks_do_not_reach_the_picture() -> None:
    assert plain("a\x00b\x1b[31m\tc\ud800") == "a�b�[31m c�"
    assert plain("\u202etxt.exe\u2066\u200f") == "txt.exe"


def test_markup_becomes_text_in_xml() -> None:
    assert xml('<img src=x onerror="alert(1)">') == (
        "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;"
    )


@given(st.text(max_size=60), st.integers(2, 20))
def test_a_clipped_text_never_takes_more_columns_than_it_may(text: str, width: int) -> None:
    assert columns(clip(text, width)) <= width


def test_a_short_text_is_not_clipped_and_a_long_one_says_that_it_goes_on() -> None:
    assert clip("65001 65002", 11) == "65001 65002"
    assert clip("65001 65002", 10) == "65001 650…"


def test_wide_and_combining_characters_are_counted_as_they_are_drawn() -> None:
    assert columns("漢字") == 4
    assert columns("e\u0301") == 1
    assert pad("漢", 4) == "漢  "


def test_a_table_lines_up_its_columns() -> None:
    assert table(["Path", "MED"], [["p1", "10"], ["p200", "5"]]) == [
        "Path  MED",
        "----  ---",
        "p1    10",
        "p200  5",
    ]


def test_a_long_word_is_broken_and_an_empty_text_is_a_line() -> None:
    assert all(len(line) <= 10 for line in wrap("x" * 35, 10))
    assert wrap("", 10) == [""]
