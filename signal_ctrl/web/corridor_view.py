"""A corridor of a special vehicle as it is shown: where its vehicle is, who lies ahead, what is kept for it."""

from typing import Any

from signal_ctrl.watch.special.corridor_desk import CorridorDesk
from signal_ctrl.watch.special.values import Corridor
from signal_ctrl.web.bodies import BodyOut


class KeptOut(BodyOut):
    """A junction that is kept for a vehicle now. [ms]"""

    cabinet: str
    stage: str
    start_utc_ms: int
    end_utc_ms: int


class ArrivalOut(BodyOut):
    """When the vehicle comes to a signal ahead of it, from now on: at the earliest, as expected, at the latest. [s]"""

    signal: str
    cabinet: str
    early_s: float
    expected_s: float
    late_s: float


class CorridorOut(BodyOut):
    """A corridor, and as long as it lasts where the vehicle is on it, and which junctions are kept. [m] [s]

    `arrivals` are the signals ahead in their order, by the names of their cabinets too; `heard_s`, how old the last
    report is.
    """

    corridor: Corridor
    live: bool
    along_m: float | None
    length_m: float | None
    road: str | None
    signals: list[str]
    arrivals: list[ArrivalOut]
    heard_s: float | None
    kept: list[KeptOut]


def corridor_out(desk: CorridorDesk, one: Corridor, now_mono_ms: int) -> CorridorOut:
    """Return a corridor as it is shown now. [ms]"""
    known = desk.underway(one.vehicle) if one.ended_utc_ms is None else None
    cabinets = desk.cabinets(one.vehicle)
    kept = [k for k in desk.kept() if k.corridor == one.corridor]
    return CorridorOut(
        corridor=one,
        live=known is not None,
        along_m=None if known is None else round(known.report.along_m, 1),
        length_m=None if known is None else round(known.way.length_m, 1),
        road=None if known is None else known.way.roads[known.way.road_at(known.report.along_m)],
        signals=[] if known is None else [passage.signal for passage in known.way.passages],
        arrivals=[
            ArrivalOut(
                signal=signal,
                cabinet=cabinets.get(signal, ""),
                early_s=round(at.early_s, 1),
                expected_s=round(at.expected_s, 1),
                late_s=round(at.late_s, 1),
            )
            for signal, at in (() if known is None else desk.arrivals(one.vehicle))
        ],
        heard_s=None if known is None else round(max(now_mono_ms / 1000 - known.report.at_s, 0.0), 1),
        kept=[KeptOut(cabinet=k.cabinet, stage=k.stage, start_utc_ms=k.start_utc_ms, end_utc_ms=k.end_utc_ms)
              for k in kept],
    )  # fmt: skip


def recorded_corridor(desk: CorridorDesk, one: Corridor, now_mono_ms: int) -> dict[str, Any]:
    """Return a corridor as it is recorded: as it is shown, in whole seconds and metres. [ms]"""
    shown = corridor_out(desk, one, now_mono_ms).model_dump(mode="json")
    arrivals = [
        {name: round(v) if name.endswith("_s") else v for name, v in each.items()} for each in shown["arrivals"]
    ]
    whole = {name: None if shown[name] is None else round(shown[name]) for name in ("along_m", "length_m", "heard_s")}
    return {**shown, **whole, "arrivals": arrivals}
