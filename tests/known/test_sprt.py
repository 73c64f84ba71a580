"""What the sequential tests must hold, by their theory: scores, bounds, rates, delays."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from tocsin_detectors.contract import Points
from tocsin_detectors.kernels.sprt import SCORES
from tocsin_detectors.sequential.sprt import Sprt

MINUTE = 60_000_000_000


def test_normal_scores_are_the_means_of_equally_likely_pieces():
    z = SCORES.astype(float)
    assert abs(z.sum()) < 1e-3
    np.testing.assert_allclose(z, -z[::-1], atol=1e-6)
    assert (np.diff(z) > 0).all()
    middles = [NormalDist().inv_cdf((k + 0.5) / z.size) for k in range(z.size)]
    np.testing.assert_allclose(z[8:-8], middles[8:-8], atol=2e-4)
    assert 0.9975 < (z * z).mean() < 1.0


@pytest.mark.parametrize("d", [0.05, 0.3, 1.0, 2.0])
def test_a_step_of_the_level_test_is_a_martingale_at_most(d):
    assert np.exp(d * SCORES.astype(float) - d * d / 2).mean() <= 1.0 + 1e-9


@pytest.mark.parametrize("r", [1.5, 1 / 1.5, 2.0, 0.5])
def test_a_step_of_the_spread_test_is_a_martingale_but_for_the_pieces(r):
    z = SCORES.astype(float)
    assert np.exp(-math.log(r) + z * z / 2 * (1 - 1 / r**2)).mean() <= 1.002


def noise(kind, rows, n, rng):
    """Unit variance: normal, Student t(3), and AR(1) of .8 with either as innovation; counts."""
    if kind == "counts":
        return rng.poisson(0.7, (n, rows)).astype(float)
    e = rng.standard_t(3, (n, rows)) / math.sqrt(3) if "t3" in kind else rng.normal(size=(n, rows))
    if "ar" in kind:
        for i in range(1, n):
            e[i] = 0.8 * e[i - 1] + 0.6 * e[i]
    return e


def run(values):
    """Scores and p-values, one row a column."""
    n, rows = values.shape
    d = Sprt(Sprt.parameters.of(), rows=rows, seed=0)
    row = np.arange(rows, dtype=np.int32)
    d.reset(row, np.random.default_rng(5).integers(1, 2**63, rows).astype(np.uint64))
    at = np.repeat(np.arange(n, dtype=np.int64), rows) * MINUTE
    got = d.update(Points(np.tile(row, n), at, values.ravel()))
    return got.score.reshape(n, rows), got.p.reshape(n, rows)


@pytest.mark.parametrize("kind", ["normal", "t3", "ar", "ar t3", "counts"])
def test_p_values_hold_without_a_change(kind):
    _, p = run(noise(kind, 500, 2200, np.random.default_rng(3)))
    p = p[np.isfinite(p)]
    for u in (0.5, 0.1, 0.05, 0.01, 0.001):
        assert (p <= u).mean() <= 1.1 * u, u


@pytest.mark.parametrize(
    ("kind", "found", "delay"),
    [("normal", 0.99, 13), ("t3", 0.99, 10), ("ar", 0.85, 170), ("ar t3", 0.95, 110)],
)
def test_a_shift_of_one_spread_is_found(kind, found, delay):
    """At Wald's boundary for alpha .01, beta .05: 4.553877."""
    values = noise(kind, 300, 1700, np.random.default_rng(4))
    values[1100:] += 1.0
    score, _ = run(values)
    passed = score[1100:] >= math.log(0.95 / 0.01)
    assert passed.any(axis=0).mean() >= found
    assert np.mean(passed.argmax(axis=0)[passed.any(axis=0)]) <= delay


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_a_change_of_spread_is_found(factor):
    values = noise("t3", 300, 1500, np.random.default_rng(4))
    values[1100:] *= factor
    score, _ = run(values)
    assert (score[1100:1200].max(axis=0) >= 9.0).mean() >= 0.95
