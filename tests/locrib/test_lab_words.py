"""What a lab advises is told to whoever types commands as a command that exists."""

import pytest
import typer.testing

from labs.errors import NextVerbError
from locrib.lab import COMMANDS, app
from locrib.lab_up import told
from locrib.lab_words import command
from locrib.trouble import Trouble

VERBS = [
    ("heal", ("node1", "sw"), "locrib lab heal node1 sw"),
    ("thaw", ("node3",), "locrib lab thaw node3"),
    ("thaw", ("node3", "bfdd"), "locrib lab thaw node3 --daemon bfdd"),
    ("freeze", ("node3", "bfdd"), "locrib lab freeze node3 --daemon bfdd"),
    ("start_daemon", ("node1",), "locrib lab start node1"),
    ("stop_daemon", ("node1",), "locrib lab stop node1"),
]


@pytest.mark.parametrize(("verb", "arguments", "line"), VERBS)
def test_a_verb_is_a_command_line(verb: str, arguments: tuple[str, ...], line: str) -> None:
    assert command(verb, arguments) == line
    assert command(verb, arguments, "mine") == f"{line} --lab mine"


@pytest.mark.parametrize(("verb", "arguments", "line"), VERBS)
def test_the_command_line_is_one_that_locrib_understands(
    verb: str, arguments: tuple[str, ...], line: str
) -> None:
    del verb, arguments
    words = line.split()[2:]
    assert words[0] in COMMANDS
    done = typer.testing.CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0


def test_a_refusal_is_told_without_python_and_with_the_command_as_next_step() -> None:
    with pytest.raises(Trouble) as trouble, told("a lab that does it", lab="mine"):
        raise NextVerbError("the link is cut already", "heal", "node1", "sw", does="mends it")
    assert trouble.value.seen == "the link is cut already"
    assert trouble.value.next_step == "run `locrib lab heal node1 sw --lab mine`"
