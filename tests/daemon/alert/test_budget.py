from __future__ import annotations

import math

import pytest

from tocsin.alert.budget import Budget, Entities


def test_one_a_week_per_entity_needs_seven_days():
    assert 10 ** Budget(per_entity=1 / 7, fleet=None).need(1000) == pytest.approx(7)


def test_a_fleet_budget_is_shared_by_its_entities():
    assert 10 ** Budget(per_entity=None, fleet=20.0).need(1000) == pytest.approx(50)


def test_of_two_budgets_the_stricter_decides():
    budget = Budget(per_entity=1 / 7, fleet=20.0)
    assert 10 ** budget.need(10) == pytest.approx(7)
    assert 10 ** budget.need(1000) == pytest.approx(50)


def test_the_rate_of_the_fleet_is_what_its_entities_may_cost_together():
    budget = Budget(per_entity=1 / 7, fleet=20.0)
    assert budget.rate(14) == pytest.approx(2)
    assert budget.rate(1000) == pytest.approx(20)


def test_an_empty_fleet_is_treated_as_one_entity():
    assert Budget(per_entity=None, fleet=1.0).need(0) == 0


@pytest.mark.parametrize(("entity", "fleet"), [(None, None), (0.0, 20.0), (1.0, math.inf)])
def test_a_budget_that_means_nothing_is_refused(entity, fleet):
    with pytest.raises(ValueError, match="budget: expected"):
        Budget(per_entity=entity, fleet=fleet)


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(), "1 a week per entity, 20 a day in all"),
        (Budget(per_entity=None, fleet=2.0), "2 a day in all"),
        (Budget(per_entity=1 / 30, fleet=None), "1 a month per entity"),
    ],
)
def test_a_budget_is_told_in_words(budget, words):
    assert budget.words == words


def test_the_first_count_makes_the_need():
    assert Entities().follow(5, 0)


def test_a_change_of_a_tenth_does_not_move_the_need():
    entities = Entities(count=100, day=0)
    assert not entities.follow(110, 1)
    assert not entities.follow(90, 2)
    assert entities.count == 100


def test_a_growing_fleet_is_followed_at_once():
    entities = Entities(count=100, day=0)
    assert entities.follow(111, 0)


def test_a_shrinking_fleet_is_followed_on_the_next_day():
    entities = Entities(count=100, day=0)
    assert not entities.follow(50, 0)
    assert entities.follow(50, 1)
    assert entities.count == 50


def test_a_shrinking_fleet_is_looked_at_once_a_day():
    entities = Entities(count=100, day=0)
    entities.follow(95, 1)
    assert not entities.follow(50, 1)
