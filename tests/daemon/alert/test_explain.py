from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alert import explain, words
from tocsin.wire.alerts import Alert, SeriesEvidence
from tocsin.wire.findings import Finding, Verdict

NAN = math.nan
T0 = 1_767_323_040_000_000_000
HOST = 'latency{host="a"}'


def verdict(**given):
    made = {
        "detector": "robust",
        "kind": "anomaly",
        "mode": "learned",
        "score": 9.5,
        "p_value": 2.3e-6,
        "return_period_days": 30.0,
        "observed": 812.0,
        "expected": 45.0,
        "low": 38.0,
        "high": 52.0,
    }
    return Verdict(**(made | given))


def finding(series=HOST, *, verdicts=None, recent=(), **given):
    return Finding(
        series=series.encode(),
        entity=b'{host="a"}',
        kind="anomaly",
        time=T0,
        start=T0,
        return_period_days=30.0,
        peak_days=30.0,
        closed=False,
        series_of_entity=1,
        entities=1,
        supported_days=100.0,
        verdicts=(verdict(**given),) if verdicts is None else verdicts,
        cadence_s=60.0,
        recent=recent,
    )


def evidence(**given) -> SeriesEvidence:
    return explain.evidence([finding(**given)])[0]


def sentence(kind="anomaly", *, days=30.0, more_than=False, status="firing", others=0, **given):
    return explain.summary(
        kind=kind,
        status=status,
        lead=evidence(**given),
        days=days,
        more_than=more_than,
        others=others,
        lasted_s=2100,
    )


def alert(**given) -> Alert:
    found = given.pop("evidence", None) or (evidence(),)
    made = {
        "id": "al_qkavz2se4fdr34jjhfmltjeef4",
        "revision": 1,
        "status": "firing",
        "severity": 3,
        "kind": "anomaly",
        "summary": sentence(),
        "entity": '{host="a"}',
        "labels": {"host": "a"},
        "starts_at": words.when(T0),
        "detected_at": words.when(T0 + 300 * 10**9),
        "ends_at": None,
        "return_period_days": 30.0,
        "more_than": False,
        "p_value": 2.3e-6,
        "mode": "learned",
        "incident_id": "in_x",
        "breadth": 1,
        "evidence": found,
    }
    return Alert(**(made | given))


def test_the_sentence_says_what_is_what_was_expected_and_how_unusual_that_is():
    assert sentence() == (
        f"{HOST} is 812, expected 38 to 52; something this unusual is expected once in 30 days"
    )


def test_beyond_the_supported_range_it_says_more_than():
    assert sentence(days=14.0, more_than=True).endswith("expected once in more than 14 days")


def test_without_any_history_it_does_not_claim_a_period():
    assert sentence(days=0.0, more_than=True).endswith("how unusual this is cannot be said yet")


@pytest.mark.parametrize(
    ("band", "text"),
    [
        ({"low": 40.0, "high": 40.0}, "expected 40"),
        ({"low": NAN, "high": 52.0}, "expected at most 52"),
        ({"low": 38.0, "high": NAN}, "expected at least 38"),
        ({"low": NAN, "high": NAN}, "expected about 45"),
        ({"low": -math.inf, "high": math.inf}, "expected about 45"),
        ({"low": NAN, "high": NAN, "expected": NAN}, ""),
    ],
)
def test_the_expectation_is_told_in_whatever_of_it_is_known(band, text):
    assert explain.expectation(evidence(**band)) == text


def test_with_nothing_but_a_value_the_sentence_is_still_one():
    found = sentence(low=NAN, high=NAN, expected=NAN)
    assert found == f"{HOST} is 812; something this unusual is expected once in 30 days"


def test_without_a_value_the_sentence_is_still_one():
    assert sentence(observed=NAN).startswith(f"{HOST} is unusual;")


def test_observed_and_band_never_read_alike_where_they_differ():
    found = sentence(observed=1.00001, expected=1.0, low=1.0, high=1.0)
    assert "is 1.00001, expected 1;" in found


def test_drift_tells_both_levels_and_since_when():
    found = sentence("drift", observed=55.0, expected=40.2, since=T0 - 60 * 10**9)
    assert found.startswith(f"{HOST} has moved from about 40.2 to 55 since 2026-01-02T03:03:00Z;")


def test_drift_from_an_unknown_level_tells_the_new_one():
    assert "has moved to 812 since" in sentence("drift", expected=NAN)


def test_a_missing_series_is_silent_since():
    found = sentence("missing", observed=NAN)
    assert found.startswith(f"{HOST} has been silent since 2026-01-02T03:04:00Z;")


def test_a_novelty_speaks_through_its_note():
    assert sentence("novelty", note="new template 'oom'").startswith(f"{HOST}: new template 'oom';")


