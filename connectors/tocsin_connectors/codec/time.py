"""Times as nanoseconds since the Unix epoch, from numbers and from text.

Numbers are seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else
nanoseconds, unless the unit is given. A float has no honest nanoseconds at today's dates (its
steps are 238 ns), so fractions of seconds and milliseconds are rounded to the microsecond.
`datetime.fromisoformat` cuts nanoseconds, hence the own reader of ISO 8601 here.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin_connectors.codec.number import DECIMAL, INTEGER
from tocsin_connectors.codec.reject import Reject, shown

Unit = Literal["s", "ms", "us", "ns"]
NS: dict[Unit, int] = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
LAST = 2**63 - 1
EPOCH = date(1970, 1, 1).toordinal()
ISO = re.compile(
    r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?)?"
    r" ?(Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
OFFSET = re.compile(r"[+-][0-9]{2}:?[0-9]{2}")


def zone(name: str) -> tzinfo:
    """A time zone from its name or an offset such as +02:00. ValueError for anything else."""
    if name in {"UTC", "Z"}:
        return UTC
    if OFFSET.fullmatch(name):
        return timezone(timedelta(seconds=_offset_s(name)))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"expected a time zone such as Europe/Berlin or +02:00, got {name!r}"
        ) from None


def unit_of(number: float) -> Unit:
    """The unit a time must be in, by its size."""
    size = abs(number)
    if size < 1e11:
        return "s"
    if size < 1e14:
        return "ms"
    return "us" if size < 1e17 else "ns"


def _bounded(ns: int) -> int:
    if -LAST <= ns <= LAST:
        return ns
    if ns > 0:
        raise Reject("future", "a time after the year 2262", "refused")
    raise Reject("time", "a time before the year 1677")


def from_int(number: int, unit: Unit | None) -> int:
    """Exact, for any unit."""
    if number.bit_length() > 64:
        return _bounded(number)
    return _bounded(number * NS[unit or unit_of(number)])


def from_float(number: float, unit: Unit | None) -> int:
    """Rounded to the microsecond, or to the nanosecond where the unit is finer."""
    if not math.isfinite(number):
        raise Reject("time", f"expected a time, got {number}")
    if abs(number) > 1e19:
        return _bounded(int(number))
    unit = unit or unit_of(number)
    if unit == "s":
        return _bounded(round(number * 1e6) * 1000)
    if unit == "ms":
        return _bounded(round(number * 1e3) * 1000)
    return _bounded(round(number * 1e3) if unit == "us" else round(number))


def from_text(text: str, unit: Unit | None, naive: tzinfo) -> int:
    """A number as text, or ISO 8601 with up to nine digits of fraction; `naive`: its zone."""
    text = text.strip(" \t")
    if INTEGER.fullmatch(text):
        return from_int(int(text), unit)
    if DECIMAL.fullmatch(text):
        return from_float(float(text), unit)
    match = ISO.fullmatch(text)
    if match is None:
        raise Reject("time", f"expected a time, got {shown(text)}")
    year, _, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        return _civil_ns(
            date(int(year), int(month), int(day)),
            (int(hour or 0), int(minute or 0), int(second or 0)),
            int((fraction or "0")[:9].ljust(9, "0")),
            _offset_s(offset) if offset else naive,
        )
    except (ValueError, OverflowError):
        raise Reject("time", f"no such time: {shown(text)}") from None


def _civil_ns(day: date, clock: tuple[int, int, int], ns: int, offset: int | tzinfo) -> int:
    hour, minute, second = clock
    if hour > 23 or minute > 59 or second > 60:  # 60: a leap second is the next one's first
        raise ValueError(clock)
    seconds = (day.toordinal() - EPOCH) * 86_400 + hour * 3_600 + minute * 60 + second
    if isinstance(offset, tzinfo):
        wall = datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=offset)
        shift = wall.utcoffset() or timedelta()
        offset = shift.days * 86_400 + shift.seconds
    return _bounded((seconds - offset) * 10**9 + ns)


def _offset_s(text: str) -> int:
    if text[0] not in "+-":
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    return (hours * 3_600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def time_of(value: object, unit: Unit | None, naive: tzinfo) -> int:
    """A decoded JSON value as a time."""
    if isinstance(value, str):
        return from_text(value, unit, naive)
    if isinstance(value, float):
        return from_float(value, unit)
    if isinstance(value, int) and not isinstance(value, bool):
        return from_int(value, unit)
    raise Reject("time", f"expected a time, got {shown(value)}")
