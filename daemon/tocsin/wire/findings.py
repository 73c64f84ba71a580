"""A finding: what the detectors of one series claim about one episode."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["anomaly", "drift", "missing", "novelty", "state"]
Mode = Literal["zero_shot", "warm_up", "learned"]


class Verdict(msgspec.Struct, frozen=True):
    """What one detector says of one point. Days are event time.

    NaN in a finding and None (JSON's null) in an alert both say: nothing to tell.
    """

    detector: str
    kind: Kind
    mode: Mode
    score: float | None
    p_value: float | None
    return_period_days: float
    observed: float | None
    expected: float | None
    low: float | None
    high: float | None
    since: int = 0
    note: str = ""


class Finding(msgspec.Struct, frozen=True):
    """One step in the life of one series' episode, in arrival order.

    series, entity       canonical keys
    kind                 of the verdict that weighs most when the episode was first told
    time                 event time of the point, ns (of a closing without one: when it was due)
    start                event time of the first point of the episode, ns
    return_period_days   weighted mean over the detectors at `time`
    peak_days            largest of it within the episode
    closed               the episode is over
    series_of_entity     how many series the entity has
    supported_days       longest return period the calibration has evidence for
    verdicts             one a detector that takes part, strongest first
    cadence_s            usual distance of points, seconds
    recent               up to some tens of (time ns, value) before and at `time`, for a picture
    """

    series: bytes
    entity: bytes
    kind: Kind
    time: int
    start: int
    return_period_days: float
    peak_days: float
    closed: bool
    series_of_entity: int
    entities: int
    supported_days: float
    verdicts: tuple[Verdict, ...]
    cadence_s: float
    recent: tuple[tuple[int, float], ...] = ()
