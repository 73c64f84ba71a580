"""Mapped JSON: objects of named fields, one a line or in arrays, of any producer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import numpy as np

from tocsin_connectors import contract
from tocsin_connectors.codec import time as clock
from tocsin_connectors.codec.columns import Columns, Names, taken_over
from tocsin_connectors.codec.lines import BOM, Lines
from tocsin_connectors.codec.number import value_of
from tocsin_connectors.codec.plan import Fields, Params, Planner
from tocsin_connectors.codec.reject import Reject, shown
from tocsin_connectors.codec.shapes import Meaning, Scanned, Shapes
from tocsin_connectors.codec.text import readable
from tocsin_connectors.contract import Framing, Labels, Readings, Records

DEPTH_MAX = 64
BLOCK_MIN = 64  # records below which starting the compiled road costs more than it saves
BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
LOOSE = re.compile(rb"NaN|Infinity|[0-9][eE]\+?[0-9]{2}|[0-9]{200}")
SPACE = b" \t\r\n"


class JsonDecoder:
    """Decodes the records of one origin, blocks of them by the compiled road.

    What it learns of an origin is which fields hold a time or value written as text, so that
    these may change without making a new shape; it affects speed only.
    """

    def __init__(self, params: Params) -> None:
        self._names = Names()
        self.names: list[tuple[str, Labels]] = self._names.names
        self.planner = Planner(params, self._names)
        self.unit = params.time_unit
        self.naive = clock.zone(params.tz)
        self.shapes = Shapes(self.unit, self.naive)
        self.written: dict[str, str] = {}  # "time", "value": fields that are text

    def decode(self, records: Records) -> Readings:
        """All records; see `decode_plain` for what becomes of each."""
        payloads = records.payloads
        if len(payloads) < BLOCK_MIN:
            if len(payloads) == 1 and len(payloads[0]) > 1 << 14 and not records.rejected:
                return self._decode_array(records)
            return self.decode_plain(records)
        out = Columns()
        over = taken_over(out, records.rejected)
        given = self._decode_block(Lines.of(payloads), out, over)
        return out.readings(given)

    def decode_plain(self, records: Records) -> Readings:
        """The road without compiled code, its twin and its authority."""
        out = Columns()
        over = taken_over(out, records.rejected)
        for i, payload in enumerate(records.payloads):
            if i not in over:
                self._record(i, payload, out)
        return out.readings()

    def snapshot(self) -> dict[str, Any]:
        return dict(self.written)

    def restore(self, state: Mapping[str, Any]) -> None:
        self.written = dict(state)

    def _record(self, record: int, payload: bytes, out: Columns) -> None:
        try:
            value = parsed(payload)
        except Reject as no:
            out.rejected.append(no.of(record))
            return
        out.blank += value == []
        for element in value if isinstance(value, list) else [value]:
            self._object(record, element, out)

    def _object(self, record: int, element: object, out: Columns) -> None:
        try:
            fields = an_object(element)
            plan = self.planner.plan(fields)
            time = clock.time_of(fields[plan.time], self.unit, self.naive)
        except Reject as no:
            out.rejected.append(no.of(record))
            return
        for field, series in plan.values:
            try:
                out.add(record, series, time, value_of(fields[field]))
            except Reject as no:
                out.rejected.append(no.of(record))

    def _decode_array(self, records: Records) -> Readings:
        """One record that is a long array: its elements are a block."""
        out = Columns()
        try:
            elements = parsed(records.payloads[0])
        except Reject as no:
            out.rejected.append(no.of(0))
            return out.readings()
        if not isinstance(elements, list) or len(elements) < BLOCK_MIN:
            return self.decode_plain(records)
        inner = Columns()
        given = self._decode_block(Lines.of(elements), inner, frozenset(), elements=True)
        readings = inner.readings(given)
        none = np.zeros_like(readings.record)
        rejected = [msgspec.structs.replace(r, record=0) for r in readings.rejected]
        return Readings(none, readings.series, readings.time, readings.value, rejected)

    def _decode_block(
        self, lines: Lines, out: Columns, over: frozenset[int], *, elements: bool = False
    ) -> dict[str, Any]:
        from tocsin_connectors.codec.kernels import scan  # noqa: PLC0415 - compiled code is for blocks

        plain = self._object if elements else self._record
        self._find_written(lines)
        keys = [np.frombuffer(self.written.get(k, "").encode(), np.uint8) for k in ROLES]
        scanned = self.shapes.scan(scan.objects, lines, keys, objects=True)
        if over:
            scanned.shape[list(over)] = -1
        self.shapes.learn(scanned, lambda record: self._meaning(scanned, record))
        given, slow = self.shapes.emit(scanned)
        for record in slow.tolist():
            if record not in over:
                plain(record, lines[record], out)
        return given

    def _find_written(self, lines: Lines) -> None:
        """Learn from the first readable record, before every text makes a shape of its own."""
        if self.written:
            return
        for i in range(min(len(lines), BLOCK_MIN)):
            try:
                fields = loads(lines[i])
                plan = self.planner.plan(fields) if isinstance(fields, dict) else None
            except Reject:
                continue
            if plan is not None:
                value = plan.values[0][0]
                found = {"time": plan.time, "value": value}
                usable = {k: f for k, f in found.items() if isinstance(fields[f], str) and f}
                self.written = {k: f for k, f in usable.items() if '"' not in f and "\\" not in f}
                if self.written:
                    self.shapes.clear()
                return

    def _meaning(self, scanned: Scanned, record: int) -> Meaning | None:
        """What the cuts of a record of a new shape are; None: such records go the plain road."""
        try:
            fields = loads(scanned.lines[record])
            if not isinstance(fields, dict) or len(fields) != scanned.members[record]:
                return None
            plan = self.planner.plan(fields)
        except Reject:
            return None
        texts = set(self.written.values())
        cuts = [
            f for f, v in fields.items()
            if (isinstance(v, int | float) and not isinstance(v, bool))
            or (isinstance(v, str) and f in texts)
        ]  # fmt: skip
        if len(cuts) != len(scanned.cuts(record)) or plan.time not in cuts:
            return None
        if not self.planner.text_fields.isdisjoint(cuts):
            return None  # a number that is part of the series' key
        cut_of = {field: k for k, field in enumerate(cuts)}
        readings = []
        for field, series in plan.values:
            value = fields[field]
            if field in cut_of:
                readings.append((cut_of[field], series, 0.0))
            elif value is None or isinstance(value, bool):
                readings.append((-1, series, value_of(value)))
            else:
                return None
        return Meaning(cut_of[plan.time], readings)


ROLES = ("time", "value")
"""Members that may be text and still be cut out, in the scanner's order."""


