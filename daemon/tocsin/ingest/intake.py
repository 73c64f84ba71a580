"""Intake: records of an origin become a point batch; what is not taken is told with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.ops import failpoints
from tocsin.ops.clock import Clock
from tocsin.wire.keys import canonical
from tocsin.wire.points import Keys, PointBatch
from tocsin_connectors.contract import Decoder, Format, Labels, Records, Rejected

NAMES_MAX = 200_000  # distinct spellings a decoder may hold before it starts anew


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of some records.

    batch     the readings that may go on
    place     int64[n]: the number of each of them among all readings of these records
    readings  how many readings there were, with those that were refused
    rejected  records and readings that were not taken, in record order
    blank     records that hold nothing by rule
    """

    batch: PointBatch
    place: npt.NDArray[np.intp]
    readings: int
    rejected: Sequence[Rejected]
    blank: int


class Dictionary:
    """Canonical series keys of all origins; starts anew beyond `limit` of them.

    What starts anew is a new `Keys`: batches made before keep the one they were made over.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.keys = Keys()
        self.code_of: dict[bytes, int] = {}

    def trim(self) -> None:
        """Start anew where it has grown too long: between two batches only."""
        if len(self.keys.key) > self.limit:
            self.keys = Keys(token=self.keys.token + 1)
            self.code_of = {}

    def code(self, key: bytes) -> int:
        code = self.code_of.get(key)
        if code is None:
            code = self.code_of[key] = len(self.keys.key)
            self.keys.key.append(key)
        return code


class Intake:
    """Decodes the records of one origin.

    source     index under which outcomes of this origin are counted
    future_ns  how far ahead of the clock a time may be
    """

    def __init__(
        self,
        origin: str,
        *,
        source: int,
        format: Format,  # noqa: A002  the field's word
        head: bytes,
        dictionary: Dictionary,
        clock: Clock,
        future_ns: int,
    ) -> None:
        self.origin, self.source = origin, source
        self.format, self.head = format, head
        self.dictionary, self.clock, self.future_ns = dictionary, clock, future_ns
        self.decoder: Decoder = format.decoder(origin, head)
        self.code = np.empty(0, np.int32)
        self.token = dictionary.keys.token

    def step(self, records: Records) -> Decoded:
        """Every record ends as readings, as one or more `Rejected`, or as blank."""
        failpoints.reach("decode.batch")
        self._trim()
        r = self.decoder.decode(records)
        series = self._codes()[r.series]
        place = np.arange(r.time.size)
        rejected = r.rejected
        limit = self.clock.now() + self.future_ns
        if r.time.size and int(r.time.max()) > limit:
            ahead = np.flatnonzero(r.time > limit)
            rejected = self._future(r.record[ahead], rejected)
            place = np.flatnonzero(r.time <= limit)
        time, value = r.time[place], r.value[place]
        source = np.full(place.size, self.source, np.int32)
        batch = PointBatch(self.dictionary.keys, series[place], time, value, source)
        return Decoded(batch, place, int(r.time.size), rejected, r.blank)

    def snapshot(self) -> dict[str, Any]:
        """What the decoder has learned."""
        return self.decoder.snapshot()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Adopt a snapshot."""
        self.decoder.restore(state)

    def _trim(self) -> None:
        """Bound what is remembered of names: drop it, it is learned again."""
        if len(self.decoder.names) > NAMES_MAX:
            learned = self.decoder.snapshot()
            self.decoder = self.format.decoder(self.origin, self.head)
            self.decoder.restore(learned)
            self.code = np.empty(0, np.int32)
        self.dictionary.trim()
        if self.token != self.dictionary.keys.token:
            self.token = self.dictionary.keys.token
            self.code = np.empty(0, np.int32)

    def _codes(self) -> npt.NDArray[np.int32]:
        """Codes of the decoder's names in the dictionary."""
        names = self.decoder.names
        known = len(self.code)
        if known < len(names):
            new = [self.dictionary.code(self._key(*n)) for n in names[known:]]
            self.code = np.concatenate([self.code, np.array(new, np.int32)])
        return self.code

    def _key(self, name: str, labels: Labels) -> bytes:
        """A series without labels is told apart by the file it comes from."""
        if not labels and self.origin.startswith("file:"):
            stem = PurePath(self.origin.removeprefix("file:")).name.split(".")[0]
            labels = (("file", stem),)
        return canonical(name, labels)

    def _future(
        self, record: npt.NDArray[np.int32], rejected: Sequence[Rejected]
    ) -> Sequence[Rejected]:
        ahead = [Rejected(int(i), "refused", "future") for i in record.tolist()]
        return sorted([*rejected, *ahead], key=lambda r: r.record)
