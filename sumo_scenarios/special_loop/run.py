"""One run with special vehicles, and what came of it: their travel times, and everybody's delay second by second."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios import catalogue
from sumo_scenarios.arguments import STATISTICS, TRIPINFO
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.outcome import Further, LoopOutcome, Report, Stop
from sumo_scenarios.special_loop.driver import LOG, SpecialDriver
from sumo_scenarios.special_loop.order import Others, SpecialOrder, SpecialTrip
from sumo_scenarios.special_loop.witness import RED
from sumo_scenarios.supervise import Job, Progress, supervise
from sumo_scenarios.written import tags

SUMMARY: Final = "summary.xml.gz"
LATERAL: Final = "lateral-resolution"
SUBLANE_M: Final = 0.8
"""Width of a sublane where a rescue lane is to be formed. [m] As SUMO's own examples have it."""
TYPE: Final = "special-vehicle"
LIKE: Final = (
    'vClass="emergency" guiShape="emergency" length="6.5" accel="2.6" decel="4.5" maxSpeed="33" '
    'speedFactor="1" speedDev="0" sigma="0.2" minGap="2" tau="1" lcSpeedGain="5" lcStrategic="2" lcAssertive="1.3"'
)
"""How a special vehicle drives in SUMO: by the limit, keen to overtake, never against red.

Without the device `bluelight` nobody makes way for it but the signals (`Others`).
"""


@dataclass(frozen=True, slots=True)
class SpecialDrive:
    """What became of one special vehicle. [s] [m] `took_s`, from its insertion to its arrival, None: not arrived."""

    vehicle: str
    took_s: float | None
    waited_s: float
    length_m: float
    stops: int


@dataclass(frozen=True, slots=True)
class SpecialRun:
    """What came of a run. `lost_s` by second from `begin_s`: delay of all vehicles in that second [veh s]."""

    drives: tuple[SpecialDrive, ...]
    begin_s: float
    lost_s: tuple[float, ...]
    log: tuple[dict[str, Any], ...]
    vehicles: int
    unfinished: int
    teleports: int
    collisions: int
    violations: int
    wall_s: float

    @property
    def red_passed(self) -> int:
        """How often a special vehicle passed a lamp at red."""
        passed = [row["passed"] for row in self.log if row["what"] == "drive"]
        return sum(count for found in passed for letter, count in found.items() if letter in RED)


def vehicles_text(order: SpecialOrder) -> str:
    """Return the special vehicles as an additional file of SUMO."""
    rows = [_row(trip) for trip in sorted(order.trips, key=lambda trip: trip.departs_s)]
    return additional_text([*type_rows(order.settings.scale, order.others.has_device), *rows])


def type_rows(scale: float, device: bool = False) -> list[str]:
    """Return the type `TYPE` of SUMO.

    Args: scale, of the demand, which has to leave special vehicles alone; device, whether they have `bluelight`.
    """
    light = f'\n        <param key="has.bluelight.device" value="{"true" if device else "false"}"/>'
    return [f'    <vType id="{TYPE}" {LIKE} scale="{1 / scale:.6f}">{light}\n    </vType>']


def additional_text(rows: Sequence[str]) -> str:
    """Return rows as an additional file of SUMO."""
    return "\n".join(["<additional>", *rows, "</additional>"]) + "\n"


def _row(trip: SpecialTrip) -> str:
    arrives = "" if trip.arrives_m is None else f' arrivalPos="{trip.arrives_m:.1f}"'
    return (
        f'    <vehicle id={quoteattr(trip.vehicle)} type="{TYPE}" depart="{trip.departs_s:.2f}" departLane="best" '
        f'departSpeed="0"{arrives}><route edges={quoteattr(" ".join(trip.edges))}/></vehicle>'
    )


