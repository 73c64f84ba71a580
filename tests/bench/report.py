"""What every benchmark prints: one JSON line, always with the same keys."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def report(benchmark, figure, unit, better, ceiling, n, **further):
    """Print one result as a JSON line, and a summary on standard error.

    better   "higher" or "lower"
    ceiling  the same unit, measured in the same run: what no program of this kind can beat
    n        how many runs the median is of
    further  `peers={name: figure}` also gives `peer_ratios`; anything else is printed as it is
    """
    peers = further.pop("peers", {})
    line = {
        "benchmark": benchmark,
        "figure": figure,
        "unit": unit,
        "better": better,
        "ceiling": ceiling,
        "ratio": _ratio(figure, ceiling, better),
        "peers": peers,
        "peer_ratios": {name: _ratio(figure, theirs, better) for name, theirs in peers.items()},
        "n": n,
        "machine": machine(),
        "commit": commit(),
        **further,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    sys.stderr.write(f"{benchmark}: {figure:.4g} {unit} (ceiling {ceiling:.4g}, {n} runs)\n")


def _ratio(ours, theirs, better):
    """Above 1: we are the better one."""
    if not ours or not theirs:
        return None
    return ours / theirs if better == "higher" else theirs / ours


def machine():
    """Enough to know whether two figures may be compared."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def commit():
    """Of the checkout; "" where there is none."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=False, capture_output=True
    )
    return done.stdout.decode().strip()
