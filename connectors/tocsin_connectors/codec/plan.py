"""What the fields of a record are: its time, its values, and the series these belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from tocsin_connectors import contract
from tocsin_connectors.codec import fields as known
from tocsin_connectors.codec import labels as label
from tocsin_connectors.codec import time as clock
from tocsin_connectors.codec.columns import Names
from tocsin_connectors.codec.reject import Reject, shown

SIGNATURES_MAX = 1024
Fields = dict[str, Any]


class Params(contract.Params, frozen=True):
    """Where the parts of a reading are; what is left out is recognised by its name."""

    time: Annotated[str | None, Meta(description="Field of the time.")] = None
    value: Annotated[
        str | list[str] | None,
        Meta(description="Field of the value, or several: a series each."),
    ] = None
    name: Annotated[str | None, Meta(description="Field of the series' name.")] = None
    labels: Annotated[
        str | list[str] | None,
        Meta(description="Field that is an object of labels, or the fields that are labels."),
    ] = None
    time_unit: Annotated[
        clock.Unit | None, Meta(description="Unit of numeric times; by their size if not given.")
    ] = None
    tz: Annotated[str, Meta(description="Zone of times without one: a name or an offset.")] = "UTC"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the fields of a record are: depends on all of it but the numbers."""

    time: str
    values: Sequence[tuple[str, int]]  # field, series code


@dataclass(frozen=True, slots=True)
class Roles:
    """What the fields of records with the same field names and types are."""

    time: str
    name: str | None
    box: str | None  # an object of labels
    labels: Sequence[str]
    values: Sequence[str]
    alone: bool  # one value that needs no name of its own beside the record's


class Planner:
    """Finds the plan of a record."""

    def __init__(self, params: Params, names: Names) -> None:
        self.params, self.names = params, names
        given = params.value
        self.values = [given] if isinstance(given, str) else given
        self.label_fields = params.labels if isinstance(params.labels, list) else None
        self.text_fields = {params.name, *(self.label_fields or ())} - {None}
        self.known: dict[tuple[object, ...], Roles] = {}

    def plan(self, fields: Fields) -> Plan:
        """`Reject` where there is no time, no value, or labels beyond the limits."""
        signature = (*fields, *map(type, fields.values()))
        roles = self.known.get(signature)
        if roles is None:
            roles = self._roles(fields)
            if len(self.known) >= SIGNATURES_MAX:
                self.known.clear()
            self.known[signature] = roles
        labels = self._labels(fields, roles)
        name = label.label_text(fields.get(roles.name)) if roles.name else None
        spare = labels.pop("__name__", None)
        name = name or spare
        pairs = []
        for field in roles.values:
            of = (name or field) if roles.alone else f"{name}.{field}" if name else field
            pairs.append((field, self.names.code(label.series(of, labels))))
        return Plan(roles.time, pairs)

    def _roles(self, fields: Fields) -> Roles:
        params = self.params
        time = params.time or known.among(fields, known.TIMES)
        if time is None or time not in fields:
            raise Reject("shape", f"no time: expected {params.time or 'time or timestamp'!r}")
        name = params.name or known.among(fields, known.NAMES)
        if params.name is None and not isinstance(fields.get(name or ""), str):
            name = None  # so that a plan never depends on a number
        box = params.labels if isinstance(params.labels, str) else None
        if box is None and self.label_fields is None:
            box = known.among(fields, known.LABELS)
        values = self._values(fields, {time, name, box})
        taken = {time, name, box, *values}
        labels = self.label_fields
        if labels is None:
            labels = [f for f, v in fields.items() if isinstance(v, str) and f not in taken]
        named = self.values is not None or values[0].lower() in known.VALUES
        return Roles(time, name, box, labels, values, named and len(values) == 1)

    def _values(self, fields: Fields, taken: set[str | None]) -> list[str]:
        if self.values is not None:
            found = [v for v in self.values if v in fields]
        else:
            value = known.among((f for f in fields if f not in taken), known.VALUES)
            if value is not None:
                return [value]
            found = [f for f, v in fields.items() if isinstance(v, int | float) and f not in taken]
        if not found:
            raise Reject("shape", f"no value: expected {self.values or 'value'!r} or a number")
        return found

    def _labels(self, fields: Fields, roles: Roles) -> dict[str, str]:
        found: dict[str, str] = {}
        for key in roles.labels:
            text = label.label_text(fields.get(key))
            if text is not None:
                found[key] = text
        inner = fields.get(roles.box) if roles.box is not None else None
        if inner is None:
            return found
        if not isinstance(inner, dict):
            raise Reject("shape", f"{roles.box!r}: expected labels, got {shown(inner)}")
        for key, value in inner.items():
            text = label.label_text(value)
            if text is not None:
                found[key] = text
        return found
