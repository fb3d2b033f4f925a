"""What the command says, and to whom: people on a terminal, or a log that nobody watches.

Results go to standard output, everything else to standard error. Without a terminal there are no
colours, no redrawing and never a question.
"""

import inspect
import logging
import os
import sys

from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from locrib.trouble import Exit, Trouble


class _Console(Console):
    """A console whose reader may leave early, as `head` does: nothing is wrong then."""

    def on_broken_pipe(self) -> None:
        """End as a command that worked."""
        print_no_more()
        raise SystemExit(Exit.OK)


# Without emoji: rich would take the middle of the large community 64512:100:200 for one.
out = _Console(highlight=False, emoji=False)
err = _Console(stderr=True, highlight=False, emoji=False)


def print_no_more() -> None:
    """Let what is still to be printed go nowhere: Python would try, and fail, at its end."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def set_verbose(verbose: bool) -> None:
    """Show what is done step by step (`--verbose`), or warnings only."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=err, show_path=verbose, markup=False)],
        force=True,
    )
    # The event loop's own notes help nobody here.
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def say(line: str, *, style: str = "") -> None:
    """One line for people; square brackets in it are just brackets."""
    out.print(escape(line), style=style, soft_wrap=True)


def show(trouble: Trouble) -> None:
    """The three things a learner needs when something does not work."""
    err.print(f"[bold red]Expected[/] {escape(trouble.expected)}.", soft_wrap=True)
    err.print(f"[bold red]Saw[/]      {escape(trouble.seen)}.", soft_wrap=True)
    err.print(f"[bold]Next[/]     {escape(trouble.next_step)}.", soft_wrap=True)


def flowing(docstring: str | None) -> str:
    """A docstring as a command's help: its paragraphs flow to the terminal's width."""
    paragraphs = inspect.cleandoc(docstring or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def plain(text: str) -> str:
    """Text from outside made harmless: control characters cannot drive the reader's terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def plain_lines(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(map(plain, text.expandtabs().splitlines()))


def can_ask() -> bool:
    """Whether a person sits at both ends: a question that nobody can answer must not be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
