"""The detector contract: what every detector takes, gives, keeps and promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
Columns = Mapping[str, npt.NDArray[Any]]
Calibration = Literal["own", "tail"]
Scope = Literal["row", "shard"]
Kind = Literal["anomaly", "drift", "missing", "novelty"]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every parameter class: frozen, keyword-only, no unknown keys."""

    @classmethod
    def of(cls, **given: object) -> Self:
        """Build and validate; raises `msgspec.ValidationError` naming the field."""
        return msgspec.convert(given, cls)


@dataclass(frozen=True, slots=True)
class Points:
    """A batch of univariate points, in event-time order within each row.

    row    int32[n]    state row of the series, 0 <= row < capacity; rows may repeat
    time   int64[n]    event time, ns since the Unix epoch, non-decreasing per row
    value  float64[n]  the reading in the series' unit; NaN means "reported, no value"
    """

    row: I32
    time: I64
    value: F64

    def __len__(self) -> int:
        return int(self.row.size)


@dataclass(frozen=True, slots=True)
class Scores:
    """One verdict per point, aligned with the batch.

    score  float64[n]  higher is stranger; NaN while warming up or without a value
    p      float64[n]  P(score this high | normal), in (0, 1]; NaN where score is NaN;
                       all NaN when the detector leaves calibration to the shard
    """

    score: F64
    p: F64


class Evidence(msgspec.Struct, frozen=True):
    """Why one point was scored so, in the unit of the series.

    `low` and `high` bound what was expected; `since` is the event time in ns at which the
    change probably began, 0 where the detector does not estimate it.
    """

    observed: float
    expected: float
    low: float
    high: float
    since: int = 0
    note: str = ""


class Detector(Protocol):
    """Struct-of-arrays online detector over many series.

    Promises, each checked by `check_detector`: cutting a batch anywhere changes no bit;
    restore after snapshot changes no bit; memory is `rows * bytes_per_row` plus a
    constant; input arrays are never written; no global random state is read. With scope
    "row" also: the scores of a row depend on the earlier points of that row alone, and an
    update touches the state of the rows in its batch and no other. Scope "shard" is for
    what learns across rows: it sees all rows in one total order, and its columns have no
    row axis.

    Randomness is keyed by (seed, `key` of the row): the shard hands in a 64-bit hash of the
    series key with `reset` when a row is taken, so a series draws the same numbers on any
    worker and in any row.
    """

    name: ClassVar[str]
    schema: ClassVar[int]
    scope: ClassVar[Scope]
    kind: ClassVar[Kind]
    calibration: ClassVar[Calibration]
    parameters: ClassVar[type[Params]]
    params: Any

    def __init__(self, params: Any, *, rows: int, seed: int) -> None:
        """Allocate state for `rows` series. Raises nothing for valid params."""

    @classmethod
    def bytes_per_row(cls, params: Any) -> int:
        """Upper bound of state per series, in bytes."""

    def resize(self, rows: int) -> None:
        """Grow to `rows` (never shrinks); new rows are fresh."""

    def reset(self, row: I32, key: npt.NDArray[np.uint64]) -> None:
        """Make these rows fresh and theirs the series whose key hashes to `key`."""

    def update(self, batch: Any) -> Scores:
        """Score each point against the past of its row, then learn from it."""

    def explain(self, at: Sequence[int]) -> list[Evidence]:
        """Evidence for these positions of the last batch; valid until the next update."""

    def snapshot(self, row: I32 | None = None) -> Columns:
        """State of these rows (None: all) as named arrays, first axis = row. Copies."""

    def restore(self, columns: Columns, row: I32 | None = None) -> None:
        """Adopt a snapshot of these rows (None: of all). ValueError on other columns."""


D = TypeVar("D", bound=Detector)


def detector(cls: type[D]) -> type[D]:
    """Register-time check; mypy checks here that the class keeps the protocol."""
    if not cls.__doc__:
        raise TypeError(f"detector {cls.name!r}: expected a docstring: it is the reference page")
    return cls
