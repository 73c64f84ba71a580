"""Numbers, times and names as people read them. Nothing here ever passes a control character."""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime

NS_PER_S = 1_000_000_000
HOURS = (1, 2, 3, 6, 12)
DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90, 180, 365)
STEPS = (0.0, *(h / 24 for h in HOURS), *(float(d) for d in DAYS))
SUFFIXES = ("", "k", "M", "G", "T")
DIGITS = 4


def significant(x: float, digits: int = 6) -> float:
    """`x` to so many significant digits: what differs in the last bits compares as equal."""
    return float(f"{x:.{digits - 1}e}")


def step_down(x: float) -> float:
    """The largest of 1 2 3 6 12 hours, 1 2 3 5 7 ... 365 days (in days) that `x` reaches; or 0."""
    return STEPS[bisect_right(STEPS, significant(max(x, 0.0))) - 1]


def known(x: float | None) -> bool:
    """Whether there is a number to show."""
    return x is not None and math.isfinite(x)


def number(x: float, digits: int = DIGITS) -> str:
    """Four significant digits; from 100 000 on with k, M, G, T; far out as 1.2e21."""
    if not math.isfinite(x):
        return "unknown" if math.isnan(x) else "infinity" if x > 0 else "-infinity"
    size = abs(significant(x, digits))
    if size == 0:
        return "0"
    if size < 1e-3 or size >= 1e15:
        head, _, power = f"{x:.{digits - 1}e}".partition("e")
        return f"{_trim(head)}e{int(power)}"
    shift = int(math.log10(size) / 3 + 1e-9) if size >= 1e5 else 0
    scaled = significant(x, digits) / 1000**shift if shift else x
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(scaled))))
    return _trim(f"{scaled:.{decimals}f}") + SUFFIXES[shift]


def numbers(*xs: float) -> list[str]:
    """The same for numbers that stand side by side: as many digits as it takes to tell them
    apart."""
    texts = [number(x) for x in xs]
    for digits in (6, 9, 12, 17):
        if len(set(texts)) == len(set(xs)):
            break
        texts = [number(x, digits) for x in xs]
    return texts


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def when(ns: int) -> str:
    """RFC 3339 in UTC, with as much of a fraction as there is."""
    seconds, rest = divmod(ns, NS_PER_S)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + "Z" if rest else f"{whole}Z"


def moment(text: str) -> int:
    """What `when` wrote, in ns since the epoch again."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * NS_PER_S + int(rest.ljust(9, "0") or 0)


def span(seconds: float) -> str:
    """A length of time in its two largest units: 45 s, 35 min, 2 h 10 min, 3 d 4 h."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours, days = whole // 60 % 60, whole // 3600 % 24, whole // 86_400
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    at = next(i for i, (n, _) in enumerate(parts) if n)
    return " ".join(f"{n} {unit}" for n, unit in parts[at : at + 2] if n)


def period(days: float) -> str:
    """A return period on a step: 30 days, 1 day, 6 hours."""
    n, unit = (round(days), "day") if days >= 1 else (round(days * 24), "hour")
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"


def plain(text: str) -> str:
    """Without anything that moves a cursor, breaks a line or turns the direction of writing."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def name(key: str | bytes, limit: int = 120) -> str:
    """A key for people, cut in the middle: both ends tell series apart."""
    text = plain(key.decode(errors="replace") if isinstance(key, bytes) else key)
    if len(text) <= limit:
        return text
    half = (limit - 1) // 2
    return f"{text[: limit - 1 - half]}…{text[-half:]}"


def width(text: str) -> int:
    """Columns on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def cut(text: str, columns: int) -> str:
    """At most so many columns wide."""
    if width(text) <= columns:
        return text
    kept = ""
    for c in text:
        if width(kept + c) >= columns:
            break
        kept += c
    return kept + "…"


def wrap(text: str, columns: int) -> Iterator[str]:
    """Lines of at most so many columns, broken at blanks where possible."""
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined) <= columns:
            line = joined
            continue
        if line:
            yield line
        line = word
        while width(line) > columns:
            n = next(i for i in range(len(line), 0, -1) if width(line[:i]) <= columns)
            yield line[:n]
            line = line[n:]
    if line:
        yield line
