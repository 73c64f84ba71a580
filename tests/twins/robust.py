"""Robust level and spread for one series, point by point. Singles are rounded as they are kept."""

import math
import struct


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def twin(time, value, key, level=0.02, spread=0.002, clip=3.0, warmup=30, relearn=200):
    scores = []
    m = s = step = last = 0.0
    seen = streak = 0
    for given in value:
        if not math.isfinite(given):
            scores.append(math.nan)
            continue
        x = max(-1e150, min(1e150, float(given)))
        if seen == 0:
            m = last = x
        unit = max(s, step / 2, 1e-12 * abs(m), 1e-30)
        strange = abs(x - m) / unit
        scores.append(min(strange, 1e6) if seen >= warmup else math.nan)

        step *= 1 - spread
        change = abs(x - last)
        if change > step > 0:
            step = min(change, step + (change - step) / 8, 2 * step, 1e38)
        elif change > 0:
            step = min(change, 1e38) if step else min(change / 16, 1e38)
        step, last = single(step), x

        if strange <= clip:
            streak += -1 if streak > 0 else 1 if streak < 0 else 0
        elif x > m:
            streak = streak + 1 if streak >= 0 else 1
        else:
            streak = streak - 1 if streak <= 0 else -1
        if abs(streak) >= relearn:
            seen, streak, m, strange = 8, 0, x, 0.0

        d = x - m
        if seen >= 8 and strange > clip:
            d = math.copysign(clip * unit, d)
        m += max(level, 1 / (seen + 1)) * d
        s += max(spread, 1 / (seen + 1)) * (math.sqrt(math.pi / 2) * abs(d) - s)
        s = single(min(s, 1e38))
        seen += 1
    return scores, [math.nan] * len(scores)
