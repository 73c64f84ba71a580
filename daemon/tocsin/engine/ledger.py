"""The ledger: every reading ends in exactly one outcome, counted by source and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy.typing as npt

OUTCOMES = ("scored", "filtered", "late", "duplicate", "dead_lettered", "refused")
FROM_SHARD = ("scored", "filtered", "late", "duplicate", "refused")  # columns of its counts
REASON_OF = {"filtered": "no_value", "refused": "series_limit"}  # what the shard's outcomes mean

Entry = tuple[str, str, str]  # source, outcome, reason


class Ledger:
    """Counts by (source, outcome, reason), and the records they came in."""

    def __init__(self) -> None:
        self.counts: Counter[Entry] = Counter()
        self.records: Counter[str] = Counter()

    def add(self, source: str, outcome: str, reason: str = "", n: int = 1) -> None:
        self.counts[source, outcome, reason] += n

    def add_outcomes(self, sources: Iterable[str], counts: npt.NDArray[Any]) -> None:
        """Outcomes of a shard: a row a source, columns as `FROM_SHARD`."""
        for source, row in zip(sources, counts.tolist(), strict=False):
            for outcome, n in zip(FROM_SHARD, row, strict=True):
                if n:
                    self.add(source, outcome, REASON_OF.get(outcome, ""), n)

    def outcomes(self) -> dict[str, int]:
        """Totals by outcome; their sum is the number of readings that came in."""
        totals = dict.fromkeys(OUTCOMES, 0)
        for (_, outcome, _), n in self.counts.items():
            totals[outcome] += n
        return totals

    def reasons(self) -> dict[str, int]:
        """Totals by reason, of everything that has one, the most frequent first."""
        totals: Counter[str] = Counter()
        for (_, _, reason), n in self.counts.items():
            if reason:
                totals[reason] += n
        return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))

    def snapshot(self) -> dict[str, Any]:
        return {
            "counts": [[*entry, n] for entry, n in sorted(self.counts.items())],
            "records": dict(sorted(self.records.items())),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.counts = Counter({(s, o, r): n for s, o, r, n in state["counts"]})
        self.records = Counter(state["records"])
