"""The connector contract: sources give records, formats give columns, sinks take deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Labels = tuple[tuple[str, str], ...]
Framing = Literal["lines", "whole"]
Position = dict[str, Any]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every parameter class: frozen, keyword-only, no unknown keys."""

    @classmethod
    def of(cls, **given: object) -> Self:
        """Build and validate; raises `msgspec.ValidationError` naming the field."""
        return msgspec.convert(given, cls)


@dataclass(frozen=True, slots=True)
class Records:
    """Messages as they came from one origin, in order.

    origin    the file, connection or partition, as text for people ("file:/var/x.csv")
    payloads  one record each, as bytes without its line end
    first     number of the first record within the origin, counted from 0; record i of
              this batch is `first + i` (for lines: line number - 1)
    position  opaque, JSON-able: hand it to the source again to go on after these records
    rejected  records the source could not give whole (too long, from a corrupt file): `record`
              is an index into `payloads`, where their first bytes stand. A decoder takes these
              over into its own `rejected` and does not read the payload
    """

    origin: str
    payloads: Sequence[bytes]
    first: int
    position: Position
    rejected: Sequence[Rejected] = ()


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """One record, or one reading in it, that a format did not take.

    `outcome` is "dead_lettered" for what could not be decoded and "refused" for what was
    readable but breaks a limit or rule; `reason` is one word of `REASONS`.
    """

    record: int
    outcome: Literal["dead_lettered", "refused"]
    reason: str
    detail: str = ""


REASONS = {
    "malformed": "not in the format: bad syntax, a cut record, wrong encoding",
    "shape": "well-formed, but not the fields that were expected",
    "number": "a value that is not a number",
    "time": "a time that could not be read",
    "infinite": "a value of plus or minus infinity",
    "future": "a time further ahead of the clock than is allowed",
    "oversize": "a record above the size limit",
    "deep": "nesting above the limit",
    "labels": "too many labels, or a label or name above the size limit",
    "series_limit": "a new series while the table of series is full",
    "compression": "a compressed file that is cut or corrupt",
}


@dataclass(frozen=True, slots=True)
class Readings:
    """Decoded columns. `decoder.names[series[i]]` names the series of reading i.

    record    int32[n], index into `Records.payloads`, non-decreasing
    series    int32[n], index into the decoder's append-only `names`
    time      int64[n], ns since the Unix epoch
    value     float64[n], NaN where the record says "no value"
    rejected  what was not taken, in record order
    blank     records that hold nothing by rule (empty lines, a CSV header): not counted
    """

    record: I32
    series: I32
    time: I64
    value: F64
    rejected: Sequence[Rejected]
    blank: int = 0


class Delivery(msgspec.Struct, frozen=True):
    """One rendered payload for a sink, with the id that makes repeats harmless."""

    id: str
    body: bytes


class SourcePart(Protocol):
    """One origin being read: a file, a connection, later a partition.

    `finite`: its end is known to come (a file that is not followed), so that it may be merged
    with others by event time. `ended`: nothing will ever come again; a pipe is not finite and
    still ends when the other side hangs up.
    """

    origin: str
    finite: bool
    ended: bool

    def read(self, limit_bytes: int) -> Records | None:
        """The next records, about `limit_bytes` of them; None: nothing now, and nothing ever
        again once `ended` (a finite part is then always at its end)."""

    def close(self) -> None:
        """Release what it holds; safe to call twice."""


class Source(Protocol):
    """Finds origins and opens them, from the start or from a position once handed out."""

    name: ClassVar[str]
    parameters: ClassVar[type[Params]]

    def __init__(self, params: Any) -> None: ...

    def origins(self) -> list[str]:
        """Origins there are now, in a stable order; new ones may appear at a later call."""

    def open(self, origin: str, position: Position | None, framing: Framing) -> SourcePart:
        """Begin to read. `position` None: from the start. Raises OSError."""

    def peek(self, origin: str, limit_bytes: int) -> bytes:
        """The first bytes (decompressed), to recognise the format; b"" where it cannot.
        BlockingIOError where nothing has come yet: the caller may come again."""


class Decoder(Protocol):
    """Decodes the records of one origin in order: synchronous, never raises on bad input."""

    names: list[tuple[str, Labels]]

    def decode(self, records: Records) -> Readings:
        """Every record ends as readings, as one or more `Rejected`, or as blank."""

    def snapshot(self) -> dict[str, Any]:
        """What it has learned of this origin (a CSV header), JSON-able."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Adopt a snapshot: decoding goes on as if never interrupted."""


class Format(Protocol):
    """Makes decoders, and says whether bytes look like its own."""

    name: ClassVar[str]
    parameters: ClassVar[type[Params]]

    def __init__(self, params: Any) -> None: ...

    def recognise(self, head: bytes) -> float:
        """How sure it is, 0 to 1, that input beginning with `head` is its own."""

    def framing(self, head: bytes) -> Framing:
        """Whether records are lines or the whole input is one record."""

    def decoder(self, origin: str, head: bytes) -> Decoder:
        """A decoder for one origin; `head` (maybe empty) lets it learn the field names."""


class Sink(Protocol):
    """Delivers in order. Raises `Refusal` for good; OSError means: try again later."""

    name: ClassVar[str]
    parameters: ClassVar[type[Params]]

    def __init__(self, params: Any) -> None: ...

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """Hand over; on return they are the receiver's, as far as it can tell."""

    def flush(self) -> None:
        """Make what was sent durable; called before a checkpoint is written."""

    def close(self) -> None:
        """Flush and release."""


class Refusal(Exception):
    """A receiver that will never take this delivery."""


C = TypeVar("C", bound=Source | Format | Sink)


def connector(cls: type[C]) -> type[C]:
    """Register-time check; mypy checks here that the class keeps its protocol."""
    if not cls.__doc__:
        raise TypeError(f"connector {cls.name!r}: expected a docstring: it is the reference page")
    return cls


def batches(part: SourcePart, limit_bytes: int) -> Iterator[Records]:
    """Read a finite part to its end."""
    while (records := part.read(limit_bytes)) is not None:
        yield records
