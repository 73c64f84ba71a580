"""Admission of readings in their order, the obvious way."""

import math

DAY = 86_400e9


def twin(readings, *, keep_duplicates):
    """Readings (series, time, value); answers the outcomes, and the points as (place, series,
    time, value, days, usual distance)."""
    newest, usual, outcomes, points = {}, {}, [], []
    for place, (series, time, value) in enumerate(readings):
        last = newest.get(series)
        if last is not None and time < last:
            outcomes.append("late")
            continue
        if last is not None and time == last and not keep_duplicates:
            outcomes.append("duplicate")
            continue
        days = 0.0
        if last is not None and time > last:
            step = time - last
            if series not in usual:
                usual[series] = float(step)
            elif step > usual[series]:
                usual[series] *= 1.05
            elif step < usual[series]:
                usual[series] /= 1.05
            days = min(step, 4 * usual[series]) / DAY
        newest[series] = time
        if math.isnan(value):
            outcomes.append("filtered")
            continue
        outcomes.append("scored")
        points.append((place, series, time, value, days, usual.get(series, 0.0)))
    return outcomes, points
