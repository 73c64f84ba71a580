from __future__ import annotations

import base64
import hashlib

import pytest

from tocsin.alert.episode import PICTURES_MAX, TOLD_MAX, Entity, alert_id
from tocsin.wire.findings import Finding


def finding(
    series="a", *, days=1.0, k=1, time=10, start=5, kind="anomaly", closed=False, recent=()
):
    return Finding(
        series=series.encode(),
        entity=b"e",
        kind=kind,
        time=time,
        start=start,
        return_period_days=days,
        peak_days=days,
        closed=closed,
        series_of_entity=k,
        entities=1,
        supported_days=100.0,
        verdicts=(),
        cadence_s=60.0,
        recent=recent,
    )


def test_an_id_is_the_hash_of_what_it_is_about():
    digest = hashlib.blake2b(b"1\0prod\0e\0drift\x0042", digest_size=16).digest()
    expected = "al_" + base64.b32encode(digest).decode().lower().rstrip("=")
    assert alert_id("prod", b"e", "drift", 42) == expected


def test_an_id_is_what_b2sum_and_base32_make_of_it():
    assert alert_id("", b"e", "anomaly", 0) == "al_qkavz2se4fdr34jjhfmltjeef4"


@pytest.mark.parametrize(
    "other", [("s2", b"e", "anomaly", 1), ("s", b"f", "anomaly", 1), ("s", b"e", "drift", 1)]
)
def test_an_id_differs_with_everything_it_is_about(other):
    assert alert_id(*other) != alert_id("s", b"e", "anomaly", 1)


def test_the_return_period_of_an_entity_is_the_mean_over_all_its_series():
    entity = Entity(b"e")
    entity.note(finding("a", days=30.0, k=4), 7.0)
    assert entity.note(finding("b", days=10.0, k=4), 7.0) == 10.0


def test_the_latest_return_period_of_a_series_counts():
    entity = Entity(b"e")
    entity.note(finding(days=30.0), 7.0)
    assert entity.note(finding(days=2.0), 7.0) == 2.0


def test_a_closed_episode_counts_nothing():
    entity = Entity(b"e")
    entity.note(finding("a", days=30.0, k=2), 7.0)
    entity.close(b"a")
    assert entity.note(finding("b", days=4.0, k=2), 7.0) == 2.0


def test_a_series_without_an_answer_counts_nothing():
    assert Entity(b"e").note(finding(days=float("nan")), 7.0) == 0.0


def test_more_open_series_than_are_said_to_be_never_inflate_the_mean():
    entity = Entity(b"e")
    entity.note(finding("a", days=4.0, k=1), 7.0)
    assert entity.note(finding("b", days=4.0, k=1), 7.0) == 4.0


def test_the_strongest_finding_of_an_episode_is_the_evidence():
    entity = Entity(b"e")
    for days in (1.0, 9.0, 3.0):
        entity.note(finding(days=days), 7.0)
    assert [f.return_period_days for f in entity.evidence("anomaly", 9)] == [9.0]


def test_evidence_of_the_kind_comes_first_and_then_by_strength():
    entity = Entity(b"e")
    entity.note(finding("a", days=1.0, kind="drift"), 7.0)
    entity.note(finding("b", days=5.0), 7.0)
    entity.note(finding("c", days=9.0), 7.0)
    assert [f.series for f in entity.evidence("drift", 9)] == [b"a", b"c", b"b"]


def test_breadth_counts_the_series_that_alone_reach_the_need():
    entity = Entity(b"e")
    entity.note(finding("a", days=30.0, k=3), 7.0)
    days = entity.note(finding("b", days=2.0, k=3), 7.0)
    assert entity.fire(finding("b"), days, 7.0).breadth == 1


def test_remembered_ids_are_bounded():
    entity = Entity(b"e")
    for i in range(TOLD_MAX + 9):
        entity.revise(f"al_{i}")
    assert len(entity.rung) == TOLD_MAX
    assert entity.revise(f"al_{TOLD_MAX + 8}") == 2


def test_only_the_strongest_series_that_reach_the_need_have_a_picture():
    entity = Entity(b"e")
    for i in range(20):
        entity.note(finding(f"{i:02}", days=float(i), k=20, recent=((1, 2.0),)), 7.0)
    pictured = [f.series for f in entity.evidence("anomaly", 20) if f.recent]
    assert pictured == [b"19", b"18", b"17", b"16", b"15"]
    assert len(pictured) == PICTURES_MAX


def test_a_series_below_the_need_has_no_picture():
    entity = Entity(b"e")
    entity.note(finding(days=6.0, recent=((1, 2.0),)), 7.0)
    assert entity.evidence("anomaly", 1)[0].recent == ()
