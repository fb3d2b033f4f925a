"""Refusals of the Kubernetes API, with the codes, reasons and words that kubectl shows.

Source: meta/v1 Status in the Kubernetes API reference; the sentences are those a cluster answers,
because learners search for them and kubectl decides by some of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from labs.kube.kinds import Kind
from labs.kube.schema import Obj
from labs.kube.violation import Violation


class ApiError(Exception):
    """The API refuses a request.

    Attributes:
        code: the HTTP status.
        reason: Kubernetes' one-word reason, such as "NotFound".
        message: what a person reads.
        details: the Status' details: name, group, kind, causes, retryAfterSeconds.
    """

    def __init__(
        self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what a Status tells."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = dict(details or {})

    def status(self) -> Obj:
        """The Status object that answers the request."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,  # empty, too: kubectl debug looks into it unasked
            "code": self.code,
        }


def success(details: Mapping[str, Any] | None = None) -> Obj:
    """The Status of a request that was done and has nothing else to show."""
    told: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return told | ({"details": dict(details)} if details else {})


def _about(resource: str, name: str) -> dict[str, Any]:
    plural, _, group = resource.partition(".")
    return {"name": name} | ({"group": group} if group else {}) | {"kind": plural}


def not_found(resource: str, name: str) -> ApiError:
    """There is no such object; `resource` is "services" or "bgppeers.metallb.io"."""
    return ApiError(404, "NotFound", f'{resource} "{name}" not found', _about(resource, name))


def no_such_path() -> ApiError:
    """There is no such resource: kubectl makes "the server doesn't have a resource type" of it."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(resource: str, name: str) -> ApiError:
    """An object of this name is there."""
    message = f'{resource} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _about(resource, name))


STALE = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def conflict(resource: str, name: str, message: str = STALE) -> ApiError:
    """Another writer was faster, or a precondition does not hold."""
    told = f'Operation cannot be fulfilled on {resource} "{name}": {message}'
    return ApiError(409, "Conflict", told, _about(resource, name))


def invalid(kind: Kind, name: str, violations: Iterable[Violation]) -> ApiError:
    """The object breaks rules; each is told with its field."""
    return _invalid(kind.kind, kind.group, name, tuple(violations))


def invalid_options(kind: str, *violations: Violation) -> ApiError:
    """The options of a request, such as "ListOptions", break rules."""
    return _invalid(kind, "meta.k8s.io", "", violations)


def invalid_patch(violation: Violation) -> ApiError:
    """What a patch makes of an object is no object of its kind."""
    return _invalid("", "", "", (violation,))


def _invalid(kind: str, group: str, name: str, found: tuple[Violation, ...]) -> ApiError:
    lines = list(dict.fromkeys(violation.detail for violation in found))
    told = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    causes = [
        {"reason": violation.reason, "message": violation.message, "field": violation.path}
        for violation in found
    ]
    details: dict[str, Any] = {"name": name} | ({"group": group} if group else {})
    details |= {"kind": kind, "causes": causes}
    group_kind = f"{kind}.{group}" if group else kind
    return ApiError(422, "Invalid", f'{group_kind} "{name}" is invalid: {told}', details)


def bad_request(message: str) -> ApiError:
    """The request cannot be understood."""
    return ApiError(400, "BadRequest", message)


def forbidden(resource: str, name: str, message: str) -> ApiError:
    """The request is understood and refused."""
    told = f'{resource} "{name}" is forbidden: {message}'
    return ApiError(403, "Forbidden", told, _about(resource, name))


def denied(webhook: str, message: str) -> ApiError:
    """An admission webhook refused the object."""
    told = f'admission webhook "{webhook}" denied the request: {message}'
    return ApiError(403, "Forbidden", told)


def unsupported_media(accepted: Iterable[str]) -> ApiError:
    """The body is of a type the server does not read."""
    told = "the body of the request was in an unknown format - accepted media types include: "
    return ApiError(415, "UnsupportedMediaType", told + ", ".join(accepted))


def not_acceptable(offered: Iterable[str]) -> ApiError:
    """The client accepts no type the server can write."""
    told = "only the following media types are accepted: " + ", ".join(offered)
    return ApiError(406, "NotAcceptable", told)


def too_large(limit: int) -> ApiError:
    """The body is longer than the server reads."""
    message = f"Request entity too large: limit is {limit}"
    return ApiError(413, "RequestEntityTooLarge", message)


def expired(message: str) -> ApiError:
    """A version was asked for that is no longer kept: list again."""
    return ApiError(410, "Expired", message)


def method_not_allowed(action: str = "") -> ApiError:
    """The resource knows no such verb."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", action or message)
