"""Every verb of the Kubernetes API, without HTTP: what the server and the controllers both call.

One lock orders all writes: an admission check sees the world that its object enters, and of two
writers who read the same version exactly one succeeds. Reading takes no such lock.

Source: the verbs of the Kubernetes API concepts; the words of refusals are the API server's.
"""

import threading
from collections.abc import Sequence
from typing import Any

from labs.kube import admission, custom, deleting, recording, reviews, selectors, violation
from labs.kube.admission import DeniedError, How, Review, Webhook
from labs.kube.errors import ApiError, bad_request, conflict, invalid, no_such_path, not_found
from labs.kube.kinds import Kind, Kinds
from labs.kube.schema import Obj
from labs.kube.store import Key, Store
from labs.kube.writing import APPLY_PATCH, MERGE_PATCH, Writer, patching

__all__ = ["MERGE_PATCH", "Api", "ApiError", "DeniedError", "How", "Review", "Webhook"]


Warnings = list[str]
"""What the server warns of is added here, a sentence each."""


class Api:
    """The API over a store; safe to use from any thread.

    Objects that come out are shared with the store: copy before changing one.
    """

    def __init__(self, store: Store, kinds: Kinds, webhooks: Sequence[Webhook] = ()) -> None:
        """Serve these kinds from this store, and ask these webhooks before writing."""
        self.store = store
        self.kinds = Kinds.of(*kinds, *reviews.KINDS)
        self.webhooks = list(webhooks)
        self.writing = threading.RLock()
        self._writer = Writer(self)
        self._recorder = recording.Recorder()
        custom.define(self.kinds, store)

    def kind(self, resource: str, version: str | None = None) -> Kind:
        """The kind behind "services" or "bgppeers.metallb.io", in the storage version by default.

        Raises:
            ApiError: there is none.
        """
        plural, _, group = resource.partition(".")
        if version is None:
            kind = self.kinds.storage(group, plural)
            if kind is None:
                kind = next(iter(self.kinds.versions(group, plural)), None)
        else:
            kind = self.kinds.find(group, version, plural)
        if kind is None:
            raise no_such_path()
        return kind

    def view(self, stored: Obj, kind: Kind) -> Obj:
        """A stored object in the version of `kind`."""
        if kind.storage:
            return stored
        return {**kind.from_storage(stored), "apiVersion": kind.api_version, "kind": kind.kind}

    def stored_form(self, obj: Obj, kind: Kind) -> Obj:
        """An object of the version of `kind` in the version that is stored."""
        if kind.storage:
            return obj
        storage = self.home(kind)
        return {**kind.to_storage(obj), "apiVersion": storage.api_version, "kind": storage.kind}

    def get(
        self, resource: str, name: str, namespace: str = "", *, version: str | None = None
    ) -> Obj:
        """One object.

        Raises:
            ApiError: there is none (404).
        """
        kind = self.kind(resource, version)
        stored = self.store.get(self.key(kind, name, namespace))
        if stored is None:
            raise not_found(resource, name)
        return self.view(stored, kind)

    def list(
        self, resource: str, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> list[Obj]:
        """All objects of a resource that the selectors match, by namespace and name."""
        kind = self.kind(resource)
        by_labels, by_fields = selectors.labels(labels), selectors.fields(fields, kind)
        objects, _ = self.store.list(kind.group, kind.plural, namespace or None)
        return [obj for obj in objects if by_labels(obj) and by_fields(obj)]

    def key(self, kind: Kind, name: str, namespace: str | None) -> Key:
        """Where an object of this kind is kept."""
        inside = (namespace or "default") if kind.namespaced else ""
        home = self.home(kind)
        return Key(home.group, home.plural, inside, name)

    def home(self, kind: Kind) -> Kind:
        """The kind in which objects of this one are kept: usually another version of it.

        Events of events.k8s.io are those of the core group.
        """
        if kind.storage:
            return kind
        own = self.kinds.storage(kind.group, kind.plural)
        return own or self.kind(kind.plural)

    def create(
        self,
        obj: Obj,
        *,
        manager: str = "locrib",
        dry_run: bool = False,
        field_validation: str = "Strict",
        namespace: str | None = None,
        warnings: Warnings | None = None,
    ) -> Obj:
        """Make a new object, in the namespace it names unless `namespace` says so.

        Raises:
            ApiError: it is there already, its namespace is not, or it breaks a rule.
        """
        how = How(manager, dry_run, field_validation, [] if warnings is None else warnings)
        kind = self.kind_of(obj)
        if kind in reviews.KINDS:
            return reviews.answered(admission.decoded(obj, kind, how))
        with self.writing:
            return self._writer.create(kind, obj, namespace, how)

    def kind_of(self, obj: Obj) -> Kind:
        """The kind that an object says it is.

        Raises:
            ApiError: there is no such kind.
        """
        kind = self.kinds.of_object(obj)
        if kind is None:
            told = f'"{obj.get("kind", "")}" in version "{obj.get("apiVersion", "")}"'
            raise bad_request(f"no kind {told} is registered")
        return kind

    def update(
        self,
        obj: Obj,
        *,
        subresource: str = "",
        manager: str = "locrib",
        dry_run: bool = False,
        field_validation: str = "Strict",
        warnings: Warnings | None = None,
    ) -> Obj:
        """Replace an object, or its status.

        Raises:
            ApiError: there is none (404), it was changed since the resourceVersion given (409),
                or the new one breaks a rule.
        """
        how = How(manager, dry_run, field_validation, [] if warnings is None else warnings)
        kind = self.kind_of(obj)
        given = obj.get("metadata") or {}
        key = self.key(kind, given.get("name", ""), given.get("namespace"))
        with self.writing:
            if not (kind.builtin or subresource or given.get("resourceVersion")):
                why = "must be specified for an update"
                told = violation.invalid("metadata.resourceVersion", 0, why)
                raise invalid(kind, key.name, [told])
            return self._writer.change(kind, key, lambda _: obj, subresource, how)

    def patch(
        self,
        resource: str,
        name: str,
        namespace: str,
        patch: Any,  # noqa: ANN401 -- an object, or the list of a JSON patch
        content_type: str = MERGE_PATCH,
        *,
        subresource: str = "",
        manager: str = "locrib",
        force: bool = False,
        dry_run: bool = False,
        field_validation: str = "Strict",
        version: str | None = None,
        warnings: Warnings | None = None,
    ) -> Obj:
        """Change an object by a patch of one of the four kinds; an apply may create it.

        Raises:
            ApiError: there is none (404), the patch does not fit, another owns the field (409).
        """
        how = How(manager, dry_run, field_validation, [] if warnings is None else warnings, force)
        kind = self.kind(resource, version)
        key = self.key(kind, name, namespace)
        if content_type == APPLY_PATCH:
            with self.writing:
                return self._writer.apply(kind, key, patch, subresource, how)
        change = patching(kind, patch, content_type)
        with self.writing:
            return self._writer.patch(kind, key, change, subresource, how)

    def set_status(self, obj: Obj, status: Obj, *, manager: str = "locrib") -> Obj:
        """Write an object's status, whatever else changed meanwhile; nothing when it is equal.

        Raises:
            ApiError: the object is gone (404), or is another one of the same name (409).
        """
        kind = self.kind_of(obj)
        metadata = obj["metadata"]
        key = self.key(kind, metadata["name"], metadata.get("namespace"))
        how = How(manager, field_validation="Strict")

        def change(old: Obj) -> Obj:
            if old["metadata"]["uid"] != metadata.get("uid", old["metadata"]["uid"]):
                raise conflict(kind.resource, key.name, "it is another object by now")
            return {**old, "status": status}

        with self.writing:
            return self._writer.change(kind, key, change, "status", how)

    def delete(
        self,
        resource: str,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "Background",
        grace: int | None = None,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Delete an object, or mark it when a kubelet or a finalizer has to agree first.

        Returns its last state: with a deletionTimestamp when it is only marked.

        Raises:
            ApiError: there is none (404), or it is not the one meant (409).
        """
        kind = self.kind(resource)
        key = self.key(kind, name, namespace)
        wanted = deleting.Wanted(propagation, grace, uid, resource_version)
        with self.writing:
            stored = self.store.get(key)
            if stored is None:
                raise not_found(resource, name)
            marked = deleting.marked(stored, kind, wanted)
            self._writer.ask(kind, "DELETE", stored, None)
            if dry_run:
                return stored if marked is None else marked
            if marked is None:
                return self.store.delete(key)
            if marked == stored:
                return stored
            return self._writer.keep(key, marked, stored)

    def event(
        self,
        about: Obj,
        reason: str,
        message: str,
        type: str = "Normal",  # noqa: A002 -- the field's own name
        component: str = "locrib",
    ) -> None:
        """Tell of something that happened to an object; the same again is counted."""
        with self.writing:
            what = recording.Happened(reason, message, type, component)
            recording.record(self, self._recorder, about, what)
