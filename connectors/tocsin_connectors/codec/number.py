"""Numbers written as text, and any decoded value as a reading's value."""

from __future__ import annotations

import math
import re

from tocsin_connectors.codec.reject import Reject, shown

DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
ABSENT = frozenset({"", "nan", "+nan", "-nan", "null", "none", "na", "n/a", "-"})


def finite(value: float) -> float:
    """The value, or `Reject` for plus and minus infinity."""
    if math.isinf(value):
        raise Reject("infinite", f"expected a finite value, got {value}", "refused")
    return value


def from_text(text: str) -> float:
    """Decimal notation with a point; NaN for the usual words of "no value"."""
    text = text.strip(" \t")
    if DECIMAL.fullmatch(text):
        return finite(float(text))
    if text.lower() in ABSENT:
        return math.nan
    if INFINITE.fullmatch(text):
        return finite(math.inf)
    raise Reject("number", f"expected a number, got {shown(text)}")


def value_of(value: object) -> float:
    """A decoded JSON value as a reading: booleans are 0 and 1, null is "no value"."""
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            raise Reject("infinite", "a number above the range of float64", "refused") from None
    if value is None:
        return math.nan
    if isinstance(value, str):
        return from_text(value)
    raise Reject("number", f"expected a number, got {'a list' if _is_list(value) else 'an object'}")


def _is_list(value: object) -> bool:
    return isinstance(value, list)
