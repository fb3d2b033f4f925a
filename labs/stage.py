"""The stage of the first lesson: a router running real FRR, neighbours, a client, HTTP across them.

The router is zebra and bgpd in a namespace of its own; the neighbours speak BGP through
`labs.speaker`, so they can be told to announce anything, and answer HTTP. Up in a couple of
seconds, and gone with the process that owns it. `labs.stage_replay` has the same verbs.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any, Final

from labs import packages
from labs.closing import Closing
from labs.errors import LabError
from labs.frr import Frr
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.stage_plan import (
    CLIENT,
    Fabric,
    Situation,
    at_first,
)
from labs.stage_second import SecondOpinion, second_daemon
from labs.stage_voices import Voices
from labs.stage_web import Client, Servers, Traffic
from labs.stage_wiring import ROUTER_SETTINGS, wiring

ROUTERS: Final = ("frr-8.4", "frr-10")
"""The daemons a stage's router can be, the first one that is unpacked is taken."""
QUIET = 0.15
"""Seconds without a change that count as settled; bgpd decides some 50 ms after an UPDATE."""
NOT_IN_TABLE = "% Network not in table"
EVENT_AFTER = 12
WATCHED = 50


def router_daemon() -> Daemon:
    """Return the FRR that a stage's router runs.

    Raises:
        LabError: none is unpacked on this machine.
    """
    here = packages.installed()
    for name in ROUTERS:
        if name in here:
            return here[name]
    raise LabError("no FRR is unpacked here: run `locrib learn --fetch` once, with network")


