"""Lists, whole or in pieces that belong together, and where a watch begins.

A list that is continued shows the objects as they were when it was begun; the store remembers its
last changes for that. Source: "Retrieving large results sets in chunks" and "Semantics for get and
list" in the Kubernetes API concepts.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from labs.kube import selectors
from labs.kube.api import Api
from labs.kube.errors import ApiError, bad_request, expired, invalid_options
from labs.kube.kinds import Kind
from labs.kube.schema import Obj
from labs.kube.selectors import Matcher
from labs.kube.store import Key, TooOldError
from labs.kube.violation import forbidden

_LOST = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You must start a new list without the continue parameter."
)


@dataclass(frozen=True)
class Selection:
    """Which objects of a kind are meant; `home` is the kind they are stored as."""

    kind: Kind
    home: Kind
    namespace: str | None
    matches: Matcher

    def has(self, key: Key, obj: Obj | None) -> bool:
        """Whether an object is among them; never when there is none."""
        if obj is None or (self.namespace is not None and key.namespace != self.namespace):
            return False
        return self.matches(obj)


def selection(api: Api, kind: Kind, namespace: str | None, query: Mapping[str, str]) -> Selection:
    """What the selectors of a query mean.

    Raises:
        ApiError: one of them is no selector (400).
    """
    by_labels = selectors.labels(query.get("labelSelector", ""))
    by_fields = selectors.fields(query.get("fieldSelector", ""), kind)
    home = api.home(kind)
    return Selection(kind, home, namespace, lambda obj: by_labels(obj) and by_fields(obj))


@dataclass(frozen=True)
class Listed:
    """Objects in the version asked for, and the list's metadata."""

    objects: list[Obj]
    metadata: Obj = field(default_factory=dict)


def version(query: Mapping[str, str]) -> int:
    """The resourceVersion of a query; 0 when it names none.

    Raises:
        ApiError: it is no number.
    """
    text = query.get("resourceVersion", "")
    if not text.isdecimal() and text:
        raise bad_request(f'resourceVersion: Invalid value: "{text}": it is no version of ours')
    return int(text or 0)


def listed(api: Api, selected: Selection, query: Mapping[str, str]) -> Listed:
    """The objects of a selection, or the next piece of them.

    Raises:
        ApiError: the query contradicts itself (400), or continues a list that is forgotten (410).
    """
    limit = _limit(query)
    at, start = _begin(api, query)
    kind = selected.kind
    try:
        state, seen = api.store.state(selected.home.group, selected.home.plural, at)
    except TooOldError:
        raise expired(_LOST) from None
    keys = sorted(key for key, obj in state.items() if key > start and selected.has(key, obj))
    metadata: Obj = {"resourceVersion": str(seen)}
    if limit and len(keys) > limit:
        metadata["continue"] = _token(seen, keys[limit - 1])
        if not (query.get("labelSelector") or query.get("fieldSelector")):
            metadata["remainingItemCount"] = len(keys) - limit
        keys = keys[:limit]
    return Listed([api.view(state[key], kind) for key in keys], metadata)


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "") or "0"
    if not text.isdecimal():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _begin(api: Api, query: Mapping[str, str]) -> tuple[int | None, tuple[str, ...]]:
    """At which version, and behind which key, a list begins."""
    token = query.get("continue", "")
    wanted = version(query)
    match = query.get("resourceVersionMatch", "")
    if query.get("sendInitialEvents"):
        why = "sendInitialEvents is forbidden for list"
        raise invalid_options("ListOptions", forbidden("sendInitialEvents", why))
    if match and not query.get("resourceVersion"):
        why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise invalid_options("ListOptions", forbidden("resourceVersionMatch", why))
    if token:
        if wanted:
            raise bad_request("specifying resource version is not allowed when using continue")
        return _continued(token)
    if wanted > api.store.version:
        details = {
            "causes": [
                {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
            ],
            "retryAfterSeconds": 1,
        }
        told = f"Too large resource version: {wanted}, current: {api.store.version}"
        raise ApiError(504, "Timeout", told, details)
    return (wanted if match == "Exact" else None), ()


def _token(at: int, last: Key) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": at, "after": list(last)})
    return base64.urlsafe_b64encode(text.encode()).decode()


def _continued(token: str) -> tuple[int, Key]:
    try:
        told = json.loads(base64.urlsafe_b64decode(token.encode()))
        return int(told["rv"]), Key(*(str(part) for part in told["after"]))
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request("continue key is not valid: it is none that this server gave") from None
