"""The instruments of the first lesson, on any lab: BestPath filled by a router, SessionFsm live.

    from labs.lab import Lab
    from locrib.instruments import best_path, reach, session_fsm

    lab = Lab("rack")                            # or reach("rack"): one that `locrib lab up` holds
    best_path(lab, "tor", "172.30.200.1/32")
    session_fsm(lab, "tor", "node1")

Labs and widgets do not know each other; a notebook is where they meet, and these are the two lines
that join them.
"""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Iterator
from typing import Final

from IPython import get_ipython

from bgp.fsm_log import LoggedTransition
from labs.errors import LabError
from labs.lab_verbs import LabVerbs
from labs.remote import RemoteLab, labs_up
from locrib import lab_up
from locrib.lab_sight import daemon_of, origin_of
from locrib.live_best_path import LiveBestPath
from locrib.told import told
from widgets import SessionFsm

ROUND: Final = 1.0
"""Seconds after which a follower asks whether it is still wanted."""
_followed: Final[weakref.WeakValueDictionary[tuple[int, str, str], SessionFsm]] = (
    weakref.WeakValueDictionary()
)


@told()
def reach(name: str | None = None) -> RemoteLab:
    """Reach a lab that `locrib lab up` has brought up; closing it leaves the lab up.

    Args:
        name: which one; None for the only one.

    Raises:
        LabError: none of that name is up, or there are several to choose from.
    """
    folder = lab_up.folder()
    if name is None:
        up = [info.name for info in labs_up(folder)]
        if len(up) != 1:
            seen = f"several are up: {', '.join(up)}" if up else "none is up"
            step = f"reach({up[0]!r})" if up else "`locrib lab up rack --detach` brings one up"
            raise LabError(f"expected one lab that is up, and {seen}; {step}")
        name = up[0]
    return RemoteLab(folder, name)


@told()
def best_path(lab: LabVerbs, host: str, prefix: str, *, follow: bool = True) -> LiveBestPath:
    """Fill the best-path calculator with what a router has for a prefix.

    The profile is that of the host's own daemon and release, and the options are the router's own.
    Above the calculator stands what the router chose, and whether the model agrees.

    Args:
        lab: a lab, recorded or live, in this process or reached.
        host: a host that runs a BGP daemon.
        prefix: such as 10.244.1.0/24.
        follow: whether to look again every other second while the lab is up; without it, and for
            a recording, there is a button.

    Raises:
        LabError: no such host, it runs no BGP daemon, that is no prefix, or it has no path for it.
    """
    return LiveBestPath(lab, host, prefix, follow=follow)


@told()
def session_fsm(lab: LabVerbs, host: str, neighbor: str) -> SessionFsm:
    """Show a session as its router goes through it, live; a recording waits to be played.

    It ends with the lab, with the kernel, by its Stop button, and when the same session is asked
    for again.

    Args:
        lab: a lab, recorded or live, in this process or reached.
        host: a host that runs FRR, the one daemon whose log names a session's events.
        neighbor: the other side, by name or address.

    Raises:
        LabError: no such host or neighbor, or the host runs no FRR; says which side does.
    """
    session = lab.topology.session(host, neighbor)
    other = session.other(host).host
    machine, title = daemon_of(lab, lab.topology.hosts[host])
    if not machine.startswith("frr"):
        raise LabError(_no_events(lab, host, other, title))
    name, origin = f"{host} to {other}", f"{host} runs {title}. {origin_of(lab)}."
    if not lab.live:
        return SessionFsm.replay(list(lab.transitions(host, other)), title=f"{name}, recorded")
    fsm = SessionFsm(machine=machine)
    key = id(lab), host, other
    if (before := _followed.get(key)) is not None:
        before.stop_following()
    _followed[key] = fsm
    # Beside a notebook's own work; a script has to wait.
    alone = get_ipython() is None
    fsm.follow(_edges(lab, host, other), title=name, origin=origin, block=alone)
    return fsm


def _no_events(lab: LabVerbs, host: str, other: str, title: str) -> str:
    said = f"{host} runs {title}, whose log does not name a session's events, as FRR's does; "
    if lab.topology.hosts[other].daemon == "frr":
        return f"{said}its other side does: session_fsm(lab, {other!r}, {host!r})"
    return f'{said}lab.state({host!r}, {other!r}) tells its state, lab.show({host!r}, "...") more'


def _edges(lab: LabVerbs, host: str, neighbor: str) -> Iterator[LoggedTransition | None]:
    """Yield the edges of a session as they happen, None now and then, until the lab ends."""
    with contextlib.ExitStack() as own, contextlib.suppress(LabError):  # it has ended
        if isinstance(lab, RemoteLab):  # the door is busy with what the notebook asks meanwhile
            lab = own.enter_context(RemoteLab(lab_up.folder(), lab.door.name))
        last = 0
        while True:
            begun = time.monotonic()
            for edge in lab.follow(host, neighbor, ROUND):
                if edge.line > last:
                    last = edge.line
                    yield edge
            if time.monotonic() - begun < ROUND:
                return  # a lab that has ended has no more to tell
            yield None
