"""What every instrument shares: one ES module made of plain files, one look, and static twins.

An instrument is traits, a pure ``state -> picture`` function, and a view that draws the picture.
The picture goes to the browser as one trait; the browser answers with small commands. Where no
browser code runs (exported pages, feedback, previews) the same picture is there as SVG and text.

anywidget takes one string of JavaScript and one of CSS. Ours are several small files that Node
tests as they are; ``bundle`` joins them by dropping the ``import`` and ``export`` words between
them, which is all that a build step would have done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from bgp.errors import InvalidValueError

_HERE: Final = Path(__file__).parent
_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "\./[\w.]+";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?!default)", re.MULTILINE)


def bundle(*names: str) -> str:
    """Join ES modules of this folder into one; names must be unique across them."""
    parts = [(_HERE / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", part)) for part in parts)


def styles(*names: str) -> str:
    """Join style sheets of this folder; the theme comes first."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("theme.css", *names))


def reject(error: InvalidValueError) -> dict[str, str]:
    """Return a refusal as the browser shows it: field, value, rule and the whole sentence."""
    return {"field": error.field, "rule": error.rule, "message": str(error)}


class Instrument(anywidget.AnyWidget):
    """A widget that draws a picture and takes commands.

    Subclasses fill ``view`` whenever their state changes, and override ``obey``, ``text`` and
    ``svg``.
    """

    view = traitlets.Dict(help="the picture, written by Python only").tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - ipywidgets' own keywords
        """Start listening for commands."""
        super().__init__(**kwargs)
        self.on_msg(self._on_command)

    def _on_command(self, _: object, content: object, __: object) -> None:
        """Answer one command of the browser: what was refused, or what was asked for."""
        if not isinstance(content, Mapping):
            return
        answer: dict[str, object] = {"client": content.get("client"), "seq": content.get("seq")}
        try:
            answer |= self.obey(content)
        except InvalidValueError as error:
            answer["refused"] = reject(error)
        self.send(answer)

    def obey(self, command: Mapping[str, object]) -> Mapping[str, object]:
        """Do what a command says; return what the browser asked for.

        Raises:
            InvalidValueError: the command cannot be obeyed; nothing has changed.
        """
        raise NotImplementedError

    def text(self) -> str:
        """Return the picture as plain text."""
        raise NotImplementedError

    def svg(self) -> str:
        """Return the picture as a standing SVG document."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401 - IPython's protocol
        """Show the live widget; where that cannot run, its picture of this moment."""
        bundle_ = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle_ if isinstance(bundle_, tuple) else (bundle_ or {}, {})
        return {**data, "text/plain": self.text(), "image/svg+xml": self.svg()}, metadata
