"""Observer: what a running daemon says about itself, as log events and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tocsin.engine.ledger import Entry, Ledger
from tocsin.ingest.dead import DeadFile
from tocsin.ops.clock import Clock
from tocsin.ops.events import Tell
from tocsin.ops.metrics import Metrics
from tocsin.roles.compose import All, Watch
from tocsin.wire.alerts import Alert, Incident
from tocsin_connectors.contract import Delivery, Records, Refusal, Rejected

EVERY_S = 1.0


class Observer:
    """Publishes what the rooms count; called from the engine's thread.

    sleep  waits between two attempts of a delivery; ends early when the daemon is to stop
    """

    def __init__(
        self,
        tell: Tell,
        metrics: Metrics,
        clock: Clock,
        dead: Path,
        sleep: Callable[[float], None],
    ) -> None:
        self.tell, self.metrics, self.clock = tell, metrics, clock
        self.letters = DeadFile(dead)
        self.watch = Watch(
            self.recognised, self.unopened, self.checkpoint, self.refused, self.retried, sleep
        )
        self.whole: All | None = None
        self.due = 0.0
        self.published: dict[Entry, int] = {}
        self.seconds: dict[str, float] = {}
        self.n_evicted = 0
        self.told_failed: set[str] = set()

    def recognised(self, origin: str, form: str) -> None:
        self.tell("source_opened", source=origin.partition(":")[0], origin=origin, format=form)

    def unopened(self, origin: str, why: OSError) -> None:
        self.tell("source_failed", source=origin.partition(":")[0], origin=origin, error=str(why))

    def checkpoint(self, size: int, seconds: float) -> None:
        self.metrics.set("tocsin_state_checkpoint_timestamp_seconds", self.clock.now() / 1e9)
        self.metrics.set("tocsin_state_checkpoint_bytes", size)
        self.metrics.observe("tocsin_state_checkpoint_seconds", seconds)
        self.tell("checkpoint_written", bytes=size, seconds=round(seconds, 3))

    def refused(self, sink: str, what: Delivery, why: Refusal) -> None:
        self.metrics.add("tocsin_notify_deliveries_total", sink=sink, outcome="refused")
        self.tell("sink_refused", sink=sink, alert=what.id, error=str(why))

    def retried(self, sink: str, attempt: int, why: OSError) -> None:
        self.metrics.add("tocsin_notify_deliveries_total", sink=sink, outcome="failed")
        self.tell("sink_failed", sink=sink, error=str(why), attempt=attempt)

    def dead(self, records: Records, rejected: Sequence[Rejected]) -> None:
        """Keep dead letters, and say once a batch what they are about."""
        for outcome, event in (
            ("dead_lettered", "records_dead_lettered"),
            ("refused", "readings_refused"),
        ):
            mine = [r for r in rejected if r.outcome == outcome]
            if mine:
                first = f"{records.origin}:{records.first + mine[0].record + 1}"
                self.tell(
                    event,
                    source=records.origin,
                    reason=mine[0].reason,
                    count=len(mine),
                    first=first,
                )
        before, error = self.letters.not_kept, "the file has reached its limit"
        try:
            self.letters(records, rejected)
            lost = self.letters.not_kept - before
        except OSError as e:
            lost, error = len(rejected), str(e)
        if lost:
            self.tell("dead_letters_failed", file=str(self.letters.path), error=error, count=lost)

    def told(self, alerts: Sequence[Alert], incidents: Sequence[Incident]) -> None:
        n = len(alerts) + len(incidents)
        assert self.whole is not None, "told after everything is built"
        for sink in self.whole.stages.outbox.sinks:
            self.metrics.add(
                "tocsin_notify_deliveries_total", n, sink=sink.name, outcome="delivered"
            )
        for a in alerts:
            if a.revision == 1:
                self.metrics.add("tocsin_alert_alerts_total", kind=a.kind, severity=str(a.severity))

    def after(self) -> None:
        """After a batch: publish, at most once a second."""
        now = self.clock.monotonic()
        if now >= self.due and self.whole is not None:
            self.due = now + EVERY_S
            self.publish(self.whole)

    def publish(self, whole: All) -> None:
        """Bring every metric up to date."""
        m, shard = self.metrics, whole.stages.shard
        self._ledger(whole.ledger)
        m.set("tocsin_detect_series", len(shard.table))
        m.set("tocsin_detect_series_bytes", shard.bytes_per_series)
        if shard.table.watermark > 0:
            delay = (self.clock.now() - shard.table.watermark) / 1e9
            m.set("tocsin_detect_watermark_delay_seconds", max(0.0, delay))
        for name, seconds in shard.seconds.items():
            m.add("tocsin_detect_detector_seconds_total", seconds - self.seconds.get(name, 0.0),
                  detector=name)  # fmt: skip
        self.seconds = dict(shard.seconds)
        evicted = shard.table.n_evicted - self.n_evicted
        if evicted > 0:
            m.add("tocsin_detect_evicted_total", evicted)
            self.tell("series_evicted", count=evicted, series=len(shard.table))
        self.n_evicted = shard.table.n_evicted
        for name in shard.failed.keys() - self.told_failed:
            self.tell("detector_failed", detector=name, error=shard.failed[name])
            self.told_failed.add(name)
        self._desk(whole)
        m.set("tocsin_engine_progress_timestamp_seconds", self.clock.now() / 1e9)

    def _ledger(self, ledger: Ledger) -> None:
        for entry, n in ledger.counts.items():
            source, outcome, reason = entry
            new = n - self.published.get(entry, 0)
            if new:
                self.metrics.add(
                    "tocsin_records_total", new, source=source, outcome=outcome, reason=reason
                )
                if reason == "series_limit":
                    self.tell("series_limit_reached", refused=new)
        self.published = dict(ledger.counts)

    def _desk(self, whole: All) -> None:
        desk = whole.stages.desk
        self.metrics.set("tocsin_alert_open_alerts", len(desk.firing()))
        self.metrics.set("tocsin_alert_held_back_alerts", desk.held_back)
        health = desk.health()
        days = max(health.window_days, 1.0)
        self.metrics.set("tocsin_alert_budget_asked_per_day", health.asked / days)
        self.metrics.set("tocsin_alert_budget_spent_per_day", health.rang / days)
        self.metrics.set("tocsin_alert_return_period_supported_days", health.supported_days)
