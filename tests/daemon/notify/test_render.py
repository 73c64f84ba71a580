from __future__ import annotations

import msgspec
import pytest

from tocsin.notify.render import body, delivery
from tocsin.wire.alerts import Alert, Incident, SeriesEvidence


def alert(**given) -> Alert:
    made = {
        "id": "al_x",
        "revision": 2,
        "status": "firing",
        "severity": 3,
        "kind": "anomaly",
        "summary": "cpu is 812, expected 38 to 52",
        "entity": "cpu",
        "labels": {},
        "starts_at": "2026-01-02T03:04:00Z",
        "detected_at": "2026-01-02T03:04:00Z",
        "ends_at": None,
        "return_period_days": 30.0,
        "more_than": False,
        "p_value": 1e-6,
        "mode": "learned",
        "incident_id": "in_x",
        "breadth": 1,
        "evidence": (),
    }
    return Alert(**(made | given))


def incident() -> Incident:
    return Incident("in_x", 1, "open", 3, "cpu is 812", "cpu", "2026-01-02T03:04:00Z", None, ())


def test_a_delivery_is_known_by_id_and_revision():
    assert delivery(alert()).id == "al_x:2"


@pytest.mark.parametrize(
    ("told", "schema"), [(alert(), "tocsin.alert/1"), (incident(), "tocsin.incident/1")]
)
def test_the_body_names_its_schema(told, schema):
    assert msgspec.json.decode(body(told))["schema"] == schema


def test_the_body_reads_back_as_what_was_told():
    assert msgspec.json.decode(body(alert(summary="é\x85")), type=Alert) == alert(summary="é\x85")


@pytest.mark.parametrize("mark", ["\n", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e"])
def test_nothing_a_terminal_obeys_stands_in_a_body(mark):
    told = alert(labels={"host": f"a{mark}b"})
    assert mark not in body(told).decode()
    assert msgspec.json.decode(body(told))["labels"]["host"] == f"a{mark}b"


def test_a_number_that_is_not_known_is_null():
    one = SeriesEvidence("cpu", 1.0, None, None, None, "2026-01-02T03:04:00Z", 1.0, ())
    assert msgspec.json.decode(body(alert(evidence=(one,))))["evidence"][0]["low"] is None
