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
NO_WAY_S: Final = 86_400.0
"""What a lot costs that cannot be reached or does not take the driver. [s]"""
LOOKED_AT: Final = 3
"""Of so many times as many lots as are candidates, the nearest by drive and walk, the price is looked at."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The lots that are looked at for one driver, the cheapest first; arrays of one value for each of them. [s]

    `own_s`, what the lot costs without the risk; `ahead_s` and `comes_utc_ms`, when he would be there; `free`,
    quantiles of the spaces then; `usable`, whether it can be reached, takes him and is open then; `sent`, the place of
    the lot that he was told before, none if it is not among them.
    """

    request: Request
    lots: Ints
    names: tuple[str, ...]
    drive_s: Floats
    walk_m: Floats
    price_cents: Floats
    own_s: Floats
    ahead_s: Floats
    comes_utc_ms: tuple[int, ...]
    free: Floats
    usable: npt.NDArray[np.bool_]
    sent: tuple[int, ...]

    @property
    def fixed(self) -> bool:
        """Whether he goes where he was told before, whatever comes."""
        return self.request.fixed and bool(self.sent)

    def chance(self, arrivals: Arrivals) -> Floats:
        """Return the probability that a space is left for him in each lot when he comes."""
        name = self.request.request
        before = [
            arrivals.before(lot, at_utc_ms, name) for lot, at_utc_ms in zip(self.names, self.comes_utc_ms, strict=True)
        ]
        chance = chance_of(self.free, 1.0 + np.array(before, dtype=np.float64))
        return np.where(self.usable, chance, 0.0)


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

        Where no lot can be reached all are looked at: an answer there always is.
        """
        places, chosen = self.places, self.settings
        drive_s = self.access.seconds(request.position) + places.to_space_s
        walk_m = places.metres_to(request.destination) * chosen.walk_factor
        way_s = drive_s + chosen.walk_weight * walk_m / chosen.walk_mps
        takes = (places.kinds == KINDS.index(request.kind)) & (places.longest_stay_s >= request.stay_s)
        reached = np.isfinite(drive_s)
        for usable in (takes & reached, reached, np.ones(len(drive_s), dtype=np.bool_)):
            near = np.flatnonzero(usable)
            if len(near):
                order = near[np.argsort(way_s[near], kind="stable")][: LOOKED_AT * chosen.candidates]
                return self._priced(request, order, drive_s, walk_m, way_s)
        raise InvalidInputError("guidance needs lots")

    def _priced(self, request: Request, lots: Ints, drive_s: Floats, walk_m: Floats, way_s: Floats) -> Candidates:
        cents = np.array([self._price(int(lot), request, float(drive_s[lot])) for lot in lots], dtype=np.float64)
        own_s = np.minimum(way_s[lots] + request.cent_s * cents, NO_WAY_S)
        order = np.argsort(own_s, kind="stable")
        sent = lots[order] == self.places.number.get(request.sent_to, -1)
        kept = order[(np.arange(len(order)) < self.settings.candidates) | sent]
        at = lots[kept]
        ahead_s = request.leaves_in_s + np.where(np.isfinite(drive_s[at]), drive_s[at], 0.0)
        comes_utc_ms = tuple(self.now_utc_ms + round(1000 * at_s) for at_s in ahead_s.tolist())
        return Candidates(
            request=request,
            lots=at,
            names=tuple(self.places.names[lot] for lot in at.tolist()),
            drive_s=drive_s[at],
            walk_m=walk_m[at],
            price_cents=cents[kept],
            own_s=own_s[kept],
            ahead_s=ahead_s,
            comes_utc_ms=comes_utc_ms,
            free=self._outlook.of(at, ahead_s + self._late_s),
            usable=np.isfinite(drive_s[at]) & self._open(request, at, comes_utc_ms),
            sent=tuple(np.flatnonzero(at == self.places.number.get(request.sent_to, -1)).tolist()),
        )

    def _price(self, lot: int, request: Request, drive_s: float) -> int:
        if not np.isfinite(drive_s):
            return 0
        comes_utc_ms = self.now_utc_ms + round(1000 * (request.leaves_in_s + drive_s))
        return self.places.lots[lot].tariff.price_cents(self.places.timezone, comes_utc_ms, request.stay_s / 60)

    def _open(self, request: Request, lots: Ints, comes_utc_ms: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Tell which lots take a driver, and are open when he comes. [ms]"""
        own, zone = [self.places.lots[lot] for lot in lots.tolist()], self.places.timezone
        found = [
            lot.takes(request.kind, request.stay_s) and is_open(lot.hours, zone, at_utc_ms)
            for lot, at_utc_ms in zip(own, comes_utc_ms, strict=True)
        ]
        return np.array(found, dtype=np.bool_)

    def free_at(self, lot: int, ahead_s: float, times: int) -> Floats:
        """Return the quantiles of free spaces in a lot at a time from now on, so many times. [s] (times, n_levels)"""
        row = self._outlook.of(np.array([lot]), np.array([ahead_s + self._late_s]))
        return np.repeat(row, times, axis=0)

    def middle(self, lot: str, ahead_s: float) -> float:
        """Return the median of the free spaces in a lot at a time from now on. [s] [spaces]"""
        return self._outlook.middle(lot, ahead_s + self._late_s)[1]
