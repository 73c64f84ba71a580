"""State of many series: one record a row, in one array that starts on a cache line.

A record holds all that a point of its series needs, so that a point costs one or two lines of
memory instead of one for each column. To the outside, state is still named columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin_detectors.contract import I32, Columns

LINE = 64


def aligned(record: np.dtype[Any], rows: int) -> npt.NDArray[Any]:
    """Zeroed records whose first byte lies on a cache line."""
    raw = np.zeros(rows * record.itemsize + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + rows * record.itemsize].view(record)


def frozen(array: npt.NDArray[Any], kind: type[np.generic]) -> npt.NDArray[Any]:
    """Read-only contiguous view: one compiled kernel serves callers of every kind."""
    assert (array.dtype, array.ndim) == (np.dtype(kind), 1), (
        f"expected {kind}[n], got {array.dtype}"
    )
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


class Rows:
    """Rows of one record type; a row of zeros is a fresh one.

    owner   name for messages
    record  numpy structured type, its size a multiple of 8
    """

    def __init__(self, owner: str, record: np.dtype[Any], rows: int) -> None:
        self.owner = owner
        self.data = aligned(record, rows)

    @property
    def words(self) -> npt.NDArray[np.uint64]:
        """The same memory as uint64[rows, words of a record]."""
        return self.data.view(np.uint64).reshape(self.data.size, -1)

    def resize(self, rows: int) -> None:
        grown = aligned(self.data.dtype, rows)
        grown[: self.data.size] = self.data
        self.data = grown

    def clear(self, row: I32) -> None:
        self.data[row] = np.zeros((), self.data.dtype)

    def snapshot(self, row: I32 | None) -> Columns:
        kept = self.data if row is None else self.data[row]
        return {name: kept[name].copy() for name in self.names}

    def restore(self, columns: Columns, row: I32 | None) -> None:
        if columns.keys() != set(self.names):
            raise ValueError(
                f"{self.owner} snapshot: expected {sorted(self.names)}, got {sorted(columns)}"
            )
        if row is None:
            self.data = aligned(self.data.dtype, len(columns[self.names[0]]))
        for name in self.names:
            self.data[name][slice(None) if row is None else row] = columns[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in the order of the record."""
        return self.data.dtype.names or ()
