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
_BILLION: Final = 10**9
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_EXPONENTS: Final = ("e-9", "e-6", "e-3", "", "e3", "e6", "e9", "e12", "e15", "e18")
_FORM: Final = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?", re.ASCII
)


def amount(value: str | float) -> Fraction:
    """The exact amount.

    Raises:
        ValueError: the text is no quantity.
    """
    return _read(value)[0]


def _read(value: str | float) -> tuple[Fraction, str, bool]:
    """The amount, its unit, and whether it has an exponent."""
    found = _FORM.fullmatch(str(value))
    if found is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is no quantity: write a number such as 2, 0.5, 100m or 64Mi")
    digits, unit, power = found.groups()
    scale = _UNITS[unit or ""] if power is None else Fraction(10) ** int(power)
    return Fraction(digits) * scale, unit or "", power is not None


def written(value: str | float) -> str:
    """The amount as the API server writes it back: 0.5 as "500m", "1024Mi" as "1Gi".

    Raises:
        ValueError: the text is no quantity.
    """
    exact, unit, exponent = _read(value)
    if exact == 0:
        return "0"
    if unit.endswith("i") and exact.denominator == 1:
        return _in_steps(int(exact), 1024, _BINARY)
    # Nothing smaller than a billionth is kept: it is rounded up.
    small = -(-exact.numerator * _BILLION // exact.denominator)
    return _in_steps(small, 1000, _EXPONENTS if exponent else _DECIMAL)


def _in_steps(whole: int, base: int, names: tuple[str, ...]) -> str:
    step = 0
    while step < len(names) - 1 and whole % base == 0:
        whole //= base
        step += 1
    return f"{whole}{names[step]}"
