"""Whatever the findings are and however they are cut, the same alerts come out."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alert.budget import Budget
from tocsin.alert.desk import DAY_NS, Desk, DeskParams, Sent
from tocsin.wire.findings import Finding, Verdict

PARAMS = DeskParams(budget=Budget(per_entity=1.0, fleet=4.0), memory_s=3 * 86_400.0)
VERDICT = Verdict("robust", "anomaly", "learned", 1.0, 0.1, 1.0, 1.0, 0.0, float("nan"), 2.0)
KINDS = ["anomaly", "drift", "missing", "novelty"]


def pick(random: Random, *choices):
    return random.choice(choices)


def stream(seed: int) -> list[Finding]:
    """Findings of a few series and entities, now and then out of order between them."""
    random = Random(seed)
    found, time, opened = [], 0, {}
    for _ in range(random.randrange(60)):
        time += pick(random, 0, 60, 600, 1800, 86_400) * 10**9
        entity = pick(random, b"e", b"f")
        series = entity + pick(random, b"1", b"2", b"3")
        at = max(time - pick(random, 0, 0, 0, 300) * 10**9, 0)
        closed = series in opened and pick(random, True, False)
        start = opened.setdefault(series, at)
        if closed:
            del opened[series]
        days = 0.0 if closed else pick(random, 0.1, 0.9, 2.0, 5.0, 40.0, 1e5)
        found.append(
            Finding(
                series=series,
                entity=entity,
                kind=pick(random, *KINDS),
                time=at,
                start=start,
                return_period_days=days,
                peak_days=days,
                closed=closed,
                series_of_entity=pick(random, 1, 2, 3, 4),
                entities=pick(random, 1, 2, 10),
                supported_days=pick(random, 0.0, 3.0, 100.0),
                verdicts=() if closed else (VERDICT,),
                cadence_s=60.0,
                recent=((at, 1.0),),
            )
        )
    return found


def streams() -> st.SearchStrategy[list[Finding]]:
    return st.integers(0, 2**32).map(stream)


def run(findings: list[Finding], cuts: list[int], restarts: bool, ahead: int = 0) -> Sent:
    """Step by step; with `restarts`, every step is taken by a desk restored from a snapshot."""
    sent, desk, now = Sent(), Desk(PARAMS, "s"), 0
    bounds = [0, *sorted({c for c in cuts if c < len(findings)}), len(findings)]
    for first, last in pairwise(bounds):
        part = findings[first:last]
        now = max([now, *(f.time + ahead for f in part)])
        step = desk.step(part, now)
        sent.alerts.extend(step.alerts)
        sent.incidents.extend(step.incidents)
        if restarts:
            state, desk = desk.snapshot(), Desk(PARAMS, "s")
            desk.restore(state)
            assert desk.snapshot() == state
    return sent


CUTS = st.lists(st.integers(1, 40), max_size=12)


@given(streams(), CUTS, st.booleans(), st.sampled_from([0, DAY_NS]))
def test_any_cut_and_any_restart_give_the_same_alerts_and_incidents(findings, cuts, restarts, far):
    assert run(findings, cuts, restarts, far) == run(findings, [], restarts=False)


@given(streams())
def test_an_id_and_revision_never_have_two_bodies(findings):
    sent = run(findings, [], restarts=False)
    told = [*sent.alerts, *sent.incidents]
    assert len({(t.id, t.revision) for t in told}) == len(told)


@given(streams())
def test_revisions_of_an_alert_count_from_one_without_a_hole(findings):
    seen: dict[str, int] = {}
    sent = run(findings, [], restarts=False)
    for told in [*sent.alerts, *sent.incidents]:
        assert told.revision == seen.get(told.id, 0) + 1
        seen[told.id] = told.revision


@given(streams())
def test_an_entity_never_has_two_alerts_firing(findings):
    firing: dict[str, str] = {}
    for alert in run(findings, [], restarts=False).alerts:
        assert firing.get(alert.entity, alert.id) == alert.id
        if alert.status == "firing":
            firing[alert.entity] = alert.id
        else:
            del firing[alert.entity]


@given(streams())
def test_an_incident_is_open_exactly_while_one_of_its_alerts_fires(findings):
    desk = Desk(PARAMS, "s")
    status: dict[str, str] = {}
    for finding in findings:
        status |= {i.id: i.status for i in desk.step([finding], finding.time).incidents}
        firing = {a.incident_id for a in desk.firing()}
        assert {i for i, s in status.items() if s == "open"} == firing


@given(streams())
def test_within_one_firing_severity_and_return_period_never_fall(findings):
    last: dict[str, tuple[int, float]] = {}
    for alert in run(findings, [], restarts=False).alerts:
        severity, days = last.get(alert.id, (0, 0.0))
        assert alert.severity >= severity
        assert alert.return_period_days >= days
        last[alert.id] = (alert.severity, alert.return_period_days)
        if alert.status == "resolved":
            del last[alert.id]


@given(streams())
def test_every_alert_survives_json(findings):
    for alert in run(findings, [], restarts=False).alerts:
        assert msgspec.json.decode(msgspec.json.encode(alert), type=type(alert)) == alert
