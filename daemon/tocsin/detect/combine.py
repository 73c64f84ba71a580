"""Members of a series, or series of an entity, into one return period."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tocsin_detectors.contract import F64
from tocsin_detectors.kernels.combine import mean


def combine(r: Sequence[F64] | F64, weights: Sequence[float] | F64) -> F64:
    """log10 of the weighted mean of the members' return periods, a value a point.

    r        log10 days of each member, aligned: NONE (-9) below its threshold, which counts 0;
             NaN without an answer: the member is left out and the others' weights stretched
    weights  a weight is a share of the budget; positive, of any sum

    NONE where no member is above its threshold, NaN where none answers.
    """
    members = tuple(np.ascontiguousarray(member, np.float64) for member in r)
    out = np.empty(members[0].size)
    mean(members, np.asarray(weights, np.float64), out)
    return out
