"""The published figures of the RESCO benchmark beside ours, with everything that makes them another experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Final

from bench.pairing import DELAY, Group, groups_of, is_valid

SOURCE: Final = (
    "J. Ault, G. Sharon: Reinforcement Learning Benchmarks for Traffic Signal Control. NeurIPS 2021, Datasets and "
    "Benchmarks Track"
)

BEST_S: Final[Mapping[str, float]] = {
    "cologne1": 25.8,
    "cologne3": 19.4,
    "cologne8": 20.9,
    "ingolstadt1": 20.9,
    "ingolstadt7": 31.2,
    "ingolstadt21": 59.6,
    "grid4x4": 32.9,
    "arterial4x4": 654.0,
}
"""Lowest average delay of any single episode of any learning controller. [s/veh]"""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that differs between the published figures and ours, and which way it pulls."""

    what: str
    theirs: str
    ours: str
    pull: str


CONDITIONS: Final = (
    Condition(
        "SUMO",
        "tested on 1.9",
        "1.28: car following, lane changing and junctions have changed since",
        "unknown; only a run of both on one version could tell",
    ),
    Condition(
        "what is told",
        "the best single episode of the best of several learning controllers",
        "the mean over the seeds of one controller, chosen beforehand",
        "theirs looks better: the least of many noisy values lies below what one may expect",
    ),
    Condition(
        "seeds",
        "every episode with a new random seed of SUMO, which moves drivers; the same demand",
        "seeds 1, 2, … of SUMO, which move drivers; the same demand; paired between controllers",
        "none in the mean, but theirs cannot be paired with ours",
    ),
    Condition(
        "who drives the lamps",
        "learning controllers, trained on that very network and demand",
        "nothing is trained on the network; fixed and actuated are tuned on other seeds",
        "theirs looks better",
    ),
    Condition(
        "amber",
        "3 s, on arterial4x4 2 s",
        "3 s everywhere in the profile published",
        "ours looks worse on arterial4x4: more of each cycle is lost",
    ),
    Condition(
        "decisions",
        "every 10 s (5 s on arterial4x4), the next green chosen freely",
        "every second; minimum green 5 s, maximum red and the stages' order kept by the safety kernel",
        "either way",
    ),
    Condition(
        "sensing",
        "positions of all vehicles within 200 m",
        "induction loops, unless it says positions",
        "ours looks worse with loops",
    ),
    Condition(
        "vehicles never let in",
        "counted by schedule: those due after the last vehicle that departed",
        "every vehicle that was due, by its name",
        "theirs looks better where entries are blocked, as on arterial4x4",
    ),
)


@dataclass(frozen=True, slots=True)
class OursRow:
    """One controller of ours on one network. Delays [s/veh]; runs and invalid runs are counted."""

    network: str
    controller: str
    sensing: str
    runs: int
    invalid: int
    mean_s: float | None
    best_s: float | None
    worst_s: float | None


def ours_of(rows: Sequence[Mapping[str, Any]]) -> tuple[OursRow, ...]:
    """Return our figures on the published networks as they are: whole span, demand as counted, nothing failed."""
    groups = [group for group in groups_of(rows) if group.shared["scenario"] in BEST_S and _is_usual(group)]
    order = list(BEST_S)
    return tuple(_row(group) for group in sorted(groups, key=lambda group: order.index(group.shared["scenario"])))


def _is_usual(group: Group) -> bool:
    shared = group.shared
    return shared["scale"] == 1 and not shared["failure_rate"] and not shared["closures"] and _is_whole(group)


def _is_whole(group: Group) -> bool:
    """Tell whether all runs are of the published hour."""
    spans = {(row.get("begin_s"), row.get("end_s")) for row in group.rows if is_valid(row)}
    begin_s = 57600.0 if group.shared["scenario"].startswith("ingolstadt") else 25200.0
    begin_s = 0.0 if group.shared["scenario"] in ("grid4x4", "arterial4x4") else begin_s
    return spans <= {(begin_s, begin_s + 3600.0)}


def _row(group: Group) -> OursRow:
    delays_s = [float(row[DELAY]) for row in group.rows if is_valid(row)]
    return OursRow(
        network=str(group.shared["scenario"]),
        controller=group.controller,
        sensing=str(group.shared["sensing"]),
        runs=len(group.rows),
        invalid=len(group.rows) - len(delays_s),
        mean_s=round(fmean(delays_s), 2) if delays_s else None,
        best_s=round(min(delays_s), 2) if delays_s else None,
        worst_s=round(max(delays_s), 2) if delays_s else None,
    )


def published_document(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the published figures, ours, and how they differ, as JSON takes them."""
    return {
        "source": SOURCE,
        "comparable": False,
        "published": [
            {"network": name, "delay_s_per_vehicle": value, "what": CONDITIONS[1].theirs}
            for name, value in BEST_S.items()
        ],
        "ours": [asdict(row) for row in ours_of(rows)],
        "differences": [asdict(each) for each in CONDITIONS],
    }
