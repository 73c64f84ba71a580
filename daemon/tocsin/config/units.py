"""Numbers that people write with a unit, parsed once: durations, rates, sizes, addresses.

Each is an ordinary number or text afterwards, in the unit its docstring names, so no room has
to parse or convert. `expected` is the sentence an error shows, and `written` goes back to the
shortest form that means the same.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self

NS_PER_S = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_S
UNIT_NS = {
    "d": NS_PER_DAY,
    "h": 3600 * NS_PER_S,
    "m": 60 * NS_PER_S,
    "s": NS_PER_S,
    "ms": 1_000_000,
    "us": 1000,
    "ns": 1,
}
DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|us|ns|[dhms]))+")
PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|ns|[dhms])")
PERIOD_DAYS = {
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 30.0,
    "quarter": 91.0,
    "year": 365.0,
}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|[KMGT]i?B|[KMGT])?")
ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]*|\*):(\d{1,5})")
NS_MAX = 2**63 - 1


class Duration(int):
    """Nanoseconds; written `30s`, `5m`, `1h30m`, `7d`."""

    expected: ClassVar = "a duration such as 30s, 5m or 7d"

    @classmethod
    def of(cls, given: object) -> Self:
        """ValueError for anything but a written duration (a bare 0 needs no unit)."""
        if given in (0, "0") and given is not False:
            return cls(0)
        if not isinstance(given, str) or not DURATION.fullmatch(given):
            raise ValueError(f"expected {cls.expected}")
        total = sum(round(float(n) * UNIT_NS[unit]) for n, unit in PART.findall(given))
        if total > NS_MAX:
            raise ValueError(f"expected {cls.expected}")
        return cls(total)

    @property
    def written(self) -> str:
        unit = next((u for u, ns in UNIT_NS.items() if self % ns == 0), "ns") if self else "s"
        return f"{self // UNIT_NS[unit]}{unit}"


class Rate(float):
    """Times a day; written `20/day`, `1/week`, `1/30d`. More than none."""

    expected: ClassVar = "a rate such as 20/day, 1/week or 1/30d"

    @classmethod
    def of(cls, given: object) -> Self:
        """ValueError for anything but a written rate above 0."""
        count, _, period = given.partition("/") if isinstance(given, str) else ("", "", "")
        days = PERIOD_DAYS.get(period.strip()) or cls._days(period.strip())
        if not re.fullmatch(r"\d+(?:\.\d+)?", count.strip()) or not days or not float(count):
            raise ValueError(f"expected {cls.expected}")
        return cls(float(count) / days)

    @staticmethod
    def _days(period: str) -> float:
        return Duration.of(period) / NS_PER_DAY if DURATION.fullmatch(period) else 0.0

    @property
    def written(self) -> str:
        counts = ((self * days, name) for name, days in PERIOD_DAYS.items())
        whole = [(n, name) for n, name in counts if n > 0.5 and abs(n - round(n)) < 1e-9 * n]
        if whole:
            count, period = min(whole)
            return f"{round(count)}/{period}"
        return f"{float(self)!r}/day" if self >= 1 else f"1/{1 / self:g}d"

    @property
    def words(self) -> str:
        """For people: "20 a day", "1 a week", "1 in 30 days"."""
        count, _, period = self.written.partition("/")
        if period[:1].isdigit():
            return f"{count} in {period[:-1]} days"
        return f"{count} {'an' if period == 'hour' else 'a'} {period}"


class Size(int):
    """Bytes; written `64MiB`, `1GB`, `4096`."""

    expected: ClassVar = "a size such as 64MiB, 1GB or 4096"

    @classmethod
    def of(cls, given: object) -> Self:
        """ValueError for anything but a written size or a whole number of bytes."""
        if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
            return cls(given)
        hit = SIZE.fullmatch(given.strip()) if isinstance(given, str) else None
        if hit is None:
            raise ValueError(f"expected {cls.expected}")
        unit = hit[2] or "B"
        base = 1024 if "i" in unit else 1000
        power = "BKMGT".index(unit[0])
        return cls(round(float(hit[1]) * base**power))

    @property
    def written(self) -> str:
        for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
            if self and self % 1024**power == 0:
                return f"{self // 1024**power}{unit}"
        return str(int(self))


class Address(str):
    """Where to listen: `host:port`; an empty host or `*` means all interfaces."""

    __slots__ = ()
    expected: ClassVar = "an address such as 127.0.0.1:9464 or [::]:9464"

    @classmethod
    def of(cls, given: object) -> Self:
        """ValueError for anything but host:port."""
        hit = ADDRESS.fullmatch(given) if isinstance(given, str) else None
        if hit is None or int(hit[2]) > 65_535:
            raise ValueError(f"expected {cls.expected}")
        return cls(given)

    @property
    def host(self) -> str | None:
        """Without brackets; None: all interfaces."""
        host = self.rpartition(":")[0].strip("[]")
        return None if host in ("", "*") else host

    @property
    def port(self) -> int:
        return int(self.rpartition(":")[2])

    @property
    def written(self) -> str:
        return str(self)


Written = Duration | Rate | Size | Address
UNITS = (Duration, Rate, Size, Address)


def from_written(wanted: type, given: object) -> object:
    """What msgspec calls for types it does not know: parse, or keep what is one already."""
    if isinstance(given, wanted):
        return given
    if not hasattr(wanted, "of"):
        raise TypeError(f"no way to make a {wanted.__name__} of text")
    return wanted.of(given)
