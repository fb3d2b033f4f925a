"""A stage as the first lesson sees it: one router, its neighbours, and the verbs that move them.

Real and recorded are peers: the same verbs, the same pictures, and every picture says which it is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path as File
from typing import Any, Final

from bgp import PROFILES, Decision, Knobs, Path, Speaker, decide
from bgp.frr_json import FrrTable, parse_frr_table
from labs.errors import LabError
from labs.stage import Stage
from labs.stage_replay import Recorder, Replay
from locrib.frr_knobs import knobs_of
from locrib.told import told
from modules.pictures.page import Picture
from modules.pictures.router import arrival_picture, text_picture, verdict_picture
from modules.pictures.traffic import traffic_picture

BREAKS: Final[tuple[dict[str, Any], ...]] = (
    {"as_path": [64512, 64512]},
    {"as_path": [64512, 64512, 64512]},
    {"as_path": [64512, 64601]},
    {"origin": "incomplete"},
    {"origin": "egp"},
    {"med": 1},
    {"med": 50},
    {"med": 100},
    {"next_hop": "10.99.0.9"},
)
"""What node1 and node2 are told in the recording, beyond what the lesson itself tells them."""


class StageLab:
    """A stage as a lesson sees it: verbs that show what they do, and its paths as `bgp` values."""

    def __init__(self, stage: Stage | Recorder | Replay, why: str) -> None:
        """Show `stage`; `why` says why it is live or recorded."""
        self._stage = stage
        self.why = why

    def __repr__(self) -> str:
        """Say what runs here."""
        return self.origin

    @property
    def live(self) -> bool:
        """Whether routers really run here."""
        return self._stage.live

    @property
    def origin(self) -> str:
        """What kind of truth this lab shows, for a caption."""
        if self.live:
            return f"Live: {self._stage.title} in namespaces of its own on this machine"
        return f"Recorded from {self._stage.title} with these same commands; {self.why}"

    @property
    def prefix(self) -> str:
        """The prefix that everything here is about."""
        return self._stage.fabric.prefix

    @property
    def profile(self) -> str:
        """The model of the router that runs here (`frr-8.4` or `frr-10`)."""
        return self._stage.profile

    @property
    def speaker(self) -> Speaker:
        """The router that decides, as the model takes it."""
        fabric = self._stage.fabric
        return Speaker(fabric.asn, IPv4Address(fabric.router_id))

    @property
    def knobs(self) -> Knobs:
        """The options of best path that are configured on the router now."""
        return knobs_of(line for _, line in self._stage.situation.lines)

    @told()
    def get(self, count: int = 24) -> Picture:
        """Ask the announced address over HTTP from the client, and show who answers."""
        return self._traffic(self._stage.get(count))

    @told()
    def cut(self, name: str) -> Picture:
        """Cut the link to a neighbour while the client goes on asking."""
        return self._traffic(self._stage.cut(name))

    @told()
    def heal(self, name: str) -> Picture:
        """Mend a cut link."""
        return self._traffic(self._stage.heal(name))

    @told()
    def say(self, *names: str, **attributes: Any) -> None:  # noqa: ANN401 - as the attributes are
        """Make neighbours announce the prefix with these attributes, one after the other."""
        for name in names:
            self._stage.say(name, **attributes)

    @told()
    def withdraw(self, *names: str) -> None:
        """Make neighbours withdraw the prefix."""
        self._stage.withdraw(*names)

    @told()
    def arrive(self, *names: str) -> Picture:
        """Withdraw everything, announce it anew in this order, and show which path is best."""
        self.withdraw(*(name for name, _ in self._stage.situation.said))
        self.say(*names)
        return arrival_picture(names, self.table(), self.origin)

    @told()
    def configure(self, *lines: str) -> None:
        """Enter configuration lines on the router, as after `configure terminal`."""
        self._stage.configure(*lines)

    @told()
    def mend(self) -> None:
        """Undo everything that was done to the lab."""
        self._stage.mend()

    @told()
    def table(self) -> FrrTable:
        """Return what FRR says about the prefix, with neighbours' names for ids.

        Raises:
            LabError: the router has no path at all.
        """
        data = json.loads(self._stage.bgp_json())
        if "paths" not in data:
            raise LabError(
                f"the router has no path to {self.prefix}; `lab.mend()` brings them back"
            )
        fabric, profile = self._stage.fabric, PROFILES[self.profile]
        found = parse_frr_table(data, profile, fabric.asn)
        names = fabric.names()
        arrival = [name for name, _ in self._stage.situation.said]
        paths = [
            replace(
                path,
                id=names[path.id],
                peer=replace(path.peer, id=names[path.id], asn=fabric.neighbor(names[path.id]).asn),
            )
            for path in found.paths
        ]
        return replace(
            found,
            paths=tuple(sorted(paths, key=lambda path: arrival.index(path.id))),
            best=names[found.best] if found.best else None,
            multipath=tuple(sorted(names[path_id] for path_id in found.multipath)),
        )

    def paths(self) -> tuple[Path, ...]:
        """Return the paths in the router's table, in the order they arrived."""
        return self.table().paths

    def predict(self, profile: str | None = None) -> Decision:
        """Return what the model makes of the router's paths."""
        return decide(self.paths(), profile or self.profile, self.speaker, self.knobs)

    def verdict(self) -> Picture:
        """Set the router's own verdict beside the model's."""
        return verdict_picture(self.table(), self.predict(), self._stage.forwarding(), self.origin)

    @told()
    def show(self, command: str = "") -> Picture:
        """Show what the router prints; without a command, its table for the prefix."""
        command = command or f"show bgp ipv4 unicast {self.prefix}"
        prompt = f"{self._stage.fabric.router}# {command}"
        return text_picture(prompt, self._stage.show(command), self.origin)

    @told()
    def second_opinion(self) -> Picture:
        """Show the table of the second router, GoBGP, which hears the same announcements."""
        text = self._stage.second_opinion()
        origin = self.origin.replace(self._stage.title, str(self._stage.second_title))
        return text_picture("$ gobgp global rib", text, origin)

    def save_picture(self, file: str) -> None:
        """Save a picture of the lab as it is now, as an SVG file beside the notebook."""
        picture = self.get()
        File(file).write_text(picture.standing_svg(), encoding="utf-8")
        print(f"saved {file}: {picture.text}")

    def close(self) -> None:
        """End the lab; everything in it is gone when this returns."""
        self._stage.close()

    def _traffic(self, traffic: Any) -> Picture:  # noqa: ANN401 - Traffic, live or recorded
        cut = sorted(self._stage.situation.cut)
        return traffic_picture(self._stage.fabric, traffic, cut, self.origin)


def break_rack(lab: StageLab) -> None:
    """Do to the rack what a learner is likely to try when told to break it."""
    others = ("node1", "node2")
    for attributes in BREAKS:
        lab.mend()
        lab.say(*others, **attributes)
    for name in ("node1", "node2", "node3"):
        lab.mend()
        lab.cut(name)
        lab.mend()
        lab.withdraw(name)
    lab.withdraw("node1", "node2", "node3")
    lab.mend()
