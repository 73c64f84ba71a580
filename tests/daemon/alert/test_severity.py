from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alert.severity import severity

RATIO = st.floats(1, 1e5)
BREADTH = st.integers(0, 50)
OF = st.integers(1, 50)
LASTED = st.floats(0, 1e6)


def test_what_just_reaches_the_need_is_of_the_lowest_severity():
    assert severity(1.0, 1, 1, 0.0) == 1


@pytest.mark.parametrize(
    ("given", "points"),
    [
        ((10, 1, 1, 0), 1),
        ((100, 1, 1, 0), 2),
        ((1, 2, 8, 0), 1),
        ((1, 2, 9, 0), 0),
        ((1, 4, 8, 0), 2),
        ((1, 2, 2, 0), 1),
        ((1, 1, 1, 3600), 1),
        ((1, 1, 1, 21600), 2),
        ((100, 4, 8, 21600), 4),
    ],
)
def test_points_are_those_of_the_table(given, points):
    assert severity(*given) == 1 + points


@given(RATIO, RATIO, BREADTH, OF, LASTED)
def test_rarer_is_never_less_severe(a, b, breadth, of, lasted):
    low, high = sorted((a, b))
    assert severity(low, breadth, of, lasted) <= severity(high, breadth, of, lasted)


@given(RATIO, BREADTH, BREADTH, OF, LASTED)
def test_broader_is_never_less_severe(ratio, a, b, of, lasted):
    low, high = sorted((a, b))
    assert severity(ratio, low, of, lasted) <= severity(ratio, high, of, lasted)


@given(RATIO, BREADTH, OF, LASTED, LASTED)
def test_longer_is_never_less_severe(ratio, breadth, of, a, b):
    low, high = sorted((a, b))
    assert severity(ratio, breadth, of, low) <= severity(ratio, breadth, of, high)


@given(RATIO, BREADTH, OF, LASTED)
def test_severity_lies_between_one_and_five(ratio, breadth, of, lasted):
    assert 1 <= severity(ratio, breadth, of, lasted) <= 5
