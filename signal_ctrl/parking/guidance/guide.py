"""Answers for drivers who look for a space: all of them together, or one at once between two rounds. Pure.

`guide` weighs all requests against each other and gives prices of scarce lots; `answer_one` takes these prices for
a driver who cannot wait for the next round. Both count who is under way already (`Hold`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.guidance.assigning import Wish, assign
from signal_ctrl.parking.guidance.costs import NO_WAY_S, Arrivals, Candidates, Costs
from signal_ctrl.parking.guidance.values import Answer, Choice, Hold, Request
from signal_ctrl.parking.outlook import chance_of

Floats = npt.NDArray[np.float64]
PASSES: Final = 6
"""Where one driver is put right another may have to be, too: so often at most are all looked at again."""
NO_PRICES: Final[Mapping[str, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Guided:
    """Answers to requests, in their order, the spaces that are counted as taken by them, and the lots' prices. [s]"""

    answers: tuple[Answer, ...]
    holds: tuple[Hold, ...]
    price_s: Mapping[str, float] = field(default_factory=dict)


def guide(requests: Sequence[Request], costs: Costs, holds: Sequence[Hold] = ()) -> Guided:
    """Return answers that are best for all drivers together, nobody more than the detour limit off his own best.

    Args: holds, of all who are under way; those of the drivers who ask are made anew.
    Raises: InvalidInputError for a request that is there twice; BackendError if the solver gives up.
    """
    names = {request.request for request in requests}
    if len(names) != len(requests):
        raise InvalidInputError("each driver asks once")
    arrivals = Arrivals(h for h in holds if h.request not in names and h.expires_utc_ms > costs.now_utc_ms)
    found = [costs.candidates(request) for request in requests]
    wishes = [_wish(one, costs) for one in found]
    assigned = assign([wish for wish, _ in wishes], _risks(found, wishes, costs, arrivals))
    chosen = [int(kept[at]) for (_, kept), at in zip(wishes, assigned.chosen, strict=True)]
    for one, at in zip(found, chosen, strict=True):
        arrivals.put(_hold(one, at, costs))
    for _ in range(PASSES):
        before = chosen
        chosen = [_within_limit(one, at, costs, arrivals) for one, at in zip(found, before, strict=True)]
        if chosen == before:
            break
    answers = [_answer(one, at, costs, arrivals) for one, at in zip(found, chosen, strict=True)]
    own = [_hold(one, at, costs) for one, at in zip(found, chosen, strict=True)]
    prices = {costs.places.names[lot]: price for lot, price in assigned.price_s.items() if price > 0}
    return Guided(tuple(answers), tuple(own), prices)


def answer_one(
    request: Request, costs: Costs, arrivals: Arrivals, price_s: Mapping[str, float] = NO_PRICES
) -> tuple[Answer, Hold]:
    """Return the answer to one driver at once, with the prices of the last round; some milliseconds. [s]"""
    found = costs.candidates(request)
    if found.fixed:
        return _answer(found, found.sent[0], costs, arrivals), _hold(found, found.sent[0], costs)
    total_s = _total_s(found, arrivals, costs) - _stays_s(found, costs)
    prices = np.array([price_s.get(name, 0.0) for name in found.names])
    prices[list(found.sent)] = 0.0
    near = total_s <= total_s.min() + costs.settings.detour_s
    at = int(np.argmin(np.where(near, total_s + prices, np.inf)))
    return _answer(found, at, costs, arrivals), _hold(found, at, costs)


def _within_limit(found: Candidates, at: int, costs: Costs, arrivals: Arrivals) -> int:
    """Return the lot that was chosen for a driver, or his own best where that is better by more than the limit.

    The holds are changed with it, so that no second driver is given the same space.
    """
    if found.fixed:
        return at
    total_s = _total_s(found, arrivals, costs) - _stays_s(found, costs)
    best = int(np.argmin(total_s))
    if total_s[at] <= total_s[best] + costs.settings.detour_s:
        return at
    arrivals.put(_hold(found, best, costs))
    return best


def _total_s(found: Candidates, arrivals: Arrivals, costs: Costs) -> Floats:
    """Return what each lot costs a driver, risk and all. [s]"""
    total: Floats = found.own_s + costs.settings.failed_s * (1.0 - found.chance(arrivals))
    return total


def _stays_s(found: Candidates, costs: Costs) -> Floats:
    """Return what counts in favour of the lot that a driver was told before. [s]"""
    favour = np.zeros(len(found.lots))
    favour[list(found.sent)] = costs.settings.stay_put_s
    return favour


def _wish(found: Candidates, costs: Costs) -> tuple[Wish, npt.NDArray[np.intp]]:
    """Return the lots that a driver may be sent to, and their places among his lots."""
    kept = np.array(found.sent, dtype=np.intp) if found.fixed else np.arange(len(found.lots))
    own_s = found.own_s - _stays_s(found, costs) + np.where(found.usable, 0.0, NO_WAY_S)
    return Wish(found.lots[kept], own_s[kept]), kept


def _risks(
    found: Sequence[Candidates], wishes: Sequence[tuple[Wish, npt.NDArray[np.intp]]], costs: Costs, others: Arrivals
) -> dict[int, Floats]:
    """Return by lot what the risk costs the 1st, 2nd … driver: at the mean time at which those who may come do."""
    ahead: dict[int, list[float]] = {}
    for one, (_, kept) in zip(found, wishes, strict=True):
        for lot, at_s in zip(one.lots[kept].tolist(), one.ahead_s[kept].tolist(), strict=True):
            ahead.setdefault(lot, []).append(at_s)
    risks = {}
    for lot, times in ahead.items():
        at_s, count = float(np.mean(times)), len(times)
        needed = 1.0 + others.under_way(costs.places.names[lot]) + np.arange(count, dtype=np.float64)
        chance = chance_of(costs.free_at(lot, at_s, count), needed)
        risks[lot] = costs.settings.failed_s * (1.0 - chance)
    return risks


def _hold(found: Candidates, at: int, costs: Costs) -> Hold:
    arrives_utc_ms = found.comes_utc_ms[at]
    return Hold(
        found.request.request, found.names[at], arrives_utc_ms, arrives_utc_ms + round(1000 * costs.settings.grace_s)
    )


def _answer(found: Candidates, at: int, costs: Costs, arrivals: Arrivals) -> Answer:
    """Return the answer with one lot first, the others by their cost."""
    chance = found.chance(arrivals)
    total_s = found.own_s + costs.settings.failed_s * (1.0 - chance)
    order = [at, *(k for k in np.argsort(total_s, kind="stable").tolist() if k != at)][: costs.settings.shown]
    choices = tuple(
        Choice(
            lot=found.names[k],
            drive_s=min(float(found.drive_s[k]), NO_WAY_S),
            walk_s=float(found.walk_m[k]) / costs.settings.walk_mps,
            walk_m=float(found.walk_m[k]),
            price_cents=int(found.price_cents[k]),
            chance=float(chance[k]),
            cost_s=float(total_s[k]),
        )
        for k in order
    )
    way = costs.access.way(found.request.position, int(found.lots[at]))
    fits = any(costs.places.lots[lot].takes(found.request.kind, found.request.stay_s) for lot in found.lots.tolist())
    return Answer(found.request.request, choices, way, fits and bool(np.isfinite(found.drive_s).any()))
