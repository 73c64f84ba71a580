"""The four chains of tests for one series, point by point. Singles are rounded as they are kept."""

import math
import struct

WORD = (1 << 64) - 1


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


# P. J. Acklam, An algorithm for computing the inverse normal cumulative distribution function.
A = (-3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02)
A += (1.383577518672690e02, -3.066479806614716e01, 2.506628277459239e00)
B = (-5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02)
B += (6.680131188771972e01, -1.328068155288572e01, 1.0)
C = (-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e00)
C += (-2.549732539343734e00, 4.374664141464968e00, 2.938163982698783e00)
D = (7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00)
D += (3.754408661907416e00, 1.0)


def polynomial(coefficients, x):
    total = 0.0
    for c in coefficients:
        total = total * x + c
    return total


def probit(p):
    if 0.02425 <= p <= 1 - 0.02425:
        q = p - 0.5
        return q * polynomial(A, q * q) / polynomial(B, q * q)
    t = math.sqrt(-2 * math.log(min(p, 1 - p)))
    z = polynomial(C, t) / polynomial(D, t)
    return z if p < 0.5 else -z


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
        self.grain = max(1e-10 * abs(self.level), 1e-30)
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
        self.shift, self.spread = shift, spread
        self.phi, self.fitted = baseline.phi(), baseline.seen - 16
        self.level = baseline.level + baseline.mean * baseline.used
        variance = max(baseline.square - baseline.mean**2, 0.0)
        scale = max(baseline.used * math.sqrt(variance), baseline.grain)
        self.scale = single(min(scale, 1e38))
        self.unit = single(1 / (self.scale * math.sqrt(1 - self.phi**2)))
        self.last = single(within((x - self.level) * self.unit, 1e6))
        self.count = [0] * 25
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
        y = within((x - self.level) * self.unit, 1e6)
        e = y - self.phi * self.last
        u = ((draw >> 32) + 0.5) / 2**32
        cell = int(12 + 12 * e / (1.5 + abs(e)) + (draw & 0xFFFFFF) / 2**24)
        points, same = sum(self.count), self.count[cell]
        calm = 20 * same > 19 * points
        z = 0.0
        if not calm:
            z = probit((sum(self.count[:cell]) + u * (1 + same)) / (points + 1))
        r = self.spread
        wide = z * z / 2 * (1 - 1 / r**2) - math.log(r)
        narrow = -math.log(r) if calm else math.log(r) - z * z / 2 * (r**2 - 1)
        gains = (self.lean * z - self.cost, -self.lean * z - self.cost, wide, narrow)
        self.llr = [
            single(max(0.0, min(50.0, v + g))) for v, g in zip(self.llr, gains, strict=True)
        ]
        score = max(self.llr)

        reach = 5 * self.scale * self.unit
        before, now = within(self.last, reach), single(y)
        moved, self.last = now != self.last, now
        self.age += 1
        self.rho = single(self.rho + (z * before - self.rho) / self.age)
        self.count[cell] += 1
        self.alarm = self.alarm + 1 if score >= 16 else max(0, self.alarm - 1)
        if self.alarm >= absorb or (calm and moved and same + 1 >= 255):
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
    key = (key ^ (key >> 32)) & 0xFFFFFFFF
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
