"""Read a topology from its file, and refuse a mistake by file, line and name.

The format is TOML: `[host.NAME]`, `[switch.NAME]`, `[pod.NAME]`, `[service.NAME]`, `[prefixes]`,
and a `[[link]]` or `[[session]]` each. Every file in `labs/topologies` is an example of it, and
`Topology` says what each word means. A session's policies are a table per end, under its name.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from labs.errors import LabError
from labs.topology import End, Host, Link, Role, Service, Session, Side, Topology

T = TypeVar("T")
FOLDER: Final = Path(__file__).parent / "topologies"
DAEMONS: Final = ("frr", "frr-8.4", "frr-10", "bird")
"""What a host may run: a daemon of `labs.packages`, or `frr` for whichever FRR is unpacked."""
POD_GATEWAY: Final = "169.254.1.1"
"""A pod's default route leads to this address, which nobody has, as with Calico."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,14}")  # an interface's name has at most 15 characters
_TAKEN: Final = ("lo", "all", "default")  # words of the kernel
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.\"-]+)\s*\]")
_KEY: Final = re.compile(r"\s*([\w-]+)\s*=")
_ENTRY: Final = re.compile(r"(\S+?)(?: le (\d{1,2}))?")
_AS_LIMIT: Final = 2**32 - 1
_ENDS: Final = 2
_MTU: Final = range(576, 9217)
_SHORTEST_HOLD: Final = 3  # seconds, RFC 4271 section 4.2


def known() -> tuple[str, ...]:
    """Return the names of the topologies that ship with the course."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(name: str | Path) -> Topology:
    """Read a topology by the name it ships under, or by the path of a file.

    Raises:
        LabError: there is none, or it has a mistake; names file, line and what is wrong.
    """
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml":
        path = FOLDER / f"{name}.toml"
        if name not in known():
            raise LabError(
                f"no topology is called {name!r}; there are {', '.join(known())}, or give the "
                "path of a file that ends in .toml"
            )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{path} cannot be read as a topology: {error}") from error
    return parse(text, path.name)


def parse(text: str, file: str) -> Topology:
    """Read a topology from text; `file` is what an error calls it.

    Raises:
        LabError: it has a mistake; names file, line and what is wrong.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise LabError(f"{file}:{line[1] if line else '?'}: no TOML: {error}") from error
    return _File(file, _line_numbers(text), data).topology()


