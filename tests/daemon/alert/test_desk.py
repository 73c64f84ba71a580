from __future__ import annotations

import math

import msgspec
import pytest

from tocsin.alert import desk as desk_module
from tocsin.alert.budget import Budget
from tocsin.alert.desk import DAY_NS, Desk, DeskParams, labels
from tocsin.ops.errors import StateError
from tocsin.wire import keys
from tocsin.wire.alerts import Alert
from tocsin.wire.findings import Finding, Verdict

MINUTE = 60 * 10**9
T0 = 1_767_323_040_000_000_000
WEEKLY = DeskParams(budget=Budget(per_entity=1 / 7, fleet=None))


def finding(
    series="cpu",
    minute=0.0,
    days=10.0,
    *,
    entity='{host="a"}',
    start=0.0,
    k=1,
    kind="anomaly",
    closed=False,
    **given,
):
    verdict = Verdict(
        detector="robust",
        kind=kind,
        mode="learned",
        score=9.0,
        p_value=1e-6,
        return_period_days=days,
        observed=812.0,
        expected=45.0,
        low=38.0,
        high=52.0,
    )
    made = {
        "entities": 1,
        "supported_days": 100.0,
        "cadence_s": 60.0,
        "peak_days": days,
        "verdicts": () if closed else (verdict,),
        "series_of_entity": k,
    }
    return Finding(
        series=series.encode(),
        entity=entity.encode(),
        kind=kind,
        time=T0 + int(minute * MINUTE),
        start=T0 + int(start * MINUTE),
        return_period_days=0.0 if closed else days,
        closed=closed,
        **(made | given),
    )


def closing(series="cpu", minute=0.0, **given):
    return finding(series, minute, closed=True, **given)


def desk(params=WEEKLY) -> Desk:
    return Desk(params, "prod")


def told(on: Desk, *findings: Finding) -> list[Alert]:
    return on.step(findings, max((f.time for f in findings), default=T0)).alerts


def test_what_reaches_the_need_rings():
    (alert,) = told(desk(), finding(days=7.0))
    assert (alert.status, alert.revision, alert.severity) == ("firing", 1, 1)
    assert alert.return_period_days == 7.0


def test_what_stays_below_the_need_is_silent():
    assert told(desk(), finding(days=6.9999)) == []


def test_the_last_bits_do_not_decide():
    assert len(told(desk(), finding(days=math.nextafter(7.0, 0)))) == 1


def test_an_alert_says_what_it_is_about():
    (alert,) = told(desk(), finding(minute=3, start=1))
    assert alert.entity == '{host="a"}'
    assert alert.labels == {"host": "a"}
    assert alert.starts_at == "2026-01-02T03:05:00Z"
    assert alert.detected_at == "2026-01-02T03:07:00Z"
    assert alert.summary == (
        "cpu is 812, expected 38 to 52; something this unusual is expected once in 10 days"
    )
    assert alert.mode == "learned"
    assert alert.p_value == 1e-6


def test_series_of_an_entity_ring_together_where_none_does_alone():
    on = desk()
    assert told(on, finding("cpu", days=6, k=2)) == []
    (alert,) = told(on, finding("disk", days=9, k=2))
    assert [e.series for e in alert.evidence] == ["disk", "cpu"]


def test_a_closed_episode_counts_nothing():
    on = desk()
    assert told(on, finding("cpu", days=8, k=2), closing("cpu", 1)) == []
    assert told(on, finding("disk", 2, days=8, k=2)) == []


def test_entities_do_not_add_up():
    assert told(desk(), finding(days=6), finding(days=6, entity='{host="b"}')) == []


def test_the_alert_is_of_the_kind_with_the_largest_share():
    on = desk()
    told(on, finding("cpu", days=6, k=2))
    (alert,) = told(on, finding("disk", days=9, k=2, kind="drift"))
    assert alert.kind == "drift"
    assert "has moved from about 45 to 812 since" in alert.summary


def test_the_kind_stays_when_another_takes_the_lead():
    on = desk()
    told(on, finding("cpu", days=20, k=2))
    (update,) = told(on, finding("disk", days=200, k=2, kind="drift"))
    assert update.kind == "anomaly"
    assert update.evidence[0].series == "cpu"


def test_an_entity_has_one_alert_at_a_time():
    on = desk()
    first = told(on, finding("cpu", days=20, k=2))[0]
    assert {a.id for a in told(on, finding("disk", days=20, k=2))} == {first.id}


def test_nothing_new_is_not_sent_again():
    on = desk()
    told(on, finding(days=10))
    assert told(on, *(finding(minute=m, days=9 + m / 60) for m in range(1, 50))) == []


