"""The weighted mean of return periods, said plainly."""

import math

NONE = -9.0


def combine(members, weights):
    """Members answer log10 days for one point each."""
    known = [(r, w) for r, w in zip(members, weights, strict=True) if not math.isnan(r)]
    if not known:
        return math.nan
    total = sum(w for _, w in known)
    mean = sum(w / total * 10**r for r, w in known if r > -8)
    return math.log10(mean) if mean > 0 else NONE