class Stage(Closing):
    """A fabric, running; use it in a `with` block or `close` it."""

    live: Final = True

    def __init__(self, fabric: Fabric, daemon: Daemon | None = None) -> None:
        """Bring it up and wait until every neighbour's path is in the router's table.

        Raises:
            LabError: the machine refuses namespaces, or FRR is missing or does not start.
        """
        self.fabric = fabric
        self.daemon = daemon or router_daemon()
        self.title = f"FRR {self.daemon.version}"
        self.profile = self.daemon.name
        self.situation = Situation()
        self._ups: dict[str, int] = {}  # how often each session had come up when it announced
        self._second: SecondOpinion | None = None
        with contextlib.ExitStack() as undo:
            self._tree = undo.enter_context(ProcessTree())
            self._build()
            self._frr = undo.enter_context(
                Frr(self._tree, fabric.router, self.daemon, fabric.configuration())
            )
            # On a link's return FRR 8.4 takes a kernel nexthop group for whole that lost a member.
            for line in ("configure terminal", "no zebra nexthop kernel enable", "end"):
                self._frr.ask(line, "zebra")
            names = [neighbor.name for neighbor in fabric.neighbors]
            self._servers = Servers(self._tree, fabric.address, names)
            undo.callback(self._servers.close)
            self._start_second(undo)
            self._voices = Voices(self._tree, fabric, second=self._second is not None)
            undo.callback(self._voices.close)
            self._client = Client(self._tree, CLIENT, fabric.address)
            for name in names:
                self._voices.dial(name)
                self._voices.wait(name)
            for name, _ in at_first(fabric).said:
                self.say(name)
            self._undo = undo.pop_all()

    def close(self) -> None:
        """End everything in it; returns when it is gone."""
        self._undo.close()

    # -- verbs --------------------------------------------------------------------------------

    def get(self, count: int = 24) -> Traffic:
        """Ask the announced address over HTTP from the client, `count` times."""
        self._revive()
        return self._client.ask(count)

    def cut(self, name: str) -> Traffic:
        """Cut a neighbour's link while the client goes on asking."""
        self._check_uncut(name)
        if self.fabric.neighbor(name).igp_metric is not None:
            raise LabError(
                f"the sessions of the {self.fabric.name} outlive a cut link until their hold timer "
                f"expires, which a later lesson shows; here `withdraw({name!r})` takes a path away"
            )

        def act() -> None:
            self._tree.script(f"ip -n {name} link set eth0 down")

        traffic = self._client.ask(WATCHED, (f"link to {name} cut", EVENT_AFTER, act))
        self._voices.hang_up(name)
        said = self.situation.silent(name)
        self.situation = Situation(said.said, said.cut | {name}, said.lines)
        self.settle()
        return traffic

    def heal(self, name: str) -> Traffic:
        """Mend a cut link; the neighbour comes back by itself while the client goes on asking."""
        neighbor = self.fabric.neighbor(name)
        if name not in self.situation.cut:
            raise LabError(f"the link to {name} is not cut; `cut({name!r})` cuts it")
        gateway = self.fabric.link(name)[0]

        def act() -> None:
            self._tree.script(
                f"ip -n {name} link set eth0 up; ip -n {name} route replace default via {gateway}"
            )
            self._voices.dial(name)

        def announce_when_up() -> None:
            if self._voices.is_up(name) and self.situation.announcement(name) is None:
                self._announce(name, dict(neighbor.says))

        event = (f"link to {name} mended", EVENT_AFTER, act)
        traffic = self._client.ask(WATCHED, event, announce_when_up)
        self._voices.wait(name)
        announce_when_up()
        said = self.situation.said
        self.situation = Situation(said, self.situation.cut - {name}, self.situation.lines)
        self.settle()
        return traffic

    def say(self, name: str, **attributes: Any) -> None:  # noqa: ANN401 - as the attributes are
        """Make a neighbour announce the prefix with other attributes; without any, as at first.

        Raises:
            LabError: no such neighbour or attribute, or its link is cut.
        """
        self._check_uncut(name)
        self._announce(name, {**self.fabric.neighbor(name).says, **attributes})
        self.settle()

    def withdraw(self, *names: str) -> None:
        """Make neighbours withdraw the prefix; one that announces nothing has nothing to do."""
        for name in names:
            self._check_uncut(name)
            if self.situation.announcement(name) is not None:
                self._withdraw(name)
        self.settle()

    def configure(self, *lines: str) -> None:
        """Enter configuration lines on the router, as after `configure terminal`."""
        self._frr.configure([line.strip() for line in lines])
        self._reapply_policy()
        self.situation = self.situation.configured(lines)
        self.settle()

    def mend(self) -> None:
        """Undo everything: links, announcements, configuration; arrivals are as at first again."""
        for name in sorted(self.situation.cut):
            self.heal(name)
        for context, line in self.situation.lines:
            undo = line[3:] if line.startswith("no ") else f"no {line}"
            self._frr.configure([context, undo] if context else [undo])
        if self.situation.lines:
            self._reapply_policy()
        self.situation = Situation(self.situation.said)
        first = at_first(self.fabric)
        if self.situation != first:
            self.withdraw(*(name for name, _ in self.situation.said))
            for name, _ in first.said:
                self.say(name)
        self.settle()

    def show(self, command: str) -> str:
        """Return what the router prints for a `show` command."""
        try:
            return self._frr.ask(command)
        except LabError as error:
            if NOT_IN_TABLE in str(error):  # an answer, and one worth seeing
                return f"{NOT_IN_TABLE}\n"
            raise

    def bgp_json(self) -> str:
        """Return FRR's JSON for the prefix: every path, the best one marked."""
        self._revive()
        return self._table()

    def second_opinion(self) -> str:
        """Return the table of the fabric's second router, GoBGP, as it prints it.

        Raises:
            LabError: this fabric has none, or GoBGP is not unpacked here.
        """
        if self._second is None:
            why = (
                "GoBGP is not unpacked here: run `locrib learn --fetch` once, with network"
                if self.fabric.second
                else f"the {self.fabric.name} has one router only"
            )
            raise LabError(f"no second opinion: {why}")
        return self._second.table(len(self.situation.said))

    @property
    def second_title(self) -> str | None:
        """The second router by name and version, None when there is none."""
        return self._second.title if self._second else None

    def forwarding(self) -> tuple[str, ...]:
        """Return the neighbours that the router's kernel forwards the prefix to, by name."""
        text = self._tree.run(
            ["ip", "-n", self.fabric.router, "-j", "route", "show", self.fabric.prefix]
        )
        routes = json.loads(text or "[]")
        hops = [hop for route in routes for hop in route.get("nexthops", [route])]
        names = self.fabric.names()
        return tuple(sorted(names[hop["gateway"]] for hop in hops if "gateway" in hop))

    # -- inside -------------------------------------------------------------------------------

    def _revive(self) -> None:
        """Announce anew what was lost with its session, after a laptop's sleep for instance."""
        for name, _ in self.situation.said:
            if not self._voices.is_up(name) or self._ups[name] != self._established_count(name):
                self._voices.wait(name)
                self._announce(name, self.situation.announcement(name) or {})
                self.settle()

    def _established_count(self, name: str) -> int:
        return int(self._neighbor(name)["connectionsEstablished"])

    def _neighbor(self, name: str) -> Any:  # noqa: ANN401 - JSON from outside
        address = self.fabric.link(name)[1]
        return self._frr.ask_json(f"show bgp neighbors {address} json")[address]

    def _table(self) -> str:
        return self.show(f"show bgp ipv4 unicast {self.fabric.prefix} json")

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until neither the router's table nor its kernel changes any more."""
        deadline = time.monotonic() + seconds
        seen, since = "", time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since
            now, state = time.monotonic(), f"{_shape(self._table())}{self.forwarding()}"
            if state != seen:
                seen, since = state, now
            return now - since > QUIET or now > deadline

        poll(f"{self.fabric.router} settles", quiet, seconds + 1)

    def _build(self) -> None:
        fabric, router = self.fabric, self.fabric.router
        for host in (router, CLIENT, *(neighbor.name for neighbor in fabric.neighbors)):
            self._tree.add_host(host)
        self._tree.script(f"sysctl -qw {' '.join(ROUTER_SETTINGS)}", router)
        self._tree.script("\n".join(wiring(fabric)))

    def _start_second(self, undo: contextlib.ExitStack) -> None:
        daemon = second_daemon() if self.fabric.second else None
        if daemon is not None:
            self._second = SecondOpinion(self._tree, self.fabric, daemon)
            undo.callback(self._second.close)

    def _announce(self, name: str, said: dict[str, Any]) -> None:
        self._frr_hears(name, lambda: self._voices.announce(name, said))
        self._ups[name] = self._established_count(name)
        self.situation = self.situation.saying(name, said)

    def _withdraw(self, name: str) -> None:
        self._frr_hears(name, lambda: self._voices.withdraw(name))
        self.situation = self.situation.silent(name)

    def _frr_hears(self, name: str, act: Any) -> None:  # noqa: ANN401 - any callable without arguments
        """Do something that sends one UPDATE, and wait until bgpd has counted it."""
        before = self._updates(name)
        act()
        poll(f"{self.fabric.router} hears {name}", lambda: self._updates(name) > before)

    def _reapply_policy(self) -> None:
        """Pass what was received through the route-maps again, as after any change of policy."""
        self._frr.ask("clear bgp ipv4 unicast * soft in")

    def _updates(self, name: str) -> int:
        return int(self._neighbor(name)["messageStats"]["updatesRecv"])

    def _check_uncut(self, name: str) -> None:
        self.fabric.neighbor(name)
        if name in self.situation.cut:
            raise LabError(f"the link to {name} is cut; `heal({name!r})` mends it")


def _shape(text: str) -> str:
    """FRR's JSON without what changes by itself (ages)."""
    return json.dumps(_without_age(json.loads(text)), sort_keys=True)


def _without_age(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {k: _without_age(v) for k, v in value.items() if k not in ("lastUpdate", "uptime")}
    if isinstance(value, list):
        return [_without_age(item) for item in value]
    return value
