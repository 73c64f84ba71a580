"""Every metric in one table, and the object that holds their values.

Names are `tocsin_<room>_<what>_<unit>` in base units; labels have few values: never a series
key, never text from outside. prometheus-client is imported when a Metrics is made, not before.
"""

from __future__ import annotations

import platform
from typing import Any, Literal, NamedTuple

ROOMS = ("ingest", "detect", "alert", "notify", "engine", "state", "api")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metric(NamedTuple):
    """One row of the table."""

    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str


METRICS: dict[str, Metric] = {
    "tocsin_build_info": Metric(
        "gauge", ("version", "python"), "Always 1; the labels say what is running."
    ),
    "tocsin_records_total": Metric(
        "counter",
        ("source", "outcome", "reason"),
        "Readings by what became of them: scored, filtered, late, duplicate, dead_lettered, "
        "refused. They sum to what was read.",
    ),
    "tocsin_detect_series": Metric("gauge", (), "Series held at the moment."),
    "tocsin_detect_series_bytes": Metric("gauge", (), "Bytes of state for each series."),
    "tocsin_detect_evicted_total": Metric("counter", (), "Series forgotten for want of readings."),
    "tocsin_detect_watermark_delay_seconds": Metric(
        "gauge", (), "How far the newest event time lies behind the clock."
    ),
    "tocsin_detect_detector_seconds_total": Metric(
        "counter", ("detector",), "Time spent in each detector."
    ),
    "tocsin_alert_alerts_total": Metric(
        "counter", ("kind", "severity"), "Alerts that began to ring."
    ),
    "tocsin_alert_open_alerts": Metric("gauge", (), "Alerts that ring at the moment."),
    "tocsin_alert_held_back_alerts": Metric(
        "gauge", (), "Alerts not sent because too many were open, since the state began."
    ),
    "tocsin_alert_budget_asked_per_day": Metric(
        "gauge", (), "Most alerts a day that the budget allows, over the window of the desk."
    ),
    "tocsin_alert_budget_spent_per_day": Metric(
        "gauge", (), "Alerts a day that rang, over the same window."
    ),
    "tocsin_alert_return_period_supported_days": Metric(
        "gauge", (), "Longest return period the history can support so far."
    ),
    "tocsin_notify_deliveries_total": Metric(
        "counter", ("sink", "outcome"), "Deliveries: delivered, failed (tried again), refused."
    ),
    "tocsin_state_checkpoint_timestamp_seconds": Metric(
        "gauge", (), "When the newest checkpoint was written; its age is the clock less this."
    ),
    "tocsin_state_checkpoint_bytes": Metric("gauge", (), "Size of the newest checkpoint."),
    "tocsin_state_checkpoint_seconds": Metric("histogram", (), "Time a checkpoint took."),
    "tocsin_engine_progress_timestamp_seconds": Metric(
        "gauge", (), "When something was last read and done with."
    ),
    **{
        f"tocsin_{room}_problems_total": Metric(
            "counter", ("code",), f"Warnings and errors of {room}, by log event."
        )
        for room in ROOMS
    },
}


class Metrics:
    """Values of all metrics of one process, in a registry of its own."""

    def __init__(self, version: str) -> None:
        import prometheus_client as client  # noqa: PLC0415  (only a daemon needs it)

        client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._client = client
        self.registry = client.CollectorRegistry(auto_describe=True)
        kinds = {"counter": client.Counter, "gauge": client.Gauge}
        self._held: dict[str, Any] = {}
        for name, row in METRICS.items():
            if row.kind == "histogram":
                made: Any = client.Histogram(
                    name, row.meaning, row.labels, registry=self.registry, buckets=SECONDS
                )
            else:
                made = kinds[row.kind](name, row.meaning, row.labels, registry=self.registry)
            self._held[name] = made
        self.set("tocsin_build_info", 1, version=version, python=platform.python_version())

    def add(self, name: str, by: float = 1, /, **labels: str) -> None:
        """Count."""
        self._of(name, labels).inc(by)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Say how it stands now."""
        self._of(name, labels).set(value)

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """Note one duration."""
        self._of(name, labels).observe(seconds)

    def problem(self, room: str, code: str) -> None:
        """Count a warning or error: what a journal is given to call."""
        self.add(f"tocsin_{room}_problems_total", code=code)

    def value(self, name: str, /, **labels: str) -> float:
        """What it stands at; 0 for one that was never touched."""
        return self.registry.get_sample_value(name, labels) or 0.0

    def page(self) -> bytes:
        """All of them in the Prometheus text format."""
        return self._client.generate_latest(self.registry)

    def _of(self, name: str, labels: dict[str, str]) -> Any:
        held = self._held[name]
        return held.labels(**labels) if METRICS[name].labels else held
