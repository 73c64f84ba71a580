"""What a user of level and spread may rely on."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_detectors.baseline.robust import Robust
from tocsin_detectors.contract import Points

KEY = np.array([1], np.uint64)


def run(values, **params):
    d = Robust(Robust.parameters.of(**params), rows=1, seed=0)
    d.reset(np.zeros(1, np.int32), KEY)
    n = len(values)
    time = 10**9 * np.arange(n, dtype=np.int64)
    return d, d.update(Points(np.zeros(n, np.int32), time, np.asarray(values, float))).score


def noise(n, seed=1):
    return np.random.default_rng(seed).normal(100.0, 2.0, n)


def test_the_score_is_the_distance_in_spreads():
    values = noise(5000)
    values[-1] = 110.0
    _, score = run(values)
    assert 4.5 < score[-1] < 5.6
    assert 0.6 < np.median(score[1000:]) < 0.75


def test_an_incident_moves_neither_level_nor_spread_by_much():
    values = noise(3000)
    values[2000:2030] += 40.0
    d, score = run(values)
    assert score[2000:2030].min() > 5
    assert np.median(score[2040:2300]) < 1.2
    assert np.median(score[2040:2300]) > 0.5
    assert abs(d.explain([2031])[0].expected - 100.0) < 6.0


@pytest.mark.parametrize("shift", [20.0, 2000.0, 2e9])
def test_a_lasting_level_is_learned_within_hundreds_of_points(shift):
    values = noise(4000)
    values[2000:] += shift
    _, score = run(values)
    assert score[2000] > 8
    assert np.nanmax(score[2300:]) < 6
    assert 0.4 < np.nanmedian(score[2600:]) < 0.9


def test_a_constant_series_is_deaf_to_rounding():
    values = np.full(500, 0.1 + 0.2)
    values[::3] = 0.3
    _, score = run(values)
    assert np.nanmax(score) < 1e-3


def test_a_step_away_from_a_constant_is_large_and_finite():
    values = np.full(800, 5.0)
    values[300:] = 6.0
    _, score = run(values)
    assert score[300] == 1e6
    assert np.nanmax(score[510:]) < 3


def test_a_constant_that_ends_is_noise_soon():
    values = np.r_[np.full(1000, 5.0), noise(1000)]
    _, score = run(values)
    assert np.nanmedian(score[1300:]) < 2


def test_a_spike_on_a_constant_does_not_blind_for_long():
    values = np.full(6000, 5.0)
    values[1000:1002] = 1e6
    values[5000] = 500.0
    _, score = run(values)
    assert score[5000] > 8


def test_rare_counts_are_not_wild():
    values = (np.random.default_rng(2).random(20_000) < 0.01).astype(float)
    _, score = run(values)
    ones = score[1000:][values[1000:] == 1.0]
    assert ones.min() > 1.5
    assert ones.max() < 30
    values[-1] = 40.0
    assert run(values)[1][-1] > 2 * ones.max()


def test_a_huge_offset_with_a_small_spread_is_seen():
    values = 1.7e9 + noise(3000)
    values[-1] += 20.0
    _, score = run(values)
    assert 7 < score[-1] < 14


def test_heavy_tails_do_not_blow_the_spread():
    values = np.random.default_rng(3).standard_t(1.5, 20_000)
    _, score = run(values)
    assert 0.35 < np.median(score[100:]) < 0.9


def test_evidence_is_a_band_of_three_spreads():
    values = noise(2000)
    values[-1] = 120.0
    d, score = run(values)
    e = d.explain([1999])[0]
    assert e.observed == 120.0
    assert abs(e.expected - 100.0) < 1.5
    assert 4.5 < e.high - e.expected < 7.5
    assert e.note == "above"
    assert abs((120.0 - e.expected) / ((e.high - e.expected) / 3) - score[-1]) < 1e-4


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=300))
def test_any_values_are_taken(values):
    _, score = run(values, warmup=5, relearn=20)
    known = np.isfinite(score)
    assert ((score[known] >= 0) & (score[known] <= 1e6)).all()
    assert not known[~np.isfinite(np.asarray(values, float))].any()


def average_precision(label, score):
    label = label[np.argsort(-score, kind="stable")]
    return (np.cumsum(label)[label] / (np.flatnonzero(label) + 1)).mean()


def test_it_beats_chance_by_far_on_labelled_series(shared):
    gains = []
    for file in sorted((shared / "wsd").glob("*.parquet")):
        table = pq.read_table(file)
        label = table["label"].to_numpy().astype(bool)
        _, score = run(table["value"].to_numpy().astype(float))
        if label.any():
            gains.append(average_precision(label, np.nan_to_num(score)) / label.mean())
    assert np.median(gains) > 10
