"""HTTP requests to the Kubernetes API: a path, a method and a body become a verb, or a refusal.

Source: the HTTP side of the Kubernetes API concepts; what kubectl 1.37 sends and expects.
"""

from typing import Any

from labs.kube import bodies, deleting, listing, paths, subresources, tables, watching
from labs.kube.answering import Base
from labs.kube.core_options import BINDING, DELETE_OPTIONS, EVICTION, SCALE
from labs.kube.errors import bad_request, invalid_options, method_not_allowed, success
from labs.kube.kinds import Kind
from labs.kube.paths import Target
from labs.kube.schema import Obj
from labs.kube.violation import forbidden, required, unsupported
from labs.kube.writing import APPLY_PATCH, patching


class Resources(Base):
    """Objects: get, list, watch, create, update, patch, delete, and their subresources."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

    async def get(self) -> None:
        """Get, list or watch."""
        await self.respond(self._get)

    async def post(self) -> None:
        """Create."""
        await self.respond(self._post)

    async def put(self) -> None:
        """Update."""
        await self.respond(self._put)

    async def patch(self) -> None:
        """Patch or apply."""
        await self.respond(self._patch)

    async def delete(self) -> None:
        """Delete one object or many."""
        await self.respond(self._delete)

    def target(self, verb: str) -> Target:
        """What the request is about, when the kind knows the verb."""
        target = paths.target(self.request.path, self.api.kinds)
        if target.kind.verbs and verb not in target.kind.verbs:
            raise method_not_allowed()
        if target.kind.warning:
            self.warn([target.kind.warning])
        return target

    def show(self, obj: Obj, kind: Kind, code: int = 200) -> None:
        """Answer an object in the form the client accepts."""
        form = bodies.form(self.request.headers.get("Accept", ""))
        if form == "Table":
            metadata = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
            self.answer(tables.table(kind, [obj], metadata, self._include()), code)
        elif form:
            self.answer(tables.partial(obj), code)
        else:
            self.answer(obj, code)

    def _include(self) -> str:
        return self.get_query_argument("includeObject", "Metadata")

    async def _get(self) -> None:
        target = self.target("get")
        kind = target.kind
        if not target.name:
            await self._list(target)
            return
        obj = self.api.get(kind.resource, target.name, target.namespace or "", version=kind.version)
        if target.subresource == "scale":
            self.answer(subresources.scale_of(obj))
        elif target.subresource in ("", "status"):
            self.show(obj, kind)
        else:
            raise method_not_allowed()

    async def _list(self, target: Target) -> None:
        query = self.query()
        form = bodies.form(self.request.headers.get("Accept", ""))
        kind = target.kind
        selected = listing.selection(self.api, kind, target.namespace, query)
        if query.get("watch") in ("1", "true"):
            shown = watching.shown_as(form, kind, self._include())
            watch = watching.Watch(self.api, self.bell, selected, query, shown)
            self.set_header("Content-Type", bodies.JSON)
            await self.flush()
            await watching.send(watch.events(), self)
            return
        listed = listing.listed(self.api, selected, query)
        if form == "Table":
            self.answer(tables.table(kind, listed.objects, listed.metadata, self._include()))
            return
        if form:
            items = [tables.partial(obj) for obj in listed.objects]
            name, version = "PartialObjectMetadataList", tables.META
        else:
            items, name, version = listed.objects, f"{kind.kind}List", kind.api_version
        self.answer(
            {"kind": name, "apiVersion": version, "metadata": listed.metadata, "items": items}
        )

    def _read(self, kind: Kind) -> Obj:
        """The body, which must be of a kind."""
        content_type = self.request.headers.get("Content-Type", "")
        body = bodies.read(
            bytes(self.body), content_type, self.api.kinds, kind.kind, builtin=kind.builtin
        )
        return bodies.checked(body, kind)

    def _object(self, target: Target) -> Obj:
        """The object in the body, which must be what the path says."""
        kind = target.kind
        obj = self._read(kind)
        metadata = dict(obj.get("metadata") or {})
        if kind.namespaced:
            inside = metadata.get("namespace") or target.namespace
            if inside != target.namespace:
                raise bad_request(
                    f"the namespace of the provided object does not match the namespace sent on "
                    f"the request ({inside} and {target.namespace})"
                )
            metadata["namespace"] = target.namespace
        if target.name and metadata.setdefault("name", target.name) != target.name:
            raise bad_request(
                f"the name of the object ({metadata['name']}) does not match the name on the URL "
                f"({target.name})"
            )
        return {**obj, "metadata": metadata}

    def _how(self, options: str) -> dict[str, Any]:
        """What the query says of how to write."""
        query = self.query()
        dry = query.get("dryRun", "")
        if dry not in ("", "All"):
            raise invalid_options(options, unsupported("dryRun", dry, ["All"]))
        agent = self.request.headers.get("User-Agent", "unknown").partition("/")[0]
        return {
            "manager": query.get("fieldManager") or agent,
            "dry_run": dry == "All",
            "field_validation": query.get("fieldValidation") or "Warn",
            "warnings": [],
        }

    async def _post(self) -> None:
        target = self.target("create")
        kind = target.kind
        if target.subresource:
            self._post_subresource(target)
            return
        if target.name or (kind.namespaced and target.namespace is None):
            raise method_not_allowed()
        how = self._how("CreateOptions")
        made = self.api.create(self._object(target), namespace=target.namespace, **how)
        self.warn(how["warnings"])
        self.show(made, kind, 201)

    def _post_subresource(self, target: Target) -> None:
        namespace = target.namespace or ""
        if target.subresource == "eviction":
            body = self._read(EVICTION)
            dry = self._how("CreateOptions")["dry_run"]
            subresources.evict(self.api, target.name, namespace, body, dry_run=dry)
        elif target.subresource == "binding":
            body = self._read(BINDING)
            subresources.bind(self.api, target.name, namespace, body)
        else:
            raise method_not_allowed()
        self.answer(success() | {"code": 201}, 201)

    async def _put(self) -> None:
        target = self.target("update")
        kind = target.kind
        if not target.name:
            raise method_not_allowed()
        how = self._how("UpdateOptions")
        if target.subresource == "scale":
            self._scale(target, self._read(SCALE), how)
            return
        obj = self._object(target)
        part = "status" if target.subresource == "status" else ""
        if target.subresource == "finalize":
            live = self.api.get(kind.resource, target.name)
            finalizers = (obj.get("spec") or {}).get("finalizers") or []
            obj = {**live, "spec": {**live["spec"], "finalizers": finalizers}}
        self.show(self.api.update(obj, subresource=part, **how), kind)
        self.warn(how["warnings"])

    def _scale(self, target: Target, scale: Obj, how: dict[str, Any]) -> None:
        kind, namespace = target.kind, target.namespace or ""
        obj = self.api.get(kind.resource, target.name, namespace, version=kind.version)
        changed = self.api.update(subresources.with_scale(obj, scale), **how)
        self.answer(subresources.scale_of(changed))

    async def _patch(self) -> None:
        target = self.target("patch")
        kind, namespace = target.kind, target.namespace or ""
        if not target.name:
            raise method_not_allowed()
        how = self._how("PatchOptions")
        content_type = bodies.media_type(self.request.headers.get("Content-Type", ""))
        body = bodies.parsed(bytes(self.body), kind.kind)
        force = self.get_query_argument("force", "") == "true"
        if target.subresource == "scale":
            obj = self.api.get(kind.resource, target.name, namespace, version=kind.version)
            patched = patching(kind, body, content_type)
            scale = patched.change(subresources.scale_of(obj))
            self._scale(target, bodies.checked(scale, SCALE), how)
            return
        if content_type == APPLY_PATCH:
            if "fieldManager" not in self.request.query_arguments:
                why = required("fieldManager", "is required for apply patch")
                raise invalid_options("PatchOptions", why)
            body = bodies.checked(body, kind)
        elif force:
            why = forbidden("force", "may not be specified for non-apply patch")
            raise invalid_options("PatchOptions", why)
        before = self.api.store.get(self.api.key(kind, target.name, namespace))
        patched_obj = self.api.patch(
            kind.resource,
            target.name,
            namespace,
            body,
            content_type,
            subresource="status" if target.subresource == "status" else "",
            version=kind.version,
            force=force,
            **how,
        )
        self.warn(how["warnings"])
        self.show(patched_obj, kind, 201 if before is None else 200)

    async def _delete(self) -> None:
        target = self.target("delete")
        kind = target.kind
        options = self._options() if self.body else {}
        if target.name:
            self._delete_one(target, target.name, target.namespace or "", options)
            return
        query = self.query()
        selected = listing.selection(self.api, kind, target.namespace, query)
        listed = listing.listed(self.api, selected, query)
        for obj in listed.objects:
            metadata = obj["metadata"]
            self._remove(target, metadata["name"], metadata.get("namespace", ""), options)
        self.answer(
            {
                "kind": f"{kind.kind}List",
                "apiVersion": kind.api_version,
                "metadata": listed.metadata,
                "items": listed.objects,
            }
        )

    def _options(self) -> Obj:
        """The DeleteOptions in the body, which each group may call its own."""
        content_type = self.request.headers.get("Content-Type", "")
        name = DELETE_OPTIONS.kind
        body = bodies.read(bytes(self.body), content_type, self.api.kinds, name, builtin=True)
        if isinstance(body, dict):
            body = {**body, "apiVersion": DELETE_OPTIONS.api_version}
        return bodies.checked(body, DELETE_OPTIONS)

    def _remove(self, target: Target, name: str, namespace: str, options: Obj) -> Obj:
        query = self.query()
        how = deleting.asked(options)
        if how["grace"] is None and query.get("gracePeriodSeconds", "").isdecimal():
            how["grace"] = int(query["gracePeriodSeconds"])
        how["dry_run"] = how["dry_run"] or self._how("DeleteOptions")["dry_run"]
        how["propagation"] = _propagation(options, query)
        return self.api.delete(target.kind.resource, name, namespace, **how)

    def _delete_one(self, target: Target, name: str, namespace: str, options: Obj) -> None:
        kind = target.kind
        last = self._remove(target, name, namespace, options)
        if "deletionTimestamp" in last["metadata"]:
            self.show(self.api.view(last, kind), kind)
            return
        details = {"name": name} | ({"group": kind.group} if kind.group else {})
        details |= {"kind": kind.plural, "uid": last["metadata"]["uid"]}
        self.answer(success(details))


def _propagation(options: Obj, query: dict[str, str]) -> str:
    named = options.get("propagationPolicy") or query.get("propagationPolicy")
    if named:
        return str(named)
    orphan = options.get("orphanDependents")
    return "Background" if not orphan else "Orphan"
