"""The four chains of tests for one series, point by point. Singles are rounded as they are kept."""

import math
import struct
from itertools import pairwise
from statistics import NormalDist

WORD = (1 << 64) - 1


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def scores(pieces=1024):
    """Means of a standard normal over equally likely pieces."""
    normal = NormalDist()
    edges = [normal.inv_cdf(k / pieces) for k in range(1, pieces)]
    heights = [0.0, *(normal.pdf(z) for z in edges), 0.0]
    return [single(pieces * (a - b)) for a, b in pairwise(heights)]


SCORES = scores()


def within(x, most):
    return max(-most, min(most, x))


def lots(key, time):
    h = (key * 0x9E3779B97F4A7C15 + time) & WORD
    h = ((h ^ (h >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    h = ((h ^ (h >> 27)) * 0x94D049BB133111EB) & WORD
    return h ^ (h >> 31)


class Baseline:
    """The first points: 16 for rough units, the others for level, scale and correlation."""

    def __init__(self):
        self.seen = 0
        self.level = self.scale = self.mean = self.square = self.product = self.last = 0.0

    def learn(self, x):
        k = self.seen
        self.seen += 1
        if k < 16:
            d = x - self.level if k else 0.0
            self.level = self.level + d / (k + 1) if k else x
            if k:
                grown = self.scale + (math.sqrt(math.pi / 2) * abs(d) - self.scale) / k
                self.scale = single(min(grown, 1e38))
            return
        self.grain = max(1e-12 * abs(self.level), 1e-30)
        self.used = max(self.scale, self.grain)
        y = (x - self.level) / self.used
        if self.used == self.grain and abs(y) > 20:
            self.__init__()
            return
        y = within(y, 20.0)
        j = k - 15
        self.mean = single(self.mean + (y - self.mean) / j)
        self.square = single(self.square + (y * y - self.square) / j)
        if k > 16:
            self.product = single(self.product + (y * self.last - self.product) / (j - 1))
        self.last = single(y)

    def phi(self):
        j = self.seen - 16
        phi = (self.product - self.mean**2) / max(self.square - self.mean**2, 1e-9)
        phi += (1 + 3 * phi) / j
        return 0.0 if phi < 2 / math.sqrt(j) else single(min(phi, 0.97))


class Tests:
    """From the baseline on."""

    def __init__(self, baseline, x, shift, spread):
        self.shift = shift
        self.wide = single(math.log(spread))
        self.half, self.narrow = single((1 - 1 / spread**2) / 2), single((spread**2 - 1) / 2)
        self.phi, self.fitted = baseline.phi(), baseline.seen - 16
        self.level = baseline.level + baseline.mean * baseline.used
        variance = max(baseline.square - baseline.mean**2, 0.0)
        scale = max(baseline.used * math.sqrt(variance), baseline.grain)
        self.scale = single(min(scale, 1e38))
        self.unit = single(1 / (self.scale * math.sqrt(1 - self.phi**2)))
        self.last = single(within((x - self.level) * self.unit, 1e6))
        self.count = [0] * 25
        self.coarse = self.scale > 2 * max(1e-12 * abs(self.level), 1e-30)
        self.rho, self.age, self.alarm = 0.0, 0, 0
        self.llr = [0.0] * 4
        self.design()

    def design(self):
        odds = math.sqrt((1 - self.phi) / (1 + self.phi))
        d = max(self.shift * odds, 0.05)
        w = 1 + 1.5 / (odds * math.sqrt(self.fitted))
        self.lean, self.cost = single(d / w**2), single(0.5 * d * d / w**2)

    def step(self, x, draw, absorb):
        """The score, and whether the row is to begin anew."""
        y = single(within((x - self.level) * self.unit, 1e6))
        e = single(y - single(self.phi * self.last))
        t = single(single(12 * e) / single(1.5 + abs(e)))
        cell = int(single(single(12 + t) + (draw & 0xFFFF) / 2**16))
        below, same, points = sum(self.count[:cell]), self.count[cell], sum(self.count)
        rank = single(below + single((draw >> 16 & 0xFFFF) / 2**16 * (1 + same)))
        z = SCORES[min(1023, int(single(single(rank * 1024) / (points + 1))))]
        calm = 20 * same >= 19 * points
        z = 0.0 if calm else z
        push, square = single(self.lean * z), single(z * z)
        narrow = -self.wide if calm else self.wide
        gains = (
            single(push - self.cost),
            -single(push + self.cost),
            single(single(self.half * square) - self.wide),
            single(narrow - single(self.narrow * square)),
        )
        self.llr = [
            single(max(0.0, min(32.0, v + g))) for v, g in zip(self.llr, gains, strict=True)
        ]
        score = max(self.llr)

        before, self.last = self.last, y
        self.age += 1
        learned = single(single(z * within(before, 8.0)) - self.rho)
        self.rho = single(self.rho + single(learned / self.age))
        self.count[cell] += 1
        self.alarm = self.alarm + 1 if score >= 16 else max(0, self.alarm - 1)
        if self.alarm >= absorb or (calm and self.coarse and y != before and same + 1 >= 255):
            return score, True
        if self.age >= 64 and 2 * self.age > points:
            if self.alarm == 0:
                self.refit(points + 1)
            self.rho, self.age = 0.0, 0
        if same + 1 >= 255 or points + 1 >= 1024:
            self.count = [(c + (draw >> 32 >> j & 1)) // 2 for j, c in enumerate(self.count)]
        return score, False

    def refit(self, points):
        weight = self.age / (self.fitted + self.age)
        step = self.rho * (1 - self.phi**2) + (1 + 3 * self.phi) / points
        self.phi = single(min(max(self.phi + weight * step, 0.0), 0.97))
        self.fitted = min(self.fitted + self.age, 4096)
        self.design()


def twin(time, value, key, shift=1.0, spread=1.5, baseline=128, absorb=128):
    """For seed 0."""
    learned, tests = Baseline(), None
    scores = []
    for t, given in zip(time, value, strict=True):
        if not math.isfinite(given):
            scores.append(math.nan)
            continue
        x = within(float(given), 1e150)
        if tests:
            score, anew = tests.step(x, lots(key, int(t)), absorb)
            scores.append(score)
            if anew:
                learned, tests = Baseline(), None
            continue
        learned.learn(x)
        scores.append(math.nan)
        if learned.seen == baseline:
            tests = Tests(learned, x, shift, spread)
    return scores, [s if math.isnan(s) else min(1.0, 4 * math.exp(-s)) for s in scores]
