"""Every bound of the program in one table: what it is, how large, and what happens there.

Nothing here grows without an end. A bound that a user may move names its key; the others are
generous and fixed, so that no input, however hostile, can take more than they say. A bound that
only one module needs stands there and is listed under its place, so that connectors and rooms
stay free of this module.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tocsin.ops.errors import VALUE_CHARS_MAX

ALERTS_OPEN_MAX: Final = 10_000
CONFIG_BYTES_MAX: Final = 1 << 20
CONFIG_DEPTH_MAX: Final = 20
CONFIG_PROBLEMS_MAX: Final = 50
LOG_REPEATS_PER_MINUTE: Final = 6
SECRET_BYTES_MAX: Final = 65_536
SERIES_MAX: Final = 100_000


class Limit(NamedTuple):
    """One row: `key` is where a user may move it, empty where it is fixed."""

    value: int
    unit: str
    reached: str
    key: str = ""


class Elsewhere(NamedTuple):
    """One row of a bound that stands where it is used: `module:NAME`."""

    place: str
    unit: str
    reached: str


LIMITS: dict[str, Limit] = {
    "alerts open": Limit(
        ALERTS_OPEN_MAX, "alerts", "further ones wait for a place and are counted"
    ),
    "configuration": Limit(CONFIG_BYTES_MAX, "bytes", "the file is refused"),
    "configuration depth": Limit(CONFIG_DEPTH_MAX, "levels", "the file is refused"),
    "configuration problems": Limit(
        CONFIG_PROBLEMS_MAX, "problems", "further ones are counted, not listed"
    ),
    "log repeats": Limit(
        LOG_REPEATS_PER_MINUTE,
        "lines a minute",
        "further warnings of the kind are held back; the next line says how many",
    ),
    "secret file": Limit(SECRET_BYTES_MAX, "bytes", "the file is refused"),
    "series": Limit(
        SERIES_MAX,
        "series",
        "readings of new series are refused (series_limit) until idle ones are evicted",
        "detect.max_series",
    ),
    "value in a message": Limit(VALUE_CHARS_MAX, "characters", "the value is cut"),
}

ELSEWHERE: dict[str, Elsewhere] = {
    "alerts of an incident": Elsewhere(
        "tocsin.alert.incident:ALERTS_MAX", "alerts", "the oldest are no longer listed"
    ),
    "bytes read ahead": Elsewhere(
        "tocsin.engine.inputs:TOGETHER_BYTES", "bytes", "the origins share it: each reads less"
    ),
    "evidence of an alert": Elsewhere(
        "tocsin.alert.desk:EVIDENCE_MAX", "series", "the strongest are shown"
    ),
    "label": Elsewhere(
        "tocsin_connectors.codec.labels:LABEL_BYTES_MAX",
        "bytes",
        "the reading is refused (labels)",
    ),
    "labels of a series": Elsewhere(
        "tocsin_connectors.codec.labels:LABELS_MAX", "labels", "the reading is refused (labels)"
    ),
    "names of an origin": Elsewhere(
        "tocsin.ingest.intake:NAMES_MAX", "names", "the memory of them starts anew; nothing is lost"
    ),
}
