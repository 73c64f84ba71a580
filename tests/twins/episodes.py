"""Episodes of one series, the obvious way: one point after the other."""


def twin(points, *, gap, floor, step, patience):
    """Points (time, log10 days or None, usual distance); answers (place, what, time, start,
    peak) as they are told."""
    told = []
    episode = None  # start, peak, last, quiet, level
    for place, (time, r, usual) in enumerate(points):
        if r is None:
            continue
        if episode and episode["level"] and time - episode["last"] > patience * usual:
            due = episode["last"] + int(patience * usual)
            told.append((place, "stale", due, episode["start"], episode["peak"]))
            episode = None
        if r > -8:
            if episode is None:
                episode = {"start": time, "peak": -9.0, "level": 0}
            episode["quiet"], episode["last"] = 0, time
            episode["peak"] = max(episode["peak"], r)
            level = 1 if r < floor else 2 + int((r - floor) / step)
            if level != episode["level"] and (level > 1 or episode["level"]):
                episode["level"] = level
                told.append((place, "step", time, episode["start"], episode["peak"]))
        elif episode:
            episode["quiet"] += 1
            episode["last"] = time
            if episode["quiet"] > gap:
                if episode["level"]:
                    told.append((place, "closed", time, episode["start"], episode["peak"]))
                episode = None
    return told
