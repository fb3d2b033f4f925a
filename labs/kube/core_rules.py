"""Rules of every object's metadata, and those of the small built-in kinds, in Kubernetes' words.

Sources: the API reference of Kubernetes 1.37 for what is accepted; the words are those a cluster
answers. Pods, Services and workloads have modules of their own.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from typing import Final

from labs.kube.kinds import Kind
from labs.kube.names import (
    data_key,
    dns_1035_label,
    dns_label,
    dns_subdomain,
    label_key,
    labels_violations,
)
from labs.kube.schema import Obj
from labs.kube.violation import Violation, forbidden, invalid, not_found, required, too_long

_MOST = 1024 * 1024
_ANNOTATIONS_MOST = 256 * 1024
IMMUTABLE = "field is immutable"
_NEEDED = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}


_NAMES: Final[dict[str, Callable[[str], tuple[str, ...]]]] = {
    "Namespace": dns_label,
    "Service": dns_1035_label,
}


def metadata_violations(obj: Obj, kind: Kind) -> tuple[Violation, ...]:
    """What is wrong with the name, labels and annotations of an object of any kind."""
    return tuple(_metadata(obj.get("metadata") or {}, kind))


def _metadata(meta: Obj, kind: Kind) -> Iterator[Violation]:
    check = _NAMES.get(kind.kind, dns_subdomain) if kind.builtin else dns_subdomain
    name, prefix = meta.get("name", ""), meta.get("generateName", "")
    if not name and not prefix:
        yield required("metadata.name", "name or generateName is required")
    if name:
        yield from (invalid("metadata.name", name, why) for why in check(name))
    if prefix:
        # What is added later makes an end of it.
        tried = f"{prefix.removesuffix('-')}a"
        yield from (invalid("metadata.generateName", prefix, why) for why in check(tried))
    yield from labels_violations(meta.get("labels"), "metadata.labels")
    yield from _annotations(meta.get("annotations") or {})


def _annotations(notes: Obj) -> Iterator[Violation]:
    for key in notes:
        yield from (invalid("metadata.annotations", key, why) for why in label_key(key.lower()))
    if sum(len(key) + len(str(value)) for key, value in notes.items()) > _ANNOTATIONS_MOST:
        yield too_long("metadata.annotations", _ANNOTATIONS_MOST)


def namespace_defaults(new: Obj, old: Obj | None) -> Obj:
    """A namespace is labelled with its own name and held until what is in it is gone."""
    meta = new.get("metadata", {})
    labels = {**meta.get("labels", {}), "kubernetes.io/metadata.name": meta.get("name", "")}
    done = {**new, "metadata": {**meta, "labels": labels}}
    if old is None:
        done["spec"] = {**new.get("spec", {}), "finalizers": ["kubernetes"]}
    return done


def _keys(one: Obj, *parts: str) -> Iterator[Violation]:
    total = 0
    for part in parts:
        for key, value in (one.get(part) or {}).items():
            yield from (invalid(f"{part}[{key}]", key, why) for why in data_key(key))
            total += len(str(value))
    if total > _MOST:
        yield too_long("", _MOST)


def _unchanged(new: Obj, old: Obj | None, *parts: str) -> Iterator[Violation]:
    """An object that says it is immutable stays as it is."""
    if old is None or not old.get("immutable"):
        return
    why = "field is immutable when `immutable` is set"
    if not new.get("immutable"):
        yield forbidden("immutable", why)
    yield from (forbidden(part, why) for part in parts if new.get(part) != old.get(part))


def config_map_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """Keys are file names, data and binaryData share none, the whole fits in a mebibyte."""
    both = set(new.get("data") or {}) & set(new.get("binaryData") or {})
    found = [
        invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        for key in sorted(both)
    ]
    found += _keys(new, "data", "binaryData")
    return [*found, *_unchanged(new, old, "data", "binaryData")]


def secret_defaults(new: Obj, old: Obj | None) -> Obj:
    """What was written as plain text becomes data."""
    del old
    plain = new.get("stringData")
    if not isinstance(plain, dict):
        return new
    coded = {key: base64.b64encode(str(one).encode()).decode() for key, one in plain.items()}
    rest = {key: value for key, value in new.items() if key != "stringData"}
    return {**rest, "data": {**(new.get("data") or {}), **coded}}


def secret_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """A Secret of a known type has its keys, and a Secret's type stays."""
    data = new.get("data") or {}
    kind = new.get("type", "Opaque")
    found = [*_keys(new, "data"), *_unchanged(new, old, "data")]
    if old is not None and kind != old.get("type", "Opaque"):
        found.append(invalid("type", kind, IMMUTABLE))
    found += [required(f"data[{key}]") for key in _NEEDED.get(kind, ()) if key not in data]
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & data.keys():
        found += [required("data[username]"), required("data[password]")]
    if kind == "kubernetes.io/dockerconfigjson" and ".dockerconfigjson" in data:
        found += _json(data[".dockerconfigjson"])
    return found


def _json(coded: str) -> Iterator[Violation]:
    try:
        json.loads(base64.b64decode(coded, validate=True))
    except (ValueError, binascii.Error) as wrong:
        yield invalid("data[.dockerconfigjson]", "<secret contents redacted>", str(wrong))


def node_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """Taints are named like labels; two of the same key and effect are one too many."""
    del old
    found: list[Violation] = []
    seen = set()
    for number, taint in enumerate(new.get("spec", {}).get("taints", [])):
        path = f"spec.taints[{number}]"
        effect = taint.get("effect", "")
        labelled = {taint.get("key", ""): taint.get("value", "")}
        found += labels_violations(labelled, f"{path}.key")
        if effect not in {"NoSchedule", "PreferNoSchedule", "NoExecute"}:
            found.append(not_found(f"{path}.effect", effect))
        if (one := (taint.get("key"), effect)) in seen:
            found.append(invalid(path, taint, "taints must be unique by key and effect pair"))
        else:
            seen.add(one)
    return found


def event_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """An event lives in the namespace of what it is about."""
    del old
    name = "regarding" if "regarding" in new else "involvedObject"
    about = new.get(name) or {}
    home, there = new.get("metadata", {}).get("namespace", ""), about.get("namespace", "")
    if home == (there or "default"):
        return []
    return [invalid(f"{name}.namespace", there, "does not match event.namespace")]


def endpoint_slice_rules(new: Obj, old: Obj | None) -> list[Violation]:
    """Every endpoint has an address; the type of addresses stays."""
    found = [
        required(f"endpoints[{number}].addresses", "must contain at least 1 address")
        for number, one in enumerate(new.get("endpoints") or [])
        if not one.get("addresses")
    ]
    if old is not None and new.get("addressType") != old.get("addressType"):
        found.append(invalid("addressType", new.get("addressType"), IMMUTABLE))
    return found
