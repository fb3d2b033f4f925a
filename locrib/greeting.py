"""The home page as it greets a learner: it shows where they left off before they run anything.

A notebook runs nothing by itself when it opens. So the output of the page's own cell is drawn into
it at each start, as if it had just been run, and signed with the key of the course's Jupyter, which
would otherwise show such an output without its looks. A page the learner has edited is left alone.
"""

import json
from pathlib import Path
from typing import Any

from locrib import course, delivery, files
from locrib.jupyter_env import environment
from locrib.notebooks import joined

_CALL = "home()"
"""What the page's cell ends with."""


def greet(workspace: Path) -> bool:
    """Draw where the learner stands into the home page of `workspace`.

    Returns:
        Whether the page was drawn anew; not when it shows that already, or is the learner's own.

    Raises:
        OSError: The page cannot be written.
    """
    place = workspace / course.HOME
    untouched, _changed = delivery.own_copies(workspace)
    if place not in untouched:
        return False
    page = json.loads(place.read_text(encoding="utf-8"))
    cell = next((cell for cell in page["cells"] if _shows_standing(cell)), None)
    if cell is None:
        return False
    drawn = course.home(workspace).picture()
    shown = [
        {kind: joined(data) for kind, data in output.get("data", {}).items()}
        for output in cell["outputs"]
    ]
    if shown == [drawn]:
        return False
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": drawn}]
    text = json.dumps(page, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    files.write_whole(place, text)
    _sign(text)
    return True


def _shows_standing(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "code" and joined(cell["source"]).rstrip().endswith(_CALL)


def _sign(text: str) -> None:
    """Vouch for the page's outputs, as Jupyter does for those it ran itself."""
    # Slow to import, and not needed by a start that has nothing to draw.
    from nbformat import reads, sign  # noqa: PLC0415 -- see above

    notary = sign.NotebookNotary(data_dir=environment()["JUPYTER_DATA_DIR"])
    try:
        notary.sign(reads(text, as_version=4))
    finally:
        notary.store.close()
