"""How an object comes into the store: made, changed, patched or applied, in the server's order.

Everything here runs inside the API's one lock for writers, so an admission check sees the world
that its object enters. Source: the Kubernetes API concepts; the order is the API server's.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labs.kube import admission, allocation, apply, deleting, patch, violation
from labs.kube.admission import How, Review
from labs.kube.decoding import cannot_be_handled
from labs.kube.errors import (
    ApiError,
    already_exists,
    bad_request,
    forbidden,
    invalid,
    invalid_patch,
    not_found,
    unsupported_media,
)
from labs.kube.kinds import Kind
from labs.kube.schema import Obj
from labs.kube.store import Key
from labs.kube.times import now

if TYPE_CHECKING:
    from labs.kube.api import Api

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class Writer:
    """Writes objects for an API; its lock is held by the caller."""

    def __init__(self, api: "Api") -> None:
        """Write for this API."""
        self._api = api
        self._store = api.store

    def create(
        self, kind: Kind, obj: Obj, namespace: str | None, how: How, *, tracked: bool = True
    ) -> Obj:
        """Make a new object; `tracked` is False when an apply has recorded the owners already."""
        obj = admission.decoded(obj, kind, how)
        given = obj.get("metadata") or {}
        inside = (namespace or given.get("namespace") or "default") if kind.namespaced else ""
        if given.get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        new = {**obj, "metadata": admission.new_metadata(obj, inside)}
        name = new["metadata"].get("name")
        if not name:
            told = violation.required("metadata.name", "name or generateName is required")
            raise invalid(kind, "", [told])
        key = self._api.key(kind, name, inside)
        self._check_namespace(kind, key)
        if self._store.get(key) is not None:
            raise already_exists(kind.resource, name)
        if "status" in kind.subresources and kind.plural != "nodes":
            new.pop("status", None)  # a node tells its own status when it registers itself
        new = self._completed(new, None, kind)
        new = deleting.with_namespace_finalizer(new, kind)
        admission.check(new, None, kind)
        if tracked:
            new = apply.tracked(None, new, manager=how.manager, kind=kind, now=now())
        storing = self._api.stored_form(new, kind)
        self.ask(kind, "CREATE", None, storing)
        if how.dry_run:
            return self._api.view(storing, kind)
        return self._api.view(self._store.create(key, storing), kind)

    def _completed(self, new: Obj, old: Obj | None, kind: Kind) -> Obj:
        done = admission.completed(new, old, kind)
        if kind.resource != "services":
            return done
        return allocation.allocated(done, kind, self._store.list("", "services")[0])

    def _check_namespace(self, kind: Kind, key: Key) -> None:
        if not kind.namespaced:
            return
        namespace = self._store.get(Key("", "namespaces", "", key.namespace))
        if namespace is None:
            raise not_found("namespaces", key.namespace)
        if "deletionTimestamp" in namespace["metadata"]:
            told = (
                f"unable to create new content in namespace {key.namespace} "
                "because it is being terminated"
            )
            raise forbidden(kind.resource, key.name, told)

    def ask(self, kind: Kind, operation: str, old: Obj | None, new: Obj | None) -> None:
        """Ask the webhooks about a write."""
        subject = new or old or {}
        details = {"name": subject["metadata"]["name"], "group": kind.group, "kind": kind.plural}
        review = Review(operation, old, new, self._api.list)
        admission.ask(self._api.webhooks, kind.resource, review, details)

    def apply(self, kind: Kind, key: Key, config: Obj, subresource: str, how: How) -> Obj:
        """Merge what a manager applies into an object, or make it."""
        config = admission.decoded(config, kind, how)

        def merged(live: Obj | None) -> Obj:
            return apply.applied(
                live,
                config,
                manager=how.manager,
                force=how.force,
                kind=kind,
                subresource=subresource,
                now=now(),
            )

        if self._store.get(key) is not None:
            return self.change(kind, key, merged, subresource, how, tracked=False)
        if subresource:
            raise not_found(kind.resource, key.name)
        return self.create(kind, merged(None), key.namespace, how, tracked=False)

    def patch(
        self,
        kind: Kind,
        key: Key,
        patching: "Patching",
        subresource: str,
        how: How,
    ) -> Obj:
        """Change an object by a patch; what it makes of the object must be one of its kind."""

        def change(old: Obj) -> Obj:
            new = patching.change(old)
            try:
                return admission.decoded(new, kind, how)
            except ApiError as error:
                why = error.message.removeprefix(cannot_be_handled(kind, ""))
                shown = patching.shown(new)
                raise invalid_patch(violation.invalid("patch", shown, why)) from None

        return self.change(kind, key, change, subresource, how)

    def change(
        self,
        kind: Kind,
        key: Key,
        change: Callable[[Obj], Obj],
        subresource: str,
        how: How,
        *,
        tracked: bool = True,
    ) -> Obj:
        """Make a new state of an object from the one it has; `writing` is held."""
        stored = self._store.get(key)
        if stored is None:
            raise not_found(kind.resource, key.name)
        old = self._api.view(stored, kind)
        new = admission.decoded(change(old), kind, how)
        new = {**new, "metadata": admission.kept_metadata(new, old, kind)}
        if subresource == "status":
            new = admission.only_status(new, old)
        elif "status" in kind.subresources:
            new = admission.with_status_of(new, old)
        new = self._completed(new, old, kind)
        admission.check(new, old, kind, subresource)
        if tracked and not admission.same(old, new):
            new = apply.tracked(
                old, new, manager=how.manager, kind=kind, subresource=subresource, now=now()
            )
        storing = self._api.stored_form(new, kind)
        if subresource != "status":
            self.ask(kind, "UPDATE", stored, storing)
        if how.dry_run:
            return self._api.view(storing, kind)
        if admission.same(old, new) and not admission.record_differs(old, new):
            return old
        return self._api.view(self.keep(key, storing, stored), kind)

    def keep(self, key: Key, new: Obj, stored: Obj) -> Obj:
        """Store the new state; an object that only waited for its finalizers goes."""
        version = stored["metadata"]["resourceVersion"]
        if deleting.may_go(new):
            self._store.update(key, new, version)
            return self._store.delete(key)
        return self._store.update(key, new, version)


@dataclass(frozen=True)
class Patching:
    """What a patch does to an object, and how a refusal shows the patch."""

    change: Callable[[Obj], Obj]
    shown: Callable[[Obj], str]


def patching(
    kind: Kind,
    body: Any,  # noqa: ANN401 -- an object, or the list of a JSON patch
    content_type: str,
) -> Patching:
    """What a patch does to an object.

    Raises:
        ApiError: the kind takes no such patch, or the body is none.
    """
    accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    if kind.builtin:
        accepted.insert(2, STRATEGIC_PATCH)
    if content_type not in accepted:
        raise unsupported_media(accepted)
    wanted = list if content_type == JSON_PATCH else dict
    if not isinstance(body, wanted):
        raise bad_request(
            f"json: cannot unmarshal {_json_name(body)} into Go value of type "
            f"{'jsonpatch.Patch' if wanted is list else 'map[string]interface {}'}"
        )
    for operation in body if wanted is list else ():
        texts = (
            (operation.get(name, "") for name in ("op", "path", "from"))
            if isinstance(operation, dict)
            else (None,)
        )
        if not all(isinstance(text, str) for text in texts):
            raise bad_request(
                f"json: cannot unmarshal {_json_name(operation)} into Go value of type "
                "jsonpatch.Operation: op, path and from are texts"
            )
    if content_type == STRATEGIC_PATCH:
        return Patching(
            lambda obj: patch.strategic_merge(obj, body, kind.schema), lambda _: go_text(body)
        )
    apply_it = patch.json_patch if content_type == JSON_PATCH else patch.merge_patch
    return Patching(
        lambda obj: apply_it(obj, body),
        lambda new: json.dumps(new, separators=(",", ":"), sort_keys=True),
    )


def go_text(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    """A value as Go prints it: "map[spec:map[replicas:2]]"."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json_name(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    first = json.dumps(value)[:1]
    return {"{": "object", "[": "array", '"': "string", "t": "bool", "f": "bool"}.get(
        first, "number"
    )
