"""What a user of the change detector may rely on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_detectors.contract import Points
from tocsin_detectors.sequential.sprt import Sprt

SECOND = 10**9
START = 1_700_000_000 * SECOND
ROW = np.zeros(1, np.int32)
KEY = np.array([0xC0FFEE], np.uint64)


def detector(**params):
    d = Sprt(Sprt.parameters.of(**params), rows=1, seed=0)
    d.reset(ROW, KEY)
    return d


def points(values):
    n = len(values)
    at = START + 60 * SECOND * np.arange(n, dtype=np.int64)
    return Points(np.zeros(n, np.int32), at, np.asarray(values, float))


def noise(n, seed=1):
    return np.random.default_rng(seed).normal(50.0, 2.0, n)


CHANGES = {
    "level up": lambda x: x + 4.0,
    "level down": lambda x: x - 4.0,
    "spread up": lambda x: 50.0 + 3.0 * (x - 50.0),
    "spread down": lambda x: 50.0 + (x - 50.0) / 3.0,
}


@pytest.mark.parametrize("note", CHANGES)
def test_a_change_is_named_and_dated(note):
    values = noise(1200)
    values[1000:] = CHANGES[note](values[1000:])
    d, b = detector(), points(values)
    score = d.update(b).score
    told = int(np.flatnonzero(score[1000:] >= 16)[0]) + 1000
    evidence = d.explain([told])[0]
    assert evidence.note == note
    assert abs(evidence.since - int(b.time[1000])) <= 25 * 60 * SECOND
    assert 46 < evidence.low < 48 or note  # the band is the baseline's
    assert abs(evidence.expected - 50.0) < 1.0
    assert evidence.low < 46.0 < 54.0 < evidence.high


def test_a_lasting_shift_is_told_once_and_absorbed():
    values = noise(4000)
    values[1000:] += 10.0
    score = detector().update(points(values)).score
    alarm = np.flatnonzero(score >= 16)
    assert alarm.size
    assert alarm[-1] - alarm[0] <= 140
    relearned = alarm[-1] + 129
    assert np.isnan(score[alarm[-1] + 1 : relearned]).all()
    assert np.isfinite(score[relearned:]).all()
    assert score[relearned:].max() < 12


def test_a_shift_that_ends_is_forgotten_within_its_length():
    values = noise(2000)
    values[1000:1040] += 10.0
    score = detector().update(points(values)).score
    assert score[1000:1040].max() >= 16
    assert np.isfinite(score[1000:]).all()
    assert score[1200:].max() < 12


def test_a_constant_series_stays_at_rest_and_its_end_is_told():
    values = np.full(1000, 0.1 + 0.2)
    values[::7] = 0.3  # rounding
    values[900:] = 0.4
    score = detector().update(points(values)).score
    assert score[128:900].max() == 0.0
    assert score[900:920].max() >= 16


def test_a_constant_beginning_does_not_blind():
    values = np.r_[np.full(60, 7.0), noise(2000)]
    values[1500:] += 4.0
    score = detector().update(points(values)).score
    assert score[400:1500].max() < 12
    assert score[1500:1560].max() >= 16


def test_an_outlier_in_the_baseline_does_not_blind():
    values = noise(1500)
    values[40] = 1e9
    values[1200:] += 4.0
    score = detector().update(points(values)).score
    assert score[128:1200].max() < 12
    assert score[1200:1280].max() >= 16


def test_a_huge_offset_with_a_small_spread_is_no_obstacle():
    values = 1e9 + 1e-3 * noise(1300)
    values[1200:] += 4e-3
    score = detector().update(points(values)).score
    assert score[128:1200].max() < 12
    assert score[1200:].max() >= 16


@given(shift=st.sampled_from([0.0, -64.0, 1024.0]), power=st.integers(-20, 20))
def test_unit_and_origin_do_not_matter(shift, power):
    values = np.round(noise(400), 1)
    moved = (np.round(values * 8) / 8 + shift) * 2.0**power
    plain = detector().update(points(np.round(values * 8) / 8))
    other = detector().update(points(moved))
    np.testing.assert_allclose(other.score, plain.score, atol=0.02)


def test_another_key_draws_other_lots():
    values = np.random.default_rng(3).poisson(1.0, 600).astype(float)
    one, other = detector(), detector()
    other.reset(ROW, KEY + np.uint64(1))
    assert not np.array_equal(
        one.update(points(values)).score[128:], other.update(points(values)).score[128:]
    )


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=300))
def test_any_values_are_taken(values):
    got = detector(baseline=32, absorb=16).update(points(values))
    known = np.isfinite(got.score)
    assert (got.score[known] >= 0).all()
    assert ((got.p[known] > 0) & (got.p[known] <= 1)).all()
    assert not known[~np.isfinite(np.asarray(values, float))].any()
