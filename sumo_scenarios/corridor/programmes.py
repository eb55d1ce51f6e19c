"""Fixed programmes for the corridor's signals: trunk road, its left turns, side streets; one common cycle, no offsets.

Greens are in proportion to the critical flows (Webster 1958), of the morning or the evening, whichever asks for more,
and never shorter than what people need to cross.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sumo_scenarios.corridor.street_plan import LEGS, SIDE_LEFTS, SIGNALS
from sumo_scenarios.corridor.travel import Pair
from sumo_scenarios.net_reader import Connection, Net

AMBER_S: Final = 4
ALL_RED_S: Final = 2
WALK_S: Final = 7
WALKER_MPS: Final = 1.2
LEAST_GREEN_S: Final = 10
CYCLE_S: Final = (90, 120)
SATURATION: Final = 0.8
"""Degree of saturation that the cycle is made for."""
LANE_VEH_H: Final = 1750.0
EQUIVALENT: Final[Mapping[str, float]] = {"s": 1.0, "r": 1.4, "l": 1.1, "t": 1.8}
"""Cars going straight on that take as much green as one that turns."""
GIVING_WAY: Final = 2.0
"""The same for a side street's left turn that gives way to who comes from opposite."""

Loads = Mapping[Pair, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """A link of a signal: from where, which way, and in which stage it has green, with which letter."""

    link: int
    edge: str
    onto: str
    lane: str
    direction: str


def programme_rows(net: Net, over: Mapping[str, str], loads: Sequence[Loads]) -> Iterator[str]:
    """Yield the `tlLogic` of every signal as lines of XML.

    Args: over, the edges that each crossing lies over; loads, turns of each peak hour [veh/h].
    """
    plans = {signal: SignalDesign(net, over, i, loads) for i, signal in enumerate(SIGNALS)}
    cycle_s = max(plan.wanted_s() for plan in plans.values())
    for signal, plan in plans.items():
        yield f'<tlLogic id="{signal}" type="static" programID="0" offset="0">'
        yield from (f'    <phase duration="{lasts_s}" state="{state}"/>' for lasts_s, state in plan.rows(cycle_s))
        yield "</tlLogic>"


class SignalDesign:
    """One signal: its stages, what they are loaded with, and how long they are green."""

    def __init__(self, net: Net, over: Mapping[str, str], i: int, loads: Sequence[Loads]) -> None:
        self._net, self._over, self._i, self._loads = net, over, i, loads
        links = net.signal_links[SIGNALS[i]]
        self.n_links = 1 + max(link.link for link in links)
        self._walks = [link for link in links if net.is_crossing(link)]
        self._turns = [_turn(net, link) for link in links if not net.is_crossing(link)]
        self.stages = self._stages()

    def _stages(self) -> list[dict[int, str]]:
        """Return the letters of each stage: trunk road, its left turns, side streets, their left turns."""
        tee, own_lefts = len(LEGS[self._i]) == 1, self._i in SIDE_LEFTS
        found: list[dict[int, str]] = [{}, {}, {}, {}]
        lefts_from = {turn.edge for turn in self._turns if _is_trunk(turn) and turn.direction == "l"}
        for turn in self._turns:
            if not _is_trunk(turn):
                left = turn.direction == "l"
                found[2][turn.link] = "G" if turn.direction == "s" or (left and tee) else "g"
                if left and own_lefts:
                    del found[2][turn.link]
                    found[3][turn.link] = "G"
            elif turn.direction in "lt":
                found[1][turn.link] = "G" if turn.direction == "l" else "g"
            else:
                found[0][turn.link] = "G" if turn.direction == "s" else "g"
                if tee and turn.edge in lefts_from and turn.direction == "s":
                    found[1][turn.link] = "G"
        return [letters for letters in found if letters]

    def critical(self) -> list[float]:
        """Return the largest flow ratio of each stage, over the peak hours."""
        return [max(self._ratio(index, loads) for loads in self._loads) for index in range(len(self.stages))]

    def _ratio(self, index: int, loads: Loads) -> float:
        """Return the flow ratio of a stage: approaches by edge, the lanes for left turns apart.

        Who goes straight on beside the left turns of a T-junction has its main green in the stage before.
        """
        letters = self.stages[index]
        flow: defaultdict[tuple[str, bool], float] = defaultdict(float)
        lanes: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
        counted: set[Pair] = set()
        for turn in self._turns:
            if turn.link not in letters or (index == 1 and turn.direction == "s"):
                continue
            key = (turn.edge, turn.direction in "lt")
            lanes[key].add(turn.lane)
            if (turn.edge, turn.onto) not in counted:
                counted.add((turn.edge, turn.onto))
                yields = turn.direction == "l" and letters[turn.link] == "g" and len(LEGS[self._i]) == 2
                weight = GIVING_WAY if yields else EQUIVALENT[turn.direction]
                flow[key] += loads.get((turn.edge, turn.onto), 0.0) * weight
        return max((flow[key] / (len(lanes[key]) * LANE_VEH_H) for key in flow), default=0.0)

    def _least_s(self, index: int) -> int:
        walks, clearance_s = self._walking(index)
        return max(LEAST_GREEN_S, WALK_S + clearance_s if walks else 0)

    def _walking(self, index: int) -> tuple[frozenset[int], int]:
        """Return the crossings of a stage and how long people on them need to finish. [s]"""
        along = index == 0
        own = [link for link in self._walks if (index in (0, 2)) and self._crosses_side(link) is along]
        longest_m = max((self._net.crossing_length_m(link) for link in own), default=0.0)
        return frozenset(link.link for link in own), math.ceil(longest_m / WALKER_MPS)

    def _crosses_side(self, link: Connection) -> bool:
        """Tell whether a crossing lies over a side street."""
        ends = (self._net.lanes[lane].edge_id for lane in (link.from_lane, link.to_lane))
        edges = next(self._over[edge] for edge in ends if edge in self._over).split()
        return any(f"{leg}{self._i}{SIGNALS[self._i]}" in edges for leg in LEGS[self._i])

    def wanted_s(self) -> int:
        """Return the cycle that this signal asks for, in tens of seconds. [s]"""
        lost_s = len(self.stages) * (AMBER_S + ALL_RED_S)
        spare = 1.0 - sum(self.critical()) / SATURATION
        wanted_s = lost_s / spare if spare > lost_s / CYCLE_S[1] else CYCLE_S[1]
        return min(max(math.ceil(wanted_s / 10) * 10, CYCLE_S[0]), CYCLE_S[1])

    def greens_s(self, cycle_s: int) -> list[int]:
        """Return the greens: shares of the critical flow ratios, none below its least. [s]"""
        ratios = [max(ratio, 1e-3) for ratio in self.critical()]
        left_s = cycle_s - len(ratios) * (AMBER_S + ALL_RED_S)
        least = [self._least_s(index) for index in range(len(ratios))]
        held: set[int] = set()
        while True:
            free_s = left_s - sum(least[k] for k in held)
            total = sum(ratio for k, ratio in enumerate(ratios) if k not in held)
            greens = [least[k] if k in held else int(free_s * ratio / total) for k, ratio in enumerate(ratios)]
            short = {k for k, green_s in enumerate(greens) if green_s < least[k]} - held
            if not short:
                greens[0] += left_s - sum(greens)
                return greens
            held |= short

    def rows(self, cycle_s: int) -> Iterator[tuple[int, str]]:
        """Yield duration [s] and letters of every row."""
        greens = self.greens_s(cycle_s)
        for index, letters in enumerate(self.stages):
            walks, clearance_s = self._walking(index)
            following = self.stages[(index + 1) % len(self.stages)]
            if walks:
                yield greens[index] - clearance_s, self._state({**letters, **dict.fromkeys(walks, "G")})
                yield clearance_s, self._state(letters)
            else:
                yield greens[index], self._state(letters)
            keeps = {k: letter for k, letter in letters.items() if following.get(k) == letter}
            yield AMBER_S, self._state({**dict.fromkeys(letters, "y"), **keeps})
            yield ALL_RED_S, self._state(keeps)

    def _state(self, letters: Mapping[int, str]) -> str:
        return "".join(letters.get(k, "r") for k in range(self.n_links))


def _turn(net: Net, link: Connection) -> Turn:
    edges = net.lanes[link.from_lane].edge_id, net.lanes[link.to_lane].edge_id
    return Turn(link.link, edges[0], edges[1], link.from_lane, link.direction.lower())


def _is_trunk(turn: Turn) -> bool:
    return turn.edge[0] not in "NS"