def test_a_higher_step_of_the_return_period_is_an_update():
    on = desk()
    told(on, finding(days=10))
    (update,) = told(on, finding(minute=1, days=14))
    assert (update.revision, update.return_period_days) == (2, 14.0)


def test_a_return_period_that_falls_is_no_update():
    on = desk()
    told(on, finding(days=30))
    assert told(on, finding(minute=1, days=8)) == []


def test_a_second_series_that_reaches_the_need_is_an_update():
    on = desk()
    told(on, finding("cpu", days=20, k=2))
    (update,) = told(on, finding("disk", minute=1, days=7, k=2))
    assert (update.breadth, update.revision) == (2, 2)


def test_a_series_below_its_share_is_no_update():
    on = desk()
    told(on, finding("cpu", days=20, k=2))
    assert told(on, finding("disk", minute=1, days=1, k=2)) == []


def test_a_flood_of_series_is_told_in_steps():
    on = desk()
    sent = told(on, *(finding(f"s{i:03}", days=1000, k=100) for i in range(100)))
    assert {1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90} <= {a.breadth for a in sent}
    assert len(sent) < 20


def test_lasting_raises_the_severity():
    on = desk()
    (first,) = told(on, finding(days=10))
    (update,) = told(on, finding(minute=60, days=8))
    assert (first.severity, update.severity) == (1, 2)


def test_an_alert_is_resolved_when_the_last_of_its_episodes_closes():
    on = desk()
    told(on, finding("cpu", days=20, k=2), finding("disk", days=1, k=2))
    assert told(on, closing("cpu", 5, k=2)) == []
    (end,) = told(on, closing("disk", 9, k=2))
    assert (end.status, end.revision, end.ends_at) == ("resolved", 2, "2026-01-02T03:13:00Z")
    assert end.summary.endswith("over after 9 min")
    assert [e.series for e in end.evidence] == ["cpu", "disk"]


def test_a_return_period_below_the_need_does_not_resolve():
    on = desk()
    told(on, finding(days=20))
    assert told(on, finding(minute=1, days=0.1)) == []
    assert len(on.firing()) == 1


def test_a_new_episode_is_a_new_alert():
    on = desk()
    (first,) = told(on, finding())
    told(on, closing(minute=5))
    (second,) = told(on, finding(minute=10, start=10))
    assert second.id != first.id
    assert second.revision == 1


def test_within_the_hold_a_new_alert_joins_the_incident():
    on = desk()
    (first,) = told(on, finding())
    told(on, closing(minute=5))
    (second,) = told(on, finding(minute=35, start=35))
    assert second.incident_id == first.incident_id


def test_after_the_hold_a_new_alert_opens_a_new_incident():
    on = desk()
    (first,) = told(on, finding())
    told(on, closing(minute=5))
    (second,) = told(on, finding(minute=36, start=36))
    assert second.incident_id != first.incident_id


def test_slow_series_have_a_longer_hold():
    on = desk()
    (first,) = told(on, finding(cadence_s=3600.0))
    told(on, closing(minute=5, cadence_s=3600.0))
    (second,) = told(on, finding(minute=1800, start=1800, cadence_s=3600.0))
    assert second.incident_id == first.incident_id


def test_an_episode_that_began_in_the_same_instant_is_the_same_alert_again():
    on = desk()
    (first,) = told(on, finding("cpu", days=20, k=2))
    told(on, closing("cpu", 5, k=2))
    (again,) = told(on, finding("disk", 9, days=20, k=2))
    assert (again.id, again.revision, again.status) == (first.id, 3, "firing")
    assert on.health().rang == 1


def test_an_incident_opens_grows_and_is_resolved():
    on = desk()
    stream = [finding(), closing(minute=5), finding(minute=9, start=9), closing(minute=12)]
    sent = on.step(stream, T0).incidents
    assert [(i.revision, i.status, len(i.alerts)) for i in sent] == [
        (1, "open", 1),
        (2, "resolved", 1),
        (3, "open", 2),
        (4, "resolved", 2),
    ]
    assert {i.id for i in sent} == {"in_" + sent[0].alerts[0].removeprefix("al_")}


def test_an_incident_is_as_severe_as_its_worst_alert():
    on = desk()
    stream = [finding(days=900), closing(minute=5), finding(minute=9, start=9)]
    assert [i.severity for i in on.step(stream, T0).incidents] == [3, 3, 3]


def test_a_more_severe_alert_is_news_of_the_incident():
    on = desk()
    sent = on.step([finding(days=10), finding(minute=1, days=900)], T0).incidents
    assert [i.severity for i in sent] == [1, 3]


