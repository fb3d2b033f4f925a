"""Draw the picture in the README: the calculator on a scene of the first lesson.

It is what a notebook shows in an exported page, and drawn by the same code, so it cannot promise
more than there is. tests/test_house.py says when it is to be drawn anew:

    .venv/bin/python tools/readme_picture.py
"""

from pathlib import Path

from modules import catalog
from widgets import BestPath

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "best-path.svg"
SCENE = "border-three"


def picture() -> str:
    """The calculator's own SVG, on white: a page may show the README on black."""
    case = catalog.scenes()[SCENE]
    instrument = BestPath(case.paths, speaker=case.speaker, knobs=case.knobs, prefix=case.prefix)
    return instrument.svg().replace('style="', 'style="background:#fff;', 1) + "\n"


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), encoding="utf-8")
