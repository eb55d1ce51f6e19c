"""The detection: fed with counts and positions, asked what it believes. One object per network.

Every 20 s all roads get their figures and scores. A road whose score stays high at two steps is looked at again without
each single loop and vehicle that tells of it; if enough is left, it is believed. Roads that are believed and lie next
to each other are one finding, on the road with the highest score.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.bins import BIN_MS, KEPT, Flags, Floats, Ints, LoopBins
from signal_ctrl.watch.incidents.detection.doubt import LOOKED_AT, Doubt
from signal_ctrl.watch.incidents.detection.evidence import LOOP_FIGURES, Figure, LoopEvidence, Raw
from signal_ctrl.watch.incidents.detection.judging import JUDGE, Judge
from signal_ctrl.watch.incidents.detection.layout import Layout, layout_of
from signal_ctrl.watch.incidents.detection.standing import Standing
from signal_ctrl.watch.incidents.detection.telling import finding_of
from signal_ctrl.watch.incidents.detection.usual import Usual, nothing_usual
from signal_ctrl.watch.incidents.wishes import Finding
from signal_ctrl.watch.observations import LoopCount, Observation, Position

GRACE_MS: Final = 4_000
"""A bin is looked at so long after its end. [ms]"""
MOST_LOOKED_AT: Final = 20
"""Roads that are looked at again in one step, the highest scores first."""
_USUAL_SHARE: Final = 1 / 3
KNOWN_BINS: Final = 9
"""Who has told nothing for so long, loops that report each minute and late among them, does not say what is usual."""
_NEVER: Final = -1


class Detection:
    """Believes in incidents, or not."""

    def __init__(self, network: RoadNetwork, usual: Usual | None, judge: Judge = JUDGE) -> None:
        """Args: usual, None while nothing was learnt: then only positions tell."""
        self.layout: Layout = layout_of(network)
        self.bins = LoopBins([loop.detector for loop in network.loops])
        self.standing = Standing(network)
        self._tells = self.layout.tells()
        self.judge = judge
        self.learn(usual)
        self.doubt = Doubt(self.layout)
        n_roads = self.layout.n_roads
        self._number = _NEVER
        self._high_before = np.zeros(n_roads, dtype=bool)
        self._rising_ms = np.full(n_roads, _NEVER, dtype=np.int64)
        self._unusual_ms = np.full(n_roads, _NEVER, dtype=np.int64)
        self._known_since_ms = np.full(n_roads, _NEVER, dtype=np.int64)
        self.believed: Ints = np.zeros(0, dtype=np.int64)
        self.figures: Floats = np.zeros((n_roads, len(Figure)))
        self.scores: Floats = np.zeros(n_roads)
        self.raw: Raw | None = None

    def learn(self, usual: Usual | None) -> None:
        """Take what is usual from now on; None: nothing is known, as in the beginning."""
        self._usual = usual or nothing_usual(len(self.layout.road), self.layout.n_roads)

    def take(self, observation: Observation, now_utc_ms: int) -> None:
        """Take a count or a position; what is bad, late, there already or from the future moves nothing. [ms]"""
        if isinstance(observation, LoopCount):
            self.bins.take(observation, now_utc_ms)
        elif isinstance(observation, Position) and observation.utc_ms <= now_utc_ms + GRACE_MS:
            self.standing.take(observation)

    def step(self, now_utc_ms: int) -> int | None:
        """Look at all roads, once a bin; return the number of the bin, None if there is no new one."""
        number = (now_utc_ms - GRACE_MS) // BIN_MS - 1
        if number <= self._number:
            return None
        self._number = number
        self.standing.step(now_utc_ms)
        self.figures = self._figures(number, now_utc_ms, None, ())
        self.scores = self.judge.scores(self.figures)
        self._note(now_utc_ms)
        high = self.scores >= self.judge.suspect
        asked = np.flatnonzero(high & self._high_before)
        asked = asked[np.argsort(-self.scores[asked])][:MOST_LOOKED_AT]
        self.believed = np.array([road for road in asked if self._stays(int(road), now_utc_ms)], dtype=np.int64)
        self._high_before = high
        return number

    def findings(self, now_utc_ms: int) -> Iterator[Finding]:
        """Yield what is believed now: one finding for roads next to each other. [ms]"""
        self.step(now_utc_ms)
        left = {int(road): float(self.scores[road]) for road in self.believed}
        while left:
            best = max(left, key=lambda road: left[road])
            confirms = left[best] >= self.judge.confirm
            yield finding_of(self, best, now_utc_ms, int(self._rising_ms[best]), confirms, self.judge)
            for road in self._together(best, set(left)):
                del left[road]

    def usual_again(self, road: str, since_utc_ms: int) -> bool:
        """Tell whether all that tells of a road and of those next to it has been usual since a time. [ms]

        Never where no loop tells of it: that no vehicle reports from a road says nothing.
        """
        at = self.layout.network.index.get(road)
        if at is None or self._known_since_ms[at] == _NEVER or self._known_since_ms[at] > since_utc_ms:
            return False
        return bool(all(self._unusual_ms[each] < since_utc_ms for each in (at, *self._next_to(at))))

    def stands_on(self, road: int, now_utc_ms: int) -> list[float]:
        """Return where vehicles stand on a road, by its index, the foremost last. [m]"""
        return sorted(each.along_m for each in self.standing.stands(now_utc_ms) if each.road == road)

    def lanes_that_stand(self, road: int) -> tuple[int, ...]:
        """Return the lanes of a road whose loops have been covered for longer than usual."""
        if self.raw is None:
            return ()
        long = (self.raw.stand > self._usual.stand + 1) & (self.layout.road == road)
        return tuple(sorted({self.layout.network.loops[at].lane for at in np.flatnonzero(long)}))

    def _figures(self, number: int, now_utc_ms: int, muted: Flags | None, silent: tuple[str, ...]) -> Floats:
        found = np.zeros((self.layout.n_roads, len(Figure)))
        if len(self.layout.road):
            if muted is None:
                self._doubt(number, self._usual)
            quiet = self.doubt.loops if muted is None else self.doubt.loops | muted
            evidence = LoopEvidence(self.layout, self.bins, self._usual, quiet)
            raw = evidence.raw(number)
            found[:, :LOOP_FIGURES] = evidence.figures(raw)
            self.raw = raw if muted is None else self.raw
        found[:, LOOP_FIGURES:] = self.standing.figures(now_utc_ms, self.layout.n_roads, silent)
        return found

    def _doubt(self, number: int, usual: Usual) -> None:
        vehicles, occupied = self.bins.recent(LoopEvidence(self.layout, self.bins, usual).ends(number), LOOKED_AT)
        self.doubt.look(vehicles, occupied, usual.rate_at(number), usual.stand)

    def _stays(self, road: int, now_utc_ms: int) -> bool:
        """Tell whether enough is left of a road's score without any one loop, and without any one vehicle."""
        for loop in self._loops_that_tell(road):
            muted = np.zeros(len(self.layout.road), dtype=bool)
            muted[loop] = True
            figures = self._figures(self._number, now_utc_ms, muted, ())[road]
            if self.judge.scores(figures) < self.judge.rest:
                return False
        vehicles = [each.vehicle for each in self.standing.stands(now_utc_ms) if each.road == road]
        return all(self._without_vehicle(road, name, now_utc_ms) >= self.judge.rest for name in vehicles)

    def _without_vehicle(self, road: int, vehicle: str, now_utc_ms: int) -> float:
        figures = self.figures[road].copy()
        figures[LOOP_FIGURES:] = self.standing.figures(now_utc_ms, self.layout.n_roads, (vehicle,))[road]
        return float(self.judge.scores(figures))

    def _loops_that_tell(self, road: int) -> Ints:
        of, loop = self._tells
        return np.asarray(loop[of == road])

    def _note(self, now_utc_ms: int) -> None:
        """Note since when each road is unusual, and since when its loops tell."""
        unusual = self.scores >= self.judge.suspect * _USUAL_SHARE
        self._unusual_ms[unusual] = now_utc_ms
        self._rising_ms = np.where(unusual, np.where(self._rising_ms == _NEVER, now_utc_ms, self._rising_ms), _NEVER)
        told = self._told()
        self._known_since_ms = np.where(
            told, np.where(self._known_since_ms == _NEVER, now_utc_ms, self._known_since_ms), _NEVER
        )

    def _told(self) -> Flags:
        """Tell by road whether loops say how it is: its own, or where it has none those next to it that tell of it.

        None of them may just have fallen silent: what it said goes with it.
        """
        heard = self.bins.last >= self._number - KNOWN_BINS
        fell_silent = ~heard & (self.bins.last >= self._number - KEPT)
        road, loop = self._tells
        n_roads, own = self.layout.n_roads, self.layout.road[loop] == road
        has_own = np.bincount(road[own], minlength=n_roads) > 0
        counts = own | ~has_own[road]
        says = np.bincount(road[counts], heard[loop[counts]], n_roads) > 0
        return np.asarray(says & (np.bincount(road, fell_silent[loop], n_roads) == 0))

    def _next_to(self, road: int) -> list[int]:
        start, end = self.layout.turns
        return [*end[start == road].tolist(), *start[end == road].tolist()]

    def _together(self, road: int, among: set[int]) -> set[int]:
        """Return those roads, among some, that can be reached from one over roads next to each other."""
        found, asked = {road}, [road]
        while asked:
            fresh = {each for each in self._next_to(asked.pop()) if each in among} - found
            found |= fresh
            asked += sorted(fresh)
        return found
