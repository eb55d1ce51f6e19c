"""What a run writes down as it goes: events in Indiana codes, decisions line by line, and its inputs."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from optimiser.controller import Decision
from signal_ctrl.domain.site import GroupKind
from signal_ctrl.engine.junction import Record
from sumo_scenarios.programme_text import programmes_text
from sumo_scenarios.programmes import Programme
from sumo_scenarios.world import World
from sumo_scenarios.xml_input import open_xml

BEGIN_GREEN, BEGIN_AMBER, END_AMBER, INACTIVE = 1, 8, 9, 12
BEGIN_WALK, BEGIN_CLEARANCE, BEGIN_DONT_WALK = 21, 22, 23
DETECTOR_OFF, DETECTOR_ON = 81, 82
DETECTOR_RESTORED, DETECTOR_FAULT = 83, 84
PATTERN: Final = 131
PATTERN_OF: Final = {"adaptive": 254, "schedule": 2, "plan": 1, "flash": 255}
"""Numbers of the patterns: 254 free and 255 flash, as in NTCIP 1202; 2 is the plan by time of day, 1 the local one."""
_GREENS: Final = "Gg"
_AMBERS: Final = "yY"


class EventLog:
    """Events of lamps and detectors. Source of the codes: Indiana hi-resolution enumerations (2012)."""

    def __init__(self, world: World) -> None:
        self._sites = {unit.site.signal_id: unit.site for unit in world.units}
        self._names = list(self._sites)
        self._index = {name: i for i, name in enumerate(self._names)}
        self._before: dict[str, str] = {}
        self._rows: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])

    def lamps(self, signal: str, state: str, at_ds: int) -> None:
        """Note the lamps of a signal; only changes are kept."""
        before = self._before.get(signal)
        if before == state:
            return
        self._before[signal] = state
        for number, group in enumerate(self._sites[signal].groups, start=1):
            link = group.links[0]
            old = before[link] if before is not None else "r"
            for code in _codes(old, state[link], group.kind is GroupKind.CROSSING):
                self._add(at_ds, self._index[signal], code, number)
                if code == BEGIN_CLEARANCE:
                    self._add(at_ds + group.clearance_ds, self._index[signal], BEGIN_DONT_WALK, number)

    def detector(self, signal: str, channel: int, on: bool, at_ds: int) -> None:
        """Note that a loop went on or off."""
        self._add(at_ds, self._index[signal], DETECTOR_ON if on else DETECTOR_OFF, channel)

    def changes(self, signal: str, at_ds: int, rung: str, failed: Iterable[int], restored: Iterable[int]) -> None:
        """Note that another rung of the ladder decides (empty: the same), and which loops have failed or work again."""
        for code, channels in ((DETECTOR_FAULT, failed), (DETECTOR_RESTORED, restored)):
            for channel in channels:
                self._add(at_ds, self._index[signal], code, channel)
        if rung:
            self._add(at_ds, self._index[signal], PATTERN, PATTERN_OF[rung])

    def _add(self, *row: int) -> None:
        for column, value in zip(self._rows, row, strict=True):
            column.append(value)

    def write(self, path: Path) -> None:
        """Write the events in the order of time."""
        import polars as pl  # noqa: PLC0415  heavy, and only needed at the end

        times, devices, codes, parameters = self._rows
        frame = pl.DataFrame(
            {
                "time_ds": pl.Series(times, dtype=pl.Int64),
                "device": pl.Series([self._names[i] for i in devices], dtype=pl.String),
                "code": pl.Series(codes, dtype=pl.UInt8),
                "parameter": pl.Series(parameters, dtype=pl.UInt16),
            }
        )
        frame.sort("time_ds", maintain_order=True).write_parquet(path)


def _codes(old: str, new: str, crossing: bool) -> tuple[int, ...]:
    was, now = old in _GREENS, new in _GREENS
    if crossing:
        if was == now:
            return ()
        return (BEGIN_WALK,) if now else (BEGIN_CLEARANCE,)
    if now:
        return () if was else (BEGIN_GREEN,)
    if new in _AMBERS:
        return () if old in _AMBERS else (BEGIN_AMBER,)
    if old in _AMBERS:
        return (END_AMBER, INACTIVE)
    return (INACTIVE,) if was else ()


class DecisionLog:
    """Decisions, one JSON object a line, in the order in which they were made."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def add(self, record: Record) -> None:
        """Write one record; of the candidates, the cheapest of each stage."""
        row: dict[str, Any] = {"t_ds": record.at_ds, "signal": record.signal, "calls": record.calls}
        if record.decision is not None:
            row |= {"inputs": record.inputs, **_chosen(record.decision, record.lit)}
        if record.priority:
            row["priority"] = record.priority
        if record.stage >= 0:
            row |= {"ask": record.stage, "sequence": record.sequence}
        if record.wish:
            row |= {"wish": record.wish, "sequence": record.sequence}
        if record.refused:
            row["refused"] = record.refused
        if record.rung:
            row |= {"rung": record.rung, "why": record.why}
        row |= {name: list(found) for name, found in _loops_of(record) if found}
        self._file.write(json.dumps(row, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _chosen(decision: Decision, lit: int) -> dict[str, Any]:
    best: dict[int, tuple[float, float]] = {}
    for stage, delay_s, cost in decision.candidates:
        if stage not in best or cost < best[stage][1]:
            best[stage] = (delay_s, cost)
    weighed = [[s, d, c] for s, (d, c) in sorted(best.items())]
    found: dict[str, Any] = {"candidates": weighed, "choice": decision.stage, "reason": decision.reason}
    return found if decision.plain is None else found | {"lit": lit, "plain": decision.plain}


def _loops_of(record: Record) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return ("failed", record.failed), ("restored", record.restored)


def write_inputs(world: World, folder: Path) -> None:
    """Keep the network, uncompressed, and the user's own programmes."""
    with open_xml(world.config.net) as source, (folder / "net.xml").open("wb") as target:
        shutil.copyfileobj(source, target)
    if world.additional.programmes:
        shown = (replace(programme, parameters=()) for programme in world.additional.programmes)
        write_programmes(folder / "programmes.add.xml", shown)


def write_programmes(path: Path, programmes: Iterable[Programme]) -> None:
    """Write programmes as SUMO reads them."""
    path.write_text(programmes_text(programmes), encoding="utf-8")
