"""How long `tocsin --help` takes, from the shell's point of view.

The ceiling is a Python that does nothing but import click, which every command needs. Runs of
both alternate, so that a busy machine slows both.
"""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.report import report

RUNS = 11
HELP = [str(Path(sys.executable).parent / "tocsin"), "--help"]
CLICK = [sys.executable, "-c", "import click"]


def seconds(command):
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main():
    seconds(HELP), seconds(CLICK)
    ours, least = zip(*((seconds(HELP), seconds(CLICK)) for _ in range(RUNS)), strict=True)
    report("start", median(ours), "s", "lower", median(least), RUNS, best=min(ours))


if __name__ == "__main__":
    main()
