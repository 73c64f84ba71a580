"""The calibration, said plainly: one series after another, one sample at a time.

State is kept in float64 but for what is stored as float32, which is rounded where it is stored, and
the correction, a multiple of 1/16384.
"""

import math
import struct

LOGR = [-1.25 + 0.25 * k for k in range(24)]
NONE = -9.0


def single(x):
    """Rounded to float32."""
    return struct.unpack("f", struct.pack("f", x))[0]


def log_survival(w, xi, sigma):
    if abs(xi) < 1e-4:
        return -w / sigma
    if xi < 0:
        return -((w / sigma) ** (1 - xi))
    return -math.log1p(xi * w / sigma) / xi


def excess_at(ls, xi, sigma):
    """Inverse of log_survival."""
    if abs(xi) < 1e-4:
        return -ls * sigma
    if xi < 0:
        return sigma * (-ls) ** (1 / (1 - xi))
    return sigma * math.expm1(-ls * xi) / xi


def tail(b0, t):
    """xi and sigma."""
    if t >= 0.5:
        return 2 - 1 / t, b0 * (1 / t - 1)
    beta = -math.log(2) / math.log1p(-t)
    return 1 - beta, b0 / math.gamma(1 + 1 / beta)


def lmoments(values):
    a = sorted(values)
    n = len(a)
    b0 = sum(a) / n
    a1 = sum(x * (n - j) / (n - 1) for j, x in enumerate(a, 1)) / n
    return b0, (1 - 2 * a1 / b0 if b0 > 0 else 0.5)


