"""Streets, volumes and timing as other planning tools exchange them, in SI units; a value that exists is consistent.

Nodes are numbered. Streets lead to a node from another one under a compass heading; movements leave the node by a turn.
Timing is in numbered NEMA units with a ring, a barrier and a place each, as Synchro has them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError

HEADINGS: Final = ("NB", "SB", "EB", "WB", "NE", "NW", "SE", "SW")
TURNS: Final = ("U", "L2", "L", "T", "R", "R2")
MAX_NODES: Final = 10_000
MAX_SPEED_MPS: Final = 60.0
MAX_LENGTH_M: Final = 100_000.0
CYCLE_S: Final = (10.0, 600.0)
SLACK_S: Final = 0.5
UNCONTROLLED: Final = -1


class NodeKind(Enum):
    """What a node is; the numbers are those of UTDF."""

    SIGNAL = 0
    EXTERNAL = 1
    BEND = 2
    UNSIGNALISED = 3
    ROUNDABOUT = 4


class Reference(Enum):
    """Which moment of the reference unit an offset counts to; the numbers are those of UTDF."""

    LAST_GREEN = 0
    FIRST_AMBER = 1
    FIRST_RED = 2
    FIRST_GREEN = 3
    CLEARANCE = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the street network. [m]"""

    node: int
    kind: NodeKind
    x_m: float
    y_m: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Street:
    """The street that leads to a node under one heading. [m], [m/s]"""

    node: int
    heading: str
    up_node: int
    lanes: int
    length_m: float
    speed_mps: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement through a node, such as `NBL`. [veh/h]

    `lanes` are those that count as its own; `shared` says whether they are shared with turns to the left (1), to the
    right (2) or both (3). `protected` and `permitted` are numbers of the units that give it green; UNCONTROLLED: it
    needs none. `peak_factor` is the mean over the peak quarter hour, `growth` a factor on the volume.
    """

    node: int
    key: str
    up_node: int
    to_node: int
    lanes: int
    shared: int
    volume_veh_h: float
    protected: tuple[int, ...] = ()
    permitted: tuple[int, ...] = ()
    peak_factor: float = 1.0
    growth: float = 1.0
    heavy_ratio: float = 0.0

    @property
    def heading(self) -> str:
        """The heading of its approach."""
        return self.key[:2]


@dataclass(frozen=True, slots=True)
class NemaUnit:
    """One `nema_phase` of a node. [s]

    `start_s` and `end_s`, where known, are the begin of its green and the end of its split on the common clock.
    """

    node: int
    number: int
    barrier: int
    ring: int
    position: int
    min_green_s: float
    max_green_s: float
    amber_s: float
    all_red_s: float
    walk_s: float = 0.0
    clearance_s: float = 0.0
    start_s: float | None = None
    end_s: float | None = None

    @property
    def programmed_s(self) -> float:
        """Green, amber and all-red together. [s]"""
        return self.max_green_s + self.amber_s + self.all_red_s


@dataclass(frozen=True, slots=True)
class NodeTiming:
    """Cycle and offset of a node. [s] `referenced` are the numbers of the units that the offset counts to."""

    node: int
    cycle_s: float
    offset_s: float
    to: Reference = Reference.LAST_GREEN
    referenced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A street network with its volumes and timing."""

    nodes: tuple[Node, ...]
    streets: tuple[Street, ...]
    movements: tuple[Movement, ...]
    nema_units: tuple[NemaUnit, ...]
    timings: tuple[NodeTiming, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.nodes) <= MAX_NODES:
            raise InvalidInputError(f"need 1 to {MAX_NODES} nodes, got {len(self.nodes)}")
        _each_once("node", (str(node.node) for node in self.nodes))
        _each_once("street", (f"{street.node} {street.heading}" for street in self.streets))
        _each_once("movement", (f"{m.node} {m.key}" for m in self.movements))
        _each_once("timing unit", (f"{unit.node} D{unit.number}" for unit in self.nema_units))
        _each_once("timing of node", (str(timing.node) for timing in self.timings))
        known = {node.node for node in self.nodes}
        for street in self.streets:
            _check_street(street, known)
        for movement in self.movements:
            _check_movement(movement, known)
        self._check_timing(known)

    def units_of(self, node: int) -> tuple[NemaUnit, ...]:
        """Return the timing units of a node, by ring, barrier and position."""
        own = (unit for unit in self.nema_units if unit.node == node)
        return tuple(sorted(own, key=lambda unit: (unit.ring, unit.barrier, unit.position)))

    def movements_of(self, node: int) -> tuple[Movement, ...]:
        """Return the movements of a node."""
        return tuple(movement for movement in self.movements if movement.node == node)

    def timing_of(self, node: int) -> NodeTiming | None:
        """Return cycle and offset of a node, None if it has none."""
        return next((timing for timing in self.timings if timing.node == node), None)

    def _check_timing(self, known: set[int]) -> None:
        timed = {timing.node: timing for timing in self.timings}
        with_units = {unit.node for unit in self.nema_units}
        for timing in self.timings:
            if timing.node not in known:
                raise InvalidInputError(f"node {timing.node} has timing but is no node")
            if timing.node in with_units and not CYCLE_S[0] <= timing.cycle_s <= CYCLE_S[1]:
                span = f"{CYCLE_S[0]:g} to {CYCLE_S[1]:g} s"
                raise InvalidTimingError(f"node {timing.node}: a cycle of {timing.cycle_s:g} s; {span} are possible")
            if not (math.isfinite(timing.offset_s) and 0 <= timing.cycle_s < math.inf):
                raise InvalidTimingError(f"node {timing.node}: the cycle or the offset is no time")
        for unit in self.nema_units:
            if unit.node not in timed:
                raise InvalidInputError(f"node {unit.node} has phasing but no cycle; add it to [Timeplans]")
            _check_unit(unit, timed[unit.node].cycle_s)