def _line_numbers(text: str) -> dict[str, int]:
    """Return the line of each table and of each key in it, by names such as `link.0.ends`."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[2].replace('"', "")
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return found


class _Table:
    """One table of the file: gives its keys, checked, and refuses those it was not asked for."""

    def __init__(self, file: _File, place: str, data: object) -> None:
        """Take over what the file has at `place`."""
        self.file, self.place = file, place
        if not isinstance(data, dict):
            file.fail(place, f"expected a table, seen {data!r}")
        self.data: dict[str, Any] = data

    def fail(self, key: str, message: str) -> NoReturn:
        """Refuse a key's value."""
        self.file.fail(f"{self.place}.{key}" if self.place else key, message)

    def only(self, *known: str) -> None:
        """Refuse a key that means nothing here."""
        for key in self.data:
            if key not in known:
                self.fail(key, f"means nothing here; what does is {', '.join(known)}")

    def get(self, key: str, what: str, read: Callable[[Any], T | None], default: T | None) -> T:
        """Return a value that `read` makes something of; `default` where it may be missing."""
        if key not in self.data:
            if default is None:
                self.fail(key, f"is missing; expected {what}")
            return default
        value = read(self.data[key])
        if value is None:
            self.fail(key, f"expected {what}, seen {self.data[key]!r}")
        return value

    def text(self, key: str, what: str = "text", default: str | None = None) -> str:
        """Return text on one line."""
        return self.get(key, what, lambda v: v if isinstance(v, str) and "\n" not in v else None,
                        default)  # fmt: skip

    def one_of(self, key: str, words: Collection[str], default: str | None = None) -> str:
        """Return one of some words."""
        what = f"one of {', '.join(words)}"
        return self.get(key, what, lambda v: v if v in words else None, default)

    def whole(self, key: str, limits: range, what: str, default: int | None = None) -> int:
        """Return a whole number."""
        return self.get(key, what, lambda v: v if type(v) is int and v in limits else None, default)

    def flag(self, key: str) -> bool:
        """Return a truth value, False where it is missing."""
        return self.get(key, "true or false", lambda v: v if isinstance(v, bool) else None,
                        default=False)  # fmt: skip

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""

        def read(value: Any) -> list[str] | None:  # noqa: ANN401 - TOML from outside
            fine = isinstance(value, list) and all(isinstance(item, str) for item in value)
            return value if fine else None

        return tuple(self.get(key, 'a list of texts such as ["a", "b"]', read, default))

    def names(self, key: str, known: Collection[str], what: str) -> tuple[str, ...]:
        """Return a list of names that are all known."""
        found = self.texts(key)
        for name in found:
            if name not in known:
                self.fail(key, f"no {what} is called {name!r}; there are {', '.join(known)}")
        return found

    def address(self, key: str, default: str | None = None) -> str:
        """Return an IPv4 address."""
        return self.get(key, "an IPv4 address such as 192.0.2.1", _address, default)

    def prefix(self, key: str, default: str | None = None) -> str:
        """Return an IPv4 prefix."""
        return self.get(key, "an IPv4 prefix such as 192.0.2.0/24", _prefix, default)

    def prefixes(self, key: str) -> tuple[str, ...]:
        """Return a list of IPv4 prefixes."""
        found = self.texts(key, [])
        for prefix in found:
            if _prefix(prefix) is None:
                self.fail(key, f"expected IPv4 prefixes such as 192.0.2.0/24, seen {prefix!r}")
        return found


