"""Which column of delimited rows is what: from a header, or from the first rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from tocsin_connectors import contract
from tocsin_connectors.codec import fields as known
from tocsin_connectors.codec import number
from tocsin_connectors.codec import time as clock
from tocsin_connectors.codec.reject import Reject

DELIMITERS = ("\t", ";", "|", ",")
COLUMNS_MAX = 1024
OTHER, TIME, VALUE, TEXT = 0, 1, 2, 3  # roles, as the scanner has them
LONG_NUMBER = re.compile(r"[0-9]{9,}(?:\.[0-9]+)?")  # a time rather than a value


class Params(contract.Params, frozen=True):
    """Which column is what; what is left out is recognised by names and contents."""

    time: Annotated[str | None, Meta(description="Column of the time.")] = None
    value: Annotated[
        str | list[str] | None,
        Meta(description="Column of the value, or several: a series each."),
    ] = None
    name: Annotated[str | None, Meta(description="Column of the series' name.")] = None
    labels: Annotated[list[str] | None, Meta(description="Columns that are labels.")] = None
    delimiter: Annotated[
        Annotated[str, Meta(min_length=1, max_length=1)] | None,
        Meta(description="Recognised of , ; tab | if not given."),
    ] = None
    header: Annotated[bool | None, Meta(description="Whether the first row names the columns.")] = (
        None
    )
    time_unit: Annotated[
        clock.Unit | None, Meta(description="Unit of numeric times; by their size if not given.")
    ] = None
    tz: Annotated[str, Meta(description="Zone of times without one: a name or an offset.")] = "UTC"


class Layout(msgspec.Struct, frozen=True):
    """What was learned of the columns.

    header  the row that names them, or empty
    name    number of the column that names the series, -1: none
    alone   one value, whose column adds nothing to the series' name
    """

    delimiter: str
    columns: list[str]
    role: list[int]
    name: int
    header: str
    alone: bool

    @property
    def time(self) -> int:
        return self.role.index(TIME)


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of a row, quotes after RFC 4180. `Reject` where a quote does not close."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Reject("malformed", f"quotes: {error}") from None
    return rows[0] if rows else []


def _delimiter(lines: Sequence[str]) -> str:
    """The one that is there equally often in every line, and most often."""
    best, most = ",", 0
    for delimiter in DELIMITERS:
        counts = {line.count(delimiter) for line in lines if '"' not in line}
        if len(counts) == 1 and (n := counts.pop()) > most:
            best, most = delimiter, n
    if most:
        return best
    return max(reversed(DELIMITERS), key=lines[0].count) if lines else ","


def _is_number(cell: str) -> bool:
    return number.DECIMAL.fullmatch(cell.strip(" \t")) is not None


def _is_empty(cell: str) -> bool:
    return cell.strip(" \t").lower() in number.ABSENT


def _is_date(cell: str) -> bool:
    return clock.ISO.fullmatch(cell.strip(" \t")) is not None


class Learner:
    """Finds the layout from the first rows."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def layout(self, lines: Sequence[str]) -> Layout | None:
        """None: there are no rows to tell yet; `lines` may begin with a header."""
        if not lines:
            return None
        delimiter = self.params.delimiter or _delimiter(lines)
        rows = []
        for line in lines:
            try:
                rows.append(cells_of(line, delimiter))
            except Reject:
                rows.append([])
        named = self._is_header(rows[0])
        if named and len(rows) < 2:
            return None
        n = len(rows[0])
        columns = [c.strip() for c in rows[0]] if named else _numbered(n)
        sample = [r for r in rows[1 if named else 0 :] if len(r) == n]
        role, name = self._roles(columns, sample, named=named)
        if n > COLUMNS_MAX or TIME not in role or VALUE not in role:
            return None
        values = [c for c, r in zip(columns, role, strict=True) if r == VALUE]
        known_value = self.params.value is not None or values[0].lower() in known.VALUES
        alone = len(values) == 1 and (known_value or not named)
        return Layout(delimiter, columns, role, name, lines[0] if named else "", alone)

    def is_header(self, line: str) -> bool:
        """Whether a first row names the columns."""
        try:
            return self._is_header(cells_of(line, self.params.delimiter or _delimiter([line])))
        except Reject:
            return False

    def _is_header(self, cells: Sequence[str]) -> bool:
        if self.params.header is not None:
            return self.params.header
        if known.among((c.strip() for c in cells), known.TIMES) is not None:
            return True
        return not any(_is_number(c) or _is_date(c) for c in cells)

    def _roles(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, named: bool
    ) -> tuple[list[int], int]:
        params = self.params
        kinds = [_kind([r[i] for r in rows]) for i in range(len(columns))]
        time = self._time(columns, kinds, rows)
        role = [TEXT if k == "text" else VALUE if k == "number" else OTHER for k in kinds]
        wanted = [params.value] if isinstance(params.value, str) else params.value
        if wanted is None and named:
            value = known.among((c for i, c in enumerate(columns) if i != time), known.VALUES)
            wanted = [value] if value is not None else None
        if wanted is not None:
            role = [
                VALUE if c in wanted else OTHER if r == VALUE else r
                for c, r in zip(columns, role, strict=True)
            ]
        name = params.name or (known.among(columns, known.NAMES) if named else None)
        name_at = columns.index(name) if name in columns else -1
        if name_at >= 0 and role[name_at] != TEXT and params.name is None:
            name_at = -1
        if params.labels is not None:
            role = [TEXT if c in params.labels else r if r != TEXT else OTHER
                    for c, r in zip(columns, role, strict=True)]  # fmt: skip
        if name_at >= 0:
            role[name_at] = TEXT
        if time >= 0:
            role[time] = TIME
        return role, name_at

    def _time(
        self, columns: Sequence[str], kinds: Sequence[str], rows: Sequence[Sequence[str]]
    ) -> int:
        given = self.params.time or known.among(columns, known.TIMES)
        if given is not None:
            return columns.index(given) if given in columns else -1
        dates = [i for i, k in enumerate(kinds) if k == "date"]
        if dates:
            return dates[0]
        numbers = [i for i, k in enumerate(kinds) if k == "number"]
        long = [i for i in numbers if rows and LONG_NUMBER.fullmatch(rows[0][i].strip(" \t"))]
        if long:
            return long[0]
        return numbers[0] if len(numbers) > 1 else -1


def _numbered(n: int) -> list[str]:
    return [f"column_{i + 1}" for i in range(n)]


def _kind(cells: Sequence[str]) -> str:
    full = [c for c in cells if not _is_empty(c)]
    if full and all(_is_date(c) and not _is_number(c) for c in full):
        return "date"
    usable = sum(1 for c in full if _is_number(c) or number.INFINITE.fullmatch(c.strip(" \t")))
    return "number" if 2 * usable >= len(full) else "text"