def test_a_resolved_alert_speaks_of_the_past_and_of_how_long_it_was():
    found = sentence(status="resolved")
    assert f"{HOST} was 812" in found
    assert found.endswith("; over after 35 min")


def test_further_series_are_counted_in_the_sentence():
    assert "expected 38 to 52 (and 3 more series of its entity);" in sentence(others=3)


@given(st.text(), st.text())
def test_no_control_character_reaches_the_sentence(series, note):
    hostile = finding(series.encode(errors="replace").decode(), note=note)
    found = explain.summary(
        kind="novelty",
        status="firing",
        lead=explain.evidence([hostile])[0],
        days=1.0,
        more_than=False,
    )
    assert found.isprintable()


def test_evidence_holds_only_numbers_that_json_knows():
    found = evidence(low=NAN, score=math.inf, recent=((1, NAN), (2, 3.0)))
    sent = msgspec.json.encode(found)
    assert msgspec.json.decode(sent, type=SeriesEvidence) == found


def test_evidence_without_a_verdict_is_still_evidence():
    assert evidence(verdicts=()).observed is None


def points(*values):
    return tuple((T0 + i * 60 * 10**9, float(x)) for i, x in enumerate(values))


def test_the_picture_shows_height_and_what_lies_outside_the_band():
    lines = explain.picture(evidence(recent=points(40, 45, 50, 812, 20)))
    assert lines[1] == "          ▁▁▁█▁  20 to 812"
    assert lines[2] == "             ^v"
    assert lines[3].startswith(
        "          2026-01-02T03:04:00Z to 2026-01-02T03:08:00Z  ^ v outside"
    )


def test_the_picture_has_an_ascii_form():
    assert "".join(explain.picture(evidence(recent=points(1, 900)), ascii_only=True)).isascii()


def test_a_constant_series_has_a_picture():
    found = evidence(recent=points(5, 5, 5), low=5.0, high=5.0, observed=5.0)
    assert explain.picture(found)[1].startswith("          ▅▅▅  5 to 5")


def test_a_single_point_has_no_picture():
    assert len(explain.picture(evidence(recent=points(5)))) == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=90))
def test_any_values_have_a_picture_that_fits(values):
    lines = explain.picture(evidence(recent=points(*values)))
    assert all(words.width(line) <= 100 for line in lines)


def test_the_page_of_an_alert():
    shown = explain.page(alert(evidence=(evidence(recent=points(*[45] * 9, 812)),)))
    assert shown.splitlines() == [
        "FIRING  severity 3 of 5  anomaly  al_qkavz2se4fdr34jjhfmltjeef4 rev 1",
        'latency{host="a"} is 812, expected 38 to 52; something this unusual is expected',
        "once in 30 days",
        "",
        'entity    {host="a"}',
        "since     2026-01-02T03:04:00Z, rang after 5 min",
        "unusual   expected once in 30 days; p-value 2.3e-6",
        "breadth   1 of 1 series as unusual as asked for",
        "trust     learned: judged by this series' own history",
        "",
        'series    latency{host="a"}',
        "          ▁▁▁▁▁▁▁▁▁█  38 to 812",
        "                   ^",
        "          2026-01-02T03:04:00Z to 2026-01-02T03:13:00Z  ^ v outside the band",
        "robust    once in 30 days, score 9.5, learned",
    ]


def test_the_page_says_what_lowers_the_confidence():
    quiet = verdict(detector="sprt", return_period_days=0.0)
    found = explain.evidence([finding(verdicts=(verdict(mode="zero_shot"), quiet))])
    doubts = explain.doubts(alert(mode="zero_shot", more_than=True, evidence=found))
    assert doubts == [
        "judged by what is usual elsewhere, this series is new",
        "beyond what the history can confirm; the tail is a model",
        "not seen by sprt",
    ]


@given(
    st.text(max_size=200),
    st.text(max_size=200),
    st.lists(st.floats(-1e300, 1e300), max_size=80),
    st.booleans(),
)
def test_the_page_always_fits_a_terminal(series, note, values, ascii_only):
    series = series.encode(errors="replace").decode()
    one = finding(series, note=note, recent=points(*values))
    found = explain.evidence([one] * 6)
    hostile = alert(
        evidence=found,
        mode="warm_up",
        more_than=True,
        entity=series,
        summary=explain.summary(
            kind="anomaly", status="firing", lead=found[0], days=1.0, more_than=True
        ),
    )
    lines = explain.page(hostile, ascii_only=ascii_only).split("\n")
    assert len(lines) <= explain.LINES
    assert all(words.width(line) <= explain.COLUMNS for line in lines)
    assert all(line.isprintable() for line in lines)
    assert not ascii_only or all(line.isascii() for line in lines)
