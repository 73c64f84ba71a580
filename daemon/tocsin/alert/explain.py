"""Evidence in words: one sentence for a list, one page for a terminal or a chat.

The sentence says what is, what was expected, and how unusual that is. The page adds since
when, how broad, a picture, what each detector found and how far it may be trusted. Both are
functions of the evidence alone, so every receiver reads the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from tocsin.alert import words
from tocsin.wire.alerts import Alert, SeriesEvidence, Status
from tocsin.wire.findings import Finding, Kind, Verdict

COLUMNS, LINES = 80, 24
PICTURE_COLUMNS = 48
BLOCKS, PLAIN_BLOCKS = "▁▂▃▄▅▆▇█", "_.:-=+*#"
NOTE_CHARS = 160
TRUST = {
    "zero_shot": "zero_shot: judged by what is usual elsewhere, this series is new",
    "warm_up": "warm_up: judged by a history that is still short",
    "learned": "learned: judged by this series' own history",
}
Place = Literal["above", "below", "inside"]


def _number(x: float | None) -> float | None:
    return x if words.known(x) else None


def _verdict(v: Verdict) -> Verdict:
    """As it may be sent: numbers or nothing, no control characters."""
    return Verdict(
        detector=words.plain(v.detector),
        kind=v.kind,
        mode=v.mode,
        score=_number(v.score),
        p_value=_number(v.p_value),
        return_period_days=_number(v.return_period_days) or 0.0,
        observed=_number(v.observed),
        expected=_number(v.expected),
        low=_number(v.low),
        high=_number(v.high),
        since=v.since,
        note=words.plain(v.note)[:NOTE_CHARS],
    )


def evidence(findings: Sequence[Finding]) -> tuple[SeriesEvidence, ...]:
    """What an alert carries of each finding, in the same order."""
    found = []
    for f in findings:
        verdicts = tuple(map(_verdict, f.verdicts))
        lead = verdicts[0] if verdicts else None
        found.append(
            SeriesEvidence(
                series=f.series.decode(errors="replace"),
                observed=lead.observed if lead else None,
                expected=lead.expected if lead else None,
                low=lead.low if lead else None,
                high=lead.high if lead else None,
                since=words.when(lead.since if lead and lead.since > 0 else f.start),
                return_period_days=words.significant(f.return_period_days),
                detectors=verdicts,
                recent=tuple((t, x) for t, x in f.recent if math.isfinite(x)),
            )
        )
    return tuple(found)


def expectation(e: SeriesEvidence) -> str:
    """`expected 38 to 52`, in whatever of it is known; empty where nothing is."""
    return _level(e)[1]


def _level(e: SeriesEvidence) -> tuple[str, str]:
    """Observed and expected in words, with digits enough to tell them apart."""
    given = {k: getattr(e, k) for k in ("observed", "expected", "low", "high")}
    shown = [k for k, x in given.items() if x is not None]
    text = dict(zip(shown, words.numbers(*(given[k] for k in shown)), strict=True))
    low, high = text.get("low"), text.get("high")
    if low and high:
        expected = f"expected {low}" if low == high else f"expected {low} to {high}"
    elif low or high:
        expected = f"expected at least {low}" if low else f"expected at most {high}"
    else:
        expected = f"expected about {text['expected']}" if "expected" in text else ""
    return text.get("observed", ""), expected


def unusual(days: float, more_than: bool) -> str:
    """The return period in words."""
    if days <= 0:
        return "how unusual this is cannot be said yet"
    more = "more than " if more_than else ""
    return f"something this unusual is expected once in {more}{words.period(days)}"


def _what(kind: Kind, status: Status, e: SeriesEvidence) -> str:
    """What happened to the leading series."""
    series = words.name(e.series)
    observed, expected = _level(e)
    note = next((v.note for v in e.detectors if v.note), "")
    over = status == "resolved"
    if kind == "drift":
        before = f"from about {words.number(e.expected)} " if e.expected is not None else ""
        if observed and e.expected is not None:
            before = f"from about {words.numbers(e.observed or 0.0, e.expected)[1]} "
        to = f"to {observed}" if observed else "to another level"
        return f"{series} has moved {before}{to} since {e.since}"
    if kind == "missing":
        return f"{series} {'was' if over else 'has been'} silent since {e.since}"
    if kind in {"novelty", "state"} and note:
        return f"{series}: {note}"
    if not observed:
        return f"{series} {'was' if over else 'is'} unusual{f' ({note})' if note else ''}"
    text = f"{series} {'was' if over else 'is'} {observed}"
    return f"{text}, {expected}" if expected else text


def summary(
    *,
    kind: Kind,
    status: Status,
    lead: SeriesEvidence,
    days: float,
    more_than: bool,
    others: int = 0,
    lasted_s: float = 0.0,
) -> str:
    """One sentence. `others`: further series that alone are as unusual as was asked for."""
    parts = [_what(kind, status, lead)]
    if others > 0:
        parts[0] += f" (and {others} more series of its entity)"
    parts.append(unusual(days, more_than))
    if status == "resolved":
        parts.append(f"over after {words.span(lasted_s)}")
    return "; ".join(parts)


def doubts(alert: Alert) -> list[str]:
    """What lowers the confidence in an alert."""
    found = []
    if alert.mode != "learned":
        found.append(TRUST[alert.mode].partition(": ")[2])
    if alert.more_than:
        found.append("beyond what the history can confirm; the tail is a model")
    detectors = alert.evidence[0].detectors if alert.evidence else ()
    silent = [v.detector for v in detectors if v.return_period_days <= 0]
    if silent and len(silent) < len(detectors):
        found.append(f"not seen by {', '.join(silent)}")
    if alert.series_of_entity > 1 and alert.breadth <= 1:
        found.append(f"alone among {alert.series_of_entity} series of the entity")
    lead = alert.evidence[0] if alert.evidence else None
    if lead and lead.low is not None and lead.low == lead.high:
        found.append("the series was constant until then, so any change is new")
    return found


def page(alert: Alert, *, ascii_only: bool = False) -> str:
    """One page of text, at most 80 columns and 24 lines."""
    head = f"{alert.status.upper()}  severity {alert.severity} of 5  {alert.kind}"
    lines = [f"{head}  {alert.id} rev {alert.revision}", *_wrapped(alert.summary, "", 4), ""]
    lines += _facts(alert)
    if alert.evidence:
        lines += ["", *picture(alert.evidence[0], ascii_only=ascii_only)]
        lines += [_other(e) for e in alert.evidence[1:4]]
        lines += [_verdict_line(v) for v in alert.evidence[0].detectors[:3]]
    lines += [line for d in doubts(alert)[:3] for line in _wrapped(d, "caution   ", 1)]
    text = "\n".join(words.cut(words.plain(line), COLUMNS).rstrip() for line in lines[:LINES])
    return text.replace("…", "~").encode("ascii", "replace").decode() if ascii_only else text


def _wrapped(text: str, label: str, lines: int) -> list[str]:
    """The first lines of a text, the label before the first."""
    return [
        (label if i == 0 else " " * len(label)) + line
        for i, line in enumerate(words.wrap(text, COLUMNS - len(label)))
        if i < lines
    ]


def _facts(alert: Alert) -> list[str]:
    """Entity, times, rarity, breadth and trust, a line each."""
    start, seen = words.moment(alert.starts_at), words.moment(alert.detected_at)
    delay = words.span((seen - start) / words.NS_PER_S)
    since = f"since     {alert.starts_at}, rang {f'after {delay}' if seen > start else 'at once'}"
    if alert.ends_at is not None:
        lasted = words.span((words.moment(alert.ends_at) - start) / words.NS_PER_S)
        since = f"from      {alert.starts_at} to {alert.ends_at}, {lasted}"
    chance = f"; p-value {words.number(alert.p_value, 2)}" if alert.p_value is not None else ""
    rarity = unusual(alert.return_period_days, alert.more_than)
    return [
        f"entity    {words.name(alert.entity, COLUMNS - 10)}",
        since,
        f"unusual   {rarity.removeprefix('something this unusual is ')}{chance}",
        f"breadth   {alert.breadth} of {alert.series_of_entity} series as unusual as asked for",
        f"trust     {TRUST.get(alert.mode, alert.mode)}",
    ]


def _other(e: SeriesEvidence) -> str:
    observed, expected = _level(e)
    shown = ", ".join(p for p in (observed, expected) if p)
    return f"also      {words.name(e.series, 40)}  {shown}"


def _verdict_line(v: Verdict) -> str:
    days = words.step_down(v.return_period_days)
    found = f"once in {words.period(days)}" if days > 0 else "nothing unusual"
    score = f", score {words.number(v.score)}" if v.score is not None else ""
    note = f"; {v.note}" if v.note else ""
    return f"{v.detector:<9} {found}{score}, {v.mode}{note}"


def place(x: float, e: SeriesEvidence) -> Place:
    """Where a value lies with respect to the band."""
    if e.high is not None and x > e.high:
        return "above"
    return "below" if e.low is not None and x < e.low else "inside"


def picture(e: SeriesEvidence, *, ascii_only: bool = False) -> list[str]:
    """A sparkline of the recent points, and below it which of them lie outside the band."""
    title = f"series    {words.name(e.series, COLUMNS - 10)}"
    recent = e.recent[-PICTURE_COLUMNS:]
    if len(recent) < 2:
        return [title]
    values = [x for _, x in recent]
    bounds = [x for x in (e.low, e.high) if x is not None]
    least, most = min(values + bounds), max(values + bounds)
    blocks = PLAIN_BLOCKS if ascii_only else BLOCKS
    scale = max(abs(least), abs(most), 1e-300)  # so that no difference overflows
    reach = most / scale - least / scale

    def block(x: float) -> str:
        share = (x / scale - least / scale) / reach if reach > 0 else 0.5
        return blocks[min(int(share * len(blocks)), len(blocks) - 1)]

    marks = {"above": "^", "below": "v", "inside": " "}
    low, high = words.numbers(least, most)
    outside = "".join(marks[place(x, e)] for x in values).rstrip()
    lines = [title, f"{'':10}{''.join(map(block, values))}  {low} to {high}"]
    time = f"{'':10}{words.when(recent[0][0])} to {words.when(recent[-1][0])}"
    if outside:
        return [*lines, f"{'':10}{outside}", f"{time}  ^ v outside the band"]
    return [*lines, time]
