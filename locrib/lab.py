"""`locrib lab`: labs from the command line. What a subcommand does is in its own module."""

from collections.abc import Callable
from typing import Final

import typer

from locrib import lab_doctor, lab_up, lab_verbs, terminal

app = typer.Typer(
    name="lab",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def lab() -> None:
    """Labs of real routers in namespaces of their own."""


COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "up": lab_up.up,
    "list": lab_up.list_labs,
    "show": lab_verbs.show,
    "run": lab_verbs.run,
    "vtysh": lab_verbs.vtysh,
    "paths": lab_verbs.paths,
    "transitions": lab_verbs.transitions,
    "curl": lab_verbs.curl,
    "trace": lab_verbs.trace,
    "cut": lab_verbs.cut,
    "heal": lab_verbs.heal,
    "mtu": lab_verbs.mtu,
    "drop": lab_verbs.drop,
    "freeze": lab_verbs.freeze,
    "thaw": lab_verbs.thaw,
    "stop": lab_verbs.stop,
    "start": lab_verbs.start,
    "mend": lab_verbs.mend,
    "down": lab_up.down,
    "doctor": lab_doctor.doctor,
}
"""In the order a user meets them."""

for _name, _function in COMMANDS.items():
    app.command(_name, help=terminal.flowing(_function.__doc__))(_function)
