"""Grows the columns of one `Readings`, and the names they refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tocsin_connectors.contract import F64, I32, I64, Labels, Readings, Rejected


class Names:
    """Append-only names of one decoder's series, each once."""

    def __init__(self) -> None:
        self.names: list[tuple[str, Labels]] = []
        self._code: dict[tuple[str, Labels], int] = {}

    def code(self, key: tuple[str, Labels]) -> int:
        """The series' code, given out at first sight."""
        code = self._code.get(key)
        if code is None:
            code = self._code[key] = len(self.names)
            self.names.append(key)
        return code


class Columns:
    """Outcomes of one batch, added in any order of records, given out in theirs."""

    def __init__(self) -> None:
        self.record: list[int] = []
        self.series: list[int] = []
        self.time: list[int] = []
        self.value: list[float] = []
        self.rejected: list[Rejected] = []
        self.blank = 0

    def add(self, record: int, series: int, time: int, value: float) -> None:
        """One reading."""
        self.record.append(record)
        self.series.append(series)
        self.time.append(time)
        self.value.append(value)

    def readings(self, given: Mapping[str, F64 | I32 | I64] | None = None) -> Readings:
        """All of it as columns; `given`: columns another road made of other records."""
        record = np.array(self.record, np.int32)
        series = np.array(self.series, np.int32)
        time = np.array(self.time, np.int64)
        value = np.array(self.value, np.float64)
        if given is not None and not self.record:
            record, series = given["record"], given["series"]  # type: ignore[assignment]
            time, value = given["time"], given["value"]  # type: ignore[assignment]
        elif given is not None:
            record = np.concatenate((record, given["record"]), dtype=np.int32)
            order = np.argsort(record, kind="stable")
            record = record[order]
            series = np.concatenate((series, given["series"]), dtype=np.int32)[order]
            time = np.concatenate((time, given["time"]), dtype=np.int64)[order]
            value = np.concatenate((value, given["value"]), dtype=np.float64)[order]
        self.rejected.sort(key=lambda r: r.record)
        return Readings(record, series, time, value, self.rejected, self.blank)


def taken_over(out: Columns, rejected: Sequence[Rejected]) -> frozenset[int]:
    """Put what the source rejected into the outcomes; the records not to be read."""
    out.rejected.extend(rejected)
    return frozenset(r.record for r in rejected)
