"""The compiled core of the network model: cyclic flow profiles sent round until they repeat, and what they cost.

Second by second of the cycle, as TRANSYT does it: what arrives, what may go, what leaves, what waits. Who has to yield
goes through the gaps that the profile of those with priority leaves in that second. Streams of one lane are served in
the order in which they come.
"""

import numba
import numpy as np

MOST_SWEEPS = 14
TURNS = 3
PERIODIC = 5e-4
"""Profiles count as periodic once none of them changes by more from one sweep to the next. [veh/s]"""
FULL = 0.98
WHOLE_STOP_S = 4.0
"""Who is delayed by less only slows down: so long take braking and setting off at 50 km/h. [s]"""
CRITICAL_GAP_S = 6.0
FOLLOW_UP_S = 3.0
HALT_FACTOR = 0.6
"""Who has to halt first goes that much less often than one who may roll on."""
NONE, PROTECTED, PERMISSIVE, HALT, CLEARING = 0, 1, 2, 3, 4
_LEAST = 1e-6


@numba.njit(cache=True)
def settle(rights, flows, rivalry, lanes, links, waves):  # type: ignore[no-untyped-def]
    """Return per stream queue [veh], stops [veh/s], arrivals [veh/s], reach [veh]; profiles of rate, coming, leaving.

    Args: rights: kind (n_streams, cycle), the right in each second, and part, same shape, which part of the second it
    holds; flows: saturation flow, flow and what comes from no other stream, each (n_streams,) [veh/s]; rivalry: rivals
    and first_rival, stream i yields to rivals[first_rival[i]: first_rival[i + 1]]; lanes: the lane of each stream and
    its part of the lane's vehicles, each (n_streams,); links: feeder, fed, share, lag [s], smooth, each (n_links,),
    sorted by fed; waves, how many queued vehicles a second set off [veh/s].
    """
    kind, part = rights
    full, flow, entering = flows
    rivals, first_rival = rivalry
    feeder, fed, share, lag, smooth = links
    n, cycle = kind.shape
    leaving, coming, rate = np.empty((n, cycle)), np.zeros((n, cycle)), np.zeros((n, cycle))
    queue, stops, arrived, reach = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    before = np.empty(cycle)
    for i in range(n):
        leaving[i, :] = flow[i]
    for sweep in range(MOST_SWEEPS):
        link, changed = 0, 0.0
        for i in range(n):
            coming[i, :] = entering[i]
            while link < len(fed) and fed[link] == i:
                spread(leaving[feeder[link]], share[link], lag[link], smooth[link], coming[i])
                link += 1
            arrived[i] = coming[i].mean()
            may_go(kind[i], part[i], full[i], rivals[first_rival[i] : first_rival[i + 1]], leaving, rate[i])
        in_order(rate, full, lanes)
        for i in range(n):
            before[:] = leaving[i]
            queue[i], stops[i], reach[i] = pass_line(rate[i], kind[i], coming[i], leaving[i], waves)
            if sweep > 5:
                leaving[i, :] = 0.5 * (leaving[i] + before)
            changed = max(changed, np.abs(leaving[i] - before).max())
        if sweep > 0 and changed < PERIODIC:
            break
    return queue, stops, arrived, reach, rate, coming, leaving


@numba.njit(cache=True)
def spread(leaving, share, lag, smooth, coming):  # type: ignore[no-untyped-def]
    """Add the part of a profile that takes a link, delayed and spread by Robertson's formula, to what comes.

    The steady cycle is found at once: after one cycle from rest, what is left of the start has shrunk by (1 - F)^C.
    """
    cycle = len(leaving)
    rest = 1.0 - smooth
    state = 0.0
    for t in range(cycle):
        state = smooth * leaving[(t - lag) % cycle] + rest * state
    state = state / (1.0 - rest**cycle)
    for t in range(cycle):
        state = smooth * leaving[(t - lag) % cycle] + rest * state
        coming[t] += share * state


