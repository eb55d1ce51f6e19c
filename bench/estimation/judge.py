"""The errors of estimates against the truth of a run, and whether their intervals hold it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from bench.estimation.truth import Truth
from detectors.estimation.interval import Estimate
from signal_ctrl.domain.geh import geh
from signal_ctrl.domain.network import JunctionLayout
from sumo_scenarios.estimating.lanes import LaneEstimate, lanes_of
from sumo_scenarios.estimating.observed import observed_of_run
from sumo_scenarios.estimating.turns import Turn, turns_of
from sumo_scenarios.measures.sources import read_sources

LEAST_VEH: Final = 3
LEAST_QUEUES: Final = 2
LEAST_LANE_VEH: Final = 20
CLOSE_M: Final = 7.5
"""A lower bound that is too high by no more than a vehicle counts as right. [m]"""


@dataclass(frozen=True, slots=True)
class Pair:
    """An estimate and the truth."""

    found: Estimate
    truth: float


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one quantity: how many, mean truth, mean and mean absolute error, share of intervals that hold it.

    `geh_below_5` is of counts alone; `bounds` are those of which only a lower bound was told, and `bounds_right` how
    many of these were right; they are in no other figure.
    """

    what: str
    unit: str
    count: int
    truth: float
    bias: float
    absolute: float
    held: float
    geh_below_5: float | None = None
    bounds: int = 0
    bounds_right: float | None = None

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object, absent figures left out."""
        figures = {
            "truth": self.truth,
            "bias": self.bias,
            "absolute": self.absolute,
            "held": self.held,
            "geh_below_5": self.geh_below_5,
            "bounds_right": self.bounds_right,
        }
        shown = {name: round(value, 4) for name, value in figures.items() if value is not None and math.isfinite(value)}
        return {"what": self.what, "unit": self.unit, "count": self.count, "bounds": self.bounds} | shown


def judge_run(run: Path, evidence: Path) -> list[Errors]:
    """Return the errors of every estimate of a run. Raises: as `observed_of_run` and `read_sources`."""
    observed, truth = observed_of_run(run), Truth(read_sources(run, evidence))
    layouts = [unit.layout for unit in observed.world.units]
    lanes = [(layout, lane) for layout in layouts for lane in lanes_of(observed, layout)]
    counted = truth.exit_counts()
    rows = [
        _errors("speed", "m/s", _speeds(truth, lanes)),
        _errors("saturation flow", "veh/h", _saturation(truth, lanes, "saturation")),
        _errors("saturation flow, running", "veh/h", _saturation(truth, lanes, "running")),
        _errors("start-up loss", "s", _saturation(truth, lanes, "start_up")),
        *_queues(truth, lanes),
        *_turns("turns", truth, [turn for layout in layouts for turn in turns_of(observed, layout)]),
        *_turns(
            "turns, all exits counted", truth, [t for layout in layouts for t in turns_of(observed, layout, counted)]
        ),
    ]
    return [row for row in rows if row is not None]


Lanes = Sequence[tuple[JunctionLayout, LaneEstimate]]


def _errors(what: str, unit: str, pairs: Iterable[Pair], counts: bool = False) -> Errors | None:
    """Return the errors of some pairs, None where there is none. Args: counts, whether they are counts of vehicles."""
    every = list(pairs)
    exact = [pair for pair in every if not pair.found.at_least]
    bounds = [pair for pair in every if pair.found.at_least]
    if not every:
        return None
    off = np.array([pair.found.value - pair.truth for pair in exact]) if exact else np.full(1, math.nan)
    right = [pair.found.value <= pair.truth + CLOSE_M for pair in bounds]
    return Errors(
        what=what,
        unit=unit,
        count=len(exact),
        truth=float(np.mean([pair.truth for pair in exact])) if exact else math.nan,
        bias=float(off.mean()),
        absolute=float(np.abs(off).mean()),
        held=float(np.mean([pair.found.holds(pair.truth) for pair in exact])) if exact else math.nan,
        geh_below_5=float(np.mean([_close(pair) for pair in exact])) if counts and exact else None,
        bounds=len(bounds),
        bounds_right=float(np.mean(right)) if right else None,
    )


def _close(pair: Pair) -> bool:
    return geh(pair.found.value, pair.truth) < 5.0 if pair.found.value + pair.truth > 0 else True


def _speeds(truth: Truth, lanes: Lanes) -> Iterator[Pair]:
    for layout, lane in lanes:
        loops = {loop.loop_id: loop for loop in layout.loops}
        for each in lane.speeds:
            for span_s, found in each.speeds:
                speed_mps, vehicles = truth.speed_mps(loops[each.loop_id], span_s)
                if found is not None and vehicles >= LEAST_VEH:
                    yield Pair(found, speed_mps)


def _saturation(truth: Truth, lanes: Lanes, what: str) -> Iterator[Pair]:
    """Yield saturation flows [veh/h], or start-up losses [s], of lanes with enough queues in both."""
    for _, lane in lanes:
        found = {"saturation": lane.saturation, "running": lane.running, "start_up": lane.start_up}[what]
        really = truth.discharges(lane.lane, lane.own_greens)
        if found is not None and len(really) >= LEAST_QUEUES:
            yield Pair(found, median(start_s if what == "start_up" else 3600.0 / gap_s for gap_s, start_s in really))


def _queues(truth: Truth, lanes: Lanes) -> Iterator[Errors | None]:
    """Yield the errors of queues, of all cycles and by how long they really were."""
    pairs = []
    for _, lane in lanes:
        before_s = [lane.greens[0][0]] + [reach.cycle.green_s for reach in lane.reaches] if lane.reaches else []
        for reach, since_s in zip(lane.reaches, before_s, strict=False):
            pairs.append(Pair(reach.reach_m, truth.reach_m(lane.lane, since_s, reach.cycle.green_s)))
    yield _errors("queue, all cycles", "m", pairs)
    for low_m, high_m in ((0.0, 20.0), (20.0, 50.0), (50.0, 100.0), (100.0, math.inf)):
        name = f"queue of {low_m:g} to {high_m:g} m" if math.isfinite(high_m) else f"queue of {low_m:g} m and more"
        yield _errors(name, "m", [pair for pair in pairs if low_m < pair.truth <= high_m])


def _turns(what: str, truth: Truth, turns: Sequence[Turn]) -> Iterator[Errors | None]:
    """Yield the errors of counts and shares, those that the counts told and those that they did not."""
    lane_veh: dict[tuple[str, str], int] = {}
    for (signal, lane, _), vehicles in truth.turns.items():
        lane_veh[signal, lane] = lane_veh.get((signal, lane), 0) + vehicles
    choices = [turn for turn in turns if 0.0 < turn.prior < 1.0]
    for name, chosen in ((f"{what}: told", True), (f"{what}: not told", False)):
        own = [turn for turn in choices if turn.count.is_told is chosen]
        pairs = [(turn, _taken(truth.turns, turn), _left(lane_veh, turn)) for turn in own]
        yield _errors(name, "veh", [Pair(turn.count.vehicles, taken) for turn, taken, _ in pairs], counts=True)
        shares = [Pair(t.count.share, taken / left) for t, taken, left in pairs if left >= LEAST_LANE_VEH]
        yield _errors(f"{name}, share", "–", shares)


def _taken(turns: Mapping[tuple[str, str, str], int], turn: Turn) -> int:
    return sum(turns.get((turn.signal, lane, turn.to_edge), 0) for lane in turn.lanes)


def _left(lane_veh: Mapping[tuple[str, str], int], turn: Turn) -> int:
    return sum(lane_veh.get((turn.signal, lane), 0) for lane in turn.lanes)