def sublanes(order: SpecialOrder, options: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the words by which SUMO lets vehicles move within their lanes, where a rescue lane is to be formed.

    Args: options, those of the scenario: one that has a lateral resolution keeps it.
    """
    if order.others is Others.NOBODY or any(name == LATERAL for name, _ in options):
        return ()
    return f"--{LATERAL}", f"{SUBLANE_M}"


def special_loop(order: SpecialOrder, folder: Path, report: Report, stop: Stop) -> LoopOutcome:
    """Run a scenario with special vehicles and leave its files in a folder. Raises: as `run_loop`."""
    config = read_configuration(catalogue.resolve(order.settings.scenario).config)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-special-") as scratch:
        vehicles = Path(scratch) / "special.add.xml"
        vehicles.write_text(vehicles_text(order), encoding="utf-8")
        return run_loop(
            order.settings, folder, report, stop, partial(SpecialDriver, order),
            further=Further((vehicles,), ("--summary-output", str(folder / SUMMARY), *sublanes(order, config.options))),
        )  # fmt: skip


def run_special(
    order: SpecialOrder, report: Callable[[Progress], None] = lambda _: None, folder: Path | None = None
) -> SpecialRun:
    """Make one run in a process of its own. Raises: InvalidInputError, BackendError if it cannot be made.

    Args: folder, is made and holds the files of the run afterwards; they are not kept without it.
    """
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-special-") as scratch:
        work = partial(_run, order, folder or Path(scratch) / "run")
        (ending,) = supervise([Job(work, Path(scratch) / "log")], lambda _, progress: report(progress))
        if ending.error is not None:
            raise ending.error
        if ending.outcome is None or ending.interrupted:
            raise BackendError("interrupted; the run is not counted")
        return ending.outcome


def _run(order: SpecialOrder, folder: Path, report: Report, stop: Stop) -> SpecialRun:
    folder.mkdir()
    outcome = special_loop(order, folder, report, stop)
    if outcome.interrupted:
        raise BackendError("interrupted; the run is not counted")
    counted = {tag: found for tag, found in tags(folder / STATISTICS) if found}
    trips = [found for tag, found in tags(folder / TRIPINFO) if tag == "tripinfo"]
    return SpecialRun(
        drives=drives_of(order, trips),
        begin_s=outcome.begin_s,
        lost_s=lost_of(folder / SUMMARY),
        log=tuple(json.loads(line) for line in (folder / LOG).read_text(encoding="utf-8").splitlines()),
        vehicles=len(trips),
        unfinished=sum(float(found.get("arrival", -1)) < 0 for found in trips),
        teleports=int(counted["teleports"]["total"]),
        collisions=int(counted["safety"]["collisions"]),
        violations=outcome.violations,
        wall_s=outcome.wall_total_s,
    )


def drives_of(order: SpecialOrder, trips: list[dict[str, str]]) -> tuple[SpecialDrive, ...]:
    """Return what SUMO's trips say of the special vehicles, in the order of the trips of the order."""
    by_name = {found["id"]: found for found in trips}
    return tuple(_drive(trip.vehicle, by_name.get(trip.vehicle, {})) for trip in order.trips)


def _drive(vehicle: str, found: dict[str, str]) -> SpecialDrive:
    arrived = float(found.get("arrival", -1)) >= 0
    return SpecialDrive(
        vehicle=vehicle,
        took_s=float(found["duration"]) if arrived else None,
        waited_s=max(float(found.get("departDelay", 0)), 0.0),
        length_m=float(found.get("routeLength", 0)),
        stops=int(float(found.get("waitingCount", 0))),
    )


def lost_of(summary: Path) -> tuple[float, ...]:
    """Return the delay of each second: vehicles on the road times what they lack of the free speed, and those who wait
    to come onto it. [veh s]
    """
    steps = [found for tag, found in tags(summary) if tag == "step"]
    return tuple(
        float(step["running"]) * (1.0 - min(max(float(step["meanSpeedRelative"]), 0.0), 1.0)) + float(step["waiting"])
        for step in steps
    )
