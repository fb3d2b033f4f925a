"""The JSONPath of printer columns."""

import pytest

from labs.kube import jsonpath

OBJECT = {
    "metadata": {"annotations": {"a.b/c": "dotted"}},
    "spec": {"addresses": ["10.0.0.0/24", "10.1.0.0/24"], "asn": 64512, "on": True},
    "status": {
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "Other", "status": "False"},
        ]
    },
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (".spec.asn", [64512]),
        ("spec.asn", [64512]),
        (".spec.addresses[0]", ["10.0.0.0/24"]),
        (".spec.addresses[-1]", ["10.1.0.0/24"]),
        (".spec.addresses[7]", []),
        (".spec.addresses[*]", ["10.0.0.0/24", "10.1.0.0/24"]),
        (r".metadata.annotations.a\.b/c", ["dotted"]),
        (".metadata.annotations['a.b/c']", ["dotted"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[*].status", ["True", "False"]),
        (".spec.missing.deeper", []),
        (".spec.asn.deeper", []),
    ],
)
def test_a_path_leads_to_values(path: str, values: list[object]) -> None:
    assert jsonpath.found(OBJECT, path) == values


def test_a_column_shows_lists_as_json() -> None:
    assert jsonpath.text(jsonpath.found(OBJECT, ".spec.addresses")) == (
        '["10.0.0.0/24","10.1.0.0/24"]'
    )
    assert jsonpath.text(["a"]) == "a"


def test_what_is_no_path_is_told() -> None:
    with pytest.raises(ValueError, match="no JSONPath we know"):
        jsonpath.found(OBJECT, ".spec[?(@.a>1)]")
