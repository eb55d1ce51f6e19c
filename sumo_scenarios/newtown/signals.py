"""Fixed programmes of the new town's signals: for each of the two roads its through stage, then its left turns.

Through stage: motor vehicles straight on, bicycles, people on foot along the road. Right turns give way in it, and
those of motor vehicles go on beside the left turns. People's clearance runs within the green; bicycles get amber first,
since they clear more slowly.
Greens are in proportion to the critical flows (Webster 1958), and never shorter than people need to cross.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sumo_scenarios.clearance import all_red_s, amber_for_speed_s
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.newtown.ways import Way
from sumo_scenarios.site_builder import MAX_RED_KEY

WALK_S: Final = 7
WALKER_MPS: Final = 1.0
BUFFER_S: Final = 3
AMBER_S: Final = 4
BIKE_AMBER_S: Final = 3
LEAST_GREEN_S: Final = 10
CYCLE_S: Final = (90, 120)
MAX_RED_S: Final = 180
"""Longest red that the sites are to promise: people at a wide crossing wait for four stages."""
SATURATION: Final = 0.85
"""Degree of saturation that the cycle is made for."""
LANE_VEH_H: Final = 1600.0
"""What a lane lets go, trucks and changes of lane included."""
START_S: Final = 1.0
"""What starting up loses more than the amber wins back, in each stage."""
EQUIVALENT: Final[Mapping[str, float]] = {"s": 1.0, "r": 1.3, "l": 1.05}
"""Vehicles going straight on that take as much green as one that turns; right turns wait for people on foot."""
RIGHT_LANE: Final = 0.5
"""Share of the right turns from a lane of their own that needs green: others go beside the left turns, or on red."""
AXES: Final = ("EW", "NS")

Turn = tuple[str, str]
"""Edge before the stop line and edge behind the crossing."""
Loads = Mapping[Turn, float]
"""Motor vehicles of each turn. [veh/h]"""


@dataclass(frozen=True, slots=True)
class Link:
    """A lamp: who stands at it (`motor`, `bike` or `walk`), from which heading, which way it goes."""

    index: int
    kind: str
    heading: str
    direction: str
    turn: Turn
    lane: str
    clear_s: float
    """Amber and red that its vehicles need after green, or seconds that people need to cross. [s]"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Who has green, by link with its letter, and who is on foot. All intervals are whole. [s]

    `clearance_s` is what of the green follows the end of WALK, `bikes_s` what follows the bicycles' end.
    """

    letters: Mapping[int, str]
    walks: frozenset[int]
    bikes: frozenset[int]
    clearance_s: int
    bikes_s: int
    all_red_s: int
    ratio: float

    @property
    def least_s(self) -> int:
        """Shortest green."""
        return max(LEAST_GREEN_S, WALK_S + self.clearance_s if self.walks else 0)

    @property
    def lost_s(self) -> int:
        """Amber and all-red after it."""
        return AMBER_S + self.all_red_s

    @property
    def idle_s(self) -> float:
        """What of a cycle nobody drives in, for this stage's sake."""
        return self.lost_s + START_S


