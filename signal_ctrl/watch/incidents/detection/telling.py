"""A finding in words: which figures of a road are high, and what they mean."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import Floats
from signal_ctrl.watch.incidents.detection.evidence import LOOP_FIGURES, Figure
from signal_ctrl.watch.incidents.detection.judging import CAPS, Judge
from signal_ctrl.watch.incidents.detection.layout import Layout
from signal_ctrl.watch.incidents.values import Evidence, EvidenceSource, IncidentKind
from signal_ctrl.watch.incidents.wishes import Finding

LEAST_TOLD: Final = 0.3
"""What adds less to the score is not told."""
WORDS: Final[Mapping[Figure, str]] = MappingProxyType(
    {
        Figure.ENTRY_STANDS: "a queue has stood on the loop at its begin for longer than ever",
        Figure.STOP_STANDS: "a vehicle has stood on the loop at its end for longer than ever",
        Figure.OUT_MISSING: "fewer leave it than came in",
        Figure.LANE_MISSING_OUT: "one lane lets fewer go than its share",
        Figure.LANE_MISSING_IN: "fewer come in on one lane than its share",
        Figure.IN_MISSING: "fewer come in than left the roads before it",
        Figure.STORED: "more vehicles are on it than usual",
        Figure.MISSING_BEHIND: "fewer come out of it onto a road behind it than usual",
        Figure.LANE_MISSING_BEHIND: "behind it one lane gets fewer than its share",
        Figure.STANDS_BEFORE: "vehicles before it stand at the stop line for longer than ever",
        Figure.STOP_SILENT: "nobody has got to a loop at its end for longer than ever though vehicles came in",
        Figure.ENTRY_SILENT: "nobody has passed a loop at its begin, for longer than ever, though vehicles are due",
        Figure.SILENT_BEHIND: "nobody has come onto a lane of a road behind it, for longer than ever",
        Figure.PROBE_STANDS: "a vehicle that reports its position stands for longer than a red light",
        Figure.PROBES_STAND: "vehicles that report their positions stand for a minute",
    }
)


class Seen(Protocol):
    """What the detection has seen."""

    layout: Layout
    figures: Floats

    def stands_on(self, road: int, now_utc_ms: int) -> list[float]:
        """Return where vehicles stand on a road, the foremost last. [m]"""
        ...

    def lanes_that_stand(self, road: int) -> tuple[int, ...]:
        """Return the lanes whose loops have been covered for longer than usual."""
        ...


def finding_of(seen: Seen, road: int, now_utc_ms: int, since_utc_ms: int, confirms: bool, judge: Judge) -> Finding:
    """Return the finding of a road, by its index. Args: since_utc_ms, since when it is unusual, or -1. [ms]"""
    name = seen.layout.network.roads[road].road
    adds = np.minimum(seen.figures[road], CAPS) * np.array(judge.weights)
    told = [figure for figure in sorted(Figure, key=lambda each: -adds[each]) if adds[figure] >= LEAST_TOLD]
    told = told or [Figure(int(np.argmax(adds)))]
    evidence = tuple(_evidence(figure, name, now_utc_ms, float(adds[figure])) for figure in told)
    by_positions = all(each.source is EvidenceSource.POSITIONS for each in evidence)
    places_m = seen.stands_on(road, now_utc_ms)
    return Finding(
        kind=IncidentKind.STOPPED_VEHICLE if by_positions else IncidentKind.BLOCKED_LANE,
        road=name,
        at_utc_ms=now_utc_ms,
        evidence=evidence,
        confirms=confirms,
        began_utc_ms=since_utc_ms if since_utc_ms >= 0 else now_utc_ms,
        lanes=seen.lanes_that_stand(road),
        position_m=min(places_m[-1], float(seen.layout.length_m[road])) if places_m else None,
    )


def _evidence(figure: Figure, road: str, now_utc_ms: int, strength: float) -> Evidence:
    source = EvidenceSource.LOOPS if figure < LOOP_FIGURES else EvidenceSource.POSITIONS
    method = figure.name.lower().replace("_", " ")
    return Evidence(source, method, f"road {road}", now_utc_ms, f"road {road}: {WORDS[figure]}", round(strength, 2))
