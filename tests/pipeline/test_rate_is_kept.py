"""The statistical gate: what rings, against what was asked, on series where nothing is wrong.

Minute series of three kinds, and two scores: A, the distance from the mean in standard deviations;
B, the same averaged over an hour, strongly autocorrelated. 2 days for the detector, 7 for the
calibration, the rest counted.
"""

import math

import numpy as np
import pytest

from tocsin.detect.calibrate import Calibration, Prior, prior_of
from tocsin.detect.combine import combine

DAY = 1440
MINUTE = 1 / DAY
COUNTED = 9 * DAY  # from here on
NONE = -9.0
KINDS = ("normal", "t3", "ar9")


def values(kind, rows, days, seed=0):
    """float64[samples, rows]"""
    g = np.random.default_rng([seed, *map(ord, kind)])
    x = g.standard_normal((days * DAY, rows))
    if kind == "t3":
        x /= np.sqrt(g.chisquare(3, x.shape) / 3)
    if kind == "ar9":
        ar(x)
    return x


def ar(x, phi=0.9):
    """Autocorrelation along time, in place."""
    for t in range(1, len(x)):
        x[t] = phi * x[t - 1] + math.sqrt(1 - phi * phi) * x[t]


def scores(x):
    """A and B, float64[samples, rows] each."""
    a, b = np.empty_like(x), np.empty_like(x)
    mean, var, average = x[0].copy(), np.ones(x.shape[1]), np.zeros(x.shape[1])
    for t, now in enumerate(x):
        sd = np.sqrt(var)
        far = now - mean
        a[t] = np.abs(far / sd)
        average += (np.clip(far / sd, -5, 5) - average) / 32
        b[t] = np.abs(average) * math.sqrt(63)
        learnt = np.clip(far, -6 * sd, 6 * sd)
        gain = max(MINUTE, 1 / (t + 2))
        var += gain * (learnt * learnt - var)
        mean += gain * learnt
    return {"A": a, "B": b}


def answers(score, prior=None):
    """r, float64[samples, rows]: a batch an hour, rows interleaved; a refresh a day."""
    n, rows = score.shape
    of = Calibration(prior or Prior(), rows=rows, own=False)
    row = np.tile(np.arange(rows, dtype=np.int32), 60)
    days = np.full(row.size, MINUTE)
    r = np.empty_like(score)
    for t in range(0, n, 60):
        r[t : t + 60] = of.step(row, days, score[t : t + 60].ravel(), days).reshape(60, rows)
        if t in (300, 660) or (t + 60) % DAY == 0:
            of.refresh()
    return r


def starts(r, need):
    """Samples at which each row's alerts ring: clusters of r above NONE that reach `need`."""
    rang = []
    for k in range(r.shape[1]):
        at = np.flatnonzero(r[:, k] > -8)
        for part in np.split(at, np.flatnonzero(np.diff(at) > 16) + 1):
            reached = np.flatnonzero(r[part, k] >= math.log10(need) - 1e-9)
            rang += part[reached[:1]].tolist()
    return np.array(rang)


def ratio(r, need, since=COUNTED):
    """Measured over asked."""
    return np.count_nonzero(starts(r, need) >= since) * need / (r.shape[1] * (len(r) - since) / DAY)


@pytest.mark.parametrize(
    ("rows", "days"), [(100, 17), pytest.param(300, 21, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_quiet_series_ring_as_often_as_asked(kind, rows, days):
    room = 1.0 if rows == 300 else 1.6  # a smaller fleet says less
    for name, score in scores(values(kind, rows, days)).items():
        r = answers(score[2 * DAY :])
        r = np.concatenate([np.full((2 * DAY, rows), NONE), r])
        assert 1 - 0.25 * room < ratio(r, 1) < 1 + 0.2 * room, name
        assert 1 - 0.25 * room < ratio(r, 7) < 1 + 0.2 * room, name
        assert ratio(r, 30) < 1 + 0.5 * room, name


def test_an_entity_rings_as_often_as_asked_however_its_series_move_together():
    entities, days = 100, 17
    g = np.random.default_rng(4)
    joint = np.repeat(g.standard_normal((days * DAY, entities)), 8, axis=1)
    x = math.sqrt(0.9) * joint + math.sqrt(0.1) * g.standard_normal(joint.shape)
    r = np.nan_to_num(answers(scores(x)["A"]), nan=NONE)
    members = r.reshape(-1, entities, 8).reshape(-1, 8).T
    entity = combine(np.ascontiguousarray(members), np.full(8, 1 / 8)).reshape(-1, entities)
    assert 0.8 < ratio(entity, 1) < 1.2


def test_a_level_that_stays_rings_once():
    rows, days = 100, 17
    x = values("ar9", rows, days, seed=2)
    x[COUNTED:] += 4
    for score in scores(x).values():
        rang = starts(answers(score), 7)
        rang = rang[rang >= COUNTED]
        day, week = (np.count_nonzero(rang - COUNTED < n * DAY) / rows for n in (1, 7))
        assert day > 0.9
        assert week < 1.3


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_six_hours_ring_no_more_than_asked(kind):
    rows = 2000
    x = values(kind, rows, 1, seed=3)[:360]
    for name, score in scores(x).items():
        r = answers(score, prior_of("robust"))
        for need in (1, 7, 30):
            assert ratio(r, need, since=0) < 1.3, (name, need)