class _File:
    """A whole file while it is read."""

    def __init__(self, file: str, lines: Mapping[str, int], data: dict[str, Any]) -> None:
        """Read nothing yet."""
        self.file, self.lines, self.data = file, lines, data

    def fail(self, place: str, message: str) -> NoReturn:
        """Refuse the file, naming the line of a place or of the nearest table around it."""
        around = place
        while around and around not in self.lines:
            around = around.rpartition(".")[0]
        line = self.lines.get(around, 1)
        raise LabError(f"{self.file}:{line}: {place}: {message}")

    def tables(self, kind: str) -> dict[str, _Table]:
        """Return the `[kind.NAME]` tables by name."""
        found = _Table(self, kind, self.data.get(kind, {}))
        return {name: _Table(self, f"{kind}.{name}", data) for name, data in found.data.items()}

    def array(self, kind: str) -> list[_Table]:
        """Return the `[[kind]]` tables."""
        found = self.data.get(kind, [])
        if not isinstance(found, list):
            self.fail(kind, f"expected [[{kind}]] tables")
        return [_Table(self, f"{kind}.{number}", data) for number, data in enumerate(found)]

    def topology(self) -> Topology:
        """Read everything."""
        whole = _Table(self, "", self.data)
        whole.only("title", "prefixes", "host", "switch", "pod", "service", "link", "session")
        title = whole.text("title", "one line that says what the topology shows")
        prefixes = self.prefix_sets()
        hosts = {name: self.host(name, table) for name, table in self.tables("host").items()}
        if not hosts:
            self.fail("host", "a topology needs hosts: begin with [host.NAME]")
        switches = tuple(self.tables("switch"))
        for name in switches:
            self.check_name(f"switch.{name}", name, hosts)
        for name, host in hosts.items():
            if host.gateway and host.gateway not in hosts:
                self.fail(f"host.{name}.gateway", f"no host is called {host.gateway!r}")
        links = [self.link(table, (*hosts, *switches)) for table in self.array("link")]
        self.check_links(links)
        for name, table in self.tables("pod").items():
            self.check_name(f"pod.{name}", name, {**hosts, **dict.fromkeys(switches)})
            host, link = self.pod(name, table, hosts)
            hosts[name] = host
            links.append(link)
        services = tuple(self.service(n, t, hosts) for n, t in self.tables("service").items())
        stem = self.file.removesuffix(".toml")
        topology = Topology(stem, title, hosts, switches, tuple(links), (), prefixes, services)
        self.check_gateways(topology)
        sessions = tuple(self.session(table, topology) for table in self.array("session"))
        self.check_sessions(sessions)
        return Topology(stem, title, hosts, switches, tuple(links), sessions, prefixes, services)

    def check_name(self, place: str, name: str, others: Collection[str] = ()) -> None:
        """Refuse a name that cannot be an interface's, or that is taken."""
        if _NAME.fullmatch(name) is None or name in _TAKEN:
            self.fail(place, "a name has 1 to 15 lower-case letters, digits and hyphens, the first "
                             "a letter, and is none of " + ", ".join(_TAKEN))  # fmt: skip
        if name in others:
            self.fail(place, f"the name {name!r} is taken")

    def prefix_sets(self) -> dict[str, tuple[str, ...]]:
        """Read the named sets of prefixes."""
        table = _Table(self, "prefixes", self.data.get("prefixes", {}))
        for name in table.data:
            if re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name) is None:
                table.fail(name, "a set's name has lower-case letters, digits and underscores")
            for entry in table.texts(name):
                found = _ENTRY.fullmatch(entry)
                if found is None or _prefix(found[1]) is None or not _longer(found):
                    table.fail(
                        name,
                        f"expected a prefix, or a prefix and the longest within it that is meant, "
                        f"such as 10.244.0.0/16 le 32; seen {entry!r}",
                    )
        return {name: table.texts(name) for name in table.data}

    def host(self, name: str, table: _Table) -> Host:
        """Read one host."""
        self.check_name(table.place, name)
        table.only(
            *("role", "daemon", "asn", "router_id", "originates", "blocks", "gateway", "loopbacks")
        )
        roles = [role.value for role in Role if role is not Role.POD]
        role = Role(table.one_of("role", roles))
        daemon = table.one_of("daemon", DAEMONS, "")
        if not daemon:
            for key in ("asn", "router_id", "originates", "blocks"):
                if key in table.data:
                    table.fail(key, "a host without a daemon does not speak BGP")
        loopbacks = table.prefixes("loopbacks")
        return Host(
            name=name,
            role=role,
            daemon=daemon,
            asn=table.whole("asn", range(1, _AS_LIMIT + 1), f"an AS number from 1 to {_AS_LIMIT}")
            if daemon
            else 0,
            router_id=table.address("router_id") if daemon else "",
            originates=table.prefixes("originates"),
            blocks=table.prefix("blocks", ""),
            gateway=table.text("gateway", "a host's name", ""),
            loopbacks=loopbacks,
        )

    def link(self, table: _Table, names: Collection[str]) -> Link:
        """Read one link."""
        table.only("ends", "addresses", "mtu")
        ends = table.names("ends", names, "host or switch")
        if len(ends) != _ENDS or ends[0] == ends[1]:
            table.fail("ends", f"expected two different hosts or switches, seen {list(ends)}")
        addresses = table.texts("addresses")
        if len(addresses) != _ENDS:
            table.fail("addresses", 'expected one for each end, "" for a switch')
        switches = self.data.get("switch", {})
        for name, address in zip(ends, addresses, strict=True):
            if name in switches and address:
                table.fail("addresses", f'{name} is a switch and has no address: write ""')
            if name not in switches and _interface(address) is None:
                table.fail(
                    "addresses",
                    f"expected an address of {name} with length, such as 10.1.1.1/24, seen "
                    f"{address!r}",
                )
        first, second = ends
        mtu = table.whole("mtu", _MTU, f"octets from {_MTU[0]} to {_MTU[-1]}", 1500)
        return Link((End(first, second, addresses[0]), End(second, first, addresses[1])), mtu)

    def check_links(self, links: list[Link]) -> None:
        """Refuse two links between the same two, and an address that two hosts have."""
        pairs: dict[frozenset[str], int] = {}
        owners: dict[str, str] = {}
        for number, link in enumerate(links):
            pair = frozenset(link.names)
            if pair in pairs:
                self.fail(f"link.{number}", f"{' and '.join(link.names)} have a link already")
            pairs[pair] = number
            for end in link.ends:
                address = end.address.partition("/")[0]
                if address and owners.setdefault(address, end.host) != end.host:
                    self.fail(
                        f"link.{number}.addresses",
                        f"{address} is the address of {owners[address]} too",
                    )

    def pod(self, name: str, table: _Table, hosts: Mapping[str, Host]) -> tuple[Host, Link]:
        """Read one pod: a host with one link, to its node."""
        self.check_name(table.place, name)
        table.only("node", "address")
        nodes = [host.name for host in hosts.values() if host.role is Role.NODE]
        node = table.one_of("node", nodes)
        address = table.address("address")
        link = Link((End(name, "eth0", f"{address}/32"), End(node, name)))
        return Host(name, Role.POD, gateway=node), link

    def service(self, name: str, table: _Table, hosts: Mapping[str, Host]) -> Service:
        """Read one Service."""
        table.only("address", "nodes")
        nodes = [host.name for host in hosts.values() if host.role is Role.NODE]
        return Service(name, table.address("address"), table.names("nodes", nodes, "node"))

    def check_gateways(self, topology: Topology) -> None:
        """Refuse a default route to a host that is not next door."""
        for host in topology.hosts.values():
            apart = host.gateway and topology.meeting(host.name, host.gateway) is None
            if apart and host.role is not Role.POD:
                self.fail(
                    f"host.{host.name}.gateway",
                    f"{host.gateway} has no address in a network of {host.name}",
                )

    def session(self, table: _Table, topology: Topology) -> Session:
        """Read one session."""
        speakers = [host.name for host in topology.speakers()]
        ends = table.names("ends", speakers, "host with a BGP daemon")
        if len(ends) != _ENDS or ends[0] == ends[1]:
            table.fail("ends", f"expected two different hosts, seen {list(ends)}")
        table.only("ends", *ends)
        addresses = topology.meeting(*ends)
        if addresses is None:
            table.fail("ends", f"{ends[0]} and {ends[1]} have no network in common")
        first, second = (
            self.side(table, name, address, topology)
            for name, address in zip(ends, addresses, strict=True)
        )
        if first.passive and second.passive:
            table.fail("ends", "both ends are passive, so neither would ever connect")
        return Session((first, second))

    def side(self, table: _Table, name: str, address: str, topology: Topology) -> Side:
        """Read one end of a session."""
        if name not in table.data:
            table.fail(name, f"is missing: say what {name} sends and accepts, {{}} for nothing")
        mine = _Table(self, f"{table.place}.{name}", table.data[name])
        mine.only("sends", "accepts", "hold", "passive")
        sets = tuple(topology.prefixes)
        hold = None
        if "hold" in mine.data:
            what = f"seconds, at least {_SHORTEST_HOLD}"
            hold = mine.whole("hold", range(_SHORTEST_HOLD, 2**16), what)
        sends, accepts = (
            mine.names(key, sets, "set in [prefixes]") if key in mine.data else ()
            for key in ("sends", "accepts")
        )
        return Side(name, address, sends, accepts, hold, mine.flag("passive"))

    def check_sessions(self, sessions: tuple[Session, ...]) -> None:
        """Refuse two sessions between the same two."""
        pairs: set[frozenset[str]] = set()
        for number, session in enumerate(sessions):
            pair = frozenset(side.host for side in session.sides)
            if pair in pairs:
                self.fail(f"session.{number}", f"{' and '.join(sorted(pair))} have one already")
            pairs.add(pair)


def _address(value: object) -> str | None:
    try:
        return str(ipaddress.IPv4Address(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _prefix(value: object) -> str | None:
    try:
        return str(ipaddress.IPv4Network(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _interface(value: str) -> str | None:
    try:
        return str(ipaddress.IPv4Interface(value)) if "/" in value else None
    except ValueError:
        return None


def _longer(entry: re.Match[str]) -> bool:
    length = int(entry[1].partition("/")[2] or 32)
    return entry[2] is None or length <= int(entry[2]) <= 32  # noqa: PLR2004 - IPv4's longest
