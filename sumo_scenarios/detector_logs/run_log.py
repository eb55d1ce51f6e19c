"""The loops of a finished run as a log of detectors: what they said, and where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detectors.health.review import Calendar, Edge
from detectors.health.surroundings import Surroundings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.event_rows import event_rows
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.detector_logs.places import names_of, shortest_pulses_s, surroundings_of_layouts
from sumo_scenarios.logs import DETECTOR_OFF, DETECTOR_ON
from sumo_scenarios.replay import read_settings
from sumo_scenarios.world import build_world

EVENTS: Final = "events.parquet"
SETTINGS: Final = "settings.json"
CODES: Final = (*range(DETECTOR_OFF, 84), *range(84, 89))
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RunLog:
    """The detectors of a run (signal, channel) with their edges, their surroundings and their shortest pulses [s]."""

    names: tuple[Name, ...]
    edges: tuple[Edge, ...]
    calendar: Calendar
    around: Surroundings | None
    shortest_s: tuple[float, ...] | None


def read_run_log(path: Path) -> RunLog:
    """Return the log of the folder of a run, or of its events alone.

    Raises: InvalidInputError if there are no events of loops, or they cannot be read.
    """
    if not path.is_dir():
        names, edges = _of_events(event_rows(path, CODES), None, path)
        return RunLog(names, edges, Calendar(), None, None)
    settings = read_settings(path / SETTINGS).settings
    loops_file = Path(settings.loops_file) if settings.loops_file else None
    world = build_world(resolve(settings.scenario), settings.profile, settings.begin_s, settings.end_s, loops_file)
    layouts = [unit.layout for unit in world.units]
    own = tuple((signal, str(channel)) for signal, channel in names_of(layouts))
    names, edges = _of_events(event_rows(path / EVENTS, CODES), own, path)
    return RunLog(names, edges, Calendar(), surroundings_of_layouts(layouts), shortest_pulses_s(layouts))


def _of_events(
    rows: Sequence[tuple[int, str, int, int]], names: tuple[Name, ...] | None, path: Path
) -> tuple[tuple[Name, ...], tuple[Edge, ...]]:
    """Return detectors and edges. Args: names, those that are there; None: those that the events name."""
    if not rows:
        raise InvalidInputError(
            f"{path} holds no event of a loop: take a run of a controller that reads loops, with --sensing loops"
        )
    if names is None:
        found = sorted({(device, channel) for _, device, _, channel in rows})
        names = tuple((device, str(channel)) for device, channel in found)
    index = {name: k for k, name in enumerate(names)}
    said = {DETECTOR_OFF: 0, DETECTOR_ON: 1}
    edges = [
        Edge(index[device, str(channel)], time_ds / 10, said.get(code, code))
        for time_ds, device, code, channel in rows
        if (device, str(channel)) in index
    ]
    return names, tuple(edges)
