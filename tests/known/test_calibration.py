"""Figures of the calibration, by hand or from an independent float64 implementation of it.

The stream: x <- (1103515245 x + 12345) mod 2^31 from 12345, s = -ln((x + 1/2) / 2^31), ten series
of 5,760 samples a minute apart, one after the other.
"""

import math

import numpy as np
import pytest

from tocsin.detect.calibrate import Calibration, Prior
from tocsin.detect.ladder import LOGR, ladder
from tocsin_detectors.kernels.tail import lmoments, log_survival, shape, spread
from twins.calibrate import excess_at

DAY = 1440


def test_moments_of_four_values():
    out = np.empty(2)
    lmoments(np.array([4, 1, 3, 2], np.float32), 4, np.empty(64), out)
    assert out == pytest.approx([2.5, 1 / 3], abs=1e-12)


@pytest.mark.parametrize(
    ("xi", "sigma", "known"), [(0, 1, -2), (0.25, 0.8, -1.942031), (-0.5, 1.2, -2.151657)]
)
def test_log_survival_of_two(xi, sigma, known):
    assert log_survival(2.0, xi, sigma) == pytest.approx(known, abs=5e-7)


@pytest.mark.parametrize(("xi", "sigma"), [(0, 1), (0.25, 0.8), (-0.5, 1.2)])
def test_log_survival_is_what_the_inverse_undoes(xi, sigma):
    for ls in (-1e-3, -1.0, -20.0):
        assert log_survival(excess_at(ls, xi, sigma), xi, sigma) == pytest.approx(ls, rel=1e-9)


def test_shape_and_scale_of_a_heavy_tail():
    assert (shape(0.6), spread(3.0, 0.6)) == pytest.approx((1 / 3, 2.0), abs=1e-12)


def test_shape_and_scale_of_a_light_tail():
    assert 1 - shape(0.4) == pytest.approx(1.356915, abs=5e-7)
    assert spread(1.0, 0.4) == pytest.approx(1 / math.gamma(1 + 1 / 1.356915), abs=1e-6)


def test_a_ladder():
    obs = np.zeros(24)
    obs[:9] = [170, 95, 60, 30, 20, 12, 9, 6, 4]
    c = ladder(obs, 10 / 10**LOGR, np.zeros(24), 10.0)
    assert c[[0, 4, 8, 12]] == pytest.approx([-0.0185, 0.0294, 0.1950, 0.1087], abs=5e-5)


def stream(n):
    x, scores = 12345, np.empty(n)
    for k in range(n):
        x = (1103515245 * x + 12345) % 2**31
        scores[k] = -math.log((x + 0.5) / 2**31)
    return scores


def episodes(r, need):
    """Clusters of r above NONE, fifteen samples below allowed, that reach `need`."""
    count, quiet, rang = 0, 16, False
    for x in r:
        if not x > -8:
            quiet += 1
            continue
        if quiet > 15:
            rang = False
        quiet = 0
        count += x >= need and not rang
        rang |= x >= need
    return count


@pytest.fixture(scope="module")
def exponential():
    """(calibration, r) after four days of the stream, refreshed daily."""
    scores = stream(10 * 4 * DAY).reshape(10, 4, DAY)
    of = Calibration(Prior(), rows=10, own=False)
    row = np.repeat(np.arange(10, dtype=np.int32), DAY)
    days = np.full(row.size, 60 / 86400)
    r = []
    for d in range(4):
        r.append(of.step(row, days, scores[:, d].ravel(), days).reshape(10, DAY))
        of.refresh()
    return of, np.concatenate(r, axis=1)


def test_the_fit_of_the_stream(exponential):
    h = exponential[0].hot[0]
    fit = [round(float(h[name]), 5) for name in ("m", "u", "lam", "xi", "sigma")]
    assert fit == [0.70139, 4.00054, 19.86622, -0.08363, 0.31806]


def test_the_tail_weight_of_the_stream(exponential):
    beta = 1 - float(exponential[0].hot[0]["xi"])
    assert 1 - 2 ** (-1 / beta) == pytest.approx(0.47252, abs=5e-6)


def test_the_most_unusual_of_the_last_day_of_the_stream(exponential):
    assert round(float(exponential[1][:, 3 * DAY :].max()), 4) == 0.8130


def test_episodes_of_a_day_in_the_stream(exponential):
    assert sum(episodes(r[DAY:], 0.0) for r in exponential[1]) == 28
