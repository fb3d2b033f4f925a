"""`locrib lab`: labs from the command line. What a subcommand does is in its own module."""

import typer

from locrib import lab_doctor, terminal

app = typer.Typer(
    name="lab",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def lab() -> None:
    """Labs of real routers in namespaces of their own."""


app.command("doctor", help=terminal.flowing(lab_doctor.doctor.__doc__))(lab_doctor.doctor)
