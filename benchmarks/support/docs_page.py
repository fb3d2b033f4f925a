"""The figures of a page of docs, each between the markers of the benchmark that writes them."""

from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "labs.md"
END = "<!-- end -->\n"


def marker(benchmark: str) -> str:
    """Return the line above a benchmark's figures."""
    return f"<!-- {benchmark}.py -->\n"


def put(text: str, benchmark: str, figures: str, page: Path = PAGE) -> str:
    """Return a page with other figures of a benchmark.

    Raises:
        SystemExit: the page has not exactly one place for them.
    """
    begin = marker(benchmark)
    if text.count(begin) != 1 or END not in text.partition(begin)[2]:
        raise SystemExit(
            f"{page.name} needs one line {begin.strip()} and {END.strip()} below it, and has not: "
            "put them where the figures belong, and run this again"
        )
    before, _, rest = text.partition(begin)
    return f"{before}{begin}{figures}{END}{rest.partition(END)[2]}"


def write(benchmark: str, figures: str, page: Path = PAGE) -> None:
    """Write a benchmark's figures into a page of docs."""
    text = put(page.read_text(encoding="utf-8"), benchmark, figures, page)
    page.write_text(text, encoding="utf-8")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], busy: str) -> str:
    """Return figures as Markdown, with how busy the machine was before.

    Args:
        headings: of the columns.
        rows: the cells; a column of numbers stands to the right.
        busy: what `measuring.load` said before it began.
    """
    rule = ["---:" if all(map(_is_number, column)) else "---" for column in zip(*rows, strict=True)]
    lines = "".join(f"| {' | '.join(row)} |\n" for row in (headings, rule, *rows))
    return f"{lines}\nBefore it began: {busy}.\n"


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).isdigit()
