"""What a lab's verbs return, as frozen values that a recording can write down and read back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from bgp.frr_json import parse_frr_table
from bgp.profiles import profile
from bgp.route import Path
from bgp.snapshot import HostSnapshot, RibEntry, Snapshot
from bgp.snapshot_json import parse_snapshot, snapshot_object


@dataclass(frozen=True)
class Output:
    """What a command printed on a host, and its exit status (0 for success)."""

    text: str
    status: int

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True)
class Answer:
    """One request of a client.

    Attributes:
        url: what was asked.
        took: seconds until the answer was there or given up.
        server: the host that answered, None for none, or for a server that does not tell its name.
        source: the address the server saw the request come from; None where it does not tell.
        error: why there is no answer, None when there is one.
        text: the answer's body.
    """

    url: str
    took: float
    server: str | None = None
    source: str | None = None
    error: str | None = None
    text: str = ""

    def __str__(self) -> str:
        """Say it in a line."""
        if self.error:
            return f"{self.url}: {self.error}"
        if self.server is None:
            first = self.text.strip().partition("\n")[0]
            return f"{self.url}: somebody answered {first[:80]!r}"
        return f"{self.url}: {self.server} answered and saw {self.source}"


@dataclass
class Capture:
    """A link's packets, a line each as tcpdump prints them; empty until the capture is over."""

    text: str = ""

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True)
class Hop:
    """What one host does with a packet for an address.

    Attributes:
        host: the host.
        route: the prefix of the matching route ("default" for 0.0.0.0/0), empty when none matches.
        next_hop: the address it is passed on to, empty when the destination is on the link.
        interface: where it leaves, empty when it does not.
        source: who told the kernel: "bgp", "connected", "fixed", "here" for the end of the way, or
            "kube-proxy" where the destination becomes `next_hop`, a pod, on this very host.
        to: the host that gets it next, empty at the end of the way.
        as_path: the AS_PATH of the BGP route, empty when it is none or starts in this AS.
        bgp_next_hop: the NEXT_HOP of the BGP route, empty when it is none.
        others: the other pods that kube-proxy could have picked.
        problem: why the way ends here without arriving, empty otherwise.
    """

    host: str
    route: str = ""
    next_hop: str = ""
    interface: str = ""
    source: str = ""
    to: str = ""
    as_path: str = ""
    bgp_next_hop: str = ""
    problem: str = ""
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in a line."""
        if self.problem:
            return f"{self.host}: {self.problem}"
        if self.source == "here":
            return f"{self.host}: arrived"
        if self.source == "kube-proxy":
            pods = " or ".join((self.next_hop, *self.others))
            return f"{self.host}: kube-proxy sends {self.route} on to {pods}"
        bgp = f", AS_PATH {self.as_path or '(empty)'}, NEXT_HOP {self.bgp_next_hop}"
        via = f"via {self.next_hop} " if self.next_hop else ""
        told = bgp if self.bgp_next_hop else ""
        way = f"{self.route} {via}dev {self.interface}"
        return f"{self.host}: {way} ({self.source}{told}) -> {self.to}"


@dataclass(frozen=True)
class Table:
    """What a router says of one prefix, as it is written into a recording.

    Attributes:
        text: the JSON that FRR prints; for any other daemon a snapshot with the prefix alone.
        daemon: which daemon it is, by the names of `labs.packages`.
        asn: the router's AS number.
        options: the lines of FRR's running configuration that bear on its choice.
    """

    text: str
    daemon: str
    asn: int
    options: str = ""


@dataclass(frozen=True)
class Choice:
    """What a router has for a prefix, and what it made of it.

    Attributes:
        paths: the candidates; FRR's in their order of arrival, as far as it can be told.
        best: id of the path it uses, None when it uses none.
        multipath: ids of those that share the traffic, the best included, sorted.
        reason: why that path, in FRR's words; None where the daemon does not say.
        daemon: which daemon it is, by the names of `labs.packages`.
        asn: the router's AS number.
        options: as in a `Table`.
        assumptions: what the router does not say and was taken for granted, one sentence each.
    """

    paths: tuple[Path, ...]
    best: str | None
    multipath: tuple[str, ...]
    reason: str | None
    daemon: str
    asn: int
    options: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


def write_entry(host: str, entry: RibEntry | None) -> str:
    """Return one entry of a table as a `Table` has it, for a daemon that is not FRR."""
    rib = () if entry is None else (entry,)
    return json.dumps(snapshot_object(Snapshot(host, {host: HostSnapshot(rib=rib)})))


def read_choice(table: Table) -> Choice:
    """Read a table; no paths for a prefix that the router does not have.

    Raises:
        InvalidValueError: FRR says something of a path that has no place in a `Path`.
    """
    lines = tuple(table.options.splitlines())
    if not table.daemon.startswith("frr"):
        (host,) = parse_snapshot(json.loads(table.text)).hosts.values()
        for entry in host.rib:
            return Choice(
                entry.paths, entry.best, entry.multipath, None, table.daemon, table.asn, lines,
                (f"Arrival is taken to be {_LISTED}.",),
            )  # fmt: skip
    elif '"paths"' in table.text:
        read = parse_frr_table(table.text, profile(table.daemon), table.asn)
        return Choice(
            read.paths, read.best, read.multipath, read.reason, table.daemon, table.asn, lines,
            read.assumptions,
        )  # fmt: skip
    return Choice((), None, (), None, table.daemon, table.asn, lines)


_LISTED: Final = "the order in which the daemon lists the paths; it does not tell the true one"