class SignalDesign:
    """One signal: its stages, their flow ratios, and how long they are green."""

    def __init__(self, net: Net, over: Mapping[str, str], signal: str, loads: Loads, red_turns: frozenset[str]) -> None:
        """Args: over, the edges that each crossing lies over; red_turns, approaches that may turn right on red."""
        self.signal = signal
        self._links = [_link(net, over, c) for c in net.signal_links[signal]]
        self._n = 1 + max(link.index for link in self._links)
        rights = [link for link in self._links if link.kind == "motor" and link.direction == "r"]
        self._arrows = {link.index for link in rights if f"{signal}{link.heading}" in red_turns}
        self.stages = self._stages(loads)

    def _stages(self, loads: Loads) -> tuple[Stage, ...]:
        return tuple(self._stage(axis, left, loads) for axis in AXES for left in (False, True))

    def _stage(self, axis: str, left: bool, loads: Loads) -> Stage:
        own = [link for link in self._links if link.kind != "walk" and link.heading in axis]
        onward = {("motor", "r"), *({("motor", "l")} if left else {("motor", "s"), ("bike", "s"), ("bike", "r")})}
        own = [link for link in own if (link.kind, link.direction) in onward]
        walks = [link for link in self._links if link.kind == "walk" and link.heading not in axis and not left]
        return self._made(own, walks, left, loads)

    def _made(self, own: Sequence[Link], walks: Sequence[Link], left: bool, loads: Loads) -> Stage:
        motor_s = max(link.clear_s for link in own if link.kind == "motor")
        all_red = max(math.ceil(motor_s) - AMBER_S, 1)
        bikes = [link for link in own if link.kind == "bike"]
        early_s = max((math.ceil(link.clear_s) - AMBER_S - all_red for link in bikes), default=0)
        early_s = max(early_s, BIKE_AMBER_S) if bikes else 0
        walk_s = max((link.clear_s for link in walks), default=0.0)
        clearance_s = math.ceil(walk_s + BUFFER_S) - AMBER_S - all_red if walks else 0
        return Stage(
            letters={link.index: "g" if link.direction == "r" else "G" for link in own},
            walks=frozenset(link.index for link in walks),
            bikes=frozenset(link.index for link in bikes),
            clearance_s=max(clearance_s, early_s) if walks else 0,
            bikes_s=early_s,
            all_red_s=all_red,
            ratio=_ratio([link for link in own if not (left and link.direction == "r")], loads),
        )

    @property
    def turns(self) -> set[Turn]:
        """Turns of motor vehicles."""
        return {link.turn for link in self._links if link.kind == "motor"}

    def saturation(self, cycle_s: float) -> float:
        """Return the degree of saturation of the critical movements when the greens share a cycle evenly. [0–1]"""
        lost_s = sum(stage.idle_s for stage in self.stages)
        return sum(stage.ratio for stage in self.stages) * cycle_s / (cycle_s - lost_s)

    def wanted_s(self) -> int:
        """Return the cycle that this signal asks for, in tens of seconds. [s]"""
        lost_s = sum(stage.lost_s for stage in self.stages)
        spare = 1.0 - sum(stage.ratio for stage in self.stages) / SATURATION
        wanted_s = lost_s / spare if spare > lost_s / CYCLE_S[1] else CYCLE_S[1]
        least_s = lost_s + sum(stage.least_s for stage in self.stages)
        return min(max(math.ceil(wanted_s / 10) * 10, math.ceil(least_s / 10) * 10, CYCLE_S[0]), CYCLE_S[1])

    def greens_s(self, cycle_s: int) -> list[int]:
        """Return the greens: shares of the critical flow ratios, none below its least. [s]"""
        left_s = cycle_s - sum(stage.lost_s for stage in self.stages)
        held: set[int] = set()
        ratios = [max(stage.ratio, 1e-3) for stage in self.stages]
        while True:
            free_s = left_s - sum(self.stages[k].least_s for k in held)
            total = sum(ratio for k, ratio in enumerate(ratios) if k not in held)
            greens = [
                stage.least_s if k in held else int(free_s * ratios[k] / total) for k, stage in enumerate(self.stages)
            ]
            short = {k for k, stage in enumerate(self.stages) if greens[k] < stage.least_s} - held
            if not short:
                greens[0] += left_s - sum(greens)
                return greens
            held |= short

    def rows(self, cycle_s: int) -> Iterator[tuple[int, str]]:
        """Yield duration [s] and letters of every row of the programme."""
        arrows = dict.fromkeys(self._arrows, "s")
        for k, (stage, green_s) in enumerate(zip(self.stages, self.greens_s(cycle_s), strict=True)):
            green = {**arrows, **stage.letters}
            following = self.stages[(k + 1) % len(self.stages)].letters
            staying = {link: letter for link, letter in stage.letters.items() if link in following}
            if stage.walks:
                yield green_s - stage.clearance_s, self._state({**green, **dict.fromkeys(stage.walks, "G")})
            held_s = (stage.clearance_s if stage.walks else green_s) - stage.bikes_s
            if held_s:
                yield held_s, self._state(green)
            if stage.bikes:
                yield BIKE_AMBER_S, self._state({**green, **dict.fromkeys(stage.bikes, "y")})
                if stage.bikes_s > BIKE_AMBER_S:
                    bare = {link: letter for link, letter in green.items() if link not in stage.bikes}
                    yield stage.bikes_s - BIKE_AMBER_S, self._state(bare)
            ending = {link: "y" for link in stage.letters if link not in stage.bikes}
            yield AMBER_S, self._state({**arrows, **ending, **staying})
            yield stage.all_red_s, self._state({**arrows, **staying})

    def _state(self, letters: Mapping[int, str]) -> str:
        return "".join(letters.get(k, "r") for k in range(self._n))


