"""Reading what a client sends, and choosing the form of what it is answered.

JSON and, for Kubernetes' own kinds, protobuf are read; JSON is written. (kubectl turns a learner's
YAML into JSON itself.) Source: "Alternate representations of resources" and "Receiving resources as
Tables" in the Kubernetes API concepts; the refusals are the API server's.
"""

import json
from typing import Any, Literal

from labs.kube import protobuf
from labs.kube.admission import wrong_type
from labs.kube.errors import bad_request, not_acceptable, unsupported_media
from labs.kube.kinds import Kind, Kinds
from labs.kube.schema import Obj

LIMIT = 3 * 1024 * 1024
JSON, PROTOBUF = "application/json", "application/vnd.kubernetes.protobuf"
Form = Literal["", "Table", "PartialObjectMetadata", "APIGroupDiscoveryList"]
_FORMS: dict[str, Form] = {
    "Table": "Table",
    "PartialObjectMetadata": "PartialObjectMetadata",
    "PartialObjectMetadataList": "PartialObjectMetadata",
    "APIGroupDiscoveryList": "APIGroupDiscoveryList",
}
_VERSIONS = {"meta.k8s.io": "v1", "apidiscovery.k8s.io": "v2"}
_SHOWN = 64
DEEPEST = 128


def media_type(header: str) -> str:
    """The type a Content-Type names, without its parameters."""
    return header.partition(";")[0].strip().lower()


def form(accept: str) -> Form:
    """The first form a client accepts that we can write; "" is the object itself.

    Raises:
        ApiError: there is none (406).
    """
    for clause in (accept or JSON).split(","):
        media, *rest = (part.strip() for part in clause.split(";"))
        options = dict(part.partition("=")[::2] for part in rest)
        if media not in (JSON, "*/*", "application/*"):
            continue
        if "as" not in options:
            return ""
        wanted = _FORMS.get(options["as"])
        if wanted and options.get("v") == _VERSIONS.get(options.get("g", "")):
            return wanted
    raise not_acceptable((JSON,))


def read(body: bytes, content_type: str, kinds: Kinds, wanted: str, *, builtin: bool) -> Any:  # noqa: ANN401 -- any JSON value
    """The value in a body.

    Args:
        body: what was sent.
        content_type: of which type it says it is.
        kinds: for protobuf.
        wanted: the kind it should be, for the refusal.
        builtin: whether protobuf is understood.

    Raises:
        ApiError: the type is not read here (415), or the body is broken (400).
    """
    media = media_type(content_type) or JSON
    if media == PROTOBUF and builtin:
        return protobuf.decode(body, kinds)
    if media != JSON:
        raise unsupported_media((JSON, PROTOBUF) if builtin else (JSON,))
    return parsed(body, wanted)


def parsed(body: bytes, wanted: str) -> Any:  # noqa: ANN401 -- any JSON value
    """The JSON value in a body.

    Raises:
        ApiError: it is none (400).
    """
    try:
        value = json.loads(body, parse_constant=_refused)
        if body.count(b"{") + body.count(b"[") > DEEPEST:
            _check_depth(value)
    except (ValueError, RecursionError) as error:
        start = body[:_SHOWN].decode(errors="replace")
        raise bad_request(
            f"the object provided is unrecognized (must be of type {wanted}): "
            f"couldn't get version/kind; json parse error: {error} ({start!r} ...)"
        ) from None
    return value


def _check_depth(value: object) -> None:
    """Refuse what nests deeper than anything real, before something runs out of stack on it."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError(f"nested deeper than {DEEPEST} levels")


def checked(obj: Any, kind: Kind) -> Obj:  # noqa: ANN401 -- any JSON value
    """An object whose apiVersion and kind are those of the path, or are missing.

    Raises:
        ApiError: it is of another kind or version.
    """
    if not isinstance(obj, dict):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}): "
            "a JSON object was expected"
        )
    version, name = obj.get("apiVersion") or kind.api_version, obj.get("kind") or kind.kind
    if version != kind.api_version:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version "
            f"({kind.api_version})"
        )
    if name != kind.kind:
        raise bad_request(
            f'{name} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"the kind in the data ({name}) does not match the expected kind ({kind.kind})"
        )
    if wrong := wrong_type(obj, kind):
        raise bad_request(wrong)
    return {**obj, "apiVersion": version, "kind": name}


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def written(value: object) -> bytes:
    """A value as JSON, with a line's end as the API server writes it."""
    return f"{json.dumps(value, separators=(',', ':'))}\n".encode()
