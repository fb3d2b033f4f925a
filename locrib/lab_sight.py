"""A lab that is up, or a recording of one, as the pictures take it: what there is to see of it now.

Here labs and pictures meet: `labs` knows no pictures, and a picture asks nobody anything. In a
notebook a lab that is a cell's last value shows its picture, because `locrib.kernel` asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from labs.errors import LabError
from labs.lab_verbs import LabVerbs
from labs.topology import Host
from modules.pictures.network import network_picture
from modules.pictures.network_marks import marks_of
from modules.pictures.network_sight import NO_ANSWER, Sight
from modules.pictures.page import Picture

_RUNNING: Final = re.compile(r"(FRR|BIRD|GoBGP) (\d[^,)\s]*)")
_TITLES: Final = {"frr": "FRR", "bird": "BIRD", "gobgp": "GoBGP"}
_RELEASE: Final[Mapping[str, str]] = {
    "frr-8.4": "8.4", "frr-10": "10.", "bird": "2.", "bird-1.6": "1.6", "gobgp": "",
}  # fmt: skip
"""How the version of each daemon of `labs.packages` begins."""


def picture_of(lab: LabVerbs) -> Picture:
    """Draw a lab as it is now."""
    return network_picture(sight_of(lab), origin_of(lab))


def origin_of(lab: LabVerbs) -> str:
    """Say what kind of truth a lab shows, for a caption."""
    return f"{'Live' if lab.live else 'Recorded'}: {lab.title}"


def sight_of(lab: LabVerbs) -> Sight:
    """Ask a lab for all that its picture shows."""
    topology = lab.topology
    states = {}
    for session in topology.sessions:
        one, other = (side.host for side in session.sides)
        states[one, other], states[other, one] = (
            state_of(lab, one, other),
            state_of(lab, other, one),
        )
    daemons = {host.name: daemon_of(lab, host)[1] for host in topology.speakers()}
    return Sight(topology, states, marks_of(lab.situation, topology), daemons)


def state_of(lab: LabVerbs, host: str, neighbor: str) -> str:
    """Return what a host calls its session now; a daemon that is stopped or frozen says nothing."""
    if lab.situation.get(f"daemon {host}") is not None:
        return NO_ANSWER
    return lab.state(host, neighbor)


def daemon_of(lab: LabVerbs, host: Host) -> tuple[str, str]:
    """Return which daemon of `labs.packages` a host runs, and what a person calls it.

    A lab's title names every daemon that runs in it, and a host runs the first of those it may.
    """
    running = _RUNNING.findall(lab.title)
    for name in host.daemons:
        for title, version in running:
            if title == _TITLES[host.daemon] and version.startswith(_RELEASE[name]):
                return name, f"{title} {version}"
    return host.daemons[0], _TITLES[host.daemon]


def bundle_of(lab: LabVerbs) -> dict[str, str]:
    """Return what a notebook shows for a lab that is a cell's last value."""
    try:
        return picture_of(lab)._repr_mimebundle_()
    except LabError as error:  # it has ended, or its recording has no picture
        return {"text/plain": f"{lab.title}: {error}"}