def _check_street(street: Street, known: set[int]) -> None:
    where = f"node {street.node} {street.heading}"
    if street.heading not in HEADINGS:
        raise InvalidInputError(f"{where}: the heading is none of {', '.join(HEADINGS)}")
    if street.node not in known or street.up_node not in known:
        raise InvalidInputError(f"{where}: it leads from node {street.up_node} to {street.node}, one is no node")
    if not 0 <= street.lanes <= 20:
        raise InvalidInputError(f"{where}: {street.lanes} lanes; 0 to 20 are possible")
    if not 0 < street.speed_mps <= MAX_SPEED_MPS:
        raise InvalidInputError(f"{where}: a speed of {3.6 * street.speed_mps:.0f} km/h is not possible")
    if not 0 < street.length_m <= MAX_LENGTH_M:
        raise InvalidInputError(f"{where}: a length of {street.length_m:g} m is not possible")


def _check_movement(movement: Movement, known: set[int]) -> None:
    where = f"node {movement.node} {movement.key}"
    if movement.heading not in HEADINGS or movement.key[2:] not in TURNS:
        raise InvalidInputError(f"{where}: no movement of that name")
    if not {movement.node, movement.up_node, movement.to_node} <= known:
        raise InvalidInputError(f"{where}: it leads from or to a node that does not exist")
    if not 0 <= movement.volume_veh_h < 1e5:
        raise InvalidInputError(f"{where}: a volume of {movement.volume_veh_h:g} veh/h; volumes are 0 or more")
    if not 0 <= movement.lanes <= 12 or movement.shared not in range(4):
        raise InvalidInputError(f"{where}: {movement.lanes} lanes, shared {movement.shared}; need 0 to 12 and 0 to 3")
    if not (0 < movement.peak_factor <= 1 and 0 < movement.growth < 100 and 0 <= movement.heavy_ratio <= 1):
        raise InvalidInputError(f"{where}: peak hour factor, growth or share of heavy vehicles is out of range")


def _check_unit(unit: NemaUnit, cycle_s: float) -> None:
    where = f"node {unit.node} D{unit.number}"
    times_s = (unit.min_green_s, unit.max_green_s, unit.amber_s, unit.all_red_s, unit.walk_s, unit.clearance_s)
    if not all(0 <= time_s <= CYCLE_S[1] for time_s in times_s):
        raise InvalidTimingError(f"{where}: a time is below 0 or above {CYCLE_S[1]:g} s; UTDF has seconds")
    if min(unit.barrier, unit.ring, unit.position) < 1:
        raise InvalidInputError(f"{where}: barrier, ring and position (BRP) count from 1")
    if unit.programmed_s > cycle_s + SLACK_S:
        raise InvalidTimingError(
            f"{where}: green and clearance of {unit.programmed_s:g} s pass the cycle of {cycle_s:g} s"
        )


def _each_once(what: str, keys: Iterable[str]) -> None:
    twice = [key for key, number in Counter(keys).items() if number > 1]
    if twice:
        raise InvalidInputError(f"{what} {twice[0]} occurs twice")


@dataclass(frozen=True, slots=True)
class Running:
    """Which timing units run from one time of the cycle, in seconds of the common clock, until the next such time."""

    start_s: float
    numbers: frozenset[int]