class MidblockDesign(SignalDesign):
    """A signal between two crossings of main roads: all vehicles, then people on foot."""

    def _stages(self, loads: Loads) -> tuple[Stage, ...]:
        vehicles = [link for link in self._links if link.kind != "walk"]
        walks = [link for link in self._links if link.kind == "walk"]
        clear_s = math.ceil(max(link.clear_s for link in walks) + BUFFER_S)
        on_foot = Stage({}, frozenset(link.index for link in walks), frozenset(), clear_s - AMBER_S - 1, 0, 1, 0.0)
        return self._made(vehicles, (), False, loads), on_foot


def offsets_s(ways: Mapping[str, Way]) -> dict[str, int]:
    """Return how much later than the crossings of main roads each signal between them begins its cycle. [s]

    Those who started at the crossing before come when vehicles get green; on columns the crossing's own start is
    added, see `programme_rows`.
    """
    return {way.midblock: round(way.length_m / 2 / way.road_class.speed_mps) for way in ways.values() if way.midblock}


def programme_rows(
    designs: Sequence[SignalDesign],
    offsets: Mapping[str, int] | None = None,
    parameters: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[str]:
    """Yield the `tlLogic` of every signal as lines of XML: one cycle for all, the longest that one asks for.

    Args: offsets, of signals between crossings, from the begin of their road's first stage [s]; parameters, what
        programmes ask for besides, by signal.
    """
    cycle_s = common_cycle_s(designs)
    first = designs[0]
    turn_s = sum(first.greens_s(cycle_s)[:2]) + sum(stage.lost_s for stage in first.stages[:2])
    for design in designs:
        offset_s = (offsets or {}).get(design.signal, 0) + (turn_s if design.signal[1:2] == "N" else 0)
        yield f'<tlLogic id="{design.signal}" type="static" programID="0" offset="{offset_s % cycle_s}">'
        yield from (f'    <phase duration="{lasts_s}" state="{state}"/>' for lasts_s, state in design.rows(cycle_s))
        asked = {MAX_RED_KEY: str(MAX_RED_S), **(parameters or {}).get(design.signal, {})}
        yield from (f'    <param key="{key}" value="{value}"/>' for key, value in asked.items())
        yield "</tlLogic>"


def common_cycle_s(designs: Sequence[SignalDesign]) -> int:
    """Return the longest cycle that a signal asks for. [s]"""
    return max(design.wanted_s() for design in designs)


def _ratio(links: Sequence[Link], loads: Loads) -> float:
    """Return the largest flow ratio of an approach: what its turns take, dealt out to its lanes evenly where they can.

    Who turns right from a lane of its own is counted apart.
    """
    flow: defaultdict[str, float] = defaultdict(float)
    lanes: defaultdict[str, set[str]] = defaultdict(set)
    rights: dict[str, tuple[str, float]] = {}
    for turn in dict.fromkeys((link.turn, link.direction) for link in links if link.kind == "motor"):
        own = [link for link in links if link.kind == "motor" and (link.turn, link.direction) == turn]
        weight = loads.get(turn[0], 0.0) * EQUIVALENT[turn[1]]
        if turn[1] == "r":
            rights[own[0].turn[0]] = (own[0].lane, weight)
        else:
            flow[own[0].turn[0]] += weight
            lanes[own[0].turn[0]] |= {link.lane for link in own}
    found = []
    for edge, onward in flow.items():
        lane, turning = rights.get(edge, ("", 0.0))
        alone = RIGHT_LANE * turning / LANE_VEH_H
        shared = (onward + turning * (lane in lanes[edge])) / (len(lanes[edge]) * LANE_VEH_H)
        found.append(max(alone, shared))
    return max(found, default=0.0)


def _link(net: Net, over: Mapping[str, str], connection: Connection) -> Link:
    if net.is_crossing(connection):
        edges = [net.lanes[lane].edge_id for lane in (connection.from_lane, connection.to_lane)]
        heading = next(over[edge] for edge in edges if edge in over)[0]
        seconds = net.crossing_length_m(connection) / WALKER_MPS
        return Link(connection.link, "walk", heading, "", ("", ""), "", seconds)
    lane = net.lanes[connection.from_lane]
    turn = (lane.edge_id, net.lanes[connection.to_lane].edge_id)
    inner_mps = net.lanes[connection.via].speed_mps
    clear_s = amber_for_speed_s(lane.speed_mps) + all_red_s(net.inner_length_m(connection), inner_mps)
    kind = "motor" if lane.motorised else "bike"
    return Link(connection.link, kind, turn[0][0], connection.direction.lower(), turn, lane.lane_id, clear_s)
