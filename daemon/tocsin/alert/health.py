"""Is the budget kept? What was asked for, what rang, and what to say about it.

Looked at is the trailing window of event time in which twenty alerts are to be expected, at
least a week, or all there is. The states, the first that applies:

| state    | when                                                                 |
|----------|----------------------------------------------------------------------|
| over     | chance alone rings so often in less than 1 of 100 such windows; two  |
|          | alerts and the allowance of a day are the least that is judged       |
| ok       | the history confirms the return period that is needed                |
| warming  | it does not yet, being younger than a week                           |
| unproven | it does not                                                          |
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Literal

import msgspec

from tocsin.alert.budget import Budget
from tocsin.alert.words import NS_PER_S, name, number

DAY_NS = 86_400 * NS_PER_S
WINDOW_DAYS, WINDOW_ALERTS = 7.0, 20.0
OVER_BELOW = 0.01
ROWS_MAX = 10_000
NAMED = 3
State = Literal["warming", "unproven", "ok", "over"]


class Rung(msgspec.Struct, frozen=True):
    """One alert that rang."""

    time: int
    entity: bytes


class Books(msgspec.Struct):
    """What has rung, and how far the history goes.

    began, now   earliest and latest event time seen
    cut          event time before which rows were let go of, if any were
    supported    longest supported return period of the findings of `day`, and of the day before
    """

    began: int | None = None
    now: int = 0
    cut: int | None = None
    rows: list[Rung] = msgspec.field(default_factory=list)
    day: int = -(2**31)
    supported: float = 0.0
    supported_before: float = 0.0

    @property
    def since(self) -> int:
        """From when on the rows are complete."""
        return next((t for t in (self.cut, self.began) if t is not None), self.now)

    def seen(self, now: int) -> None:
        """Event time has come to `now`."""
        self.now = now if self.began is None else max(self.now, now)
        self.began = now if self.began is None else min(self.began, now)

    def supports(self, days: float, now: int) -> None:
        """A finding came from a history that confirms return periods of so many days."""
        day = now // DAY_NS
        if day > self.day:
            self.seen(now)
            self.supported_before = self.supported if day == self.day + 1 else 0.0
            self.day, self.supported = day, 0.0
        self.supported = max(self.supported, days)

    def rang(self, now: int, entity: bytes) -> None:
        """An alert rang."""
        self.seen(now)
        self.rows.append(Rung(now, entity))
        if len(self.rows) > ROWS_MAX:
            del self.rows[: ROWS_MAX // 2]
            self.cut = self.rows[0].time


class Health(msgspec.Struct, frozen=True):
    """How the budget stands. Rates are a day; `asked` and `rang` are counts in the window."""

    state: State
    text: str
    asked: float
    rang: int
    window_days: float
    age_days: float
    need_days: float
    supported_days: float
    entities: int
    loudest: tuple[tuple[str, int], ...]


def poisson_tail(least: int, mean: float) -> float:
    """Chance of at least so many happenings where `mean` are expected."""
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    upper = least > mean
    k = least if upper else least - 1
    term = math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
    total = 0.0
    while term > total * 1e-17 and k >= 0:  # away from the mean, so terms fall
        total += term
        k += 1 if upper else -1
        term *= mean / k if upper else (k + 1) / mean
    return min(total, 1.0) if upper else max(1.0 - total, 0.0)


def health(books: Books, budget: Budget, entities: int) -> Health:
    """As of the latest event time the books know."""
    rate, need = budget.rate(entities), 10.0 ** budget.need(entities)
    wanted = max(WINDOW_DAYS, WINDOW_ALERTS / rate)
    window = min(wanted, (books.now - books.since) / DAY_NS)
    rows = [r for r in books.rows if r.time >= books.now - window * DAY_NS]
    age = (books.now - (books.now if books.began is None else books.began)) / DAY_NS
    supported = max(books.supported, books.supported_before)
    loudest = Counter(r.entity for r in rows).most_common(NAMED)
    asked = rate * window
    chance = poisson_tail(len(rows), max(asked, rate)) if len(rows) > 1 else 1.0
    state = _state(chance, supported, need, age)
    return Health(
        state=state,
        text=_text(state, asked, len(rows), supported, need, loudest),
        asked=asked,
        rang=len(rows),
        window_days=window,
        age_days=age,
        need_days=need,
        supported_days=supported,
        entities=entities,
        loudest=tuple((name(key), n) for key, n in loudest),
    )


def _state(chance: float, supported: float, need: float, age: float) -> State:
    if chance < OVER_BELOW:
        return "over"
    if supported >= need:
        return "ok"
    return "warming" if age < WINDOW_DAYS else "unproven"


def _text(
    state: State,
    asked: float,
    rang: int,
    supported: float,
    need: float,
    loudest: list[tuple[bytes, int]],
) -> str:
    if state == "warming":
        can = f"can tell 1 in {number(supported)} days so far" if supported > 0 else "just begun"
        return f"learning: {can}; asked 1 in {number(need)}"
    if state == "unproven":
        return (
            "the budget is longer than what this fleet can confirm; "
            "treated as an upper bound (tail model)"
        )
    if state == "ok":
        return f"asked {number(asked)}, rang {rang}"
    share = 100 * sum(n for _, n in loudest) / rang
    names = ", ".join(name(key, 60) for key, _ in loudest)
    makes = "make" if len(loudest) > 1 else "makes"
    they = "they changed or the detectors do not know a pattern of theirs"
    return f"rang {rang} for {number(asked)} asked; {names} {makes} {share:.0f} %; either {they}"
