"""What the calibration promises, whatever the scores."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.calibrate import CLAIM, Calibration, prior_of
from twins.calibrate import Twin

DAY = 1440
MINUTE = 1 / DAY
NONE = -9.0
SHIPPED = prior_of("robust")


def feed(of, scores, days=MINUTE, p=math.nan):
    """Scores[rows, samples] row by row; answers r of that shape. `days`, `p`: of any such shape."""
    scores = np.asarray(scores, np.float64)
    row = np.repeat(np.arange(scores.shape[0], dtype=np.int32), scores.shape[1])
    days, p = (np.array(np.broadcast_to(a, scores.shape), np.float64).ravel() for a in (days, p))
    return of.step(row, days, scores.ravel(), p).reshape(scores.shape)


def replay(of, scores, days=MINUTE, every=DAY):
    """As `feed`, with a refresh after `every` samples of each row."""
    days = np.broadcast_to(days, scores.shape)
    parts = []
    for k in range(0, scores.shape[1], every):
        parts.append(feed(of, scores[:, k : k + every], days[:, k : k + every]))
        of.refresh()
    return np.concatenate(parts, axis=1)


def fresh(rows, prior=SHIPPED, own=False):
    return Calibration(prior, rows=rows, own=own)


def ordinary(rows, samples, seed=0):
    return np.random.default_rng(seed).exponential(size=(rows, samples))


def episodes(r, need):
    """Alerts: clusters of r above NONE, fifteen samples below allowed, that reach `need`."""
    count = 0
    for line in r:
        at = np.flatnonzero(line > -8)
        for part in np.split(at, np.flatnonzero(np.diff(at) > 16) + 1):
            count += bool(part.size) and bool(line[part].max() >= need)
    return count


def bits(of):
    return {name: a.tobytes() for name, a in of.snapshot().items()}


def hostile(samples, seed=5):
    """Streams of every unpleasant kind: float64[14, samples]."""
    g = np.random.default_rng(seed)
    n, u = (lambda: g.standard_normal(samples)), (lambda: g.random(samples))
    nan, at = math.nan, np.arange(samples)
    return np.stack([
        np.abs(n()),
        np.abs(n()) / np.sqrt(g.chisquare(3, samples) / 3),
        np.full(samples, 7.5),
        (u() < 0.01) * 1.0,
        (u() < 0.3) * 1.0,
        n() * 1e300,
        np.where(u() < 0.3, nan, n() * 1e-12),
        1e9 + n(),
        np.where(at > samples // 2, 50, 0) + np.abs(n()),
        np.exp(3 * n()),
        np.minimum(g.exponential(size=samples), 1.5),
        np.where(at % 500 < 250, nan, g.exponential(size=samples)),
        np.where(u() < 1e-3, math.inf, n()),
        np.where(u() < 1e-2, -math.inf, -(n() ** 2)),
    ])  # fmt: skip


@pytest.mark.parametrize("own", [False, True])
def test_the_kernels_are_their_twin(own):
    scores = hostile(6500)
    g = np.random.default_rng(6)
    days = g.choice([MINUTE, 5 * MINUTE], (14, 1)) * g.choice([0, 1, 1, 1, 4], scores.shape)
    p = np.where(g.random(scores.shape) < 0.1, math.nan, g.random(scores.shape) ** 4)
    of, twin = fresh(14, own=own), Twin(14, SHIPPED.index, SHIPPED.least, own)
    for a, b in ((0, 360), (360, 720), (720, 1440), (1440, 2880), (2880, 4320), (4320, 6500)):
        want = [
            [twin.sample(k, days[k, i], scores[k, i], p[k, i]) for i in range(a, b)]
            for k in range(14)
        ]
        got = feed(of, scores[:, a:b], days[:, a:b], p[:, a:b])
        assert got == pytest.approx(np.array(want), abs=1e-6, nan_ok=True)
        of.refresh()
        twin.refresh()
    assert of.hot["cls"].tolist() == [x.cls for x in twin.series]


@settings(max_examples=20)
@given(st.lists(st.integers(1, 400), max_size=6), st.integers(0, 10**6))
def test_how_samples_are_batched_does_not_matter(cuts, seed):
    scores = hostile(2 * DAY)
    row = np.random.default_rng(seed).permutation(np.repeat(np.arange(14, dtype=np.int32), DAY))
    one, many = fresh(14), fresh(14)
    for day in (scores[:, :DAY], scores[:, DAY:]):
        feed_all = feed(one, day)
        seen, at = np.zeros(14, int), 0
        out = np.empty_like(day)
        for n in (*cuts, row.size):
            part = row[at : at + n]
            at += part.size
            place = np.empty(part.size, int)
            for i, k in enumerate(part):  # rows interleave; within a row the order is kept
                place[i] = seen[k]
                seen[k] += 1
            t = np.full(part.size, MINUTE)
            out[part, place] = many.step(part, t, day[part, place], t)
        one.refresh()
        many.refresh()
        assert np.array_equal(out, feed_all, equal_nan=True)
    assert bits(one) == bits(many)


def test_other_series_in_a_batch_do_not_matter_between_refreshes():
    scores = hostile(DAY)
    together = feed(fresh(14), scores)
    alone = np.concatenate([feed(fresh(1), s[None]) for s in scores])
    assert np.array_equal(together, alone, equal_nan=True)


@pytest.mark.parametrize("days", [0.2, 0.8, 4, 7])  # no peaks, by rank, by the tail
def test_stranger_scores_never_answer_less(days):
    n = int(days * DAY)
    of = fresh(360)  # 6 series of 60 equal ones each
    replay(of, np.repeat(ordinary(6, n), 60, axis=0))
    stranger = np.concatenate([np.linspace(0, 40, 50), 10.0 ** np.arange(2, 12)])
    r = feed(of, np.tile(stranger, 6)[:, None]).reshape(6, 60)
    assert np.all(np.diff(r, axis=1) >= 0)


def test_another_unit_and_zero_of_the_score_change_nothing_once_calibrated():
    scores = ordinary(8, 6 * DAY)
    a, b = replay(fresh(8), scores), replay(fresh(8), 64 * scores - 512)
    assert episodes(a[:, DAY:], 0) == episodes(b[:, DAY:], 0)
    assert a[:, DAY:] == pytest.approx(b[:, DAY:], abs=1e-3)


def test_missing_samples_change_nothing():
    scores = ordinary(4, 3 * DAY)
    holes = np.insert(scores, np.repeat(np.arange(0, 3 * DAY, 3), 2), math.nan, axis=1)
    a, b = fresh(4), fresh(4)
    r = replay(b, holes, every=DAY + 960)
    assert np.array_equal(
        replay(a, scores), r[:, ~np.isnan(holes[0])].reshape(4, -1), equal_nan=True
    )
    assert bits(a) == bits(b)


def test_twice_as_slow_a_series_has_the_same_alerts_at_half_the_budget():
    scores = ordinary(8, 8 * DAY)
    a, b = replay(fresh(8), scores), replay(fresh(8), scores, days=2 * MINUTE)
    late = slice(4 * DAY, None)
    asked = 8 * 4  # at 1 a day
    assert episodes(a[:, late], 0) == pytest.approx(
        episodes(b[:, late], math.log10(2)), abs=0.15 * asked
    )


@pytest.mark.parametrize("at", [0, 1, 31, 200, 3000, 7000])
def test_a_restart_changes_nothing(at):
    scores = hostile(7400)
    straight, cut = fresh(14), fresh(14)
    for k in range(0, 7400, 200):
        if k == at // 200 * 200:
            feed(cut, scores[:, k:at])
            again = fresh(2)
            again.restore(cut.snapshot())
            cut = again
            feed(cut, scores[:, at : k + 200])
        else:
            feed(cut, scores[:, k : k + 200])
        feed(straight, scores[:, k : k + 200])
        if k % 1400 == 0:
            straight.refresh()
            cut.refresh()
    assert bits(straight) == bits(cut)


def test_a_restart_in_the_middle_of_an_episode_keeps_it_open():
    of = fresh(1)
    replay(of, ordinary(1, 4 * DAY))
    feed(of, [[50.0, 0.1, 0.1]])
    again = fresh(1)
    again.restore(of.snapshot())
    before = int(again.hot["nr"][0])
    feed(again, np.full((1, 13), 0.1))
    assert int(again.hot["nr"][0]) == before
    feed(again, [[0.1]])
    assert int(again.hot["nr"][0]) == before + 1


def test_rows_can_be_saved_and_restored_apart():
    of, other = fresh(14), fresh(14)
    scores = hostile(3 * DAY)
    replay(of, scores)
    replay(other, scores)
    some = np.array([1, 5, 9], np.int32)
    t = np.full(3, MINUTE)
    for s in (3.0, 9.0, 0.1):
        of.step(some, t, np.full(3, s), t)
    other.restore(of.snapshot(some), some)
    assert bits(of) == bits(other)


def test_a_snapshot_of_something_else_is_refused():
    with pytest.raises(ValueError, match="calibration snapshot"):
        fresh(1).restore({"m": np.zeros(1)})


def test_reset_rows_are_as_new():
    of = fresh(3)
    feed(of, ordinary(3, 500))
    of.reset(np.array([1], np.int32))
    r = of.step(
        np.full(900, 1, np.int32), np.full(900, MINUTE), ordinary(1, 900, 3)[0], np.zeros(900)
    )
    assert np.array_equal(r, feed(fresh(1), ordinary(1, 900, 3))[0], equal_nan=True)


def test_growing_keeps_what_was_learned():
    of, grown = fresh(2), fresh(2)
    for x in (of, grown):
        replay(x, ordinary(2, 3 * DAY))
    grown.resize(50)
    scores = ordinary(2, 300, 8)
    assert np.array_equal(feed(of, scores), feed(grown, scores))


def test_a_series_costs_what_the_design_allows():
    of = fresh(1000)
    state = of.hot.nbytes + sum(a.nbytes for a in of.cold.values())
    assert (of.bytes_per_row(), state) == (560, 560_000)


def test_a_record_stays_on_one_cache_line():
    of = fresh(7)
    of.resize(1001)
    assert of.hot.ctypes.data % 64 == 0
    assert of.hot.strides == (64,)


def test_a_constant_series_never_rings():
    of = fresh(3)
    r = replay(of, np.array([[0.0], [7.5], [-1e9]]) * np.ones(12 * DAY))
    assert not np.any(r > -8)
    assert np.all(of.hot["u"] > of.hot["m"])


@pytest.mark.parametrize("every", [1.4, 7, 35])  # days
def test_scores_of_zero_and_one_ring_no_more_than_asked(every):
    scores = (np.random.default_rng(1).random((200, 12 * DAY)) < MINUTE / every) * 1.0
    r = replay(fresh(200), scores)[:, DAY:]
    for need in (1, 7, 30):
        assert episodes(r, math.log10(need)) * need / (200 * 11) < 1.7


@pytest.mark.parametrize("share", [0.99, 0.999])
def test_scores_cut_off_above_the_threshold_ring_no_more_than_asked(share):
    scores = np.minimum(ordinary(200, 12 * DAY), -math.log(1 - share))
    r = replay(fresh(200), scores)[:, DAY:]
    for need in (1, 7, 30):
        assert episodes(r, math.log10(need)) * need / (200 * 11) < 1


def test_scores_of_which_a_tenth_is_cut_off_ring_at_most_twice_as_asked():
    scores = np.minimum(ordinary(200, 12 * DAY), -math.log(0.1))
    r = replay(fresh(200), scores)[:, DAY:]
    for need, limit in ((1, 1.5), (7, 2.0), (30, 2.4)):  # the steps of the score are that coarse
        assert episodes(r, math.log10(need)) * need / (200 * 11) < limit


def test_the_first_samples_are_judged_by_nothing():
    assert np.all(np.isnan(feed(fresh(2), ordinary(2, 32))))


def test_a_large_break_in_the_first_hour_rings_at_a_week():
    noise = np.abs(np.random.default_rng(2).standard_normal((500, 60)))
    for n in (33, 45, 59):
        scores = noise[:, : n + 1].copy()
        scores[:, n] = 45.0  # the values had a range of four to five
        r = feed(fresh(500), scores)[:, n]
        assert np.mean(r >= math.log10(7)) > 0.9


def test_the_first_hours_claim_no_more_than_a_month():
    scores = ordinary(1, 200)
    scores[0, 150] = 1e9
    assert feed(fresh(1), scores).max(where=scores > 9, initial=NONE) == math.log10(CLAIM)


def test_without_a_prior_the_first_hours_claim_no_more_than_they_saw():
    scores = ordinary(1, 200)
    scores[0, 150] = 1e9
    assert feed(fresh(1, prior_of("unheard of")), scores)[0, 150] == pytest.approx(
        math.log10(150 * MINUTE)
    )


def test_a_first_event_after_a_quiet_day_is_as_rare_as_the_day_is_long():
    scores = np.zeros((1, DAY))
    scores[0, -1] = 1.0
    assert 10 ** feed(fresh(1), scores)[0, -1] == pytest.approx(1.0, abs=0.01)


def test_an_own_p_value_speaks_until_the_shard_knows_better():
    of = fresh(6, own=True)
    scores, p = ordinary(6, 3 * DAY), np.full((6, 3 * DAY), 0.5)
    p[:, :4] = [[1e-3, 1e-12, math.nan, 0.021]]
    r = feed(of, scores[:, :DAY], p=p[:, :DAY])
    assert r[0, :4] == pytest.approx(
        [math.log10(MINUTE / 1e-3), math.log10(30), math.nan, NONE], nan_ok=True
    )
    assert of.mode(0) == "zero_shot"
    of.refresh()
    assert of.mode(0) == "warm_up"
    assert np.any(feed(of, scores[:, DAY:], p=p[:, DAY:]) > -8)


def test_the_mode_says_what_speaks():
    of = fresh(8)
    scores = ordinary(8, 5 * DAY)
    modes = []
    for a, b in ((0, 100), (100, 700), (700, DAY), (DAY, 5000), (5000, 5 * DAY)):
        feed(of, scores[:, a:b])
        if b >= DAY:
            of.refresh()
        modes.append(of.mode(0))
    assert modes == ["zero_shot", "warm_up", "warm_up", "warm_up", "learned"]


def test_support_grows_with_history():
    of = fresh(10)
    of_age = {}
    for day in range(10):
        feed(of, ordinary(10, DAY, day))
        of.refresh()
        of_age[day + 1] = of.supported_days(0)
    assert of_age[3] < of_age[5] < of_age[10]
    assert 5 < of_age[10] < 14


def test_p_values_are_conservative():
    of = fresh(100)
    scores = ordinary(100, 6 * DAY)
    replay(of, scores[:, : 5 * DAY])
    r = feed(of, scores[:, 5 * DAY :])
    told = zip(*np.nonzero(r > NONE), strict=True)
    p = np.array([of.p_value(k, r[k, i], MINUTE, math.nan) for k, i in told])
    assert p.max() <= 0.02 + 1e-9
    for level in (0.01, 1e-3, 1e-4):
        assert np.count_nonzero(p <= level) <= 1.2 * level * r.size


def test_the_p_value_of_an_uncalibrated_test_is_its_own():
    of = fresh(1, own=True)
    r = feed(of, ordinary(1, 40), p=np.full((1, 40), 1e-3))
    assert of.p_value(0, r[0, -1], MINUTE, 1e-3) == 1e-3


def test_the_p_value_by_rank_is_the_share_of_the_time_seen():
    of = fresh(1)
    scores = ordinary(1, 1000)
    scores[0, -1] = 1e9
    r = feed(of, scores)
    assert of.p_value(0, math.log10(1000 * MINUTE), MINUTE, math.nan) == pytest.approx(1e-3)
    assert 0 < of.p_value(0, r[0, -1], MINUTE, math.nan) <= 1e-3


def test_at_or_below_the_threshold_no_p_value_is_claimed():
    assert math.isnan(fresh(1).p_value(0, NONE, MINUTE, 0.5))


def test_a_long_silence_forgets_nothing():
    of = fresh(6)
    replay(of, ordinary(6, 4 * DAY))
    before = bits(of)
    of.refresh()
    once = bits(of)
    of.refresh()
    assert once == bits(of)
    assert all(once[k] == before[k] for k in ("c", "tt", "obs", "exp", "pool_exp"))