@numba.njit(cache=True)
def may_go(kind, part, full, rivals, leaving, rate):  # type: ignore[no-untyped-def]
    """Fill what may go in each second of one stream: all, or what finds gaps. [veh/s]"""
    for t in range(len(kind)):
        if kind[t] == NONE:
            rate[t] = 0.0
            continue
        if kind[t] == PROTECTED:
            rate[t] = full * part[t]
            continue
        if kind[t] == CLEARING:
            rate[t] = part[t]
            continue
        first = 0.0
        for k in rivals:
            first += leaving[k, t]
        rate[t] = full * part[t] * gap_share(first, full) * (HALT_FACTOR if kind[t] == HALT else 1.0)


@numba.njit(cache=True)
def gap_share(first, full):  # type: ignore[no-untyped-def]
    """Return the part of the saturation flow that goes through the gaps of a flow (HCM 2000, ch. 16)."""
    if first < _LEAST:
        goes = 1.0 / FOLLOW_UP_S
    else:
        goes = first * np.exp(-first * CRITICAL_GAP_S) / (1.0 - np.exp(-first * FOLLOW_UP_S))
    return min(goes / 0.5, 1.0)


@numba.njit(cache=True)
def in_order(rate, full, lanes):  # type: ignore[no-untyped-def]
    """Let streams of one lane wait for each other: who may not go stops all behind as soon as he is the first."""
    lane, share = lanes
    start = 0
    while start < len(lane):
        end = start + 1
        while end < len(lane) and lane[end] == lane[start]:
            end += 1
        if end - start > 1:
            one_lane(rate[start:end], full[start:end], share[start:end])
        start = end


@numba.njit(cache=True)
def one_lane(rate, full, share):  # type: ignore[no-untyped-def]
    """Turn what each stream of a lane might do alone into what they do one after the other, in place. [veh/s]"""
    passed = 0.0
    for turn in range(2):
        for t in range(rate.shape[1]):
            held, slow = 0.0, 0.0
            for i in range(len(rate)):
                if rate[i, t] <= 0.0:
                    held += share[i]
                else:
                    slow += share[i] * full[i] / rate[i, t]
            if held >= 1.0 - 1e-9 or slow <= 0.0:
                passed = 0.0
                continue
            now = np.where(rate[:, t] > 0.0, full / slow * (1.0 - held) ** passed, 0.0)
            passed = passed + now.sum() if held > 0.0 else 0.0
            if turn == 1:
                rate[:, t] = now


@numba.njit(cache=True)
def pass_line(rate, kind, coming, leaving, waves):  # type: ignore[no-untyped-def]
    """Let a queue come and go until it repeats; fill what leaves, return mean queue, stops a second and reach.

    The reach counts vehicles from the stop line to the last one that stands: those who wait and those ahead of them
    who have gone since the green began, as long as setting off has not run through to the end of the queue.
    """
    cycle = len(rate)
    mean, capacity = coming.mean(), rate.mean()
    some = min(1.0, FULL * capacity / mean) if mean > 0 else 1.0
    top = max(rate.max(), 1e-9)
    red_s = np.zeros(cycle)
    for t in range(2 * cycle - 1, -1, -1):
        red_s[t % cycle] = red_s[(t + 1) % cycle] + 1.0 if rate[t % cycle] <= 0.0 else 0.0
    waiting, total, stopped, reach = 0.0, 0.0, 0.0, 0.0
    gone, set_off = 0.0, 0.0
    for turn in range(TURNS):
        last = turn == TURNS - 1
        for t in range(cycle):
            comes = coming[t] * some
            goes = min(waiting + comes, rate[t])
            queued = waiting > 0.05 or rate[t] <= 0.0
            set_off = set_off + waves if rate[t] > 0.0 and queued else 0.0
            gone = gone + goes if rate[t] > 0.0 and queued else 0.0
            if last:
                delay_s = red_s[t] + waiting / top if queued else 0.0
                stopped += comes if kind[t] == HALT else comes * min(delay_s / WHOLE_STOP_S, 1.0)
                total += waiting + 0.5 * (comes - goes)
                back = waiting + comes - goes + gone
                if back > set_off and back > reach:
                    reach = back
                leaving[t] = goes
            waiting += comes - goes
    return total / cycle, stopped / cycle, reach
