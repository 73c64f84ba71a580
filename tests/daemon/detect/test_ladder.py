"""Asked against happened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.ladder import CLASSES, LOGR, RUNGS, Pool, ladder
from tocsin_detectors.kernels.refresh import class_of, climb
from twins.calibrate import ladder as twin

counts = st.lists(st.floats(0, 1e4), min_size=RUNGS, max_size=RUNGS)
corrections = st.lists(st.floats(-1.5, 1.5), min_size=RUNGS, max_size=RUNGS)


def climbed(obs, exp, of_class):
    """The correction of a row, in log10."""
    of_class = np.array(of_class, np.float64)
    corr = np.zeros(RUNGS, np.int16)
    gain = 10.0 ** np.diff(of_class, prepend=0.0)
    climb(of_class, gain, np.array(obs, np.float32), np.array(exp, np.float32), corr)
    return corr / 16384


@given(counts, counts, corrections, st.floats(1, 20))
def test_a_ladder_is_that_of_the_twin(obs, exp, prior, caution):
    got = ladder(np.array(obs), np.array(exp), np.array(prior), caution)
    assert got == pytest.approx(twin(obs, exp, prior, caution), abs=1e-9)


def test_without_counts_a_ladder_is_its_prior():
    prior = np.linspace(0.3, -0.4, RUNGS)
    assert ladder(np.zeros(RUNGS), np.zeros(RUNGS), prior, 10.0) == pytest.approx(prior)


@given(counts, counts, corrections)
def test_r_never_falls_while_r0_rises(obs, exp, of_class):
    v = LOGR - climbed(obs, exp, of_class)
    assert np.all(np.diff(v) >= 0)


def test_a_series_becomes_stricter_on_its_own_evidence():
    exp = 50 * 10**-LOGR
    flat = climbed(exp, exp, np.zeros(RUNGS))
    loud = climbed(10 * exp, exp, np.zeros(RUNGS))
    assert np.all(loud[:12] > flat[:12] + 0.2)


def test_a_series_does_not_become_laxer_than_its_class():
    exp = 1000 * 10**-LOGR
    assert climbed(exp / 10, exp, np.zeros(RUNGS)) == pytest.approx(np.zeros(RUNGS), abs=1e-4)


@pytest.mark.parametrize(
    ("t", "old", "count", "known"),
    [
        (0.70, 0, 23, 0),  # too few peaks
        (0.39, 0, 24, 1),
        (0.70, 3, 24, 7),
        (0.455, 2, 64, 2),  # just beyond the edge: stays
        (0.461, 2, 64, 3),
        (0.445, 3, 64, 3),
        (0.439, 3, 64, 2),
    ],
)
def test_a_class_is_left_clear_of_its_edge(t, old, count, known):
    assert class_of(t, old, count) == known


def test_four_ripe_series_make_no_pool():
    pool = Pool()
    pool.meet(np.ones(6), np.full(6, 0.4), np.ones(6), np.array([20, 30, 40, 64, 19, 8]))
    assert (pool.mean, pool.rate) == (0.0, 0.0)


def test_five_ripe_series_make_a_pool_and_the_unripe_stay_out_of_it():
    pool = Pool()
    mean, t = np.array([1.0, 2, 3, 4, 5, 99]), np.array([0.4, 0.4, 0.5, 0.6, 0.6, 0.99])
    pool.meet(mean, t, mean * 10, np.array([20, 20, 20, 20, 64, 19]))
    assert (pool.t, pool.mean, pool.rate) == pytest.approx((0.5, 3.0, 30.0))


def test_a_pool_forgets_half_its_age_first_and_then_by_half_lives():
    pool = Pool()
    pool.exp += 1.0
    pool.forget(1.0)
    assert pool.exp[0, 0] == pytest.approx(0.5)
    pool.age, pool.exp[:] = 1000.0, 1.0
    pool.forget(5.0)
    assert pool.exp[0, 0] == pytest.approx(0.5)


def test_time_without_data_forgets_nothing():
    pool = Pool()
    pool.exp += 1.0
    pool.forget(0.0)
    assert pool.exp[0, 0] == 1.0


def test_classes_lean_on_the_fleet():
    pool = Pool()
    pool.exp[3] = 1000 * 10**-LOGR
    pool.obs[3] = 3 * pool.exp[3]
    c = pool.corrections()
    assert c.shape == (CLASSES, RUNGS)
    assert c[5, 4] == pytest.approx(np.log10(3), abs=0.05)
