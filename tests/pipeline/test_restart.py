"""A crash changes no alert: killed at any point and started again, the same (id, revision)s come
out with the same bodies as from a run that was never disturbed, and the ledger is the same."""

import json
import os
import signal
import subprocess
import sys

import pytest

from pipeline import made

POINTS = [
    ("decode.batch", 4),
    ("score.before", 3),
    ("score.after", 3),
    ("output.send", 2),
    ("output.sent", 2),
    ("dead.send", 3),
    ("ckpt.cut", 2),
    ("ckpt.write", 2),
    ("ckpt.rename", 2),
    ("ckpt.renamed", 2),
]
CONFIG = "state: {every: 1ms}\n"


def replay(folder, inputs, *options, failpoint=""):
    """Run to the end or to the kill; alerts as {(id, revision): line}, and the process."""
    environment = {**os.environ, "TOCSIN_FAILPOINTS": failpoint}
    config = folder / "c.yaml"
    config.write_text(CONFIG)
    command = [sys.executable, "-m", "tocsin", "replay", "-q", "-c", str(config), *options]
    done = subprocess.run(
        [*command, *map(str, inputs)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    whole = done.stdout[: done.stdout.rfind("\n") + 1]  # a kill may cut the last line
    alerts = [json.loads(line) for line in whole.splitlines()]
    return {(a["id"], a["revision"]): a for a in alerts}, done


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    made.ndjson(folder / "a.ndjson", hosts=6, bad=40)
    made.ndjson(folder / "b.ndjson", hosts=5, seed=1, bad=7)
    return [folder / "a.ndjson", folder / "b.ndjson"]


@pytest.fixture(scope="module")
def undisturbed(inputs, tmp_path_factory):
    alerts, _ = replay(tmp_path_factory.mktemp("whole"), inputs)
    assert alerts
    return alerts


def ledger(folder):
    from tocsin.state.folder import Folder  # noqa: PLC0415

    places = Folder(folder)
    _, meta = places.newest()
    places.close()
    return meta["ledger"]


@pytest.fixture(scope="module")
def counted(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    replay(folder, inputs, "--state", str(folder / "state"))
    return ledger(folder / "state")


@pytest.mark.parametrize(("point", "nth"), POINTS)
def test_a_kill_changes_no_alert(point, nth, inputs, undisturbed, counted, tmp_path):
    state = ("--state", str(tmp_path / "state"))
    before, done = replay(tmp_path, inputs, *state, failpoint=f"{point}=kill@{nth}")
    assert done.returncode == -signal.SIGKILL, f"{point} was not reached {nth} times"
    after, _ = replay(tmp_path, inputs, *state)
    for key in before.keys() & after.keys():
        assert before[key] == after[key], "one (id, revision), two bodies"
    assert {**before, **after} == undisturbed
    assert ledger(tmp_path / "state") == counted


def test_a_kill_while_restoring_changes_nothing(inputs, undisturbed, counted, tmp_path):
    state = ("--state", str(tmp_path / "state"))
    first, _ = replay(tmp_path, inputs, *state, failpoint="ckpt.renamed=kill@2")
    again, done = replay(tmp_path, inputs, *state, failpoint="restore.read=kill")
    assert (done.returncode, again) == (-signal.SIGKILL, {})
    last, _ = replay(tmp_path, inputs, *state)
    assert {**first, **last} == undisturbed
    assert ledger(tmp_path / "state") == counted


def test_a_damaged_checkpoint_gives_way_to_the_one_before(inputs, undisturbed, tmp_path):
    state = ("--state", str(tmp_path / "state"))
    first, _ = replay(
        tmp_path, inputs, *state, failpoint="ckpt.write=corrupt@3,ckpt.renamed=kill@3"
    )
    last, _ = replay(tmp_path, inputs, *state)
    assert {**first, **last} == undisturbed
