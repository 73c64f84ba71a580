"""A file of flat JSON records to alerts, through the whole embedded pipeline.

The ceiling is msgspec alone, decoding the same lines into the same typed record with its labels.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from bench.report import report
from pipeline import made
from tocsin.config.load import load
from tocsin.config.model import Component, SourceItem
from tocsin.ops.clock import Clock
from tocsin.registry import Installed
from tocsin.roles.compose import all_in_one

HOSTS, MINUTES, ROUNDS = 500, 1000, 5


class Record(msgspec.Struct):
    """What a line holds."""

    name: str
    labels: dict[str, str]
    time: int
    value: float


def through(path: Path, out: Path) -> tuple[float, int]:
    """CPU seconds of the pipeline over a file, and how many alerts it wrote."""
    seen: set[str] = set()
    config = msgspec.structs.replace(
        load(None, Installed()), sources=(SourceItem("file", {"path": str(path)}),)
    )
    whole = all_in_one(
        config,
        Clock(),
        checkpoints=False,
        sinks=(Component("jsonl", {"path": str(out)}),),
        dead=lambda _records, _rejected: None,
        told=lambda alerts, _incidents: seen.update(a.id for a in alerts),
    )
    began = time.process_time()
    whole.engine.run_finite(list(whole.inputs.lanes()))
    seconds = time.process_time() - began
    whole.close()
    return seconds, len(seen)


def bare(path: Path) -> float:
    """CPU seconds of decoding alone, block by block as a stream would."""
    decoder = msgspec.json.Decoder(Record)
    began = time.process_time()
    with path.open("rb") as f:
        while lines := f.readlines(1 << 20):
            decoder.decode_lines(b"".join(lines))
    return time.process_time() - began


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "in.ndjson", Path(folder) / "out.jsonl"
        n = made.ndjson(path, hosts=HOSTS, points=MINUTES)
        through(path, out)
        ours, ceiling = [], []
        for _ in range(ROUNDS):
            seconds, alerts = through(path, out)
            ours.append(n / seconds)
            ceiling.append(n / bare(path))
    report(
        "ndjson_to_alerts",
        statistics.median(ours),
        "records/s",
        "higher",
        statistics.median(ceiling),
        n,
        alerts=alerts,
    )


if __name__ == "__main__":
    main()
