"""Admitted columns on their way to a shard, and the dictionary of series keys they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(slots=True)
class Keys:
    """Append-only dictionary of canonical series keys: `key[code]`.

    A receiver may remember what it made of codes below a length it has seen; `token`
    changes when the dictionary starts anew, and with it everything remembered is void.
    """

    token: int = 0
    key: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PointBatch:
    """Readings of known series in arrival order.

    series  int32[n], code into `keys`
    time    int64[n], ns since the Unix epoch
    value   float64[n], NaN: reported without a value
    source  int32[n], which origin each came from (an index the engine gives out), so that
            outcomes are counted where they belong
    """

    keys: Keys
    series: I32
    time: I64
    value: F64
    source: I32

    def __len__(self) -> int:
        return int(self.series.size)

    def part(self, keep: slice | npt.NDArray[np.intp]) -> PointBatch:
        """Some of the points, in order, over the same dictionary."""
        return PointBatch(
            self.keys, self.series[keep], self.time[keep], self.value[keep], self.source[keep]
        )

    def over(self, keys: Keys) -> PointBatch:
        """The same readings over another dictionary; keys of theirs go to its end."""
        if keys is self.keys:
            return self
        codes, series = np.unique(self.series, return_inverse=True)
        first = len(keys.key)
        keys.key += [self.keys.key[c] for c in codes.tolist()]
        return PointBatch(
            keys, series.astype(np.int32) + np.int32(first), self.time, self.value, self.source
        )


def join(batches: Sequence[PointBatch]) -> PointBatch:
    """Batches over one dictionary, one after the other; at least one."""
    if len(batches) == 1:
        return batches[0]
    assert all(b.keys is batches[0].keys for b in batches), "batches over one dictionary"
    columns = ("series", "time", "value", "source")
    return PointBatch(
        batches[0].keys, *(np.concatenate([getattr(b, c) for b in batches]) for c in columns)
    )
