"""Read the sessions of a topology's file: who speaks with whom, and each side's policy."""

from __future__ import annotations

from typing import Final

from labs.toml_file import TomlFile, TomlTable
from labs.topology import Session, Side, Topology
from labs.topology_limits import limit

_ENDS: Final = 2
_SHORTEST_HOLD: Final = 3  # seconds, RFC 4271 section 4.2
_LONGEST_PASSWORD: Final = 80  # Linux: TCP_MD5SIG_MAXKEYLEN (tcp(7))
_SIDE: Final = (
    *("sends", "accepts", "hold", "passive", "client", "next_hop_self", "as_override"),
    "max_prefixes",
    "reject_invalid",
)


def read_session(table: TomlTable, topology: Topology) -> Session:
    """Read one `[[session]]`.

    Args:
        table: the session's table.
        topology: hosts, links and prefix sets, still without sessions.

    Raises:
        LabError: it has a mistake; names file, line and what is wrong.
    """
    speakers = [host.name for host in topology.speakers()]
    ends = table.names("ends", speakers, "host with a BGP daemon")
    if len(ends) != _ENDS or ends[0] == ends[1]:
        table.fail("ends", f"expected two different hosts, seen {list(ends)}")
    table.only("ends", "bfd", "password", *ends)
    addresses = topology.meeting(*ends)
    if addresses is None:
        table.fail("ends", f"{ends[0]} and {ends[1]} have no network in common")
    sides = (
        _side(table, ends[0], ends[1], addresses[0], topology),
        _side(table, ends[1], ends[0], addresses[1], topology),
    )
    if all(topology.is_declared(end) for end in ends):
        table.fail("ends", "sessions between a cluster's nodes are declared by its objects")
    if sides[0].passive and sides[1].passive:
        table.fail("ends", "both ends are passive, so neither would ever connect")
    bfd = table.flag("bfd")
    for end in ends:
        if bfd and (why := limit(topology.hosts[end].daemons, "bfd")):
            table.fail("bfd", f"{end} {why}")
    password = table.text("password", "a password without spaces", "")
    if password and not (password.isascii() and password.isalnum()):
        table.fail("password", "expected letters and digits only, without accents")
    if len(password) > _LONGEST_PASSWORD:
        table.fail(
            "password",
            f"expected at most {_LONGEST_PASSWORD} letters and digits, seen {len(password)}",
        )
    return Session(sides, bfd, password)


def _side(table: TomlTable, name: str, neighbor: str, address: str, topology: Topology) -> Side:
    if topology.is_declared(name):
        if name in table.data:
            table.fail(name, "is a cluster's node: its side of the session is declared by objects")
        return Side(name, address, (), ())
    mine = table.inner(name, f"say what {name} sends and accepts, {{}} for nothing")
    mine.only(*_SIDE)
    host, other = topology.hosts[name], topology.hosts[neighbor]
    inside = host.asn == other.asn
    for key, fits in (("client", inside), ("next_hop_self", inside), ("as_override", not inside)):
        if key in mine.data and not fits:
            which = "an iBGP" if key != "as_override" else "an eBGP"
            mine.fail(key, f"means something in {which} session only")
    for key in mine.data:
        if why := limit(host.daemons, key):
            mine.fail(key, f"{name} {why}")
    if "reject_invalid" in mine.data and not host.rpki:
        mine.fail("reject_invalid", f"{name} asks no validator: say which by rpki in host.{name}")
    sets = tuple(topology.prefixes)
    sends, accepts = (
        mine.names(key, sets, "set in [prefixes]", []) for key in ("sends", "accepts")
    )
    return Side(
        host=name,
        address=address,
        sends=sends,
        accepts=accepts,
        hold=mine.maybe_number(
            "hold", range(_SHORTEST_HOLD, 2**16), f"seconds, at least {_SHORTEST_HOLD}"
        ),
        passive=mine.flag("passive"),
        client=mine.flag("client"),
        next_hop_self=mine.flag("next_hop_self"),
        as_override=mine.flag("as_override"),
        reject_invalid=mine.flag("reject_invalid"),
        max_prefixes=mine.maybe_number("max_prefixes", range(1, 2**32), "prefixes, at least 1"),
    )


def check_sessions(toml: TomlFile, sessions: tuple[Session, ...]) -> None:
    """Refuse two sessions between the same two."""
    pairs: set[frozenset[str]] = set()
    for number, session in enumerate(sessions):
        pair = frozenset(side.host for side in session.sides)
        if pair in pairs:
            toml.fail(f"session.{number}", f"{' and '.join(sorted(pair))} have one already")
        pairs.add(pair)
