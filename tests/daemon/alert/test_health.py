from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alert.budget import Budget
from tocsin.alert.health import DAY_NS, ROWS_MAX, Books, health, poisson_tail

DAILY = Budget(per_entity=1.0, fleet=None)
WEEKLY = Budget(per_entity=1 / 7, fleet=None)


def books(*, days: float = 10, supported: float = 100.0, rung: list[float] = ()) -> Books:
    """`days` of history, alerts `rung` at these days."""
    made = Books()
    made.seen(0)
    made.supports(supported, int(days * DAY_NS))
    for day in rung:
        made.rang(int(day * DAY_NS), b"a")
    made.seen(int(days * DAY_NS))
    return made


@pytest.mark.parametrize(
    ("least", "mean", "chance"),
    [(0, 3.0, 1.0), (1, 3.0, 1 - math.exp(-3)), (2, 1.0, 1 - 2 * math.exp(-1)), (1, 0.0, 0.0)],
)
def test_the_poisson_tail_has_its_known_values(least, mean, chance):
    assert poisson_tail(least, mean) == pytest.approx(chance)


@given(st.integers(0, 60), st.floats(0.01, 40))
def test_the_poisson_tail_is_the_plain_sum(least, mean):
    below = sum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(least))
    assert poisson_tail(least, mean) == pytest.approx(max(1 - below, 0), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("least", [9_000, 10_000, 11_000])
def test_the_poisson_tail_holds_for_large_counts(least):
    normal = 0.5 * math.erfc((least - 0.5 - 10_000) / 100 / math.sqrt(2))
    assert poisson_tail(least, 10_000.0) == pytest.approx(normal, abs=0.01)


def test_a_kept_budget_is_told_with_both_figures():
    found = health(books(rung=[1, 4, 9]), DAILY, 1)
    assert found.state == "ok"
    assert found.text == "asked 10, rang 3"


def test_an_overspent_budget_names_the_loudest():
    found = health(books(rung=[5 + i / 10 for i in range(30)]), DAILY, 1)
    assert found.state == "over"
    assert found.text.startswith("rang 30 for 10 asked; a makes 100 %")
    assert found.loudest == (("a", 30),)


def test_the_first_alert_of_a_new_fleet_is_not_over_budget():
    assert health(books(days=0.001, rung=[0.001]), WEEKLY, 1).state == "ok"


def test_a_young_history_is_warming():
    found = health(books(days=2, supported=0.2), DAILY, 1)
    assert found.state == "warming"
    assert found.text == "learning: can tell 1 in 0.2 days so far; asked 1 in 1"


def test_a_history_without_any_finding_has_just_begun():
    assert health(Books(), DAILY, 0).text == "learning: just begun; asked 1 in 1"


def test_a_budget_longer_than_the_evidence_is_unproven():
    assert health(books(days=30, supported=3.0), WEEKLY, 1).state == "unproven"


def test_the_window_holds_twenty_expected_alerts():
    assert health(books(days=400), WEEKLY, 1).window_days == pytest.approx(140)
    assert health(books(days=400), WEEKLY, 100).window_days == pytest.approx(7)


def test_alerts_before_the_window_do_not_count():
    assert health(books(days=400, rung=[1, 2, 3, 399]), WEEKLY, 1).rang == 1


def test_only_the_time_there_was_is_asked_for():
    assert health(books(days=14), WEEKLY, 1).asked == pytest.approx(2)


def test_support_of_long_ago_is_forgotten():
    made = books(days=10, supported=100.0)
    made.supports(5.0, 30 * DAY_NS)
    assert health(made, WEEKLY, 1).supported_days == 5.0


def test_rows_are_bounded_and_the_window_says_so():
    made = books(days=0)
    for i in range(ROWS_MAX + 1):
        made.rang(i * DAY_NS // 1000, b"a")
    assert len(made.rows) <= ROWS_MAX
    found = health(made, DAILY, 1)
    assert found.window_days == pytest.approx((ROWS_MAX - ROWS_MAX // 2) / 1000)
