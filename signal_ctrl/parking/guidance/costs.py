"""What each lot costs a driver, all in seconds: drive, walk, price, and the risk that it is full when he comes."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.guidance.access import KINDS, Access
from signal_ctrl.parking.guidance.values import GuidanceSettings, Hold, Request
from signal_ctrl.parking.outlook import Outlook, chance_of
from signal_ctrl.parking.tariffs import is_open

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
LOOKED_AT: Final = 3
"""Of so many times as many lots as are candidates, the nearest by drive and walk, the price is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The lots that are looked at for one driver, the cheapest first; arrays of one value for each of them. [s]

    `own_s`, what the lot costs without the risk; `fitting`, whether any of them may take him.
    """

    request: Request
    lots: Ints
    drive_s: Floats
    walk_m: Floats
    walk_s: Floats
    price_cents: Floats
    own_s: Floats
    fitting: bool


class Arrivals:
    """Who is under way to each lot, and when each is expected: the holds in force, kept as they come and go."""

    def __init__(self, holds: Iterable[Hold] = ()) -> None:
        self._times: dict[str, list[int]] = {}
        self._holds: dict[str, Hold] = {}
        for hold in holds:
            self.put(hold)

    def put(self, hold: Hold) -> None:
        """Take a hold in, in place of the one that its driver had."""
        self.drop(hold.request)
        self._holds[hold.request] = hold
        insort(self._times.setdefault(hold.lot, []), hold.arrives_utc_ms)

    def drop(self, request: str) -> Hold | None:
        """Forget a driver's hold: he has come, or has given up. Return it if there was one."""
        hold = self._holds.pop(request, None)
        if hold is not None:
            times = self._times[hold.lot]
            del times[bisect_left(times, hold.arrives_utc_ms)]
        return hold

    def expire(self, now_utc_ms: int) -> tuple[Hold, ...]:
        """Forget the holds that have expired and return them. [ms]"""
        gone = tuple(hold for hold in self._holds.values() if hold.expires_utc_ms <= now_utc_ms)
        for hold in gone:
            self.drop(hold.request)
        return gone

    def before(self, lot: str, at_utc_ms: int, besides: str) -> int:
        """Return how many come to a lot until a time, one driver left out. [ms]"""
        own = self._holds.get(besides)
        mine = own is not None and own.lot == lot and own.arrives_utc_ms <= at_utc_ms
        return bisect_right(self._times.get(lot, ()), at_utc_ms) - mine

    def under_way(self, lot: str) -> int:
        """Return how many are under way to a lot."""
        return len(self._times.get(lot, ()))

    @property
    def holds(self) -> tuple[Hold, ...]:
        """All holds in force."""
        return tuple(self._holds.values())


