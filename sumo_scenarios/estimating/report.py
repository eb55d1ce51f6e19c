"""Everything that was estimated of a network, as a document and as one table of rows."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from detectors.estimation.interval import Estimate
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.estimating.lanes import LaneEstimate, lanes_of
from sumo_scenarios.estimating.observed import Observed
from sumo_scenarios.estimating.turns import Turn, turns_of

HEADER: Final = ("signal", "lane", "what", "of", "begin_s", "end_s", "value", "low", "high", "samples", "unit")
Line = tuple[str, str, str, str, float, float, Estimate, str]
"""Signal, lane, what, of what, from, to [s], the estimate and its unit."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was estimated in a time. [s]"""

    span_s: tuple[float, float]
    lanes: tuple[LaneEstimate, ...]
    turns: tuple[Turn, ...]


def report_of(observed: Observed, junction: str | None = None, every_s: float = 300.0) -> Report:
    """Return the estimates of all signals, or of one. Raises: InvalidInputError for an unknown signal or width."""
    layouts = [unit.layout for unit in observed.world.units if junction in (None, unit.layout.signal_id)]
    if not layouts:
        known = ", ".join(unit.layout.signal_id for unit in observed.world.units)
        raise InvalidInputError(f"there is no signal '{junction}' under control; there are {known}")
    if not every_s > 0:
        raise InvalidInputError(f"--every needs seconds above 0, got {every_s:g}")
    return Report(
        observed.span_s,
        tuple(lane for layout in layouts for lane in lanes_of(observed, layout, every_s)),
        tuple(turn for layout in layouts for turn in turns_of(observed, layout)),
    )


def document_of(report: Report) -> dict[str, Any]:
    """Return a report as a JSON object; a bound that nobody knows is null."""
    return {
        "begin_s": report.span_s[0],
        "end_s": report.span_s[1],
        "lanes": [_lane(lane) for lane in report.lanes],
        "turns": [_turn(turn) for turn in report.turns],
    }


def report_csv(report: Report) -> str:
    """Return a report as CSV, a row an estimate; `high` is empty where only a lower bound is known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for signal, lane, what, of, begin_s, end_s, found, unit in _lines(report):
        high = "" if found.at_least else f"{found.high:.6g}"
        figures = (f"{found.value:.6g}", f"{found.low:.6g}", high)
        writer.writerow((signal, lane, what, of, f"{begin_s:.10g}", f"{end_s:.10g}", *figures, found.samples, unit))
    return out.getvalue()


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    high = None if math.isinf(found.high) else round(found.high, 4)
    return {"value": round(found.value, 4), "low": round(found.low, 4), "high": high, "samples": found.samples}


def _lane(lane: LaneEstimate) -> dict[str, Any]:
    return {
        "signal": lane.signal,
        "lane": lane.lane,
        "queues": lane.queues,
        "gives_way": lane.gives_way,
        "saturation_veh_h": _estimate(lane.saturation),
        "running_saturation_veh_h": _estimate(lane.running),
        "start_up_loss_s": _estimate(lane.start_up),
        "held_s": [list(span) for span in lane.held],
        "speeds": [
            {
                "loop": each.loop_id,
                "to_stop_m": each.to_stop_m,
                "factor_m": round(each.factor_m, 3),
                "intervals": [
                    {"begin_s": span[0], "end_s": span[1], "speed_mps": _estimate(speed)} for span, speed in each.speeds
                ],
            }
            for each in lane.speeds
        ],
        "cycles": [
            {
                "red_s": reach.cycle.red_s,
                "green_s": reach.cycle.green_s,
                "end_s": reach.cycle.end_s,
                "queue_m": _estimate(reach.reach_m),
                "loop_m": reach.loop_m,
                "by_waves_m": None if reach.by_waves_m is None else round(reach.by_waves_m, 2),
            }
            for reach in lane.reaches
        ],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "signal": turn.signal,
        "lanes": list(turn.lanes),
        "to_edge": turn.to_edge,
        "exit_counted": turn.exit_counted,
        "vehicles": _estimate(turn.count.vehicles),
        "share": _estimate(turn.count.share),
        "share_now": _estimate(turn.now),
        "told": round(turn.count.told, 4),
        "is_told": turn.count.is_told,
    }


def _lines(report: Report) -> Iterator[Line]:
    for lane in report.lanes:
        yield from _lane_lines(lane, report.span_s)
    for turn in report.turns:
        lanes = " ".join(turn.lanes)
        yield turn.signal, lanes, "turn", turn.to_edge, *report.span_s, turn.count.vehicles, "veh"
        yield turn.signal, lanes, "turning share", turn.to_edge, *report.span_s, turn.count.share, "-"
        yield turn.signal, lanes, "turning share now", turn.to_edge, *report.span_s, turn.now, "-"


def _lane_lines(lane: LaneEstimate, span_s: tuple[float, float]) -> Iterator[Line]:
    named = (
        ("saturation flow", lane.saturation, "veh/h"),
        ("running saturation flow", lane.running, "veh/h"),
        ("start-up loss", lane.start_up, "s"),
    )
    for what, found, unit in named:
        if found is not None:
            yield lane.signal, lane.lane, what, "", *span_s, found, unit
    for each in lane.speeds:
        for span, speed in each.speeds:
            if speed is not None:
                yield lane.signal, lane.lane, "speed", each.loop_id, *span, speed, "m/s"
    for reach in lane.reaches:
        yield lane.signal, lane.lane, "queue", "", reach.cycle.red_s, reach.cycle.end_s, reach.reach_m, "m"
