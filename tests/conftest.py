"""What every test may ask for: a clock moved by hand, and the folder of labelled data."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tocsin.ops.clock import ManualClock

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: chosen with --slow"))


@pytest.fixture
def shared():
    """The labelled data beside the checkout; without it the test is skipped, and says so."""
    if not SHARED.is_dir():
        pytest.skip("shared data absent")
    return SHARED


@pytest.fixture
def clock():
    """Stands at 2026-01-01 until it is moved."""
    return ManualClock(1_767_225_600 * 10**9)
