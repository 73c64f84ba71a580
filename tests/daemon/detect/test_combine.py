"""Return periods of members into one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.combine import combine
from twins.combine import combine as twin

NONE = -9.0
answer = st.one_of(st.just(math.nan), st.just(NONE), st.floats(-4, 5))
columns = st.integers(1, 8).flatmap(
    lambda k: st.tuples(
        st.lists(st.tuples(*[answer] * k), min_size=1, max_size=20),
        st.lists(st.floats(0.01, 1), min_size=k, max_size=k),
    )
)


@given(columns)
def test_the_mean_is_that_of_the_twin(case):
    rows, weights = case
    got = combine(np.array(rows).T, weights)
    want = [twin(row, weights) for row in rows]
    assert got == pytest.approx(want, rel=1e-9, abs=1e-9, nan_ok=True)


@given(columns)
def test_equal_weights_of_any_sum_answer_the_same(case):
    rows, weights = case
    r = np.array(rows).T
    assert combine(r, weights) == pytest.approx(
        combine(r, [7 * w for w in weights]), abs=1e-9, nan_ok=True
    )


def test_one_member_alone_keeps_its_bits():
    r = np.array([math.log10(30), math.log10(7), 0.1, NONE, math.nan])
    assert np.array_equal(combine([r], [0.3]), r, equal_nan=True)


def test_a_member_without_an_answer_leaves_its_weight_to_the_others():
    out = combine([np.array([math.log10(30)]), np.array([math.nan])], [0.8, 0.2])
    assert out[0] == math.log10(30)


def test_a_member_below_its_threshold_counts_zero():
    out = combine([np.array([1.0]), np.array([NONE])], [0.8, 0.2])
    assert 10 ** out[0] == pytest.approx(8.0)


def test_without_any_answer_there_is_none():
    assert math.isnan(combine([np.array([math.nan])] * 2, [0.5, 0.5])[0])


def test_nothing_unusual_stays_nothing():
    assert combine([np.array([NONE]), np.array([math.nan])], [0.5, 0.5])[0] == NONE
