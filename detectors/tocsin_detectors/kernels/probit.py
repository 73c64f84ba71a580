"""Normal quantiles by P. J. Acklam's rational approximation: relative error below 1.2e-9."""

from __future__ import annotations

import math

from numba import njit

CENTER = 0.02425  # beyond it on either side the tail formula holds


@njit(cache=True, nogil=True)
def probit(p: float) -> float:
    """The z with P(Z <= z) = p for a standard normal Z; 0 < p < 1."""
    if CENTER <= p <= 1.0 - CENTER:
        q = p - 0.5
        r = q * q
        above = -3.969683028665376e01 * r + 2.209460984245205e02
        above = above * r - 2.759285104469687e02
        above = above * r + 1.383577518672690e02
        above = above * r - 3.066479806614716e01
        above = above * r + 2.506628277459239e00
        under = -5.447609879822406e01 * r + 1.615858368580409e02
        under = under * r - 1.556989798598866e02
        under = under * r + 6.680131188771972e01
        under = under * r - 1.328068155288572e01
        return q * above / (under * r + 1.0)
    t = math.sqrt(-2.0 * math.log(min(p, 1.0 - p)))
    above = -7.784894002430293e-03 * t - 3.223964580411365e-01
    above = above * t - 2.400758277161838e00
    above = above * t - 2.549732539343734e00
    above = above * t + 4.374664141464968e00
    above = above * t + 2.938163982698783e00
    under = 7.784695709041462e-03 * t + 3.224671290700398e-01
    under = under * t + 2.445134137142996e00
    under = under * t + 3.754408661907416e00
    z = above / (under * t + 1.0)
    return z if p < 0.5 else -z
