"""Random junctions for the rollout: once as plain values, once as the arrays that the compiled code takes."""

import math
import random
from dataclasses import dataclass, replace

import numpy as np

from optimiser.rollout import DELAYS_S
from optimiser.rollout_model import (
    ABSENT,
    SPACING_M,
    Geometry,
    Rules,
    Seen,
    Stages,
    Work,
    geometry_of,
    seen_of,
    stages_of,
    work_of,
)
from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Movement
from signal_ctrl.domain.view import JunctionView
from tests.optimiser import slow_rollout as slow
from tests.optimiser.slow_draws import movement_of

N_MAX = 16
SPEED_MPS = 13.9


@dataclass
class Compiled:
    """What `rollout_core` works on."""

    geometry: Geometry
    stages: Stages
    seen: Seen
    rules: Rules
    work: Work


def random_town(seed: int) -> slow.Town:
    """Return a junction with shared lanes, yield pairs, arrows, full exits, two-step turns and stuck lanes."""
    rng = random.Random(seed)
    n_lanes, n_stages, n_exits = rng.randint(2, 6), rng.randint(2, 5), rng.randint(1, 4)
    n_groups = rng.randint(1, 5)
    moves = [
        slow.Move(
            lane,
            rng.randrange(n_groups) if rng.random() < 0.95 else None,
            rng.randrange(n_exits),
            [],
            rng.random() < 0.5,
        )
        for lane in range(n_lanes)
        for _ in range(rng.randint(1, 3))
    ]
    for index, move in enumerate(moves):
        mutual = rng.random() < 0.3  # junctions whose right of way goes round in circles
        rivals = [
            i for i, other in enumerate(moves) if other.lane != move.lane and (mutual or index not in other.yields_to)
        ]
        if rng.random() < 0.5:
            move.yields_to = rng.sample(rivals, min(len(rivals), rng.randint(1, 3)))
    rights = [rng.choices(range(4), (5, 1, 2, 4), k=n_groups) for _ in range(n_stages)]
    pairs = [(a, b) for a in range(n_stages) for b in range(n_stages)]
    town = slow.Town(
        moves=moves,
        rights=rights,
        changes={(a, b): _change(rng, rights[a], rights[b], a == b) for a, b in pairs},
        min_green_s=[rng.choice((0.0, 5.0, 7.0)) for _ in range(n_stages)],
        allowed=set(rng.sample(range(n_stages), rng.randint(1, n_stages))),
        lanes=[_vehicles(rng, [i for i, m in enumerate(moves) if m.lane == lane]) for lane in range(n_lanes)],
        stuck=[rng.random() < 0.2 for _ in range(n_lanes)],
        headway_s=[rng.uniform(1.5, 2.6) for _ in range(n_lanes)],
        room_veh=[rng.choice((1e6, 1e6, rng.uniform(0.0, 6.0))) for _ in range(n_exits)],
        permissive_s=[rng.choice((2.4, rng.uniform(2.4, 9.0))) for _ in range(n_lanes)],
        inside={i for i, m in enumerate(moves) if m.two_step and m.yields_to and rng.random() < 0.2},
        rules=slow.Rules(horizon_s=rng.choice((20, 40, 60)), startup_s=rng.choice((0.0, 1.0))),
    )
    if rng.random() < 0.5:
        _chain(rng, town)
    town.weights = [[rng.choice((1.0, rng.uniform(1.0, 8.0))) for _ in lane] for lane in town.lanes]
    return town


def _chain(rng: random.Random, town: slow.Town) -> None:
    """Let some exits lead to lanes of the same junction."""
    own = [[i for i, m in enumerate(town.moves) if m.lane == lane] for lane in range(len(town.lanes))]
    for exit_lane in range(len(town.room_veh)):
        if rng.random() < 0.6:
            way_m = rng.choice((0.2, 8.0, 42.0, 139.0))
            town.feeds[exit_lane] = (rng.randrange(len(town.lanes)), way_m / SPEED_MPS, max(way_m / SPACING_M, 1.0))
    fed = {lane for lane, _, _ in town.feeds.values()}
    town.spare = [
        [rng.choice(moves) for _ in range(N_MAX - len(town.lanes[lane]))] if lane in fed else []
        for lane, moves in enumerate(own)
    ]


def _change(rng: random.Random, old: list[int], new: list[int], same: bool) -> slow.Change:
    end_s, start_s = [], []
    for was, will in zip(old, new, strict=True):
        stays = same or (was >= slow.PERMISSIVE and will >= slow.PERMISSIVE)
        end_s.append(math.inf if stays or was < slow.PERMISSIVE else float(rng.randint(0, 4)))
        start_s.append(0.0 if stays or will < slow.PERMISSIVE else rng.randint(0, 16) / 2)
    return slow.Change(end_s, start_s, max(start_s))


def _vehicles(rng: random.Random, own: list[int]) -> list[tuple[float, int | None]]:
    standing = rng.randint(0, 6)
    etas = [0.0] * standing + sorted(rng.uniform(0.0, 70.0) for _ in range(rng.randint(0, 6)))
    return [(eta_s, None if rng.random() < 0.1 else rng.choice(own)) for eta_s in etas]


