"""What a lab's verbs return, as frozen values that a recording can write down and read back."""

from __future__ import annotations

from dataclasses import dataclass

from bgp.frr_json import parse_frr_table
from bgp.profiles import profile
from bgp.route import Path


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
        server: the host that answered, None for none.
        source: the address the server saw the request come from, None for no answer.
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
    """What FRR prints for one prefix: its JSON, which FRR it is, and the router's AS number."""

    text: str
    daemon: str
    asn: int


def read_paths(table: Table) -> tuple[Path, ...]:
    """Read the paths of a table; none for a prefix that FRR does not have.

    Raises:
        InvalidValueError: FRR says something of a path that has no place in a `Path`.
    """
    if '"paths"' not in table.text:
        return ()
    return parse_frr_table(table.text, profile(table.daemon), table.asn).paths
