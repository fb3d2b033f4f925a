"""BestPath with a router behind it: its paths, what it chose of them, and whether the model agrees.

It looks again on demand or, while a notebook's kernel has nothing else to do, every other second.
There is no thread in it: a router's command line is no place for two to talk at once, so the
kernel's own event loop asks between two cells.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]  # it ships no types

from bgp import PROFILES, Decision, Knobs, Path, Speaker
from bgp.arrival_order import other_orders
from bgp.errors import InvalidValueError
from labs.errors import LabError
from labs.lab_verbs import LabVerbs
from labs.topology import Topology
from locrib.frr_knobs import knobs_of
from locrib.lab_sight import daemon_of, origin_of
from modules.pictures.page import Picture, esc
from widgets import BestPath
from widgets.scene import MAX_ROWS, Scene

EVERY: Final = 2.0
"""Seconds between two looks."""


class LiveBestPath(ipywidgets.VBox):  # type: ignore[misc]  # as above
    """A best-path calculator filled by a router, and the router's own choice above it.

    Attributes:
        calculator: the `BestPath` widget; what a learner edits in it stays until routes change.
        choice: what the router said last.
    """

    def __init__(self, lab: LabVerbs, host: str, prefix: str, *, follow: bool = False) -> None:
        """Fill it.

        Raises:
            LabError: the router has no path for the prefix, or cannot be asked.
        """
        self._lab, self._host = lab, lab.topology.speaker(host)
        self._title = daemon_of(lab, self._host)[1]
        self.choice = lab.choice(host, prefix)
        self._prefix = str(IPv4Interface(prefix).network)
        if not self.choice.paths:
            raise LabError(_no_path(lab.topology, host, self._prefix))
        scene = self._scene()
        self.calculator = BestPath(
            scene.paths,
            speaker=scene.speaker,
            profile=scene.profile,
            knobs=scene.knobs,
            prefix=self._prefix,
            name=scene.name,
        )
        self._said = ipywidgets.HTML()
        self._again = ipywidgets.Button(description="Ask again", tooltip=f"Ask {host} again")
        self._again.on_click(lambda _: self.refresh())
        self._follows = ipywidgets.ToggleButton(description="Follow", value=False)
        self._follows.observe(self._follow_or_not, "value")
        self._task: asyncio.Task[None] | None = None
        buttons = [self._again, self._follows] if lab.live and _loop() else [self._again]
        super().__init__([self._said, ipywidgets.HBox(buttons), self.calculator])
        self._say()
        if follow and self._follows in buttons:
            self._follows.value = True

    @property
    def decision(self) -> Decision:
        """What the model makes of the router's paths, whatever was edited since."""
        return self._scene().decide()

    @property
    def agrees(self) -> bool:
        """Whether the router chose what the model chooses, in some order of arrival."""
        return self.decision.best == self._named(self.choice.best)

    def refresh(self) -> None:
        """Ask the router again; what cannot be asked any more is told in the picture."""
        try:
            choice = self._lab.choice(self._host.name, self._prefix)
        except (LabError, InvalidValueError) as error:
            if not self._is_silent():
                self._stop()
            self._say(str(error))
            return
        changed, self.choice = choice != self.choice, choice
        if changed:
            self.calculator.scene = replace(self._scene(), second=self.calculator.second)
        self._say()

    def _is_silent(self) -> bool:
        """Whether the router's daemon is stopped or frozen, and may come back."""
        with contextlib.suppress(LabError):  # the lab has ended
            return self._lab.situation.get(f"daemon {self._host.name}") is not None
        return False

    def text(self) -> str:
        """Return the picture as plain text."""
        return f"{self._told().text}\n{self.calculator.text()}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401 - IPython's protocol
        """Show the live widget; where that cannot run, its picture of this moment."""
        found = super()._repr_mimebundle_(**kwargs)
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        still = {"text/plain": self.text(), "image/svg+xml": self.calculator.svg()}
        return {**data, **still}, metadata

    # -- what it shows ------------------------------------------------------------------------

    def _scene(self) -> Scene:
        choice, host = self.choice, self._host
        lines = choice.options or (
            *(self._lab.situation.get(f"lines {host.name}") or "").splitlines(),
            *(["bgp bestpath as-path multipath-relax"] if host.relax else []),
        )
        frr = choice.daemon.startswith("frr")
        cluster = IPv4Address(host.cluster_id) if host.cluster_id else None
        scene = Scene(
            paths=tuple(self._readable(path) for path in choice.paths[:MAX_ROWS]),
            speaker=Speaker(choice.asn, IPv4Address(host.router_id), cluster),
            profile=profile_of(choice.daemon),
            knobs=knobs_of(lines) if frr else Knobs(),
            prefix=IPv4Interface(self._prefix).network,
            name=f"{host.name} {self._prefix}",
        )
        return self._as_it_came(scene)

    def _as_it_came(self, scene: Scene) -> Scene:
        """Return the paths in an order of arrival that explains what the router uses.

        An older path is preferred, and no command line tells how the paths really came: the order
        is that of the list, unless only another one leads to what the router uses.
        """
        decision, best = scene.decide(), self._named(self.choice.best)
        if decision.best != best:
            for other in other_orders(decision).others:
                if other.winner == best:
                    return replace(scene, paths=tuple(map(decision.path, other.order)))
        return scene

    def _readable(self, path: Path) -> Path:
        """Return a path with its neighbor's name for an id, and the AS number it really has."""
        name = self._named(path.id)
        assert name is not None  # noqa: S101 - a path has an id
        other = self._lab.topology.hosts.get(name.partition("#")[0])
        if other is None:
            return replace(path, id=name)
        asn = int(self._lab.situation.get(f"as {other.name}") or other.asn)
        return replace(path, id=name, peer=replace(path.peer, id=other.name, asn=asn))

    def _named(self, path_id: str | None) -> str | None:
        """Return an id with the neighbor's name in place of its address."""
        if path_id is None:
            return None
        address, mark, number = path_id.partition("#")
        for session in self._lab.topology.sessions_of(self._host.name):
            if session.other(self._host.name).address == address:
                return f"{session.other(self._host.name).host}{mark}{number}"
        return path_id

    def _say(self, trouble: str = "") -> None:
        self._trouble = trouble
        self._said.value = self._told().html

    def _told(self) -> Picture:
        choice, profile = self.choice, PROFILES[profile_of(self.choice.daemon)]
        host, best = self._host.name, self._named(self.choice.best)
        many = f"of {len(choice.paths)} paths" if len(choice.paths) > 1 else "its only path"
        said = f"{host} ({self._title}) uses {best or 'none'} for {self._prefix}, {many}."
        if not choice.paths:
            said = f"{host} ({self._title}) has no path for {self._prefix} any more."
        if choice.reason and len(choice.paths) > 1:
            said += f" Its reason: {choice.reason}."
        if len(choice.multipath) > 1:
            shared = ", ".join(filter(None, map(self._named, choice.multipath)))
            said += f" It shares the traffic between {shared}."
        model = f"The model of {profile.title}"
        listed = [self._named(path.id) for path in choice.paths]
        order = [path.id for path in self.decision.paths]
        if not self.agrees:
            model = f"✗ {model} would use {self.decision.best or 'none'}."
        elif order == listed[:MAX_ROWS]:
            model = f"✓ {model} says the same."
        else:
            model = f"✓ {model} says the same, if they came in this order: {', '.join(order)}."
        notes = [note for note in choice.assumptions if note.startswith("Arrival")]
        notes = notes if len(choice.paths) > 1 and order == listed[:MAX_ROWS] else []
        lines = [
            said,
            *([model] if choice.paths else []),
            *([f"⚠ {self._trouble}"] if self._trouble else []),
        ]
        body = "".join(f'<p class="lr-lead">{esc(line)}</p>' for line in lines)
        soft = " ".join([*notes, f"{origin_of(self._lab)}."])
        return Picture(f'{body}<p class="lr-soft">{esc(soft)}</p>', "\n".join([*lines, soft]))

    # -- following ----------------------------------------------------------------------------

    def _follow_or_not(self, change: dict[str, Any]) -> None:
        loop = _loop()
        if change["new"] and self._task is None and loop is not None:
            self._task = loop.create_task(self._follow())
        elif not change["new"]:
            self._stop()

    def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            self._follows.value = False

    async def _follow(self) -> None:
        while self._task is not None:
            await asyncio.sleep(EVERY)
            self.refresh()


def profile_of(daemon: str) -> str:
    """Return the model's profile of a daemon; BIRD 1.6 decides as BIRD 2 does, without AIGP."""
    return daemon if daemon in PROFILES else daemon.partition("-")[0]


def _loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs here: a notebook's kernel has one, a script has none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _no_path(topology: Topology, host: str, prefix: str) -> str:
    announced = dict.fromkeys(p for speaker in topology.speakers() for p in speaker.originates)
    known = ", ".join(announced) or "none"
    return f"{host} has no BGP path for {prefix}; this lab's routers announce {known}"