class Costs:
    """Costs of lots at one moment."""

    def __init__(self, access: Access, outlook: Outlook, now_utc_ms: int, settings: GuidanceSettings) -> None:
        """Raises: InvalidInputError if the outlook is not of these lots."""
        if outlook.lots != access.places.names:
            raise InvalidInputError("the outlook is not of the lots that guidance has")
        self.access, self.places, self.settings = access, access.places, settings
        self._outlook, self.now_utc_ms = outlook, now_utc_ms
        self._late_s = (now_utc_ms - outlook.at_utc_ms) / 1000

    def candidates(self, request: Request) -> Candidates:
        """Return the lots to be looked at: the cheapest that take the driver, or all that may be reached if none does.

        Where no lot may be reached all are, at no way known: an answer there always is.
        """
        places, chosen = self.places, self.settings
        drive_s = self.access.seconds(request.position) + places.to_space_s
        walk_m = places.metres_to(request.destination) * chosen.walk_factor
        way_s = drive_s + chosen.walk_weight * walk_m / chosen.walk_mps
        takes = (places.kinds == KINDS.index(request.kind)) & (places.longest_stay_s >= request.stay_s)
        for usable in (takes & np.isfinite(drive_s), np.isfinite(drive_s), np.ones(len(drive_s), dtype=np.bool_)):
            near = np.flatnonzero(usable)
            order = near[np.argsort(np.where(np.isfinite(way_s[near]), way_s[near], 0.0), kind="stable")]
            kept = self._priced(request, order[: LOOKED_AT * chosen.candidates], drive_s, walk_m, way_s, takes)
            if kept is not None:
                return kept
        raise InvalidInputError("guidance needs lots")

    def _priced(
        self, request: Request, lots: Ints, drive_s: Floats, walk_m: Floats, way_s: Floats, takes: npt.NDArray[np.bool_]
    ) -> Candidates | None:
        if not len(lots):
            return None
        cents = np.array([self._price(int(lot), request, float(drive_s[lot])) for lot in lots], dtype=np.float64)
        own_s = way_s[lots] + request.cent_s * cents
        order = np.argsort(own_s, kind="stable")
        sent = lots[order] == self.places.number.get(request.sent_to, -1)
        kept = order[(np.arange(len(order)) < self.settings.candidates) | sent]
        at = lots[kept]
        fitting = bool(takes[at].all() and np.isfinite(own_s[kept]).all())
        walk = walk_m[at]
        return Candidates(
            request, at, drive_s[at], walk, walk / self.settings.walk_mps, cents[kept], own_s[kept], fitting
        )

    def _price(self, lot: int, request: Request, drive_s: float) -> int:
        if not np.isfinite(drive_s):
            return 0
        comes_utc_ms = self.now_utc_ms + round(1000 * (request.leaves_in_s + drive_s))
        return self.places.lots[lot].tariff.price_cents(self.places.timezone, comes_utc_ms, request.stay_s / 60)

    def ahead_s(self, candidates: Candidates) -> Floats:
        """Return when a driver comes to each of his lots, from now on. [s]"""
        found: Floats = candidates.request.leaves_in_s + np.where(
            np.isfinite(candidates.drive_s), candidates.drive_s, 0.0
        )
        return found

    def comes_utc_ms(self, candidates: Candidates) -> list[int]:
        """Return when a driver comes to each of his lots. [ms]"""
        return [self.now_utc_ms + round(1000 * at_s) for at_s in self.ahead_s(candidates).tolist()]

    def free(self, candidates: Candidates) -> Floats:
        """Return the quantiles of free spaces in each of a driver's lots when he comes. (n, n_levels)"""
        return self._outlook.of(candidates.lots, self.ahead_s(candidates) + self._late_s)

    def chance(self, candidates: Candidates, arrivals: Arrivals) -> Floats:
        """Return the probability that a space is left for a driver in each of his lots when he comes."""
        before = [
            arrivals.before(self.places.names[lot], at_utc_ms, candidates.request.request)
            for lot, at_utc_ms in zip(candidates.lots.tolist(), self.comes_utc_ms(candidates), strict=True)
        ]
        chance = chance_of(self.free(candidates), 1.0 + np.array(before, dtype=np.float64))
        return np.where(self.usable(candidates), chance, 0.0)

    def free_at(self, lot: int, ahead_s: float, times: int) -> Floats:
        """Return the quantiles of free spaces in a lot at a time from now on, so many times. [s] (times, n_levels)"""
        row = self._outlook.of(np.array([lot]), np.array([ahead_s + self._late_s]))
        return np.repeat(row, times, axis=0)

    def middle(self, lot: str, ahead_s: float) -> float:
        """Return the median of the free spaces in a lot at a time from now on. [s] [spaces]"""
        return self._outlook.middle(lot, ahead_s + self._late_s)[1]

    def usable(self, candidates: Candidates) -> npt.NDArray[np.bool_]:
        """Tell which of his lots can be reached, take the driver and are open when he comes."""
        request, places = candidates.request, self.places
        found = [
            places.lots[lot].takes(request.kind, request.stay_s)
            and is_open(places.lots[lot].hours, places.timezone, at_utc_ms)
            for lot, at_utc_ms in zip(candidates.lots.tolist(), self.comes_utc_ms(candidates), strict=True)
        ]
        return np.array(found, dtype=np.bool_) & np.isfinite(candidates.drive_s)

    def stays(self, candidates: Candidates) -> Sequence[int]:
        """Return the place of the lot that a driver was told before among his lots; none if it is not one of them."""
        sent = self.places.number.get(candidates.request.sent_to, -1)
        return np.flatnonzero(candidates.lots == sent).tolist()
