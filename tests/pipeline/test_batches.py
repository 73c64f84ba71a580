"""The same input gives the same alerts, bodies and all, whatever is read at once."""

import msgspec
import pytest

from pipeline import made
from tocsin.config.load import load
from tocsin.config.model import SourceItem
from tocsin.ingest.dead import ignored
from tocsin.ops.clock import Clock
from tocsin.registry import Installed
from tocsin.roles.compose import all_in_one


def replayed(paths, limit_bytes):
    told: tuple[list, list] = ([], [])
    source = SourceItem("file", {"path": [str(p) for p in paths]})
    config = msgspec.structs.replace(load(None, Installed()), sources=(source,))
    whole = all_in_one(
        config,
        Clock(),
        checkpoints=False,
        sinks=(),
        dead=ignored,
        told=lambda alerts, incidents: (told[0].extend(alerts), told[1].extend(incidents)),
    )
    lanes = list(whole.inputs.lanes())
    for lane in lanes:
        lane.limit_bytes = limit_bytes
    assert whole.engine.run_finite(lanes)
    whole.close()
    return [[msgspec.json.encode(t) for t in kind] for kind in told], whole.ledger.counts


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    made.ndjson(folder / "a.ndjson", hosts=5, points=2500, bad=9)
    made.ndjson(folder / "b.ndjson", hosts=3, points=2500, seed=1)
    return [folder / "a.ndjson", folder / "b.ndjson"]


@pytest.fixture(scope="module")
def at_once(files):
    told, counts = replayed(files, 1 << 30)
    assert len(told[0]) > 10
    return told, counts


@pytest.mark.parametrize("limit_bytes", [3_000, 50_000, 400_000])
def test_what_is_read_at_once_changes_nothing(files, at_once, limit_bytes):
    assert replayed(files, limit_bytes) == at_once


def test_the_order_in_which_files_are_named_changes_nothing(files, at_once):
    assert replayed(files[::-1], 1 << 20) == at_once
