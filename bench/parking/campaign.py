"""Paired runs with car parks, each once, and what guidance brings against searching: same seeds, same drivers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.ledger import append_lines, by_run
from bench.statistics import mean_interval
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from sumo_scenarios import catalogue
from sumo_scenarios.parking_loop.order import Arm, ParkingOrder, Shares
from sumo_scenarios.parking_loop.run import ParkingRun, plan_of, run_parking
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.supervise import Progress

LEDGER: Final = Path(__file__).parent.parent / "results" / "parking.jsonl"
ARMS: Final = {arm.name.lower(): arm for arm in Arm}
FIGURES: Final = {
    "search": ("search distance per driver", "m"),
    "extra": ("distance beyond the direct way", "m"),
    "spent": ("time of all traffic", "veh h"),
    "junctions": ("time lost before signals", "veh h"),
}
CLEARING_MIN: Final = 15.0
CONTROLLERS: Final = ("fixed", "adaptive", "net")
_S_PER_MIN: Final = 60.0
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario under a controller: minutes of its demand and after it, how many drivers listen, how full it gets."""

    scenario: str
    controller: str = "fixed"
    minutes: float = 0.0
    shares: Shares = field(default_factory=Shares)
    fill: float = 0.9
    scale: float = 1.0
    clearing_min: float = CLEARING_MIN

    def __post_init__(self) -> None:
        if (
            self.controller not in CONTROLLERS
            or not 0 <= self.minutes < math.inf
            or not 0 <= self.clearing_min < math.inf
        ):
            raise InvalidInputError(f"guidance is judged with controller {', '.join(CONTROLLERS)}, over 0 min or more")

    def order(self, arm: Arm, seed: int, plan: Plan | None) -> ParkingOrder:
        """Return one run: its seed draws the demand and the drivers too."""
        end_s = None
        if self.minutes:
            begin_s, _ = times_of(catalogue.resolve(self.scenario), RunSettings(self.scenario))
            end_s = begin_s + _S_PER_MIN * self.minutes
        settings = RunSettings(self.scenario, self.controller, seed, seed, end_s=end_s, scale=self.scale, plan=plan)
        clearing_s = _S_PER_MIN * self.clearing_min
        return ParkingOrder(settings, arm, self.shares, fill=self.fill, clearing_s=clearing_s)

    @property
    def name(self) -> str:
        """What the case is called in the ledger."""
        own = f"phone {self.shares.phone:g} signs {self.shares.signs:g}"
        length = f"{self.minutes:g} min" if self.minutes else "all"
        clearing = "" if self.clearing_min == CLEARING_MIN else f"/clearing {self.clearing_min:g} min"
        return f"{self.scenario}/{self.controller}/{length}/x{self.scale:g}/{own}/fill {self.fill:g}{clearing}"

    def key(self, arm: Arm, seed: int) -> str:
        """Return the name of a run in the ledger. Where nobody is told anything the shares change nothing else."""
        return f"{self.name}/{arm.name.lower()}/s{seed}"


class Campaign:
    """Runs that the ledger does not hold are made and appended; it goes on where it was interrupted."""

    def __init__(
        self,
        ledger: Path,
        told: Callable[[str], None] = lambda _: None,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._ledger, self._told, self._report = ledger, told, report
        self._known = by_run(ledger)
        self._plans: dict[str, Plan] = {}

    def run(self, case: Case, arm: Arm, seed: int) -> Line:
        """Return the line of a run, made now if it is not there. Raises: InvalidInputError, BackendError."""
        key = case.key(arm, seed)
        if key not in self._known:
            plan = self._plan(case)
            self._told(key)
            line = {"key": key, **_line_of(run_parking(case.order(arm, seed, plan), self._report))}
            append_lines(self._ledger, [line])
            self._known[key] = line
        return self._known[key]

    def _plan(self, case: Case) -> Plan | None:
        """Return the plan of a case, the same for all arms and seeds; it is worked out once."""
        if case.controller != "fixed":
            return None
        if case.name not in self._plans:
            self._told(f"{case.name}: plan of the signals")
            self._plans[case.name] = plan_of(case.order(Arm.BLIND, 1, None))
        return self._plans[case.name]


def _line_of(run: ParkingRun) -> Line:
    found: Line = asdict(run)
    found["by_kind"] = {kind: _rounded(own, 4) for kind, own in found["by_kind"].items()}
    return _rounded(found, 3)


def _rounded(values: Mapping[str, Any], digits: int) -> Line:
    return {name: round(value, digits) if isinstance(value, float) else value for name, value in values.items()}


def figure(line: Mapping[str, Any], name: str) -> float:
    """Return one of `FIGURES` of a run."""
    if name == "spent":
        return float(line["spent_veh_h"])
    if name == "junctions":
        return float(line["junction_veh_h"])
    return float(line["by_kind"]["all"][f"{name}_m"])


@dataclass(frozen=True, slots=True)
class Against:
    """One arm against another over seeds: changes of one figure, in its unit and as a share of the other's. [%]"""

    arm: str
    other: str
    figure: str
    changes: tuple[float, ...]
    percent: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean change, in the figure's unit."""
        return sum(self.changes) / len(self.changes)

    @property
    def mean_percent(self) -> float:
        """Mean of the changes. [%]"""
        return sum(self.percent) / len(self.percent)

    @property
    def interval_percent(self) -> tuple[float, float] | None:
        """95 % interval of the mean. [%]"""
        found = mean_interval(self.percent)
        return None if found is None else (found.low, found.high)


def against(lines: Mapping[Arm, Mapping[int, Line]], arm: Arm, other: Arm, name: str) -> Against | None:
    """Return what one arm changes of a figure, over the seeds that both have; None if there are none."""
    seeds = sorted(set(lines.get(arm, {})) & set(lines.get(other, {})))
    pairs = [(figure(lines[arm][seed], name), figure(lines[other][seed], name)) for seed in seeds]
    pairs = [(own, before) for own, before in pairs if before]
    if not pairs:
        return None
    changes = tuple(own - before for own, before in pairs)
    return Against(arm.value, other.value, name, changes, tuple(100 * (own / before - 1) for own, before in pairs))


def comparisons(lines: Mapping[Arm, Mapping[int, Line]]) -> list[Against]:
    """Return what is worth telling: guidance against both ways of searching, known inflow against unknown."""
    wanted = [(Arm.GUIDED, Arm.BLIND), (Arm.GUIDED, Arm.NEAREST), (Arm.NEAREST, Arm.BLIND), (Arm.KNOWN, Arm.GUIDED)]
    found = [against(lines, arm, other, name) for arm, other in wanted for name in FIGURES]
    return [one for one in found if one is not None]


def first_share(lines: Sequence[Line], kinds: Sequence[str]) -> float | None:
    """Return which share of drivers of some kinds found a space at the first car park; None without any."""
    rows = [line["by_kind"][kind] for line in lines for kind in kinds if kind in line["by_kind"]]
    drivers = sum(row["drivers"] for row in rows)
    return sum(row["drivers"] * row["first"] for row in rows) / drivers if drivers else None
