"""Values of the right types, made up from a schema: for laws that hold for every object."""

import base64
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from labs.kube.schema import Schema


def every(field: Schema) -> bool:
    """Every field there is."""
    return isinstance(field, Schema)


@cache
def values(schema: Schema, kept: Callable[[Schema], bool] = every) -> st.SearchStrategy[Any]:
    """Values that a schema allows and that say something.

    Args:
        schema: the schema.
        kept: which fields may be there; all, unless said otherwise.
    """
    if schema.items is not None:
        return st.lists(values(schema.items, kept), min_size=1, max_size=2)
    if schema.values is not None:
        inner = values(schema.values, kept)
        return st.dictionaries(st.text(min_size=1), inner, min_size=1, max_size=2)
    if schema.enum:
        return st.sampled_from(schema.enum)
    if schema.properties:
        known = {key: values(one, kept) for key, one in schema.properties.items() if kept(one)}
        some = st.lists(st.sampled_from(sorted(known)), unique=True, min_size=1, max_size=3)
        return some.flatmap(lambda keys: st.fixed_dictionaries({key: known[key] for key in keys}))
    return BY_FORMAT[schema.format] if schema.format in BY_FORMAT else BY_TYPE[schema.type]


BY_FORMAT: dict[str, st.SearchStrategy[Any]] = {
    "quantity": st.sampled_from(["100m", "64Mi", "1"]),
    "int-or-string": st.integers(1, 2**31 - 1) | st.text(min_size=1),
    "date-time": st.just("2026-11-23T15:00:00Z"),
    "byte": st.binary(min_size=1).map(lambda octets: base64.b64encode(octets).decode()),
}
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "": st.just({"a": {"b": [1]}}),
    "object": st.just({"a": {"b": [1]}}),
    "boolean": st.just(value=True),
    "integer": st.integers(-(2**31), 2**31 - 1).filter(bool),
    "string": st.text(min_size=1),
}
