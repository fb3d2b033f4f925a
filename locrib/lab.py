"""`locrib lab`: labs from the command line. What a subcommand does is in its own module."""

from collections.abc import Callable
from typing import Final

import typer

from locrib import lab_breaking, lab_doctor, lab_looking, lab_snapshot, lab_up, terminal
from locrib.kubectl import SETTINGS, kubectl

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
    "show": lab_looking.show,
    "run": lab_looking.run,
    "vtysh": lab_looking.vtysh,
    "paths": lab_looking.paths,
    "transitions": lab_looking.transitions,
    "curl": lab_looking.curl,
    "trace": lab_looking.trace,
    "capture": lab_snapshot.capture,
    "snapshot": lab_snapshot.snapshot,
    "diff": lab_snapshot.diff,
    "checkpoint": lab_snapshot.checkpoint,
    "restore": lab_snapshot.restore,
    "cut": lab_breaking.cut,
    "mtu": lab_breaking.mtu,
    "drop": lab_breaking.drop,
    "limit": lab_breaking.limit,
    "heal": lab_breaking.heal,
    "freeze": lab_breaking.freeze,
    "thaw": lab_breaking.thaw,
    "stop": lab_breaking.stop,
    "kill": lab_breaking.kill,
    "start": lab_breaking.start,
    "asn": lab_breaking.as_number,
    "routes": lab_breaking.routes,
    "policy": lab_breaking.policy,
    "endpoints": lab_breaking.endpoints,
    "roas": lab_breaking.roas,
    "configure": lab_breaking.configure,
    "mend": lab_breaking.mend,
    "down": lab_up.down,
    "doctor": lab_doctor.doctor,
}
"""In the order a user meets them."""

for _name, _function in COMMANDS.items():
    app.command(_name, help=terminal.flowing(_function.__doc__))(_function)
app.command("kubectl", context_settings=SETTINGS, help=terminal.flowing(kubectl.__doc__))(kubectl)
