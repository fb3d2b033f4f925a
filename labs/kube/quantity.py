"""Kubernetes' quantities: "100m", "64Mi", 1.5, "1e3" (apimachinery resource.Quantity)."""

import re
from fractions import Fraction
from typing import Final

_UNITS: Final = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
}
_FORM: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?")


def amount(value: str | float) -> Fraction:
    """The exact amount.

    Raises:
        ValueError: the text is no quantity.
    """
    found = _FORM.fullmatch(str(value).strip())
    if found is None:
        raise ValueError(f"{value!r} is no quantity: write a number such as 2, 0.5, 100m or 64Mi")
    digits, unit, power = found.groups()
    return Fraction(digits) * (_UNITS[unit or ""] if power is None else Fraction(10) ** int(power))


def written(value: str | float) -> str:
    """The amount as the API server writes it back: 0.5 as "500m", "1024Mi" as "1Gi"."""
    exact = amount(value)
    text = str(value)
    if exact == 0:
        return "0"
    binary = text.endswith("i") and exact.denominator == 1
    if "e" in text.lower().rstrip("i").rstrip("E") and "E" not in text[-1:]:
        return _decimal_power(exact)
    base, names = (
        (1024, ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))
        if binary
        else (1000, ("n", "u", "m", "", "k", "M", "G", "T", "P", "E"))
    )
    scale = exact if binary else exact * 10**9
    if scale.denominator != 1:
        scale = Fraction(-(-scale.numerator // scale.denominator))
    whole, step = int(scale), 0
    while step < len(names) - 1 and whole % base == 0:
        whole //= base
        step += 1
    return f"{whole}{names[step]}"


def _decimal_power(exact: Fraction) -> str:
    if exact.denominator != 1:
        return written(str(float(exact)))
    whole, power = int(exact), 0
    while whole % 1000 == 0:
        whole //= 1000
        power += 3
    return f"{whole}e{power}" if power else str(whole)
