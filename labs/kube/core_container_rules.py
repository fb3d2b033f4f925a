"""Rules of a container that no schema can say, in Kubernetes' words.

Source: the API reference of Pod v1, Kubernetes 1.37; the words are those a cluster answers.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from labs.kube.names import PORT_RANGE, dns_label, is_port, port_name
from labs.kube.quantity import amount
from labs.kube.schema import Obj
from labs.kube.violation import Violation, duplicate, forbidden, invalid, not_found, required

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_ENV = (
    "a valid environment variable name must consist only of printable ASCII characters "
    "other than '='"
)


def container_violations(
    one: Obj, path: str, volumes: AbstractSet[str | None], *, init: bool = False
) -> Iterator[Violation]:
    """What is wrong with the container at `path`, in a pod with these volumes."""
    name, image = one.get("name", ""), str(one.get("image", ""))
    if name:
        yield from (invalid(f"{path}.name", name, why) for why in dns_label(name))
    if not image:
        yield required(f"{path}.image")
    elif image != image.strip():
        yield invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
    yield from _ports(one.get("ports") or [], f"{path}.ports")
    yield from _env(one.get("env") or [], f"{path}.env")
    yield from _mounts(one.get("volumeMounts") or [], f"{path}.volumeMounts", volumes)
    yield from _resources(one.get("resources") or {}, f"{path}.resources")
    sidecar = one.get("restartPolicy") == "Always"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe not in one:
            continue
        if init and not sidecar:
            why = "may not be set for init containers without restartPolicy=Always"
            yield forbidden(f"{path}.{probe}", why)
            continue
        yield from _handler(one[probe] or {}, f"{path}.{probe}")
        succeed = (one[probe] or {}).get("successThreshold", 1)
        if probe != "readinessProbe" and succeed != 1:
            yield invalid(f"{path}.{probe}.successThreshold", succeed, "must be 1")
    for moment, handler in (one.get("lifecycle") or {}).items():
        if isinstance(handler, dict):
            yield from _handler(handler, f"{path}.lifecycle.{moment}")


def _ports(ports: list[Obj], path: str) -> Iterator[Violation]:
    names: set[str] = set()
    for number, one in enumerate(ports):
        where, name = f"{path}[{number}]", one.get("name", "")
        if name:
            yield from (invalid(f"{where}.name", name, why) for why in port_name(name))
            if name in names:
                yield duplicate(f"{where}.name", name)
            names.add(name)
        for field in ("containerPort", "hostPort"):
            if one.get(field) and not is_port(one[field]):
                yield invalid(f"{where}.{field}", one[field], PORT_RANGE)


def _env(env: list[Obj], path: str) -> Iterator[Violation]:
    for number, one in enumerate(env):
        where, name = f"{path}[{number}]", one.get("name", "")
        if name and not re.fullmatch(r"[ -<>-~]+", name):
            yield invalid(f"{where}.name", name, _ENV)
        source = one.get("valueFrom")
        if source is None:
            continue
        if one.get("value"):
            why = "may not be specified when `value` is not empty"
            yield invalid(f"{where}.valueFrom", "", why)
        if not source:
            why = (
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                "`secretKeyRef` or `fileKeyRef`"
            )
            yield invalid(f"{where}.valueFrom", "", why)
        if len(source) > 1:
            why = "may not have more than one field specified at a time"
            yield invalid(f"{where}.valueFrom", "", why)


def _mounts(mounts: list[Obj], path: str, volumes: AbstractSet[str | None]) -> Iterator[Violation]:
    places: set[str] = set()
    for number, one in enumerate(mounts):
        where, name, place = f"{path}[{number}]", one.get("name", ""), one.get("mountPath", "")
        if name and name not in volumes:
            yield not_found(f"{where}.name", name)
        if place in places:
            yield invalid(f"{where}.mountPath", place, "must be unique")
        places.add(place)


def _resources(amounts: Obj, path: str) -> Iterator[Violation]:
    limits, requests = amounts.get("limits") or {}, amounts.get("requests") or {}
    for part, held in (("limits", limits), ("requests", requests)):
        for name, value in held.items():
            if amount(value) < 0:
                where = f"{path}.{part}[{name}]"
                yield invalid(where, str(value), "must be greater than or equal to 0")
    for name, value in requests.items():
        if name in limits and amount(value) > amount(limits[name]):
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            yield invalid(f"{path}.requests", str(value), why)


def _handler(one: Obj, path: str) -> Iterator[Violation]:
    used = [name for name in _HANDLERS if name in one]
    if not used:
        yield required(path, "must specify a handler type")
    for more in used[1:]:
        yield forbidden(f"{path}.{more}", "may not specify more than 1 handler type")
    if "exec" in one and not (one["exec"] or {}).get("command"):
        yield required(f"{path}.exec.command")
    for name in ("httpGet", "tcpSocket"):
        port = (one.get(name) or {}).get("port")
        if isinstance(port, str):
            yield from (invalid(f"{path}.{name}.port", port, why) for why in port_name(port))
        elif port is not None and not is_port(port):
            yield invalid(f"{path}.{name}.port", port, PORT_RANGE)
