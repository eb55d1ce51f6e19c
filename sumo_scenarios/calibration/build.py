"""From what was measured in the street to a scenario whose drivers queue and drive so, and what is still missed."""

import csv
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import numpy as np
from scipy.stats import t as student

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.gateways.whole_file import new_folder
from sumo_scenarios import catalogue
from sumo_scenarios.calibration.drivers import Drivers, with_drivers
from sumo_scenarios.calibration.files import write_calibrated
from sumo_scenarios.calibration.fit import CHECK_SEEDS, Fitted, Targets, fit_drivers
from sumo_scenarios.calibration.measured import MeasuredLane, MeasuredSpeed, check_places
from sumo_scenarios.calibration.streets_bench import BenchResult, StreetBench
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.fleet import Fleet, read_fleet
from sumo_scenarios.group_saturation import groups_to_csv
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.world import build_world

BUDGET: Final = 16
_MOST_CLASSES: Final = 6
_S_PER_H: Final = 3600.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure before and after, and what it should be; the intervals are 95 % over seeds that the fit never saw."""

    figure: str
    unit: str
    target: float
    before: float
    after: float
    after_interval: float


@dataclass(frozen=True, slots=True)
class LaneResidual:
    """A measured lane, and the saturation flow of the fitted drivers at its speed limit. [veh/h], [m/s]"""

    signal: str
    lane: str
    limit_mps: float
    measured_veh_h: float
    before_veh_h: float
    after_veh_h: float

    @property
    def residual_veh_h(self) -> float:
        """Simulated less measured. [veh/h]"""
        return self.after_veh_h - self.measured_veh_h


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration that stands."""

    config: Path
    fitted: Fitted
    simulations: int
    rows: tuple[Row, ...]
    lanes: tuple[LaneResidual, ...]
    notices: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the summary, as `calibration.json` holds it."""
        return {
            "config": self.config.name,
            "drivers": asdict(self.fitted.drivers),
            "settled": self.fitted.settled,
            "at_bounds": list(self.fitted.at_bounds),
            "search_simulations": self.fitted.simulations,
            "simulations": self.simulations,
            "figures": [asdict(row) for row in self.rows],
            "lanes": [asdict(lane) | {"residual_veh_h": lane.residual_veh_h} for lane in self.lanes],
            "notices": list(self.notices),
        }


def calibrate(
    scenario: str,
    measured: tuple[Sequence[MeasuredLane], Sequence[MeasuredSpeed]],
    out: Path,
    budget: int,
    say: Say,
) -> Calibration:
    """Fit drivers to measured saturation flows and speeds and write a scenario with them into a new folder.

    Args: measured, lanes and speeds, one of them may be empty; budget, the most simulations of the search.
    Raises: InvalidInputError for places that the network lacks or a folder that exists; BackendError if SUMO fails.
    """
    lanes, speeds = measured
    _check(lanes, speeds, out, budget)
    config = read_configuration(catalogue.resolve(scenario).config)
    net = read_net(config.net)
    check_places(net, lanes, speeds)
    units = build_world(catalogue.resolve(scenario), PUBLISHED, None, None).units if lanes else ()
    groups = groups_to_csv(units, {(row.signal, row.lane): (row.saturation_veh_h, row.weight) for row in lanes})
    fleet = read_fleet((*config.additional, *config.routes))
    classes = {
        row.lane: limit for row, limit in zip(lanes, _classes([_limit(net, r.lane) for r in lanes]), strict=True)
    }
    targets = _targets(net, lanes, speeds, classes)
    with new_folder(out) as folder, tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        say("test bench")
        bench = StreetBench(tuple(targets.headways_s), targets.speeds_at_mps, config.step_s, Path(scratch))
        say(f"search, at most {budget} simulations")
        fitted = fit_drivers(bench, fleet, targets, budget)
        say(f"{2 * len(CHECK_SEEDS)} simulations to check")
        before, after = (_checked(bench, fleet, drivers) for drivers in (Drivers(), fitted.drivers))
        made = Calibration(
            config=out / f"{out.name}.sumocfg",
            fitted=fitted,
            simulations=bench.simulations,
            rows=tuple(_rows(targets, before, after)),
            lanes=tuple(_residual(net, row, classes[row.lane], before, after) for row in lanes),
            notices=tuple(_notices(fitted, budget)),
        )
        write_calibrated(config, with_drivers(fleet, fitted.drivers), folder, out.name)
        _write_reports(made, groups, folder)
    return made


def _check(lanes: Sequence[MeasuredLane], speeds: Sequence[MeasuredSpeed], out: Path, budget: int) -> None:
    if out.exists():
        raise InvalidInputError(f"{out} exists; name a folder that does not")
    if not lanes and not speeds:
        raise InvalidInputError("nothing was measured: give --saturation, --speeds or both")
    if not 2 <= budget <= 200:
        raise InvalidInputError(f"--budget needs 2 to 200 simulations, got {budget}")


def _limit(net: Net, lane: str) -> float:
    return net.lanes[lane].speed_mps


def _classes(limits_mps: Sequence[float]) -> list[float]:
    """Return the class of each speed limit: rounded, the more the more there are. [m/s]"""
    for grain in (0.01, 0.5, 1.0, 2.0, 5.0):
        rounded = [max(round(limit / grain) * grain, 1.0) for limit in limits_mps]
        if len(set(rounded)) <= _MOST_CLASSES:
            break
    return [round(value, 3) for value in rounded]


def _targets(
    net: Net, lanes: Sequence[MeasuredLane], speeds: Sequence[MeasuredSpeed], classes: Mapping[str, float]
) -> Targets:
    by_class: defaultdict[float, list[MeasuredLane]] = defaultdict(list)
    for row in lanes:
        by_class[classes[row.lane]].append(row)
    total = sum(row.weight for row in lanes) or 1.0
    weights = {limit: sum(row.weight for row in own) / total for limit, own in sorted(by_class.items())}
    headways_s = {
        limit: sum(row.weight * _S_PER_H / row.saturation_veh_h for row in own) / sum(row.weight for row in own)
        for limit, own in sorted(by_class.items())
    }
    edges = [(each, max(lane.speed_mps for lane in net.edges[each.edge].lanes)) for each in speeds]
    spread = [each.deviation_mps / limit for each, limit in edges if each.deviation_mps is not None]
    return Targets(
        headways_s=headways_s,
        weights=weights,
        speed_ratio=fmean(each.mean_mps / limit for each, limit in edges) if edges else None,
        deviation=fmean(spread) if spread else None,
        speeds_at_mps=tuple(sorted(set(_classes([limit for _, limit in edges])))) if edges else (),
    )


def _checked(bench: StreetBench, fleet: Fleet, drivers: Drivers) -> list[BenchResult]:
    kinds = with_drivers(fleet, drivers)
    return [bench.measure(kinds, fleet.cars(), seed) for seed in CHECK_SEEDS]


def _rows(targets: Targets, before: Sequence[BenchResult], after: Sequence[BenchResult]) -> list[Row]:
    rows = []
    for limit, headway_s in targets.headways_s.items():
        flows = [[_S_PER_H / result.headway_s(limit) for result in side] for side in (before, after)]
        rows.append(_row(f"saturation flow at {limit:g} m/s", "veh/h", _S_PER_H / headway_s, flows))
    for limit in targets.speeds_at_mps:
        sides = [[result.speed_mps(limit) for result in side] for side in (before, after)]
        if targets.speed_ratio is not None:
            means = [[mean for mean, _ in side] for side in sides]
            rows.append(_row(f"free speed at {limit:g} m/s", "m/s", targets.speed_ratio * limit, means))
        if targets.deviation is not None:
            spreads = [[deviation for _, deviation in side] for side in sides]
            rows.append(_row(f"its deviation at {limit:g} m/s", "m/s", targets.deviation * limit, spreads))
    return rows


def _row(figure: str, unit: str, target: float, sides: Sequence[Sequence[float]]) -> Row:
    before, after = (fmean(side) for side in sides)
    number = len(sides[1])
    reach = float(student.ppf(0.975, number - 1)) * float(np.std(sides[1], ddof=1)) / number**0.5
    return Row(figure, unit, target, before, after, reach)


def _residual(
    net: Net, row: MeasuredLane, limit: float, before: Sequence[BenchResult], after: Sequence[BenchResult]
) -> LaneResidual:
    flows = [fmean(_S_PER_H / result.headway_s(limit) for result in side) for side in (before, after)]
    return LaneResidual(row.signal, row.lane, _limit(net, row.lane), row.saturation_veh_h, flows[0], flows[1])


def _notices(fitted: Fitted, budget: int) -> list[str]:
    found = []
    if fitted.at_bounds:
        found.append(
            f"{', '.join(fitted.at_bounds)} stands at its bound: the measured figures are beyond these drivers"
        )
    if not fitted.settled:
        found.append(
            f"the search ended after {fitted.simulations} of {budget} simulations with targets missed by over 0.2 %: "
            "one fleet cannot meet them all, or the budget was short"
        )
    return found


def _write_reports(made: Calibration, groups: str, folder: Path) -> None:
    text = json.dumps(made.document(), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "calibration.json").write_text(text + "\n", encoding="utf-8")
    if not made.lanes:
        return
    (folder / "saturation.csv").write_text(groups, encoding="utf-8")
    names = ("signal", "lane", "limit_mps", "measured_veh_h", "before_veh_h", "after_veh_h", "residual_veh_h")
    rows = [tuple(_text(getattr(lane, name)) for name in names) for lane in made.lanes]
    _write_csv(folder / "residuals.csv", names, rows)


def _text(value: object) -> str:
    return f"{round(value, 2):.10g}" if isinstance(value, float) else str(value)


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
