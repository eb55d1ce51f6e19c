"""Slow referee of green bands. Shares no code with the planner.

A vehicle leaves the first stop line at every step of the cycle and is driven from lamp to lamp. A lamp is green at time t
if t lies in one of its windows, repeated every cycle. The band is the longest row of departures that never meet red.
"""


def is_green(windows, t, cycle):
    for start, end in windows:
        k = int((t - end) // cycle)
        for turn in (k, k + 1, k + 2):
            if start + turn * cycle <= t < end + turn * cycle:
                return True
    return False


def drive(stops, travel, held, leaves, cycle, strict):
    """stops: list of window lists in absolute time; travel[k]: seconds from stop k to k + 1; held[k]: queue at stop k."""
    t = leaves
    for k, windows in enumerate(stops):
        if k > 0:
            arrives = t + travel[k - 1]
            t = arrives - held[k]
            if strict:
                # everything between leaving with the band and arriving has to be green
                probes = [t + (arrives - t) * j / 8 for j in range(9)]
                if not all(is_green(windows, p, cycle) for p in probes):
                    return False
        if not is_green(windows, t, cycle):
            return False
    return True


def band_width(stops, travel, held, cycle, strict=True, step=0.05):
    n = int(round(cycle / step))
    ok = [drive(stops, travel, held, (k + 0.5) * step, cycle, strict) for k in range(n)]
    if all(ok):
        return cycle
    longest = row = 0
    for each in ok + ok:
        row = row + 1 if each else 0
        longest = max(longest, row)
    return longest * step
