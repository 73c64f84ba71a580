"""Delimited rows: with or without a header, one value a row or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import numpy as np

from tocsin_connectors import contract
from tocsin_connectors.codec import labels as label
from tocsin_connectors.codec import number
from tocsin_connectors.codec import time as clock
from tocsin_connectors.codec.columns import Columns, Names, taken_over
from tocsin_connectors.codec.layout import TEXT, VALUE, Layout, Learner, Params, cells_of
from tocsin_connectors.codec.lines import BOM, Lines
from tocsin_connectors.codec.reject import Reject, shown
from tocsin_connectors.codec.shapes import Meaning, Scanned, Shapes
from tocsin_connectors.codec.text import readable
from tocsin_connectors.contract import Framing, Labels, Readings, Records

ROWS_TO_LEARN = 100
BLOCK_MIN = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """Series of the value columns of rows with the same texts."""

    values: Sequence[tuple[int, int]]  # column, series code


class CsvDecoder:
    """Decodes the rows of one origin, blocks of them by the compiled road.

    The layout is learned from the head where there is one, else from the first rows; at the
    first record of an origin it is learned anew, since a rotated file may have another header.
    """

    def __init__(self, params: Params, head: bytes) -> None:
        self._names = Names()
        self.names: list[tuple[str, Labels]] = self._names.names
        self.unit = params.time_unit
        self.naive = clock.zone(params.tz)
        self.shapes = Shapes(self.unit, self.naive)
        self.learner = Learner(params)
        self.plans: dict[tuple[str, ...], Plan] = {}
        self.header = ""  # seen, while there is no row yet to tell the roles
        self.layout: Layout | None = None
        lines = readable(head).split(b"\n")[: ROWS_TO_LEARN + 1]
        whole = lines[:-1] if len(lines) <= ROWS_TO_LEARN and len(lines) > 1 else lines
        text = [b.rstrip(b"\r").decode(errors="replace") for b in whole]
        self.from_head = self._adopt(self.learner.layout([t for t in text if t.strip()]))

    def decode(self, records: Records) -> Readings:
        """All records; see `decode_plain` for what becomes of each."""
        if len(records.payloads) < BLOCK_MIN:
            return self.decode_plain(records)
        out = Columns()
        over = taken_over(out, records.rejected)
        lines = Lines.of(records.payloads)
        begun = 0
        while begun < len(lines) and (begun == 0 or self.layout is None):
            if begun not in over:
                self._row(records.first + begun, begun, lines[begun], out)
            begun += 1
        given = self._decode_block(lines[begun:], begun, out, over)
        return out.readings(given)

    def decode_plain(self, records: Records) -> Readings:
        """The road without compiled code, its twin and its authority."""
        out = Columns()
        over = taken_over(out, records.rejected)
        for i, payload in enumerate(records.payloads):
            if i not in over:
                self._row(records.first + i, i, payload, out)
        return out.readings()

    def snapshot(self) -> dict[str, Any]:
        layout = None if self.layout is None else msgspec.to_builtins(self.layout)
        return {"layout": layout, "header": self.header}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.header = state["header"]
        layout = state["layout"]
        self._adopt(None if layout is None else msgspec.convert(layout, Layout))

    def _adopt(self, layout: Layout | None) -> Layout | None:
        self.layout = layout
        self.plans.clear()
        self.shapes.clear()
        return layout

    def _row(self, number_: int, record: int, payload: bytes, out: Columns) -> None:
        try:
            line = payload.removeprefix(BOM).decode() if number_ == 0 else payload.decode()
        except UnicodeDecodeError as error:
            detail = f"not UTF-8: {error.reason} at byte {error.start}"
            out.rejected.append(Reject("malformed", detail).of(record))
            return
        if not line.strip(" \t\r"):
            out.blank += 1
            return
        try:
            if number_ == 0:
                self._begin(line)
            if self._is_blank(line):
                out.blank += 1
                return
            self._cells(record, line, out)
        except Reject as no:
            out.rejected.append(no.of(record))

    def _begin(self, line: str) -> None:
        """The first row of an origin: what was learned before may not hold any more."""
        layout = self.from_head or self.layout
        if layout is not None and layout.header not in {"", line}:
            layout = None
        if layout is not self.layout:
            self._adopt(layout)
        self.header = ""

    def _is_blank(self, line: str) -> bool:
        """Whether the row is the header; learns the layout where it can."""
        if self.layout is not None:
            return bool(self.layout.header) and line == self.layout.header
        lines = [self.header, line] if self.header else [line]
        layout = self.learner.layout(lines)
        if layout is not None:
            self._adopt(layout)
            return False
        if not self.header and self.learner.is_header(line):
            self.header = line
            return True
        raise Reject("shape", f"expected a time and a number, got {shown(line)}")

    def _cells(self, record: int, line: str, out: Columns) -> None:
        layout = self.layout
        assert layout is not None
        cells = cells_of(line, layout.delimiter)
        if len(cells) != len(layout.columns):
            raise Reject("shape", f"expected {len(layout.columns)} columns, got {len(cells)}")
        plan = self._plan(layout, cells)
        time = clock.from_text(cells[layout.time], self.unit, self.naive)
        for column, series in plan.values:
            try:
                out.add(record, series, time, number.from_text(cells[column]))
            except Reject as no:
                out.rejected.append(no.of(record))

    def _plan(self, layout: Layout, cells: Sequence[str]) -> Plan:
        texts = tuple(c for c, r in zip(cells, layout.role, strict=True) if r == TEXT)
        plan = self.plans.get(texts)
        if plan is None:
            if len(self.plans) > 1 << 16:
                self.plans.clear()
            plan = self.plans[texts] = self._planned(layout, cells)
        return plan

    def _planned(self, layout: Layout, cells: Sequence[str]) -> Plan:
        labels = {
            layout.columns[i]: cells[i].strip(" \t")
            for i, role in enumerate(layout.role)
            if role == TEXT and i != layout.name
        }
        name = cells[layout.name].strip(" \t") if layout.name >= 0 else ""
        values = [i for i, role in enumerate(layout.role) if role == VALUE]
        pairs = []
        for i in values:
            field = layout.columns[i] if layout.header or len(values) > 1 else "value"
            of = (name or field) if layout.alone else f"{name}.{field}" if name else field
            pairs.append((i, self._names.code(label.series(of, labels))))
        return Plan(pairs)

    def _decode_block(
        self, lines: Lines, begun: int, out: Columns, over: frozenset[int]
    ) -> dict[str, Any] | None:
        if self.layout is None or not len(lines):
            return None
        from tocsin_connectors.codec.kernels import scan_rows  # noqa: PLC0415 - compiled code is for blocks

        role = np.array(self.layout.role, np.int8)
        given = (ord(self.layout.delimiter), role)
        scanned = self.shapes.scan(scan_rows.rows, lines, given, objects=False)
        for i in over:
            if i >= begun:
                scanned.shape[i - begun] = -1
        self.shapes.learn(scanned, lambda record: self._meaning(scanned, record))
        columns, slow = self.shapes.emit(scanned)
        columns["record"] += begun
        for i in slow.tolist():
            if begun + i not in over:
                self._row(1, begun + i, lines[i], out)
        return columns

    def _meaning(self, scanned: Scanned, record: int) -> Meaning | None:
        layout = self.layout
        assert layout is not None
        try:
            cells = cells_of(scanned.lines[record].decode(), layout.delimiter)
            plan = self._plan(layout, cells)
        except Reject:
            return None
        cuts = [i for i, role in enumerate(layout.role) if role != TEXT]
        cut_of = {column: k for k, column in enumerate(cuts)}
        readings = [(cut_of[column], series, 0.0) for column, series in plan.values]
        return Meaning(cut_of[layout.time], readings)


@contract.connector
class Csv:
    """Rows of cells between commas, semicolons, tabs or bars, with or without a header.

    With a header, columns are recognised by their names, in any case of letters: the time
    (`time`, `timestamp`, `date` and the like), the value (`value`, `v`, `val`), the name
    (`name`, `metric`, `series`). Without a value column every column of numbers is a series,
    named by the column. Columns of text are labels. Without a header the first column of dates
    or of large numbers is the time, and the columns are called `column_1`, `column_2` and so
    on; a single value is called `value`. The parameters say it where this fails.

    Times and values are read as by the format `json`; empty cells, `NaN`, `null`, `NA` and `-`
    mean "no value". Quotes follow RFC 4180, but a quoted cell must end on its line.

    What is not taken is told with its reason: `malformed` (not UTF-8, a quote that does not
    close), `shape` (too few or too many cells, no time or number to be found), `time`,
    `number`, `infinite`, `labels`. Blank lines and the header, also where it comes again, are
    nothing.

    Delivery: a record always ends the same way, however the input is cut into batches.
    """

    name: ClassVar = "csv"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params) -> None:
        clock.zone(params.tz)
        self.params = params

    def recognise(self, head: bytes) -> float:
        text = readable(head)
        if text.lstrip()[:1] in {b"{", b"["} or b"\0" in text:
            return 0.0
        lines = text.split(b"\n")
        try:
            decoded = [b.rstrip(b"\r").decode() for b in (lines[:-1] or lines)[:ROWS_TO_LEARN]]
        except UnicodeDecodeError:
            return 0.0
        rows = [t for t in decoded if t.strip()]
        layout = Learner(self.params).layout(rows)
        if layout is None:
            return 0.0
        right = 0
        for row in rows:
            try:
                right += len(cells_of(row, layout.delimiter)) == len(layout.columns)
            except Reject:
                continue
        return 0.85 * right / len(rows) if len(layout.columns) > 1 else 0.0

    def framing(self, head: bytes) -> Framing:
        return "lines"

    def decoder(self, origin: str, head: bytes) -> CsvDecoder:
        return CsvDecoder(self.params, head)
