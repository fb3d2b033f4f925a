"""The CustomResourceDefinitions behind the kinds that integrations bring, for `kubectl get crd`.

They tell of the kinds and do not make them: a lab's kinds are part of its program.
"""

import uuid
from itertools import groupby

from labs.kube.core_definition import DEFINITION, definition
from labs.kube.kinds import Kinds
from labs.kube.store import Key, Store
from labs.kube.times import now


def define(kinds: Kinds, store: Store) -> None:
    """Put the definition of every custom kind into the store, where it is not there already."""
    if kinds.find(DEFINITION.group, DEFINITION.version, DEFINITION.plural) is None:
        return
    custom = sorted((kind for kind in kinds if not kind.builtin), key=lambda kind: kind.resource)
    for resource, versions in groupby(custom, key=lambda kind: kind.resource):
        key = Key(DEFINITION.group, DEFINITION.plural, "", resource)
        if store.get(key) is None:
            told = definition(tuple(versions), now())
            metadata = {**told["metadata"], "uid": str(uuid.uuid4()), "generation": 1}
            store.create(key, {**told, "metadata": metadata})
