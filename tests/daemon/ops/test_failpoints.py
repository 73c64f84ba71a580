"""Failpoints: inert unless set, refused in production, each action as named."""

import os
import signal
import subprocess
import sys

import pytest

from tocsin.ops import failpoints
from tocsin.ops.errors import UsageError
from tocsin.ops.failpoints import FailpointReached, parse


def test_nothing_is_set_by_nothing():
    assert parse("").settings == {}


def test_a_point_fails_at_its_nth_pass_only():
    points = parse("ckpt.cut=raise@2")
    points.reach("ckpt.cut")
    with pytest.raises(FailpointReached, match=r"ckpt\.cut"):
        points.reach("ckpt.cut")
    points.reach("ckpt.cut")


def test_without_a_number_every_pass_fails():
    points = parse("output.send=full")
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            points.reach("output.send")


def test_corrupt_flips_one_bit():
    buffer = bytearray(b"abc")
    parse("ckpt.write=corrupt").reach("ckpt.write", buffer)
    assert buffer == b"acc"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ckpt.cot=kill", "did you mean 'ckpt.cut'"),
        ("ckpt.cut", "expected name=action"),
        ("ckpt.cut=burn", "expected name=action"),
        ("ckpt.cut=kill@0", "expected name=action"),
    ],
)
def test_what_is_no_failpoint_is_refused(text, says):
    with pytest.raises(UsageError, match=says):
        parse(text)


def test_production_refuses_them():
    with pytest.raises(UsageError, match="production"):
        parse("ckpt.cut=kill", "production")
    assert parse("", "production").settings == {}


@pytest.mark.parametrize(("action", "code"), [("kill", -signal.SIGKILL), ("exit", 86)])
def test_the_process_ends(action, code):
    script = (
        "import os; from tocsin.ops import failpoints; failpoints.arm(os.environ);"
        "failpoints.reach('score.before'); print('passed', flush=True);"
        "failpoints.reach('score.before')"
    )
    environ = {**os.environ, "TOCSIN_FAILPOINTS": f"score.before={action}@2"}
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, check=False, env=environ, capture_output=True)
    assert (done.returncode, done.stdout) == (code, b"passed\n")


def test_armed_points_are_reached_and_disarmed_ones_are_not():
    failpoints.arm({"TOCSIN_FAILPOINTS": "decode.batch=raise"})
    try:
        with pytest.raises(FailpointReached):
            failpoints.reach("decode.batch")
    finally:
        failpoints.arm({})
    failpoints.reach("decode.batch")
