"""Severity 1 to 5: how far beyond the asked rarity, how broad, how long.

Everything starts at 1, and points are added:

| points | return period over need | series as unusual as asked    | event time since the start |
|--------|-------------------------|-------------------------------|----------------------------|
| +1     | 10 times                | 2, and a quarter of them      | 1 hour                     |
| +2     | 100 times               | 3, and half of the entity's   | 6 hours                    |

Why: an alert that chance alone has rung is ten times beyond the need in one of ten cases and a
hundred times in one of a hundred, so rarity is worth a point a decade. Chance rarely lifts
several series of one entity at once, and seldom lasts: each of the three alone reaches 3, two
of them in full reach 5. It never looks at a score, whose unit is the detector's own business,
and it never falls when one of the three rises.
"""

from __future__ import annotations

LOWEST, HIGHEST = 1, 5
RARITY = (10.0, 100.0)
BREADTH = ((2, 0.25), (3, 0.5))
LASTED_S = (3600.0, 6 * 3600.0)


def severity(ratio: float, breadth: int, series_of_entity: int, lasted_s: float) -> int:
    """`ratio`: return period over need; `breadth`: series that alone reach the need."""
    share = breadth / max(series_of_entity, breadth, 1)
    points = (
        sum(ratio >= r for r in RARITY)
        + sum(breadth >= n and share >= s for n, s in BREADTH)
        + sum(lasted_s >= t for t in LASTED_S)
    )
    return min(LOWEST + points, HIGHEST)
