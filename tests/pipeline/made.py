"""Made input: a fleet of noisy series with known breaks, as the bytes users would send."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

START_S = 1_700_000_000


def ndjson(path: Path, *, hosts: int = 8, points: int = 6000, seed: int = 0, bad: int = 0) -> int:
    """Points a minute of `hosts` series, each with a spike and a shift in its second half; with
    `bad` records that cannot be read, evenly spread. Answers the number of lines."""
    rng = np.random.default_rng(seed)
    value = (
        50
        + rng.normal(size=(points, hosts)).cumsum(axis=0) * 0.01
        + rng.normal(size=(points, hosts))
    )
    for h in range(hosts):
        spike = points // 2 + (h + 1) * points // (3 * hosts)
        value[spike : spike + 3, h] += 60
        if h % 3 == 0:
            value[spike + points // 10 :, h] += 8
    lines = []
    every = points * hosts // bad if bad else 0
    for i in range(points):
        for h in range(hosts):
            if every and (i * hosts + h) % every == every - 1:
                lines.append('{"name":"load","time":')
            lines.append(
                json.dumps(
                    {
                        "name": "load",
                        "labels": {"host": f"web-{h}", "core": "0"},
                        "time": START_S + 60 * i,
                        "value": round(float(value[i, h]), 3),
                    },
                    separators=(",", ":"),
                )
            )
    path.write_text("\n".join(lines) + "\n")
    return len(lines)
