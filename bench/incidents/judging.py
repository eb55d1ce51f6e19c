"""The judgement: the runs that nothing was fitted on, played to each detector; a line of the ledger each."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.folder import code_hash
from bench.incidents.alarms import Neighbours, in_a_row, outcome
from bench.incidents.cases import Blocked, Case, Purpose, Scenario
from bench.incidents.recording import Recorded
from bench.incidents.replay import learnt, play
from bench.incidents.rivals import CALIFORNIA, LOOPS, POSITIONS, without
from bench.incidents.runs import Runs
from bench.ledger import append_lines, every_line
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.california import california, stations
from signal_ctrl.watch.incidents.detection.detection import Detection
from signal_ctrl.watch.incidents.detection.usual import Usual

CODE: Final = ("signal_ctrl/watch/incidents/detection", "bench/incidents")
IN_TIME_S: Final = 180.0
NOBODY_VEH: Final = 3
"""Where fewer come onto the road in the three minutes after an incident, next to nothing can show it in time."""
_NORMAL: Final = 1.96
Line = dict[str, Any]
Array = npt.NDArray[Any]
GROUPS: Final[Mapping[str, Callable[[Line], bool]]] = MappingProxyType(
    {
        "heavy": lambda b: b["heavy"],
        "- whole road blocked": lambda b: b["heavy"] and b["lanes"] == 1,
        "- half of it": lambda b: b["heavy"] and b["lanes"] == 2,
        "- a third or less": lambda b: b["heavy"] and b["lanes"] > 2,
        "- whole, loops on the road": lambda b: b["heavy"] and b["lanes"] == 1 and b["sight"] == "own",
        "- whole, loops next to it only": lambda b: b["heavy"] and b["lanes"] == 1 and b["sight"] == "next",
        "- part, loops on the road": lambda b: b["heavy"] and b["lanes"] > 1 and b["sight"] == "own",
        "- part, loops next to it only": lambda b: b["heavy"] and b["lanes"] > 1 and b["sight"] == "next",
        "- no loops on it nor next to it": lambda b: b["heavy"] and b["sight"] == "none",
        f"- fewer than {NOBODY_VEH} came in 3 min": lambda b: b["heavy"] and b["behind_veh"] < NOBODY_VEH,
        "lighter": lambda b: not b["heavy"],
    }
)


def judge(runs: Runs, scenarios: Sequence[Scenario], most: int, ledger: Path, told: Callable[[str], None]) -> None:
    """Judge the runs that are there and that the ledger does not hold for this code."""
    code, equipped = code_hash(CODE), runs.equipped.word
    known = {(line["key"], line.get("engine")) for line in every_line(ledger)}
    for scenario in scenarios:
        network, usual = runs.place(scenario).network, None
        for purpose in (Purpose.JUDGE_QUIET, Purpose.JUDGE):
            for case, recorded in runs.there(scenario, purpose, most):
                key = f"{case.key}/{equipped}{runs.equipped.salt and f' draw {runs.equipped.salt}'}"
                if (key, code) in known:
                    continue
                usual = usual or learnt(runs.usual(scenario), network)
                told(f"judging {key}")
                line = {"key": key, "engine": code, "equipped": equipped, **judged(case, recorded, network, usual)}
                append_lines(ledger, [line])


def judged(case: Case, recorded: Recorded, network: RoadNetwork, usual: Usual) -> Line:
    """Return what each detector made of a run."""
    detection, alarmed = Detection(network, usual), _Alarmed()
    for _, now_ms in play(recorded, network, detection):
        alarmed.note(detection, now_ms)
    neighbours = Neighbours(network)
    outcomes = {
        name: outcome(flags, neighbours, recorded.begin_ms, recorded.blocked, network.index).document()
        for name, flags in alarmed.by_name().items()
    }
    facts = None if recorded.blocked is None else _facts(recorded.blocked, network)
    return {"scenario": case.scenario.name, "seed": case.seed, "blocked": facts, "detectors": outcomes}


def _facts(blocked: Blocked, network: RoadNetwork) -> Line:
    """Return an incident with the lanes of its road, and who sees it: loops on its road, next to it, or none."""
    counted = {loop.road for loop in network.loops}
    beside = {turn.to_road for turn in network.following[blocked.road]}
    beside |= {turn.from_road for turn in network.leading[blocked.road]}
    sight = "own" if blocked.road in counted else "next" if beside & counted else "none"
    lanes = network.of(blocked.road).lanes
    return {**asdict(blocked), "heavy": blocked.heavy, "loops": sight == "own", "sight": sight, "lanes": lanes}


class _Alarmed:
    """Which roads each detector believes in, bin by bin."""

    def __init__(self) -> None:
        self._combined: list[Array] = []
        self._loops: list[Array] = []
        self._positions: list[Array] = []
        self._california: list[Array] = []

    def note(self, detection: Detection, now_ms: int) -> None:
        """Note what is believed after a bin."""
        believed = np.zeros(detection.layout.n_roads, dtype=bool)
        believed[detection.believed] = True
        self._combined.append(believed)
        self._loops.append(LOOPS.scores(without(detection.figures, positions=True)) >= LOOPS.suspect)
        self._positions.append(POSITIONS.scores(without(detection.figures, loops=True)) >= POSITIONS.suspect)
        up, down = stations(detection.layout, detection.bins, now_ms // 20_000 - 1)
        self._california.append(california(up, down, CALIFORNIA))

    def by_name(self) -> Mapping[str, Array]:
        """Return (n_bins, n_roads) by detector; those alone ask for two bins in a row, as the combination does."""
        alone = {"loops": self._loops, "positions": self._positions, "california": self._california}
        return {
            "combined": np.array(self._combined),
            **{name: in_a_row(np.array(each)) for name, each in alone.items()},
        }


def report(ledger: Path) -> str:
    """Return the newest judgement that the ledger holds, that of the code of its last line, in words."""
    whole = every_line(ledger)
    if not whole:
        return "the ledger holds nothing"
    lines = [line for line in whole if line.get("engine") == whole[-1].get("engine")]
    found = [f"code {whole[-1].get('engine')}"]
    for equipped in sorted({line["equipped"] for line in lines}):
        those = [line for line in lines if line["equipped"] == equipped]
        found += [f"{equipped}, {len(those)} runs", *_table(those)]
    return "\n".join(found)


def _table(lines: Sequence[Line]) -> list[str]:
    rows = []
    for name in ("combined", "loops", "positions", "california"):
        outcomes = [(line["blocked"], line["detectors"][name]) for line in lines]
        rows.append(f"  {name}: {_false([o for _, o in outcomes])}")
        for group, holds in GROUPS.items():
            rows.append(f"    {group:38} {_rate(o for b, o in outcomes if b and holds(b))}")
    return rows


def _rate(outcomes: Iterable[Mapping[str, Any]]) -> str:
    found = [each["found_s"] for each in outcomes]
    times_s = sorted(each for each in found if each is not None)
    if not found:
        return "none"
    in_time = sum(each <= IN_TIME_S for each in times_s)
    low, high = wilson(in_time, len(found))
    median = f", median {times_s[len(times_s) // 2]:.0f} s" if times_s else ""
    return (
        f"{in_time} of {len(found)} in 3 min ({in_time / len(found):.0%}, 95 % {low:.0%} to {high:.0%}), "
        f"{len(times_s)} in 12 min{median}"
    )


def _false(outcomes: Sequence[Mapping[str, Any]]) -> str:
    days, false = sum(o["road_days"] for o in outcomes), sum(o["false"] for o in outcomes)
    per_100 = 100 * false / days if days else float("nan")
    elsewhere = sum(o["elsewhere"] for o in outcomes)
    return f"{false} false alarms in {days:.0f} road-days, {per_100:.1f} per 100; {elsewhere} elsewhere in incidents"


def wilson(good: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share. Source: Wilson, J. Am. Stat. Assoc. 22, 1927.

    >>> [round(each, 2) for each in wilson(9, 10)]
    [0.6, 0.98]
    """
    share, square = good / of, _NORMAL**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _NORMAL / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of**2))
    return middle - half, middle + half
