"""What the default configuration catches of the NAB corpus, all files at once, and what it costs.

Not NAB's own score: labelled windows with an alert in them, and alerts outside of all windows
beside the number that the budget allows for so many series and days. Needs the labelled data
beside the checkout; without it there is nothing to measure and it says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from bench.report import report
from tocsin.config.load import load
from tocsin.config.model import SourceItem
from tocsin.ingest.dead import ignored
from tocsin.ops.clock import Clock
from tocsin.registry import Installed
from tocsin.roles.compose import all_in_one
from tocsin.view.bundled import Window, judge, moment

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "nab"


def windows() -> list[Window]:
    """All labelled windows by the stem of their file."""
    text = (DATA / "labels" / "combined_windows.json").read_bytes()
    labelled = msgspec.json.decode(text, type=dict[str, list[tuple[str, str]]])
    return [
        Window(Path(name).stem, moment(first), moment(last))
        for name, pairs in sorted(labelled.items())
        for first, last in pairs
        if (DATA / "data" / name).exists()
    ]


def main():
    if not DATA.is_dir():
        sys.stderr.write(f"nab_windows: skipped, no labelled data at {DATA}\n")
        return
    paths = [str(p) for p in sorted((DATA / "data").glob("*/*.csv"))]
    config = msgspec.structs.replace(
        load(None, Installed()), sources=(SourceItem("file", {"path": paths}),)
    )
    alerts = []
    whole = all_in_one(
        config,
        Clock(),
        checkpoints=False,
        sinks=(),
        dead=ignored,
        told=lambda told, _incidents: alerts.extend(told),
    )
    whole.engine.run_finite(list(whole.inputs.lanes()))
    whole.close()
    verdict = judge(alerts, windows())
    observed = whole.stages.shard.members[0].calibration.hot
    days = float((observed["age"] + observed["days"]).sum())
    report(
        "nab_windows",
        verdict.caught / len(verdict.catches),
        "share of windows",
        "higher",
        1.0,
        whole.ledger.outcomes()["scored"],
        windows=len(verdict.catches),
        caught=verdict.caught,
        alerts=len(verdict.rang),
        outside=len(verdict.outside),
        series_days=round(days),
        allowed=round(days * config.budget.per_entity),
    )


if __name__ == "__main__":
    main()
