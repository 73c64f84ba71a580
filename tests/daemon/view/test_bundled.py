"""The demo's series: there, labelled, and judged as a reader would."""

from tocsin.view import bundled
from tocsin.wire.alerts import Alert


def alert(name, detected, number=1, revision=1):
    return Alert(
        id=f"al_{number}",
        revision=revision,
        status="firing",
        severity=1,
        kind="anomaly",
        summary="",
        entity=name,
        labels={"file": name},
        starts_at=detected,
        detected_at=detected,
        ends_at=None,
        return_period_days=7.0,
        more_than=False,
        p_value=None,
        mode="learned",
        incident_id="in_1",
        breadth=1,
        evidence=(),
    )


WINDOW = bundled.Window("a", 1_400_000_000.0, 1_400_036_000.0)
INSIDE, OUTSIDE = "2014-05-13T17:53:20Z", "2014-05-10T00:00:00Z"


def test_every_labelled_series_is_there():
    names = {p.name.removesuffix(".csv.gz") for p in bundled.files()}
    assert {w.series for w in bundled.windows()} <= names
    assert len(bundled.windows()) >= 3


def test_an_alert_in_the_window_catches_it_and_says_how_early():
    verdict = bundled.judge([alert("a", INSIDE)], [WINDOW])
    assert verdict.caught == 1
    assert verdict.catches[0].after_h == 1.0
    assert not verdict.outside


def test_an_alert_elsewhere_is_outside():
    verdict = bundled.judge([alert("a", OUTSIDE), alert("b", INSIDE, 2)], [WINDOW])
    assert verdict.caught == 0
    assert len(verdict.outside) == 2


def test_an_alert_counts_once_whatever_its_states():
    states = [alert("a", OUTSIDE), alert("a", OUTSIDE, revision=2)]
    assert len(bundled.judge(states, [WINDOW]).outside) == 1
