"""The campaign: healthy days judged one after the other, each with the days before as its history, faults put into some
of them, counts imputed on them; a line of the ledger for each, none twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.folder import code_hash
from bench.ledger import append_lines, every_line
from bench.loop_health.counting import counts, day_counts
from bench.loop_health.days import DAY_S, SATURDAY, SUNDAY, Day, Edges, make_day, places_of, read_edges
from bench.loop_health.finding import accused, draw_faults, find_faults
from bench.loop_health.imputing import SLOT_S, by_way, figures, impute_day, taken_away
from bench.loop_health.judging import Network, doubts, failures, judge_day, network_of, words_of
from detectors.health.profile import DayCounts, Profile, profile_of
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.world import build_world

HOUR_S: Final = 3600.0
FLOOR_VEH_H: Final = 360.0
"""Of the errors by way: where a count of five minutes is 30 or more."""
CODE: Final = ("detectors/health",)
"""What judges: with another one, the lines of the ledger are of another judgement."""
Told = Callable[[str], None]
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days of a scenario, where their files and the ledger are."""

    scenario: str
    days: tuple[int, ...]
    folder: Path
    ledger: Path


class Campaign:
    """Works through what was asked; whatever the ledger holds is not done again."""

    def __init__(self, asked: Asked, told: Told) -> None:
        self._asked, self._told = asked, told
        world = build_world(resolve(asked.scenario), PUBLISHED, 0.0, float(DAY_S))
        self._network: Network = network_of(places_of(world))
        self._code = code_hash(CODE)
        lines = every_line(asked.ledger)
        self._done = {line["key"]: line for line in lines if line.get("code") == self._code}
        self._edges: dict[int, Edges] = {}
        self._days: dict[int, DayCounts] = {}

    def run(self) -> tuple[Mapping[str, Any], ...]:
        """Do what is missing, day by day, and return the lines of the ledger that belong to it."""
        for k, number in enumerate(self._asked.days):
            self._day(Day(self._asked.scenario, number), self._asked.days[:k])
        return tuple(self._done.values())

    def _day(self, day: Day, before: Sequence[int]) -> None:
        make_day(day, self._asked.folder, partial(self._tell, day))
        self._line(day, "healthy", partial(self._healthy, day, before))
        if before:
            self._line(day, "faults", partial(self._faults, day, before))
            self._line(day, "imputed", partial(self._imputed, day, before))

    def _tell(self, day: Day, time_s: float) -> None:
        self._told(f"{day.scenario}/{day.number}: {time_s / HOUR_S:.0f} h simulated")

    def _line(self, day: Day, what: str, make: Callable[[], Line]) -> None:
        key = f"{day.scenario}/{day.number}/{what}"
        if key in self._done:
            return
        self._told(key)
        line = {"key": key, "code": self._code, **make()}
        append_lines(self._asked.ledger, [line])
        self._done[key] = line

    def _of(self, number: int) -> Edges:
        if number not in self._edges:
            self._edges.clear()  # one day at a time fits into memory
            self._edges[number] = read_edges(make_day(Day(self._asked.scenario, number), self._asked.folder, _quiet))
        return self._edges[number]

    def _counted(self, number: int) -> DayCounts:
        if number not in self._days:
            self._days[number] = day_counts(self._of(number), Day(self._asked.scenario, number).weekday)
        return self._days[number]

    def _profile(self, before: Sequence[int]) -> Profile | None:
        return profile_of([self._counted(number) for number in before]) if before else None

    def _healthy(self, day: Day, before: Sequence[int]) -> Line:
        profile = self._profile(before)
        found = judge_day(self._of(day.number), self._network, day.weekday, profile)
        alarms, suspects = failures(found), doubts(found)
        names = self._network.names
        return {
            "day": day.number,
            "weekday": day.weekday,
            "level": day.level,
            "history_days": len(before),
            "detector_days": len(names),
            "silent_loops": int(np.count_nonzero(found.count.sum(axis=0) == 0)),
            "quiet_loops": int(np.count_nonzero(found.count.sum(axis=0) < 100)),
            "vehicles": int(found.count.sum()),
            "false_alarms": len({change.detector for change in alarms}),
            "alarms": [words_of(change, names) for change in alarms[:20]],
            "suspect_loops": len({change.detector for change in suspects}),
            "suspect_share": float(np.mean(found.level == 1)),
            "suspects": _by_fault(change.verdict.fault.name.lower() for change in suspects if change.verdict.fault),
        }

    def _faults(self, day: Day, before: Sequence[int]) -> Line:
        hourly = counts(self._of(day.number), HOUR_S)
        injections = draw_faults(self._network, hourly, day.number)
        found, review = find_faults(
            self._of(day.number), self._network, (day.weekday, self._profile(before)), injections
        )
        names = self._network.names
        return {
            "day": day.number,
            "history_days": len(before),
            "faults": [one.row(names) for one in found],
            "accused": [names[k] for k in accused(review, injections)],
        }

    def _like(self, number: int, day: Day) -> bool:
        """Tell whether a day is of the same type as another."""
        return _kind(Day(day.scenario, number).weekday) == _kind(day.weekday)

    def _imputed(self, day: Day, before: Sequence[int]) -> Line:
        like = [number for number in before if self._like(number, day)] or before
        history = [counts(self._of(number), SLOT_S) for number in like]
        gone = taken_away(len(self._network.names), day.number)
        imputed = impute_day(self._network.around, history, counts(self._of(day.number), SLOT_S), gone)
        return {
            "day": day.number,
            "history_days": len(history),
            "taken_away": len(gone),
            "figures": figures(imputed),
            "by_way": by_way(imputed, FLOOR_VEH_H),
        }


def _kind(weekday: int) -> int:
    return weekday if weekday in (SATURDAY, SUNDAY) else 0


def _by_fault(names: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def _quiet(_time_s: float) -> None:
    """Say nothing."""
