"""The `locrib` command: its options and its help. What a subcommand does is in its own module."""

import errno
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from locrib import __version__, bestpath, folders, fsm, lab, terminal
from locrib.forget import forget as do_forget
from locrib.kubectl import SETTINGS, kubectl
from locrib.learn import Wishes
from locrib.learn import learn as do_learn
from locrib.trouble import Exit, Trouble

_EXIT_CODES = "\n".join(
    ["[bold]Exit codes[/]", *(f"{code.value:>3}  {code.meaning}" for code in Exit)]
)

_Command = TypeVar("_Command", bound=Callable[..., object])

app = typer.Typer(
    name="locrib",
    help="Loc-RIB: learn BGP for Kubernetes on bare metal, with instruments and real routers.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    # A learner gets a sentence; whoever wants the traceback says --verbose.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Workspace = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        file_okay=False,
        help="Your notebooks and answers. [dim]\\[default: $LOCRIB_WORKSPACE, else the folder "
        "locrib in your documents][/]",
        show_default=False,
    ),
]


def _command(function: _Command) -> _Command:
    """Register a subcommand with its docstring as help."""
    return app.command(help=terminal.flowing(function.__doc__))(function)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"locrib {__version__}")
        raise typer.Exit


@app.callback()
def locrib(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what is done, and show tracebacks.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """Loc-RIB: learn BGP for Kubernetes on bare metal, with instruments and real routers."""
    terminal.set_verbose(verbose)


@_command
def learn(  # noqa: PLR0917 -- options of a command line, all given by name
    workspace: Workspace = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=1,
            max=65535,
            metavar="N",
            help="Port of JupyterLab. [dim]\\[default: 8888 or the next free one][/]",
            show_default=False,
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and open nothing.")
    ] = False,
    no_lab: Annotated[
        bool, typer.Option("--no-lab", help="Leave the routing daemons as they are.")
    ] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Try again for daemons that could not be had before.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Prove that the server answers and the home page opens and runs, then end.",
        ),
    ] = False,
) -> None:
    """Open the course in JupyterLab.

    Puts the lessons into your workspace, makes the routing daemons ready and starts JupyterLab on
    the home page. Run it as often as you like: what you changed is never overwritten, an updated
    lesson is laid beside yours.
    """
    do_learn(
        Wishes(
            workspace=(workspace or folders.workspace()).absolute(),
            port=port,
            browser=not no_browser,
            lab=not no_lab,
            fetch=fetch,
            check=check,
        )
    )


@_command
def forget(
    workspace: Workspace = None,
    work: Annotated[
        bool, typer.Option("--work", help="Also remove notebooks you changed, and your answers.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what Loc-RIB brought to this machine; your own work stays.

    Goes: daemons, caches, settings, and lessons as they were delivered. Your changed notebooks and
    answers go only with --work, after a question (without a terminal: only with --yes).
    """

    def confirm(question: str) -> bool:
        if yes:
            return True
        if not terminal.can_ask():
            raise Trouble(
                "a person to confirm that your work may be removed",
                "no terminal to ask on",
                "add --yes if you mean it",
                code=Exit.USAGE,
            )
        return typer.confirm(question, default=False)

    do_forget(
        (workspace or folders.workspace()).absolute(),
        work=work,
        tell=terminal.say,
        confirm=confirm,
    )


_command(bestpath.bestpath)
_command(fsm.fsm)
app.add_typer(lab.app)
app.command(context_settings=SETTINGS, help=terminal.flowing(kubectl.__doc__))(kubectl)


def main() -> None:
    """Run the command; every way it can end has its exit code (`locrib.trouble.Exit`)."""
    try:
        app(prog_name="locrib")
    except Trouble as trouble:
        terminal.show(trouble)
        _show_traceback()
        raise SystemExit(trouble.code) from None
    except Exception as error:  # noqa: BLE001 -- the last line of defence
        told = _unforeseen(error)
        terminal.show(told)
        _show_traceback()
        raise SystemExit(told.code) from None


def _unforeseen(error: Exception) -> Trouble:
    """Say what ended a command that nobody prepared for it: a full disk, or a bug of ours."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        terminal.print_no_more()
        return Trouble(
            "room for what the command prints or keeps", "a full disk (ENOSPC)",
            "make room there, or send the output elsewhere",
        )  # fmt: skip
    return Trouble(
        "Loc-RIB to handle this",
        f"{type(error).__name__}: {error}",
        "report it, with what `locrib --verbose ...` prints for the same command",
        code=Exit.BUG,
    )


def _show_traceback() -> None:
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        traceback.print_exc(file=sys.stderr)
