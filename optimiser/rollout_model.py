"""Values that the compiled rollout works on: numba takes named tuples of arrays as they are.

Letters in shapes: D draws, L lanes, V vehicles, M movements, G groups, S stages, E exits.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import TWO_STEP_M, JunctionLayout
from signal_ctrl.domain.view import BoolArray, FloatArray, IntArray, JunctionView

ABSENT: Final = -2
NO_RIGHT: Final = 0
STOP: Final = 1
PERMISSIVE: Final = 2
PROTECTED: Final = 3
SPACING_M: Final = 7.5
LATEST_S: Final = 600.0
FIRST_VEH: Final = 48  # as many as a view holds of a lane
MANY_VEH: Final = 64
SQUEEZE_VEH: Final = (
    0.5  # with so much place a driver goes on to a short street; with so little left on it one sticks out
)
LEAST_DRAWS: Final = 2


class Geometry(NamedTuple):
    """What never changes: lane_moves (L, longest), n_lane_moves (L,), lane (M,), group (M,), exit (M,),
    yields (M, longest), n_yields (M,), two_step (M,): room for one vehicle to wait inside the junction; mutual
    (M, longest), n_mutual (M,): movements that it yields to and that yield to it: who waits inside holds them up;
    feeds (E,): the lane of the same junction that an exit leads to, -1 if none, way_s (E,): how long that takes,
    place_veh (E,): how many find place on it; fed (L,): whether an exit leads to a lane; needs_veh (E,): how much
    place somebody needs to go there; across (M, longest), n_across (M,): exits to a coupled signal to which other
    movements cross this one's way.
    """

    lane_moves: IntArray
    n_lane_moves: IntArray
    lane: IntArray
    group: IntArray
    exit: IntArray
    yields: IntArray
    n_yields: IntArray
    two_step: BoolArray
    mutual: IntArray
    n_mutual: IntArray
    feeds: IntArray
    way_s: FloatArray
    place_veh: FloatArray
    fed: BoolArray
    needs_veh: FloatArray
    across: IntArray
    n_across: IntArray


class Stages(NamedTuple):
    """Stages and their changes, as in `StageTables`; which the base policy may choose: allowed (S,), and which are
    candidates for the next change: offered (S,). Of coupled signals: part (L,), which of them a lane belongs to; size
    (P,) and stride (P,), how many stages each has and how far apart its stages are in the numbers of all together.
    """

    right: IntArray
    end_s: FloatArray
    start_s: FloatArray
    settled_s: FloatArray
    min_green_s: FloatArray
    allowed: BoolArray
    offered: BoolArray
    part: IntArray
    size: IntArray
    stride: IntArray


class Seen(NamedTuple):
    """The view's arrays that the rollout needs, how much each vehicle's waiting counts: weight (L, V), and the drawn
    movements of all vehicles: drawn (D, L, V). persons (L, V): as how many cars each vehicle counts by its persons;
    share_from (0, 0): nobody is there several times.
    """

    n_vehicles: IntArray
    eta_s: FloatArray
    weight: FloatArray
    persons: FloatArray
    movement: IntArray
    presence: FloatArray
    share_from: FloatArray
    key: IntArray
    barred: IntArray
    ratio: FloatArray
    room_veh: FloatArray
    headway_s: FloatArray
    permissive_s: FloatArray
    stuck: BoolArray
    inside: BoolArray
    drawn: IntArray


class Rules(NamedTuple):
    """Numbers of the model. [s], [veh/s], [veh s]; in_order_veh: as of `RolloutSettings`, 0: in no order. [veh]"""

    horizon_s: int
    startup_s: float
    gap_s: float
    refill_veh_s: float
    eagerness: float
    leftover_s: float
    clear_factor: float
    look_s: float
    in_order_veh: float


class Work(NamedTuple):
    """Scratch space of one simulation: head (L,), tail (L,), ready_s (L,), room_veh (E,), last_use_s (M,),
    inside_s (M,), green_from_s (G,), wake_s (L,): until when nothing can happen on a lane, score (S,), first and
    cars (a few,).
    """

    head: IntArray
    tail: IntArray
    ready_s: FloatArray
    room_veh: FloatArray
    last_use_s: FloatArray
    inside_s: FloatArray
    green_from_s: FloatArray
    wake_s: FloatArray
    score: FloatArray
    first: IntArray
    cars: FloatArray


def geometry_of(layout: JunctionLayout, lanes: Sequence[int]) -> Geometry:
    """Return the geometry of a junction. Args: lanes, how many each signal has, where several are coupled."""
    coupled = _leads_to_another(layout, np.repeat(np.arange(len(lanes)), lanes))
    lane_moves, n_lane_moves = _ragged([lane.movements for lane in layout.lanes])
    yields, n_yields = _ragged([m.yields_to for m in layout.movements])
    mutual, n_mutual = _ragged([layout.mutual(i) for i in range(len(layout.movements))])
    own = [layout.stays_within(exit_lane) for exit_lane in layout.exits]
    feeds = np.array([e.next_lane if o else -1 for e, o in zip(layout.exits, own, strict=True)], dtype=np.int64)
    return Geometry(
        lane_moves,
        n_lane_moves,
        np.array([m.lane for m in layout.movements], dtype=np.int64),
        np.array([m.group for m in layout.movements], dtype=np.int64),
        np.array([m.exit for m in layout.movements], dtype=np.int64),
        yields,
        n_yields,
        np.array([m.length_m > TWO_STEP_M for m in layout.movements]),
        mutual,
        n_mutual,
        feeds,
        np.array([e.way_m / e.speed_mps for e in layout.exits]),
        np.array([max(e.way_m / SPACING_M, 1.0) for e in layout.exits]),
        np.isin(np.arange(len(layout.lanes)), feeds),
        np.where(coupled, SQUEEZE_VEH, 1.0),
        *_ragged(_across(layout, coupled)),
    )


def _leads_to_another(layout: JunctionLayout, part: IntArray) -> BoolArray:
    """Return which exits lead from one of several coupled signals to another. (E,)"""
    found = np.zeros(len(layout.exits), dtype=np.bool_)
    for movement in layout.movements:
        way = layout.exits[movement.exit]
        found[movement.exit] |= layout.stays_within(way) and part[way.next_lane] != part[movement.lane]
    return found


def _across(layout: JunctionLayout, coupled: BoolArray) -> list[tuple[int, ...]]:
    """Return for each movement the exits to a coupled signal to which others cross its way.

    Not those beside which it runs: from the same lane, or to the same exit.
    """
    found: list[list[int]] = [[] for _ in layout.movements]
    for i, movement in enumerate(layout.movements):
        for o in movement.yields_to:
            for own, other in ((i, o), (o, i)):
                one, crossing = layout.movements[own], layout.movements[other]
                beside = one.exit == crossing.exit or one.lane == crossing.lane
                if coupled[crossing.exit] and not beside:
                    found[own].append(crossing.exit)
    return [tuple(dict.fromkeys(exits)) for exits in found]


def stages_of(tables: StageTables, lanes: Sequence[int], size: Sequence[int] = ()) -> Stages:
    """Return the stages with a last group that is always green: movements without a lamp point to it by index -1.

    Args: lanes, how many each signal has; size, how many stages, of each where several are coupled.
    """
    n_stages = tables.right.shape[0]
    size, wide = tuple(size) or (n_stages,), ((0, 0), (0, 0), (0, 1))
    return Stages(
        np.pad(tables.right, wide[1:], constant_values=PROTECTED),
        np.pad(tables.end_s, wide, constant_values=np.inf),
        np.pad(tables.start_s, wide),
        tables.settled_s,
        tables.min_green_s,
        np.zeros(n_stages, dtype=np.bool_),
        np.zeros(n_stages, dtype=np.bool_),
        np.repeat(np.arange(len(size)), lanes),
        np.array(size, dtype=np.int64),
        np.array([math.prod(size[k + 1 :]) for k in range(len(size))], dtype=np.int64),
    )


def holds_turners(geometry: Geometry, stages: Stages) -> BoolArray:
    """Return in which stages somebody may wait inside the junction for those who wait for him. (S,)"""
    may_wait = geometry.two_step & (geometry.n_mutual > 0)
    return np.asarray((stages.right[:, geometry.group[may_wait]] == PERMISSIVE).any(axis=1))


def seen_of(view: JunctionView, settings: RolloutSettings) -> Seen:
    """Return the view's arrays with room for the draws; the simulation writes into times and weights.

    The more vehicles there are, the less does one guess about each of them matter: fewer draws will do.
    """
    late_s = view.late_s if view.late_s.size else np.zeros_like(view.eta_s)
    draws = min(max(settings.draws * MANY_VEH // max(int(view.n_vehicles.sum()), 1), LEAST_DRAWS), settings.draws)
    crowded = view.crowded if view.crowded.size else np.zeros(view.eta_s.shape[0])
    weight = 1.0 + np.minimum(late_s, LATEST_S) / settings.ageing_s + settings.crowding * crowded[:, None]
    return Seen(
        view.n_vehicles,
        view.eta_s.copy(),
        weight * view.weight if view.weight.size else weight,
        view.weight.copy() if view.weight.size else np.ones(view.eta_s.shape),
        view.movement,
        view.presence,
        view.share_from if view.share_from.size else np.zeros((0, 0)),
        view.key,
        view.barred,
        view.ratio,
        view.room_veh,
        view.headway_s,
        view.permissive_s if view.permissive_s.size else np.full_like(view.headway_s, settings.permissive_headway_s),
        view.stuck,
        view.inside if view.inside.size else np.zeros(view.ratio.shape, dtype=np.bool_),
        np.full((draws, *view.eta_s.shape), ABSENT, dtype=np.int64),
    )


def work_of(geometry: Geometry, stages: Stages, n_exits: int) -> Work:
    """Return scratch space for one junction."""
    n_lanes, n_moves = geometry.n_lane_moves.shape[0], geometry.lane.shape[0]
    n_stages, n_groups = stages.right.shape
    return Work(
        np.zeros(n_lanes, dtype=np.int64),
        np.zeros(n_lanes, dtype=np.int64),
        np.zeros(n_lanes),
        np.zeros(n_exits),
        np.zeros(n_moves),
        np.zeros(n_moves),
        np.zeros(n_groups),
        np.zeros(n_lanes),
        np.zeros(n_stages),
        np.zeros(FIRST_VEH, dtype=np.int64),
        np.zeros(FIRST_VEH),
    )


def _ragged(rows: list[tuple[int, ...]]) -> tuple[IntArray, IntArray]:
    """Return rows of different length as a matrix, and their lengths."""
    longest = max((len(row) for row in rows), default=0)
    matrix = np.zeros((len(rows), max(longest, 1)), dtype=np.int64)
    for i, row in enumerate(rows):
        matrix[i, : len(row)] = row
    return matrix, np.array([len(row) for row in rows], dtype=np.int64)