def layout_of(town: slow.Town) -> JunctionLayout:
    lanes = tuple(
        ApproachLane(
            f"in{k}",
            f"in{k}",
            200.0,
            SPEED_MPS,
            tuple(i for i, m in enumerate(town.moves) if m.lane == k),
            (),
            False,
        )
        for k in range(len(town.lanes))
    )
    moves = tuple(
        Movement(
            i,
            NONE if m.group is None else m.group,
            m.lane,
            m.exit,
            20.0 if m.two_step else 10.0,
            "s",
            tuple(m.yields_to),
        )
        for i, m in enumerate(town.moves)
    )
    exits = tuple(
        Exit(f"out{k}", 200.0, SPEED_MPS, "random", town.feeds[k][0], town.feeds[k][1] * SPEED_MPS)
        if k in town.feeds
        else Exit(f"out{k}", 200.0, SPEED_MPS, "", NONE, 200.0)
        for k in range(len(town.room_veh))
    )
    return JunctionLayout("random", lanes, moves, exits, (), ())


def tables_of(town: slow.Town) -> StageTables:
    n, m = len(town.rights), len(town.rights[0])
    changes = [[town.changes[a, b] for b in range(n)] for a in range(n)]
    return StageTables(
        right=np.array(town.rights, dtype=np.int64),
        end_s=np.array([[c.end_s for c in row] for row in changes]).reshape(n, n, m),
        start_s=np.array([[c.start_s for c in row] for row in changes]).reshape(n, n, m),
        settled_s=np.array([[c.settled_s for c in row] for row in changes]),
        min_green_s=np.array(town.min_green_s),
    )


def view_of(town: slow.Town, known: bool = True, presence: float = 1.0) -> JunctionView:
    """Return the town as seen; turns are either known or equally likely within each lane."""
    n = len(town.lanes)
    eta_s, movement = np.zeros((n, N_MAX)), np.full((n, N_MAX), -1, dtype=np.int64)
    late_s = np.zeros((n, N_MAX))
    for k, vehicles in enumerate(town.lanes):
        for j, (eta, move) in enumerate(vehicles):
            eta_s[k, j] = eta
            movement[k, j] = -1 if move is None or not known else move
            late_s[k, j] = (town.weights[k][j] - 1.0) * RolloutSettings().ageing_s if town.weights else 0.0
    share = [1.0 / sum(other.lane == move.lane for other in town.moves) for move in town.moves]
    return JunctionView(
        n_vehicles=np.array([len(v) for v in town.lanes], dtype=np.int64),
        eta_s=eta_s,
        movement=movement,
        presence=np.full((n, N_MAX), presence),
        key=np.arange(n * N_MAX, dtype=np.int64).reshape(n, N_MAX),
        barred=np.zeros(n, dtype=np.int64),
        ratio=np.array(share),
        room_veh=np.array(town.room_veh),
        standing=np.zeros(n),
        beyond_veh=np.zeros(len(town.room_veh)),
        headway_s=np.array(town.headway_s),
        stuck=np.array(town.stuck, dtype=np.bool_),
        permissive_s=np.array(town.permissive_s),
        late_s=late_s,
        inside=np.array([i in town.inside for i in range(len(town.moves))], dtype=np.bool_),
    )


def compiled(town: slow.Town) -> Compiled:
    """Return the town as arrays, with its own movements as the only draw."""
    geometry, stages = geometry_of(layout_of(town), [len(town.lanes)]), stages_of(tables_of(town), [len(town.lanes)])
    stages.allowed[sorted(town.allowed)] = True
    stages.offered[:] = stages.allowed
    seen = seen_of(view_of(town), RolloutSettings(draws=1))
    for lane, vehicles in enumerate(town.lanes):
        for v, (_, move) in enumerate(vehicles):
            seen.drawn[:, lane, v] = ABSENT if move is None else move
        for v, move in enumerate(town.spare[lane] if town.spare else (), start=len(vehicles)):
            seen.drawn[:, lane, v] = move
    r = town.rules
    rules = Rules(
        r.horizon_s, r.startup_s, r.gap_s, r.refill_veh_s, r.eagerness, r.leftover_s,
        r.clear_factor, r.look_s, r.in_order_veh,
    )  # fmt: skip
    return Compiled(geometry, stages, seen, rules, work_of(geometry, stages, len(town.room_veh)))


def drawn_town(town: slow.Town, view: JunctionView, draw: int, n_draws: int) -> slow.Town:
    """Return the town with the movements that a draw gives to its vehicles."""
    lanes, spare = [], []
    for k, vehicles in enumerate(town.lanes):
        shares = {i: float(view.ratio[i]) for i, m in enumerate(town.moves) if m.lane == k}
        found = [
            movement_of(int(view.key[k, v]), shares, float(view.presence[k, v]), draw, n_draws)
            for v in range(len(vehicles))
        ]
        lanes.append([(eta, move) for (eta, _), move in zip(vehicles, found, strict=True)])
        fed = any(onto == k for onto, _, _ in town.feeds.values())
        places = range(len(vehicles), N_MAX if fed else len(vehicles))
        spare.append([movement_of(-1 - v, shares, 1.0, draw, n_draws) for v in places])
    return replace(town, lanes=lanes, spare=spare)


def candidates(town: slow.Town, stage: int) -> list[tuple[int, int]]:
    """Return (stage, delay [s]) of everything that may be weighed, in the order in which it is."""
    others = [s for s in sorted(town.allowed) if s != stage]
    return [(stage, 0), *((other, delay_s) for delay_s in DELAYS_S for other in others)]