def _depth(payload: bytes) -> int:
    depth = deepest = 0
    for match in BRACKETS.finditer(payload):
        c = match[0]
        if c in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif c in b"]}":
            depth -= 1
    return deepest


def loads(payload: bytes) -> Any:
    """A JSON text, strictly but for NaN, Infinity and numbers out of range. Raises `Reject`."""
    if payload.count(b"{") + payload.count(b"[") > DEPTH_MAX and _depth(payload) > DEPTH_MAX:
        raise Reject("deep", f"nested more than {DEPTH_MAX} levels deep", "refused")
    try:
        return msgspec.json.decode(payload)
    except UnicodeDecodeError as error:
        raise Reject("malformed", f"not UTF-8: {error.reason} at byte {error.start}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        if LOOSE.search(payload) is None:
            raise Reject("malformed", str(error)) from None
    try:
        return json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise Reject("malformed", str(error)[:200]) from None


def an_object(element: object) -> Fields:
    """A record or element as an object, or `Reject`."""
    found = loads(element) if isinstance(element, bytes) else element
    if not isinstance(found, dict):
        raise Reject("shape", f"expected an object, got {shown(found)}")
    return found


def parsed(payload: bytes) -> Any:
    """A record; an array as its elements' bytes, a blank line as an empty one."""
    payload = payload.removeprefix(BOM).strip(SPACE)
    if not payload:
        return []
    if payload[:1] != b"[":
        return loads(payload)
    try:
        return [bytes(e) for e in msgspec.json.decode(payload, type=list[msgspec.Raw])]
    except UnicodeDecodeError as error:
        raise Reject("malformed", f"not UTF-8: {error.reason} at byte {error.start}") from None
    except (msgspec.DecodeError, RecursionError):
        return loads(payload)


@contract.connector
class Json:
    """JSON of any producer: one object a line, arrays of objects, or one document of them.

    A record needs a time and a value. Fields are recognised by their names, in any case of
    letters: the time (`time`, `timestamp`, `ts`, `@timestamp`, `date`, `t` and the like), the
    value (`value`, `v`, `val`), the name (`name`, `metric`, `series`, `__name__`), an object of
    labels (`labels`, `tags`). Further text fields are labels, too. Without a value field every
    field that is a number is a series of its own, named by the field, after `name` and a point
    if there is a name. The parameters say it where names do not.

    Times are numbers in seconds, milliseconds, microseconds or nanoseconds, told apart by their
    size, or ISO 8601 with up to nine digits of fraction; without a zone they are UTC, or `tz`.
    Values are numbers, also as text; `null` and NaN mean "no value", true and false are 1 and 0.

    What is not taken is told with its reason: `malformed` (not JSON, cut, not UTF-8), `shape`
    (no object, no time, no value), `number`, `time`, `infinite`, `labels` (over 64, or one over
    1 KiB), `deep` (over 64 levels). A blank line and an empty array are nothing. Of members
    with the same name the last counts. One bad element of an array, or one bad value of several,
    leaves the others alone.

    Delivery: a record always ends the same way, however the input is cut into batches.
    """

    name: ClassVar = "json"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params) -> None:
        clock.zone(params.tz)
        self.params = params

    def recognise(self, head: bytes) -> float:
        text = readable(head).lstrip(SPACE)
        if text[:1] not in {b"{", b"["}:
            return 0.0
        line, newline, _ = text.partition(b"\n")
        try:
            value = parsed(line)
        except Reject as no:
            cut = not newline or line.rstrip(SPACE)[-1:] in {b"{", b"[", b","}
            return 0.5 if cut and no.reason == "malformed" and b'"' in text[:4096] else 0.0
        return 0.9 if isinstance(value, dict | list) else 0.0

    def framing(self, head: bytes) -> Framing:
        text = readable(head).lstrip(SPACE)
        line, newline, _ = text.partition(b"\n")
        if text[:1] not in {b"{", b"["}:
            return "lines"
        try:
            parsed(line)
        except Reject:
            pretty = line.rstrip(SPACE)[-1:] in {b"{", b"[", b","} and newline
            return "whole" if pretty or text[:1] == b"[" else "lines"
        return "lines"

    def decoder(self, origin: str, head: bytes) -> JsonDecoder:
        return JsonDecoder(self.params)
