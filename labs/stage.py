"""The stage of the first lesson: a router running real FRR, neighbours, a client, HTTP across them.

The router is zebra and bgpd in a namespace of its own; the neighbours speak BGP through
`labs.speaker`, so they can be told to announce anything, and answer HTTP. Up in a couple of
seconds, and gone with the process that owns it. `labs.stage_replay` has the same verbs.
"""

from __future__ import annotations

import contextlib
import json
import time
from types import TracebackType
from typing import Any, Final, Self

from labs import packages
from labs.errors import LabError
from labs.frr import Frr
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.speaker import Session, Speaker
from labs.stage_plan import (
    CLIENT,
    Fabric,
    Neighbor,
    Situation,
    at_first,
    check_said,
)
from labs.stage_second import SecondOpinion, link, second_daemon
from labs.stage_web import Client, Servers, Traffic
from labs.stage_wiring import ROUTER_SETTINGS, wiring
from labs.wire import Announcement

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


class Stage:
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
        self._speakers: dict[str, Speaker] = {}
        self._sessions: dict[str, Session] = {}
        self._more: dict[str, Session] = {}  # the same neighbours' sessions to the second router
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
            undo.callback(self._hang_up)
            self._start_second(undo)
            self._client = Client(self._tree, CLIENT, fabric.address)
            for neighbor in fabric.neighbors:
                self._dial(neighbor)
            for name, _ in at_first(fabric).said:
                self.say(name)
            self._undo = undo.pop_all()

    def __enter__(self) -> Self:
        """Return the stage."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End everything in it; returns when it is gone."""
        self._undo.close()

    # -- verbs --------------------------------------------------------------------------------

    def get(self, count: int = 24) -> Traffic:
        """Ask the announced address over HTTP from the client, `count` times."""
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
        self._speakers.pop(name).close()
        self._sessions.pop(name)
        self._more.pop(name, None)
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
            self._open(neighbor)

        traffic = self._client.ask(EVENT_AFTER, (f"link to {name} mended", EVENT_AFTER // 2, act))
        self.situation = Situation(
            self.situation.said, self.situation.cut - {name}, self.situation.lines
        )
        self._wait(name)
        self._announce(name, dict(neighbor.says))
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
        return self.show(f"show bgp ipv4 unicast {self.fabric.prefix} json")

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

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until neither the router's table nor its kernel changes any more."""
        deadline = time.monotonic() + seconds
        seen, since = "", time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since
            now, state = time.monotonic(), f"{_shape(self.bgp_json())}{self.forwarding()}"
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

    def _dial(self, neighbor: Neighbor) -> None:
        self._open(neighbor)
        self._wait(neighbor.name)

    def _open(self, neighbor: Neighbor) -> None:
        ours, theirs = self.fabric.link(neighbor.name)
        speaker = self._speakers[neighbor.name] = Speaker(self._tree, neighbor.name)
        self._sessions[neighbor.name] = speaker.open(theirs, neighbor.asn, neighbor.router_id, ours)
        if self._second is not None:
            ours, theirs = link(self.fabric, neighbor.name)
            self._more[neighbor.name] = speaker.open(theirs, neighbor.asn, neighbor.router_id, ours)

    def _wait(self, name: str) -> None:
        both = (self._sessions.get(name), self._more.get(name))
        self._speakers[name].wait_established([session for session in both if session])

    def _hang_up(self) -> None:
        for speaker in self._speakers.values():
            speaker.close()
        self._speakers.clear()

    def _announce(self, name: str, said: dict[str, Any]) -> None:
        check_said(said)
        as_path = said.get("as_path", ())
        announcement = Announcement(
            prefix=self.fabric.prefix,
            next_hop=said.get("next_hop", self.fabric.next_hop(name)),
            as_path=[("seq", as_path)] if as_path else (),
            origin=said.get("origin", "igp"),
            med=said.get("med"),
            local_pref=said.get("local_pref", self._internal_preference(name)),
            originator_id=said.get("originator_id"),
        )
        self._frr_hears(name, lambda: Speaker.announce(self._sessions[name], [announcement]))
        if name in self._more:
            Speaker.announce(self._more[name], [announcement])
        self.situation = self.situation.saying(name, said)

    def _internal_preference(self, name: str) -> int | None:
        """LOCAL_PREF is mandatory inside an AS and forbidden outside (RFC 4271 section 5.1.5)."""
        return 100 if self.fabric.neighbor(name).asn == self.fabric.asn else None

    def _withdraw(self, name: str) -> None:
        self._frr_hears(name, lambda: Speaker.withdraw(self._sessions[name], [self.fabric.prefix]))
        if name in self._more:
            Speaker.withdraw(self._more[name], [self.fabric.prefix])
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
        address = self.fabric.link(name)[1]
        found = json.loads(self.show(f"show bgp neighbors {address} json"))
        return int(found[address]["messageStats"]["updatesRecv"])

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
