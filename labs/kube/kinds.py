"""A kind of object that the API serves, and the registry of all of them.

Sources: Kubernetes' API concepts (group, version, resource, subresource) and what a
CustomResourceDefinition says of a kind: names, scope, printer columns, versions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from labs.kube.schema import Obj, Schema
from labs.kube.violation import Violation


@dataclass(frozen=True)
class Column:
    """One column of `kubectl get`.

    Attributes:
        name: the heading, such as "Cluster-IP".
        value: a JSONPath (".spec.peerASN"), or a function of the object for what is computed.
        type: OpenAPI's type; a "date" is shown as an age.
        description: one line on what it shows.
        wide: only with `-o wide`.
    """

    name: str
    value: str | Callable[[Obj], Any]
    type: str = "string"
    description: str = ""
    wide: bool = False


def _as_it_is(new: Obj, old: Obj | None) -> Obj:
    del old
    return new


def _no_rules(new: Obj, old: Obj | None) -> list[Violation]:
    del new, old
    return []


def _same(obj: Obj) -> Obj:
    return obj


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind in one version.

    Attributes:
        group: the API group, "" for the core kinds.
        version: "v1", "v1beta2", ...
        kind: "BGPPeer".
        plural: "bgppeers", as in paths.
        schema: the whole object (labs.kube.core_meta.resource makes one).
        singular: "bgppeer"; the kind in small letters when empty.
        namespaced: objects live in namespaces.
        short_names: what kubectl takes instead of the plural.
        categories: groups of kinds, such as "all".
        subresources: "status", "scale", "log", "exec", "attach", "portforward", "eviction", ...
        columns: what `kubectl get` shows between NAME and AGE.
        builtin: the kind is Kubernetes' own: strategic merge patches and protobuf are understood,
            and a value of the wrong type is told in the words of Go's JSON decoder.
        storage: objects are kept in this version; the other versions are converted.
        to_storage: this version's object as the storage version's; metadata included.
        from_storage: the way back.
        warning: sent with every answer, such as the notice of a deprecated version.
        prepare: defaults that are no constants; called with (new, old) before validation.
        validate: rules beyond the schema; called with (new, old), old is `None` for a new object.
        verbs: what may be done with it; all when empty.
    """

    group: str
    version: str
    kind: str
    plural: str
    schema: Schema
    singular: str = ""
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()
    columns: tuple[Column, ...] = ()
    builtin: bool = False
    storage: bool = True
    to_storage: Callable[[Obj], Obj] = _same
    from_storage: Callable[[Obj], Obj] = _same
    warning: str = ""
    prepare: Callable[[Obj, Obj | None], Obj] = _as_it_is
    validate: Callable[[Obj, Obj | None], list[Violation]] = _no_rules
    verbs: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """What an object writes as its apiVersion: "v1", "metallb.io/v1beta2"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The name across groups: "services", "bgppeers.metallb.io"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular_name(self) -> str:
        """What one object is called on the command line."""
        return self.singular or self.kind.lower()


class Kinds:
    """The kinds an API serves."""

    def __init__(self, *kinds: Kind) -> None:
        """Take the kinds; two of the same group, version and plural are a mistake of ours."""
        self._by_plural: dict[tuple[str, str, str], Kind] = {}
        self._by_kind: dict[tuple[str, str, str], Kind] = {}
        self._storage: dict[tuple[str, str], Kind] = {}
        for kind in kinds:
            place = (kind.group, kind.version, kind.plural)
            if place in self._by_plural:
                raise ValueError(f"two kinds want to be {kind.resource} in {kind.version}")
            self._by_plural[place] = kind
            self._by_kind[kind.group, kind.version, kind.kind] = kind
            if kind.storage:
                if (kind.group, kind.plural) in self._storage:
                    raise ValueError(f"{kind.resource} has two storage versions")
                self._storage[kind.group, kind.plural] = kind

    @classmethod
    def of(cls, *kinds: Kind) -> "Kinds":
        """The registry of these kinds."""
        return cls(*kinds)

    def __iter__(self) -> Iterator[Kind]:
        """All kinds, in the order given."""
        return iter(self._by_plural.values())

    def all(self) -> tuple[Kind, ...]:
        """All kinds, in the order given."""
        return tuple(self)

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind behind a path; `None` when there is none."""
        return self._by_plural.get((group, version, plural))

    def by_kind(self, group: str, version: str, kind: str) -> Kind | None:
        """The kind behind an object's apiVersion and kind; `None` when there is none."""
        return self._by_kind.get((group, version, kind))

    def of_object(self, obj: Obj) -> Kind | None:
        """The kind of an object, read from its apiVersion and kind; `None` when unknown."""
        group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
        return self.by_kind(group, version, str(obj.get("kind", "")))

    def storage(self, group: str, plural: str) -> Kind | None:
        """The version in which objects of this resource are kept."""
        return self._storage.get((group, plural))

    def by_resource(self, resource: str) -> Kind | None:
        """The storage version behind a name such as "services" or "bgppeers.metallb.io"."""
        plural, _, group = resource.partition(".")
        return self.storage(group, plural)

    def versions(self, group: str, plural: str) -> tuple[Kind, ...]:
        """Every version of a resource, in the order given."""
        return tuple(k for k in self if (k.group, k.plural) == (group, plural))
