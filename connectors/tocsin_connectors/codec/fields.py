"""Which field is the time, the value, the name: by the names people give them."""

from __future__ import annotations

from collections.abc import Iterable

TIMES = (
    "@timestamp", "timestamp", "time", "ts", "datetime", "date", "event_time", "eventtime",
    "_time", "time_ns", "time_ms", "epoch", "unix", "t",
)  # fmt: skip
VALUES = ("value", "val", "v", "_value", "metric_value", "reading", "y")
NAMES = ("name", "metric", "series", "__name__", "metric_name", "_measurement", "measurement")
LABELS = ("labels", "tags", "dimensions", "attributes")


def among(fields: Iterable[str], known: tuple[str, ...]) -> str | None:
    """The field whose name, in any case, comes first in the table."""
    folded: dict[str, str] = {}
    for field in fields:
        folded.setdefault(field.lower(), field)
    return next((folded[name] for name in known if name in folded), None)
