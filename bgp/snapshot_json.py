"""Snapshots as JSON, versioned (docs/formats.md, "snapshot"): written, and read back equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from bgp.case import read_path
from bgp.case_writer import path_object
from bgp.errors import InvalidValueError
from bgp.json_checks import flag, mapping, number, required, sequence, text
from bgp.snapshot import (
    Bfd,
    HostSnapshot,
    Interface,
    KernelRoute,
    Neighbor,
    RibEntry,
    Snapshot,
    Translation,
)

FORMAT: Final = "locrib-snapshot"
VERSION: Final = 1

T = TypeVar("T")


def snapshot_object(snapshot: Snapshot) -> dict[str, object]:
    """Return the snapshot as a JSON object of the current version."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": snapshot.title,
        "taken": snapshot.taken,
        "hosts": {name: _host_object(host) for name, host in snapshot.hosts.items()},
    }


def parse_snapshot(data: object) -> Snapshot:
    """Read a snapshot from parsed JSON.

    Raises:
        InvalidValueError: what is wrong, with its place (`hosts.tor1.kernel[2].metric`).
    """
    whole = mapping("snapshot", data)
    if whole.get("format") != FORMAT:
        raise InvalidValueError("format", whole.get("format"), FORMAT)
    if whole.get("version") != VERSION:
        raise InvalidValueError("version", whole.get("version"), f"{VERSION}, the one known here")
    hosts = mapping("hosts", required("hosts", whole))
    return Snapshot(
        title=text("title", required("title", whole)),
        taken=text("taken", whole.get("taken", "")),
        hosts={str(name): _placed(f"hosts.{name}", _host, host) for name, host in hosts.items()},
    )


def _host_object(host: HostSnapshot) -> dict[str, object]:
    return {
        "daemon": host.daemon,
        "running": host.running,
        "neighbors": [
            {
                "address": neighbor.address,
                "name": neighbor.name,
                "as": neighbor.asn,
                "state": neighbor.state,
                "received": _maybe_list(neighbor.received),
                "sent": _maybe_list(neighbor.sent),
            }
            for neighbor in host.neighbors
        ],
        "rib": [
            {
                "prefix": entry.prefix,
                "paths": [path_object(path, place) for place, path in enumerate(entry.paths, 1)],
                "best": entry.best,
                "multipath": list(entry.multipath),
            }
            for entry in host.rib
        ],
        "kernel": [
            {
                "prefix": route.prefix,
                "next_hops": list(route.next_hops),
                "protocol": route.protocol,
                "metric": route.metric,
            }
            for route in host.kernel
        ],
        "translations": [
            {"service": one.service, "endpoints": list(one.endpoints), "source": one.source}
            for one in host.translations
        ],
        "bfd": [
            {"address": one.address, "state": one.state, "detection": one.detection}
            for one in host.bfd
        ],
        "interfaces": [
            {"name": one.name, "up": one.up, "mtu": one.mtu, "addresses": list(one.addresses)}
            for one in host.interfaces
        ],
    }


def _host(data: object) -> HostSnapshot:
    host = mapping("host", data)
    daemon = host.get("daemon")
    return HostSnapshot(
        daemon=None if daemon is None else text("daemon", daemon),
        running=flag("running", host.get("running", True)),
        neighbors=_each("neighbors", host, _neighbor),
        rib=_each("rib", host, _rib_entry),
        kernel=_each("kernel", host, _kernel_route),
        translations=_each("translations", host, _translation),
        bfd=_each("bfd", host, _bfd),
        interfaces=_each("interfaces", host, _interface),
    )


def _neighbor(data: Mapping[str, object]) -> Neighbor:
    return Neighbor(
        address=_text("address", data),
        name=_text("name", data),
        asn=_number("as", data),
        state=_text("state", data),
        received=None if data.get("received") is None else _texts("received", data),
        sent=None if data.get("sent") is None else _texts("sent", data),
    )


def _rib_entry(data: Mapping[str, object]) -> RibEntry:
    best = data.get("best")
    paths = sequence("paths", required("paths", data))
    return RibEntry(
        prefix=_text("prefix", data),
        paths=tuple(
            _placed(f"paths[{n}]", lambda entry: read_path(entry, 0)[1], entry)
            for n, entry in enumerate(paths)
        ),
        best=None if best is None else text("best", best),
        multipath=_texts("multipath", data),
    )


def _kernel_route(data: Mapping[str, object]) -> KernelRoute:
    return KernelRoute(
        _text("prefix", data),
        _texts("next_hops", data),
        _text("protocol", data),
        _number("metric", data),
    )


def _translation(data: Mapping[str, object]) -> Translation:
    return Translation(_text("service", data), _texts("endpoints", data), _text("source", data))


def _bfd(data: Mapping[str, object]) -> Bfd:
    detection = number("detection", data.get("detection"))
    return Bfd(_text("address", data), _text("state", data), detection)


def _interface(data: Mapping[str, object]) -> Interface:
    return Interface(
        _text("name", data),
        flag("up", required("up", data)),
        _number("mtu", data),
        _texts("addresses", data),
    )


def _each(
    field: str, host: Mapping[str, object], read: Callable[[Mapping[str, object]], T]
) -> tuple[T, ...]:
    entries = sequence(field, host.get(field, []))
    return tuple(
        _placed(f"{field}[{n}]", lambda entry: read(mapping("entry", entry)), entry)
        for n, entry in enumerate(entries)
    )


def _text(field: str, data: Mapping[str, object]) -> str:
    return text(field, required(field, data))


def _texts(field: str, data: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(text(field, item) for item in sequence(field, data.get(field, [])))


def _number(field: str, data: Mapping[str, object]) -> int:
    found = number(field, required(field, data))
    if found is None:
        raise InvalidValueError(field, None, "a whole number")
    return found


def _maybe_list(items: tuple[str, ...] | None) -> list[str] | None:
    return None if items is None else list(items)


def _placed(place: str, read: Callable[[object], T], value: object) -> T:
    """Read a part; an error inside it is told with its place."""
    try:
        return read(value)
    except InvalidValueError as error:
        raise error.within(place) from None
