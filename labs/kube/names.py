"""Which names, labels and annotations Kubernetes accepts, and what it says of the others.

Sources: k8s.io/apimachinery (util/validation, api/validation): the patterns and their words. The
names are those of RFC 1035 and RFC 1123.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from labs.kube.violation import Violation, invalid

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE: Final = f"({_KEY})?"
PORT_RANGE: Final = "must be between 1 and 65535, inclusive"
_PORTS: Final = range(1, 65536)
_SHORT: Final = 63  # letters in a label
_PORT_NAME: Final = 15
_FILE: Final = "[-._a-zA-Z0-9]+"
_ENDS = "and must start and end with an alphanumeric character"


def _pattern(told: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{one}', " for one in examples)
    return f"{told} (e.g. {shown}regex used for validation is '{pattern}')"


def _checked(value: str, most: int, pattern: str, why: str) -> Iterator[str]:
    if len(value) > most:
        yield f"must be no more than {most} characters"
    if not re.fullmatch(pattern, value):
        yield why


def dns_label(value: str) -> tuple[str, ...]:
    """What is wrong with a name of at most 63 letters, digits and hyphens (RFC 1123)."""
    if "." in value:
        long = len(value) > _SHORT
        return (*[f"must be no more than {_SHORT} characters"] * long, "must not contain dots")
    told = (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        + _ENDS
    )
    return tuple(_checked(value, _SHORT, _LABEL, _pattern(told, _LABEL, "my-name", "123-abc")))


def dns_subdomain(value: str) -> tuple[str, ...]:
    """What is wrong with a name of labels and dots (RFC 1123)."""
    told = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
        "or '.', " + _ENDS
    )
    return tuple(_checked(value, 253, _SUBDOMAIN, _pattern(told, _SUBDOMAIN, "example.com")))


def dns_1035_label(value: str) -> tuple[str, ...]:
    """What is wrong with a name that must start with a letter (RFC 1035): a Service's."""
    told = (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character"
    )
    why = _pattern(told, _LABEL_1035, "my-name", "abc-123")
    return tuple(_checked(value, _SHORT, _LABEL_1035, why))


def label_key(value: str) -> tuple[str, ...]:
    """What is wrong with a label's or annotation's name: "app", "example.com/app"."""
    told = "must consist of alphanumeric characters, '-', '_' or '.', " + _ENDS
    why = _pattern(told, _KEY, "MyName", "my.name", "123-abc")
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        more = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return (f"a valid label key {why}{more}",)
    found: list[str] = []
    if slash:
        below = dns_subdomain(prefix) if prefix else ("must be non-empty",)
        found += [f"prefix part {one}" for one in below]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > _SHORT:
        found.append("name part must be no more than 63 bytes")
    if not re.fullmatch(_KEY, name):
        found.append(f"name part {why}")
    return tuple(found)


def label_value(value: str) -> tuple[str, ...]:
    """What is wrong with a label's value."""
    told = (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
        "'.', " + _ENDS
    )
    why = _pattern(told, _VALUE, "MyValue", "my_value", "12345")
    found = ("must be no more than 63 bytes",) if len(value) > _SHORT else ()
    return found if re.fullmatch(_VALUE, value) else (*found, why)


def data_key(value: str) -> tuple[str, ...]:
    """What is wrong with a key of a ConfigMap or Secret: it may become a file's name."""
    told = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    why = _pattern(told, _FILE, "key.name", "KEY_NAME", "key-name")
    found = tuple(_checked(value, 253, _FILE, why))
    if value in {".", ".."}:
        return (*found, f"must not be '{value}'")
    return (*found, "must not start with '..'") if value.startswith("..") else found


def port_name(value: str) -> tuple[str, ...]:
    """What is wrong with a port's name (RFC 6335)."""
    found = []
    if len(value) > _PORT_NAME:
        found.append("must be no more than 15 characters")
    if not re.fullmatch("[-a-z0-9]+", value):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        found.append("must contain at least one letter (a-z)")
    if "--" in value:
        found.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return tuple(found)


def labels_violations(labels: Any, path: str) -> Iterator[Violation]:  # noqa: ANN401 -- any JSON value
    """What is wrong with the labels at `path`."""
    for key, value in (labels or {}).items():
        yield from (invalid(path, key, why) for why in label_key(key))
        yield from (invalid(path, value, why) for why in label_value(str(value)))


def is_port(value: object) -> bool:
    """Whether a number is a port's; the words of the refusal are `PORT_RANGE`."""
    return isinstance(value, int) and value in _PORTS
