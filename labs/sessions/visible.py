"""Leading real daemons to each moment of `bgp.fsm_visible`, and reading what an operator would.

One router has a neighbor for every moment; each neighbor is led there in its turn and looked at as
long as the moment lasts.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from bgp.fsm_visible import MOMENTS, Moment, Shown
from labs.bird import Bird
from labs.errors import LabError
from labs.frr import Frr
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.sessions.conversation import Conversation, FarEnd
from labs.sessions.link import FAR, ROUTER, ROUTER_ADDRESS, configuration, lay, neighbor_address
from labs.sessions.octets import (
    CEASE,
    HOLD_TIME,
    NEIGHBOR_AS,
    NEIGHBOR_ID,
    OTHER_AS,
    ROUTER_AS,
    ROUTER_ID,
)
from labs.sessions.operator_view import BirdRouter, FrrRouter
from labs.wire import KEEPALIVE, OPEN, Announcement, update_message

SECONDS = 20.0
LOOKS = 10  # in a row: a word in passing is not what a moment shows
ABSENT, SILENT, ELSEWHERE = "10.0.3.10", "10.0.3.9", "10.77.0.1"


@dataclass(frozen=True)
class Stage:
    """How a moment is reached.

    Attributes:
        lead: leads the neighbor there; None when nothing is to be done.
        frr: lines of `router bgp` about the neighbor, `{}` for its address.
        bird: options of its protocol.
        limit: options of its channel.
        address: the neighbor's address; None for one of the far host's.
        finish: what is done to it last, because the other sessions would not survive it.
    """

    lead: "Callable[[Scene, str], None] | None" = None
    frr: tuple[str, ...] = ()
    bird: str = ""
    limit: str = ""
    address: str | None = None
    finish: "Callable[[Scene, str], None] | None" = None


@dataclass(frozen=True)
class Scene:
    """A running router with its far end."""

    tree: ProcessTree
    far: FarEnd
    router: FrrRouter | BirdRouter


def _open_sent(scene: Scene, address: str) -> None:
    scene.far.accept(address, SECONDS).hear(OPEN)


def _opened(session: Conversation, hold_time: int = HOLD_TIME) -> Conversation:
    session.hear(OPEN)
    session.open(NEIGHBOR_AS, hold_time, NEIGHBOR_ID)
    session.hear(KEEPALIVE)
    return session


def _open_confirm(scene: Scene, address: str) -> None:
    _opened(scene.far.accept(address, SECONDS))


def _up(scene: Scene, address: str) -> Conversation:
    session = _opened(scene.far.accept(address, SECONDS))
    session.keepalive()
    return session


def _is_up(scene: Scene, address: str) -> None:
    _up(scene, address)


def _dial(scene: Scene, address: str) -> Conversation:
    """A call is refused until the router is ready for it."""

    def dialled() -> Conversation | None:
        with contextlib.suppress(LabError):
            session = scene.far.dial(address, ROUTER_ADDRESS)
            if session.hear_next() is not None:  # its OPEN; else it has closed at once
                return session
        return None

    return poll(f"{address} is let in", dialled, SECONDS)


def _incoming_open_sent(scene: Scene, address: str) -> None:
    _dial(scene, address)


def _incoming_open_confirm(scene: Scene, address: str) -> None:
    session = _dial(scene, address)
    session.open(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
    session.hear(KEEPALIVE)


def _two_calls(scene: Scene, address: str) -> None:
    _open_sent(scene, address)
    _dial(scene, address)


def _collision(scene: Scene, address: str) -> None:
    _open_sent(scene, address)
    _incoming_open_confirm(scene, address)


def _closed_in_open_sent(scene: Scene, address: str) -> None:
    session = scene.far.accept(address, SECONDS)
    session.hear(OPEN)
    session.close()


def _wrong_as(scene: Scene, address: str) -> None:
    session = scene.far.accept(address, SECONDS)
    session.hear(OPEN)
    session.open(OTHER_AS, HOLD_TIME, NEIGHBOR_ID)
    session.last_words()


def _hold_expired(scene: Scene, address: str) -> None:
    session = _opened(scene.far.accept(address, SECONDS), hold_time=3)
    session.keepalive()
    session.keepalive()  # FRR 8.4 counts the negotiated hold time from this one
    session.last_words()


def _ends(octets: bytes, scene: Scene, address: str) -> None:
    session = _up(scene, address)
    session.send(octets)
    session.last_words()


def _established(scene: Scene, address: str) -> None:
    _up(scene, address)
    poll(
        f"{address} is Established",
        lambda: scene.router.look(address).detail == "Established",
        SECONDS,
    )


def _link_down(scene: Scene, address: str) -> None:
    del address
    scene.tree.script(f"ip -n {ROUTER} link set eth0 down")


def _refused(scene: Scene, address: str) -> None:
    scene.far.deafen()
    scene.router.start(address)


def _routes(count: int) -> bytes:
    return b"".join(
        update_message(Announcement(f"192.0.{n}.0/24", "10.0.0.2", [("seq", [NEIGHBOR_AS])]))
        for n in range(count)
    )


_PASSIVE = ("neighbor {} passive",)
_DOWN = (("neighbor {} shutdown",), "disabled;")
_FREE = ("neighbor {} route-map ANY in", "neighbor {} route-map ANY out")

STAGES: Mapping[str, Stage] = {
    "admin-down": Stage(None, *_DOWN),
    "passive": Stage(frr=_PASSIVE, bird="passive on;"),
    "unanswered": Stage(address=SILENT),
    "absent": Stage(address=ABSENT),
    "no-link": Stage(address=ELSEWHERE),
    "open-sent": Stage(_open_sent),
    "open-confirm": Stage(_open_confirm),
    "incoming-open-sent": Stage(_incoming_open_sent, _PASSIVE, "passive on;"),
    "incoming-open-confirm": Stage(_incoming_open_confirm, _PASSIVE, "passive on;"),
    "two-calls": Stage(_two_calls),
    "collision": Stage(_collision),
    "up": Stage(_is_up, _FREE),
    "up-without-policy": Stage(_is_up),
    "closed-in-open-sent": Stage(_closed_in_open_sent),
    "wrong-as": Stage(_wrong_as),
    "hold-expired": Stage(_hold_expired),
    "peer-cease": Stage(partial(_ends, CEASE)),
    "too-many-prefixes": Stage(
        partial(_ends, _routes(3)),
        (*_FREE, "neighbor {} maximum-prefix 1"),
        limit="import limit 1 action disable;",
    ),
    "refused": Stage(None, *_DOWN, finish=_refused),
    "link-down": Stage(_established, finish=_link_down),
}
"""In the order in which they can be led there."""


def _frr_config(stages: Mapping[str, tuple[str, Stage]]) -> str:
    options = [line.format(address) for address, stage in stages.values() for line in stage.frr]
    options += ["bgp ebgp-requires-policy"]  # FRR's default, off on the links of other proofs
    config = configuration([address for address, _ in stages.values()], options)
    return f"{config}\nexit\nroute-map ANY permit 10"


def _bird_config(stages: Mapping[str, tuple[str, Stage]], channels: bool) -> str:
    lines = [f"router id {ROUTER_ID};", "protocol device {}"]
    lines.append(f"protocol direct {{ {'ipv4;' if channels else ''} }}")
    for number, (address, stage) in enumerate(stages.values()):
        routes = f"{stage.limit} import all; export none;"
        lines += [
            f"protocol bgp n{number} {{",
            f" local {ROUTER_ADDRESS} as {ROUTER_AS}; neighbor {address} as {NEIGHBOR_AS};",
            f" connect delay time 2; {stage.bird}",
            f" ipv4 {{ {routes} }};" if channels else f" {routes}",
            "}",
        ]
    return "\n".join(lines)


@contextlib.contextmanager
def _scene(
    tree: ProcessTree, daemon: Daemon, stages: Mapping[str, tuple[str, Stage]]
) -> Iterator[Scene]:
    lay(tree)
    # A host that takes the SYN off the link and answers nothing.
    tree.script(
        f"mac=$(ip -n {FAR} link show eth0 | grep -o 'ether [^ ]*' | cut -d' ' -f2)\n"
        f"ip -n {ROUTER} neigh add {SILENT} lladdr $mac dev eth0 nud permanent"
    )
    names = {address: f"n{number}" for number, (address, _) in enumerate(stages.values())}
    with FarEnd(tree, FAR) as far:
        if daemon.name.startswith("frr"):
            with Frr(tree, ROUTER, daemon, _frr_config(stages)) as frr:
                yield Scene(tree, far, FrrRouter(frr))
        else:
            config = _bird_config(stages, channels=daemon.name == "bird")
            with Bird(tree, ROUTER, daemon, config) as bird:
                yield Scene(tree, far, BirdRouter(bird, names))


def see_all(
    tree: ProcessTree,
    daemon: Daemon,
    moments: Iterable[Moment] = MOMENTS,
    seconds: float = SECONDS,
) -> dict[str, Shown]:
    """Lead a daemon to every moment and return what it showed.

    Args:
        tree: an empty lab.
        daemon: FRR or BIRD.
        moments: the moments; those it shows as they say it does are looked at no longer.
        seconds: how long to look at one that is shown otherwise.

    Raises:
        LabError: a session did not go as its moment needs.
    """
    expected = {moment.name: moment.shown[daemon.name] for moment in moments}
    stages = {
        name: (stage.address or neighbor_address(number), stage)
        for number, (name, stage) in enumerate(STAGES.items())
        if name in expected
    }
    seen: dict[str, Shown] = {}
    with _scene(tree, daemon, stages) as scene:
        for name, (address, stage) in stages.items():
            if stage.lead is not None:
                stage.lead(scene, address)
            if stage.finish is None:
                seen[name] = _watch(scene, address, expected[name], seconds)
        for name, (address, stage) in stages.items():
            if stage.finish is not None:
                stage.finish(scene, address)
                seen[name] = _watch(scene, address, expected[name], seconds)
    return seen


def _watch(scene: Scene, address: str, expected: Shown, seconds: float) -> Shown:
    seen: list[Shown] = []

    def as_expected() -> bool:
        seen.append(scene.router.look(address))
        return seen[-LOOKS:] == [expected] * LOOKS

    with contextlib.suppress(LabError):  # what is shown instead is the finding
        poll(f"{address} shows {expected}", as_expected, seconds)
    return seen[-1]
