"""What was observed of the signals of a network: greens and passages with the world they belong to."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detectors.loops.saturation import Span
from signal_ctrl.domain.csv_rows import csv_number, csv_rows, csv_words
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.gateways.event_rows import EventRow
from signal_ctrl.gateways.whole_file import read_whole
from sumo_scenarios import catalogue
from sumo_scenarios.event_table import (
    EVENTS,
    FAULT_CODES,
    SPAN_CODES,
    Key,
    Spans,
    failed_of,
    read_events,
    spans_of,
)
from sumo_scenarios.exit_loops import ExitFinder, outgoing_of
from sumo_scenarios.replay import check_inputs, read_settings
from sumo_scenarios.saturation import world_of_run
from sumo_scenarios.world import World, build_world

_CODES: Final = SPAN_CODES | FAULT_CODES
_HEADER: Final = ("device", "code", "parameter")


@dataclass(frozen=True, slots=True)
class Observed:
    """A network and what its loops and lamps did in a time. [s] `failed` loops, as (signal, channel), do not count."""

    world: World
    spans: Spans
    span_s: Span
    failed: frozenset[Key]

    def greens(self, layout: JunctionLayout, group: int) -> list[Span]:
        """Return the greens of a signal group, counted from 0. [s]"""
        return self.spans.greens.get((layout.signal_id, group + 1), [])

    def passages(self, key: Key) -> list[Span]:
        """Return the passages over a loop, as (signal, channel). [s]"""
        return self.spans.passages.get(key, [])

    def exits(self) -> ExitFinder:
        """Return what finds the loops of exits."""
        return ExitFinder(self.world.net, self.world.units, outgoing_of(self.world.net), self.failed)


def observed_of_run(run: Path) -> Observed:
    """Return what was observed in a finished run.

    Raises: InvalidInputError if the folder holds no run, or one whose controller read no loops.
    """
    recorded = read_settings(run / "settings.json")
    check_inputs(recorded)
    rows = read_events(run / EVENTS, _CODES)
    world = world_of_run(recorded.settings)
    found = _observed(world, rows, (recorded.settings.begin_s, recorded.settings.end_s))
    if not found.spans.passages:
        raise InvalidInputError(
            f"{run} has no loop events: they come from runs with --sensing loops under a controller of ours"
        )
    return found


def observed_of_log(log: Path, scenario: str, loops: Path | None) -> Observed:
    """Return what was observed by a log of hi-res events, `events.parquet` or CSV, on a network whose loops are known.

    Args: scenario, of the catalogue or a `.sumocfg`; loops, file of loops, None: laid out from the geometry.
    Raises: InvalidInputError if the log is none, or tells of no loop of that network.
    """
    rows = (
        events_of_csv(read_whole(log, "log of events"), str(log)) if log.suffix == ".csv" else read_events(log, _CODES)
    )
    world = build_world(catalogue.resolve(scenario), PUBLISHED, None, None, loops)
    found = _observed(world, rows, (None, None))
    known = {(unit.layout.signal_id, loop.channel) for unit in world.units for loop in unit.layout.loops}
    if not known & set(found.spans.passages):
        raise InvalidInputError(
            f"{log} tells of no loop of {scenario}: its device has to be the signal's id, its parameter the channel"
        )
    return found


def events_of_csv(text: str, source: str) -> list[EventRow]:
    """Return the events of a CSV document: `time_s` or `time_ds`, `device`, `code`, `parameter`, in the order of time.

    Raises: InvalidInputError with source and line.
    """
    tenths = "time_ds" in text.partition("\n")[0]
    column = "time_ds" if tenths else "time_s"
    rows: list[EventRow] = []
    for line, row in csv_rows(text, source, (column, *_HEADER)):
        where = f"{source}, line {line}"
        (device,) = csv_words(row, ("device",), where)
        code, parameter = (csv_number(row, key, where) for key in ("code", "parameter"))
        if code != int(code) or parameter != int(parameter):
            raise InvalidInputError(f"{where}: code and parameter are whole numbers")
        time_ds = round(csv_number(row, column, where) * (1 if tenths else 10))
        if rows and time_ds < rows[-1][0]:
            raise InvalidInputError(f"{where}: earlier than the line before; sort the events by time")
        rows.append((time_ds, device, int(code), int(parameter)))
    if not rows:
        raise InvalidInputError(f"{source} holds no event")
    return rows


def _observed(world: World, rows: list[EventRow], asked_s: tuple[float | None, float | None]) -> Observed:
    begin_s = asked_s[0] if asked_s[0] is not None else min((row[0] for row in rows), default=0) / 10
    end_s = asked_s[1] if asked_s[1] is not None else max((row[0] for row in rows), default=0) / 10
    span_s = (begin_s, max(end_s, begin_s))
    return Observed(world, spans_of(rows), span_s, failed_of(rows, span_s))


def hour_of(time_s: float) -> int:
    """Return the hour of the day of a time. [s]

    >>> hour_of(25200.0), hour_of(90000.0)
    (7, 1)
    """
    return math.floor(time_s / 3600.0) % 24