def timeline(exchange: Exchange, node: int) -> tuple[Running, ...]:
    """Return which units of a node run when, by the starts of their greens, over one cycle from the first one on.

    Taken from their start and end times where all have them, else from splits, barriers and the offset.
    Raises: InvalidInputError or InvalidTimingError, with node and rule, where they do not make up a cycle.
    """
    timing = exchange.timing_of(node)
    units = exchange.units_of(node)
    if timing is None or not units:
        raise InvalidInputError(f"node {node} has no timing")
    spans = _spans(units, timing)
    _check_rings(units, spans, timing)
    starts_s = sorted({round(start_s % timing.cycle_s, 3) for start_s, _ in spans.values()})
    return tuple(Running(at_s, _running(spans, at_s, timing.cycle_s)) for at_s in starts_s)


def _running(spans: dict[int, tuple[float, float]], at_s: float, cycle_s: float) -> frozenset[int]:
    middle_s = at_s + 0.01
    return frozenset(n for n, (start_s, split_s) in spans.items() if (middle_s - start_s) % cycle_s < split_s)


def _spans(units: Sequence[NemaUnit], timing: NodeTiming) -> dict[int, tuple[float, float]]:
    """Return (start on the common clock, split) by number. [s]"""
    if all(unit.start_s is not None and unit.end_s is not None for unit in units):
        return {
            unit.number: (
                unit.start_s or 0.0,
                ((unit.end_s or 0.0) - (unit.start_s or 0.0)) % timing.cycle_s or timing.cycle_s,
            )
            for unit in units
        }
    local = _by_barriers(units, timing)
    by_number = {unit.number: unit for unit in units}
    shift_s = timing.offset_s - _reference_s(timing, local, by_number)
    return {number: (start_s + shift_s, split_s) for number, (start_s, split_s) in local.items()}


def _by_barriers(units: Sequence[NemaUnit], timing: NodeTiming) -> dict[int, tuple[float, float]]:
    """Return (start, split) by number, from the first barrier on; the last of a ring waits for the barrier. [s]"""
    spans: dict[int, tuple[float, float]] = {}
    now_s = 0.0
    for barrier in sorted({unit.barrier for unit in units}):
        rings = [
            [u for u in units if u.barrier == barrier and u.ring == ring] for ring in sorted({u.ring for u in units})
        ]
        length_s = max(sum(unit.programmed_s for unit in ring) for ring in rings)
        for ring in rings:
            at_s = now_s
            for unit in ring:
                left_s = now_s + length_s - at_s
                split_s = left_s if unit is ring[-1] else unit.programmed_s
                spans[unit.number] = (at_s, split_s)
                at_s += split_s
        now_s += length_s
    if abs(now_s - timing.cycle_s) > SLACK_S:
        raise InvalidTimingError(f"node {timing.node}: splits make {now_s:g} s, the cycle is {timing.cycle_s:g} s")
    return spans


def _reference_s(timing: NodeTiming, spans: dict[int, tuple[float, float]], units: dict[int, NemaUnit]) -> float:
    """Return the moment, on the clock of `spans`, that the offset counts to. [s]"""
    named = [n for n in timing.referenced if n in spans]
    if timing.referenced and not named:
        raise InvalidInputError(f"node {timing.node}: the offset refers to D{timing.referenced[0]}, which has no times")
    numbers = named or [min(spans, key=lambda n: spans[n])]
    ends_s = {n: spans[n][0] + spans[n][1] for n in numbers}
    if timing.to is Reference.FIRST_GREEN:
        return min(spans[n][0] for n in numbers)
    if timing.to is Reference.LAST_GREEN:
        return max(spans[n][0] for n in numbers)
    if timing.to is Reference.FIRST_RED:
        return min(ends_s[n] - units[n].all_red_s for n in numbers)
    ambers_s = {n: ends_s[n] - units[n].all_red_s - units[n].amber_s for n in numbers}
    if timing.to is Reference.FIRST_AMBER:
        return min(ambers_s.values())
    return min(ambers_s[n] - units[n].clearance_s for n in numbers)


def _check_rings(units: Sequence[NemaUnit], spans: dict[int, tuple[float, float]], timing: NodeTiming) -> None:
    for ring in sorted({unit.ring for unit in units}):
        total_s = sum(spans[unit.number][1] for unit in units if unit.ring == ring)
        if total_s > timing.cycle_s + SLACK_S:
            raise InvalidTimingError(
                f"node {timing.node}: the splits of ring {ring} make {total_s:g} s, the cycle is {timing.cycle_s:g} s"
            )