def median(values):
    a = sorted(values)
    n = len(a)
    return 0.5 * (a[(n - 1) // 2] + a[n // 2])


def ladder(obs, exp, prior, caution):
    c, ratio, before = [], 1.0, 0.0
    for o, e, p in zip(obs, exp, prior, strict=True):
        ratio = (o + caution * ratio * 10 ** (p - before)) / (e + caution)
        before = p
        c.append(math.log10(min(max(ratio, 0.02), 50.0)))
    return c


class Series:
    def __init__(self):
        self.first, self.n = [], 0
        self.m = self.u = 0.0
        self.days, self.late, self.counted = 0.0, 0.0, 0.0  # since the last refresh
        self.age = self.tt = self.c = self.lam = self.xi = self.sigma = 0.0
        self.record = 0.0
        self.ring, self.open, self.peak, self.top = [], 0, 0.0, NONE
        self.cls = 0
        self.obs, self.exp, self.correction = [0.0] * 24, [0.0] * 24, [0.0] * 24


class Twin:
    def __init__(self, rows, index=0.0, least=0.0, own=False):
        self.series = [Series() for _ in range(rows)]
        self.index, self.least, self.own = index, least, own
        self.obs = [[0.0] * 24 for _ in range(8)]
        self.exp = [[0.0] * 24 for _ in range(8)]
        self.t, self.var, self.mean, self.rate, self.age = 0.5, 1e-3, 0.0, 0.0, 0.0

    def sample(self, row, days, s, p=math.nan):
        if math.isnan(s):
            return math.nan
        x = self.series[row]
        r = self.judge(x, max(min(s, 1e150), -1e150))
        x.n += 1
        x.days += days
        if x.n > 360:
            x.counted += days
        if x.n > 5001:
            x.late += days
        if self.own and x.lam == 0:
            if math.isnan(p):
                return math.nan
            if p > 1 - 0.98 or days <= 0:
                return NONE
            return min(math.log10(days / max(p, 1e-300)), math.log10(30))
        return r

    def judge(self, x, s):
        """Answer and learn, time aside."""
        if x.n < 32:
            x.first.append(s)
            if x.n == 31:
                x.m = median(x.first)
                x.u = max(sorted(x.first)[-2], x.m + 1e-6 * (1 + abs(x.m)))
                x.record = single(min(max((max(x.first) - x.u) / (x.u - x.m), 0), 1e30))
            return math.nan
        scale = x.u - x.m
        over = s > x.u
        r = NONE
        if over:
            w = min((s - x.u) / scale, 1e30)
            r0 = NONE
            if x.lam > 0:
                r0 = -(math.log(x.lam) + log_survival(w, x.xi, x.sigma)) / math.log(10)
                r = min(r0 - self.correction(x, r0), 5.0)
            else:
                r = self.rank(x, w)
            if not x.open:
                x.peak, x.top = 0.0, NONE
            x.open = 16
            x.peak, x.top = single(max(x.peak, w)), single(max(x.top, r0))
        elif x.open:
            x.open -= 1
            if not x.open:
                self.close(x)
        memory = min(x.n + 30, 20000)
        step = ((1 if over else 0) - 0.02) / (3 * 0.02 * memory)
        grow = math.exp(min(max(step, -0.3), 0.3))
        if s != x.m:
            x.m += math.copysign(0.5, s - x.m) * scale * min(0.3, 2 / (memory - 26))
        x.u = max(x.m + scale * grow, x.m + 1e-6 * (1 + abs(x.m)))
        return r

    def correction(self, x, r0):
        c = x.correction
        at = (r0 + 1.25) / 0.25
        if at <= 0:
            return c[0]
        if at >= 23:
            return c[23]
        k = int(at)
        return c[k] + (at - k) * (c[k + 1] - c[k])

    def rank(self, x, w):
        observed = max(x.age + x.days, 1e-9)
        if w > x.record:
            flat = x.u - x.m <= max(self.least, 1e-4 * (1 + abs(x.m)))
            ratio = (1 + w) / (1 + x.record)
            r = math.log10(observed) + (0 if flat else self.index) * math.log10(ratio)
            return min(r, math.log10(30))
        if x.n <= 360:
            return math.log10(observed * 32 / x.n)
        k = 1 + sum(peak >= w for peak in x.ring)
        return math.log10(max(x.tt + x.counted, observed / x.n) / k)

    def close(self, x):
        if x.lam == 0:
            x.record = max(x.record, x.peak)
        if x.n <= 360:
            return
        x.c = single(x.c + 1)
        x.ring = [*x.ring, x.peak][-64:]
        for k in range(24):
            if x.top >= LOGR[k]:
                self.obs[x.cls][k] += 1
                if x.n > 5000:
                    x.obs[k] = single(x.obs[k] + 1)

    def refresh(self):
        active = [x for x in self.series if x.n]
        moments = []
        for x in active:
            for k in range(24):
                rate = min(x.lam, 10 ** -LOGR[k])
                self.exp[x.cls][k] += x.days * rate
                x.exp[k] = single(x.exp[k] + x.late * rate)
            b0, t = lmoments(x.ring) if len(x.ring) >= 8 else (0.0, 0.5)
            moments.append((b0, min(max(t, 0.2), 0.8)))
        self.meet(active, moments)
        fleet = ladder(
            map(sum, zip(*self.obs, strict=True)),
            map(sum, zip(*self.exp, strict=True)),
            [0] * 24,
            10,
        )
        classes = [ladder(o, e, fleet, 10) for o, e in zip(self.obs, self.exp, strict=True)]
        longest = max((x.days for x in active), default=0.0)
        for x, (b0, t) in zip(active, moments, strict=True):
            self.fit(x, b0, t, classes[x.cls])
        if longest > 0:
            self.age += longest
            keep = min(0.5 ** (longest / 5), self.age / (self.age + longest))
            self.obs = [[v * keep for v in o] for o in self.obs]
            self.exp = [[v * keep for v in e] for e in self.exp]

    def noise(self, count):
        return 0.085 * (1 + 6 * max(self.t - 0.5, 0)) / count

    def meet(self, active, moments):
        ripe = [(x, b0, t) for x, (b0, t) in zip(active, moments, strict=True) if len(x.ring) >= 20]
        if len(ripe) < 5:
            return
        ts = [t for _, _, t in ripe]
        self.t = sum(ts) / len(ts)
        spread = sum((t - self.t) ** 2 for t in ts) / len(ts)
        noise = sum(self.noise(len(x.ring)) for x, _, _ in ripe) / len(ripe)
        self.var = max(spread - noise, 1e-4)
        self.mean = median([b0 for _, b0, _ in ripe])
        self.rate = median([x.c / max(x.tt + x.counted, 1e-9) for x, _, _ in ripe])

    def fit(self, x, b0, t, of_class):
        count, tt = len(x.ring), x.tt + x.counted
        weight = self.var / (self.var + self.noise(count)) if count >= 8 else 0.0
        t = min(max(weight * t + (1 - weight) * self.t, 0.3), 0.7)
        lam = x.c / max(tt, 1e-9) if x.c >= 3 else 0.0
        if self.rate > 0:
            b0 = (count * b0 + 4 * self.mean) / (count + 4) if count >= 8 else self.mean
            lam = (x.c + 4) / (tt + 4 / self.rate)
        if x.n > 360 and lam > 0 and b0 > 0:
            xi, sigma = tail(b0, t)
            x.lam, x.xi, x.sigma = single(lam), single(xi), single(max(sigma, 1e-9))
        elif x.lam > 0:
            x.lam, x.record = 0.0, max(x.ring, default=0.0)
        own = ladder(x.obs, x.exp, of_class, 5)
        v = -math.inf
        for k in range(24):
            v = max(v, LOGR[k] - max(own[k], of_class[k]))
            x.correction[k] = round((LOGR[k] - v) * 16384) / 16384
        x.cls = self.class_of(t, x.cls, count)
        x.age = single(x.age + x.days)
        keep = min(0.5 ** (x.days / 14), x.age / (x.age + x.days)) if x.days > 0 else 1.0
        x.c, x.tt = single(x.c * keep), single(tt * keep)
        x.obs = [single(v * keep) for v in x.obs]
        x.exp = [single(v * keep) for v in x.exp]
        x.days = x.late = x.counted = 0.0

    def class_of(self, t, old, count):
        edges = [0.40, 0.45, 0.50, 0.55, 0.60, 0.65]
        if count < 24:
            return 0
        new = 1 + sum(t > edge for edge in edges)
        if old and new != old:
            edge = edges[old - 1] if new > old else edges[old - 2]
            if abs(t - edge) <= 0.01:
                return old
        return new