def test_an_incident_of_several_alerts_says_so():
    on = desk()
    stream = [finding(), closing(minute=5), finding(minute=9, start=9)]
    (*_, grown) = on.step(stream, T0).incidents
    assert grown.summary.startswith(
        '{host="a"}: 2 alerts since 2026-01-02T03:04:00Z, the worst: cpu'
    )


def test_the_fleet_budget_rings_later_in_a_larger_fleet():
    params = DeskParams(budget=Budget(per_entity=None, fleet=1.0))
    assert len(told(desk(params), finding(days=10, entities=10))) == 1
    assert told(desk(params), finding(days=10, entities=11)) == []


def test_the_need_of_an_alert_stays_while_it_fires():
    on = desk(DeskParams(budget=Budget(per_entity=None, fleet=1.0)))
    told(on, finding(days=10, entities=1))
    assert told(on, finding(minute=1, days=10, entities=1000)) == []


def test_beyond_the_supported_range_the_claim_is_more_than():
    (alert,) = told(desk(), finding(days=900, supported_days=16.0))
    assert (alert.return_period_days, alert.more_than) == (14.0, True)


def test_firing_alerts_are_listed_as_they_were_sent():
    on = desk()
    sent = told(on, finding(), finding(days=900, entity='{host="b"}'))
    assert on.firing() == [sent[1], sent[0]]


def test_the_closing_of_an_unknown_episode_is_nothing():
    assert told(desk(), closing()) == []


def test_an_alert_without_a_verdict_can_be_sent():
    (alert,) = told(desk(), finding(verdicts=()))
    assert (alert.mode, alert.p_value) == ("zero_shot", None)


def test_entities_are_forgotten_when_their_episodes_close_unrung():
    on = desk()
    fresh = on.snapshot()
    for i in range(100):
        told(on, finding(days=1, entity=f"e{i}"), closing(entity=f"e{i}", minute=1))
    assert len(on.snapshot()) < len(fresh) + 100


def test_entities_that_rang_are_forgotten_after_a_while():
    on = desk()
    for i in range(100):
        told(on, finding(entity=f"e{i}"), closing(entity=f"e{i}", minute=1))
    size = len(on.snapshot())
    told(on, finding(days=1, minute=9 * 1440, entity="late"))
    assert len(on.snapshot()) < size / 2


def test_too_many_open_alerts_are_held_back_and_counted_once_each(monkeypatch):
    monkeypatch.setattr(desk_module, "ALERTS_OPEN_MAX", 1)
    on = desk()
    second = [finding(minute=m, entity='{host="b"}') for m in range(3)]
    assert len(told(on, finding(), *second)) == 1
    assert on.held_back == 1
    assert len(told(on, closing(minute=4), finding(minute=5, entity='{host="b"}'))) == 2


def test_a_snapshot_carries_an_open_alert_over_a_restart():
    first, second = desk(), desk()
    told(first, finding())
    second.restore(first.snapshot())
    assert second.firing() == first.firing()
    assert told(second, closing(minute=5)) == told(first, closing(minute=5))


@pytest.mark.parametrize("state", [b"", b"\xc1", msgspec.msgpack.encode({"version": 1, "n": []})])
def test_what_is_no_snapshot_is_a_state_error(state):
    if state.startswith(b"\x82"):
        state = msgspec.msgpack.encode({"version": 1, "entities": 3})
    with pytest.raises(StateError, match="expected a snapshot of the desk"):
        desk().restore(state)


def test_a_snapshot_of_another_version_is_refused_with_both_numbers():
    with pytest.raises(StateError, match="expected 1, got 2"):
        desk().restore(msgspec.msgpack.encode({"version": 2}))


def test_labels_that_cannot_be_sent_as_they_are_are_replaced():
    key = keys.canonical("", [("host", "a\ud800")])
    assert labels(key) == {"host": "a?"}


def test_a_key_that_is_not_canonical_has_no_labels():
    assert labels(b"\xff{") == {}


def test_health_counts_what_rang():
    on = desk()
    on.step([], T0 - 20 * DAY_NS)
    told(on, finding(), closing(minute=5), finding(minute=9, start=9))
    assert (on.health().rang, on.health().state) == (2, "ok")


@pytest.mark.parametrize("k", [1, 2, 7])
def test_what_leads_an_alert_has_a_picture(k):
    on, recent = desk(), ((T0, 1.0), (T0 + MINUTE, 2.0))
    sent = told(on, *(finding(f"s{i}", days=7.0 + i, k=k, recent=recent) for i in range(k)))
    assert all(a.evidence[0].recent == recent for a in sent)
