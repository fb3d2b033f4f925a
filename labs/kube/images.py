"""The images that pods of a lab can run: each a name for one of our own programs. One table.

Nothing is pulled: a lab has no network. Web servers are all answered by one small process
(labs.pod_server), whatever their image; tools are the programs of this machine, in a read-only
root. What an image does with its arguments is as the real one does it, the wrong ones too.

Sources: the images' own documentation (http-echo's flags, agnhost's subcommands), and Docker's rule
that `command` takes the place of the entrypoint and `args` that of the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

DEFAULT_PORT: Final = 80


@dataclass(frozen=True)
class Web:
    """A program that answers HTTP on a port, with a first line of its own if it has one."""

    port: int
    text: str = ""


@dataclass(frozen=True)
class Idle:
    """A program that does nothing until it is ended."""


@dataclass(frozen=True)
class Failed:
    """A program that ends at once: what it prints, and its exit code."""

    said: str
    code: int


Does = Web | Idle | Failed
"""What a program of ours does with its arguments."""


@dataclass(frozen=True)
class Image:
    """An image.

    Attributes:
        name: without a tag.
        entrypoint: what runs unless a container says `command`.
        arguments: what it is given unless a container says `args`.
        programs: its own programs, by the words that call them.
        tools: whether the programs of this machine are in it, a shell among them.
    """

    name: str
    entrypoint: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    programs: tuple[tuple[str, Callable[[Sequence[str]], Does]], ...] = ()
    tools: bool = False

    def program(self, word: str) -> Callable[[Sequence[str]], Does] | None:
        """Return a program of the image's own; None for one it has not."""
        known = dict(self.programs)
        return known.get(word) or known.get(f"/{word}")


_ECHO_USAGE: Final = """\
Usage of /http-echo:
  -listen string
    \taddress and port to listen (default ":5678")
  -status-code int
    \thttp response code, e.g.: 200 (default 200)
  -text string
    \ttext to put on the webpage
  -version
    \tdisplay version information"""
_FLAGS: Final = ("listen", "text", "status-code")


def _flags(arguments: Sequence[str], known: Sequence[str]) -> dict[str, str] | str:
    """Read flags as Go's package does: -name=value, --name=value, -name value; or what is wrong."""
    found: dict[str, str] = {}
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-") or word in ("-", "--"):
            break
        name, equals, value = word.lstrip("-").partition("=")
        if name not in known:
            return f"flag provided but not defined: -{name}"
        if not equals:
            if not waiting:
                return f"flag needs an argument: -{name}"
            value = waiting.pop(0)
        found[name] = value
    return found


def _port(listen: str) -> int | None:
    number = listen.rpartition(":")[2]
    return int(number) if number.isdecimal() and int(number) < 1 << 16 else None


def _http_echo(arguments: Sequence[str]) -> Does:
    found = _flags(arguments, _FLAGS)
    if isinstance(found, str):
        return Failed(f"{found}\n{_ECHO_USAGE}", 2)
    if not found.get("text"):
        return Failed("Missing -text option!", 127)
    listen = found.get("listen", ":5678")
    port = _port(listen)
    if port is None:
        return Failed(f"[ERR] Error starting server: listen tcp: address {listen}: invalid port", 1)
    return Web(port, found["text"])


def _nginx(arguments: Sequence[str]) -> Does:
    if list(arguments) not in ([], ["-g", "daemon off;"]):
        return Failed(f'nginx: invalid option: "{arguments[0]}"', 1)
    return Web(DEFAULT_PORT)


def _agnhost(arguments: Sequence[str]) -> Does:
    what, *rest = arguments or ("pause",)
    if what == "pause":
        return Idle()
    if what not in ("netexec", "serve-hostname", "test-webserver"):
        return Failed(f'Error: unknown command "{what}" for "app"', 1)
    flag, default = {
        "netexec": ("http-port", "8080"),
        "serve-hostname": ("port", "9376"),
        "test-webserver": ("port", "80"),
    }[what]
    found = _flags(rest, (flag, "udp-port", "delay-shutdown"))
    if isinstance(found, str):
        return Failed(f"Error: {found}", 1)
    port = _port(found.get(flag, default))
    return Web(port) if port else Failed(f'Error: invalid argument "{found[flag]}"', 1)


def _pause(_: Sequence[str]) -> Does:
    return Idle()


_SHELL: Final = ("/bin/sh",)
_CURL: Final = (
    *("/bin/sh", "-c"),
    'case $1 in -*) ;; *) command -v "$1" >/dev/null && exec "$@" ;; esac; exec curl "$@"',
    "entrypoint.sh",
)
"""curl's image runs the arguments where they begin with a program, and else gives them to curl."""
IMAGES: Final = (
    Image("hashicorp/http-echo", ("/http-echo",), (), (("/http-echo", _http_echo),)),
    Image("nginx", ("nginx",), ("-g", "daemon off;"), (("nginx", _nginx),), tools=True),
    Image(
        "registry.k8s.io/e2e-test-images/agnhost",
        ("/agnhost",),
        ("pause",),
        (("/agnhost", _agnhost),),
        tools=True,
    ),
    Image("registry.k8s.io/pause", ("/pause",), (), (("/pause", _pause),)),
    Image("busybox", (), _SHELL, tools=True),
    Image("alpine", (), _SHELL, tools=True),
    Image("curlimages/curl", _CURL, ("curl",), tools=True),
)
_BY_NAME: Final = {image.name: image for image in IMAGES}
_REGISTRIES: Final = ("docker.io/library/", "docker.io/", "registry-1.docker.io/", "library/")


def plain(reference: str) -> str:
    """Return an image's name without registry of Docker, tag and digest."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    for registry in _REGISTRIES:
        name = name.removeprefix(registry)
    return name


def find(reference: str, system: Sequence[str] = ()) -> Image | None:
    """Return the image a container asks for; None where a lab has none of that name.

    Args:
        reference: as a container writes it, such as "nginx:1.27".
        system: references of the integration's own images, which do nothing but log.
    """
    if plain(reference) in {plain(one) for one in system}:
        return Image(plain(reference), ("/system",), (), (("/system", _pause),))
    return _BY_NAME.get(plain(reference))


def unknown(reference: str) -> str:
    """Say that there is no such image, and which there are."""
    known = ", ".join(_BY_NAME)
    return (
        f"{reference}: a lab pulls nothing from a registry; the images it has are {known} (any tag)"
    )
