"""All tables of a report: written first, into `tables/`; the pages are drawn from what is read back from there."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.artery import ArteryRow, artery_rows, hours_of
from bench.reports.corridor import corridor_rows, corridors_of
from bench.reports.overview import curve_rows, figure_rows, noise_rows, pair_rows, verdict_rows
from bench.reports.records import (
    TABLES,
    ArrivalRow,
    BandRow,
    CurveRow,
    CycleRow,
    EdgeRow,
    FigureRow,
    LampRow,
    NoiseRow,
    PairRow,
    PlaceRow,
    PredictionRow,
    ShapeRow,
    VerdictRow,
)
from bench.reports.scenario_tables import (
    coordination_rows,
    means_of,
    prediction_rows,
    shape_rows,
    tables_of,
)
from bench.reports.study import Section, Study, detailed_row, label_of, valid_rows
from bench.tables import DelayRow, QueueRow, read_rows, write_rows
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.measures.corridor import StopLine
from sumo_scenarios.net_reader import read_net

OVERALL: Final[dict[str, Any]] = {
    "verdict": VerdictRow,
    "pairs": PairRow,
    "figures": FigureRow,
    "noise": NoiseRow,
    "curves": CurveRow,
}
PER_SCENARIO: Final[dict[str, Any]] = {
    "delay_over_time": DelayRow,
    "queues": QueueRow,
    "edges": EdgeRow,
    "artery": ArteryRow,
    "network": ShapeRow,
    "cycles": CycleRow,
    "arrivals": ArrivalRow,
    "predictions": PredictionRow,
    "stop_lines": StopLine,
    "corridor_lamps": LampRow,
    "bands": BandRow,
    "trajectories": PlaceRow,
}
_OURS: Final = "."


@dataclass(frozen=True, slots=True)
class TableFolder:
    """The tables of a report, read back; a table that was not written has no rows."""

    path: Path

    def overall(self, name: str) -> tuple[Any, ...]:
        """Return the rows of a table over all scenarios."""
        return _read(self.path / f"{name}.csv", OVERALL[name])

    def of(self, scenario: str, name: str) -> tuple[Any, ...]:
        """Return the rows of a table of one scenario."""
        return _read(self.path / f"{scenario}{_OURS}{name}.csv", PER_SCENARIO[name])


def write_tables(study: Study) -> tuple[TableFolder, tuple[str, ...]]:
    """Write every table of a report beside it and return where they are, and notices of what could not be had.

    Raises: BackendError if they cannot be written.
    """
    path = study.folder / TABLES
    partial = path.with_name(f".{TABLES}")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        notices = _write_all(study, partial)
        shutil.rmtree(path, ignore_errors=True)
        partial.rename(path)
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return TableFolder(path), notices


def _write_all(study: Study, path: Path) -> tuple[str, ...]:
    makers = (verdict_rows, pair_rows, figure_rows, noise_rows, curve_rows)
    for (name, kind), rows in zip(OVERALL.items(), makers, strict=True):
        write_rows(path / f"{name}.csv", kind, rows(study))
    notices: list[str] = []
    for section in study.sections:
        try:
            _write_section(study, section, path)
        except (BackendError, InvalidInputError) as error:
            notices.append(f"{section.scenario}: {error}")
    return tuple(notices)


def _write_section(study: Study, section: Section, path: Path) -> None:
    def put(name: str, rows: Iterable[Any]) -> None:
        write_rows(path / f"{section.scenario}{_OURS}{name}.csv", PER_SCENARIO[name], rows)

    means = [means_of(study.folder, group) for group in section.groups]
    put("delay_over_time", [row for each in means for row in each.delays()])
    put("queues", [row for each in means for row in each.queues()])
    put("edges", [row for each in means for row in each.edges()])
    hours = ((label_of(group), hours_of(study.folder, valid_rows(group))) for group in section.groups)
    put("artery", [row for name, found in hours for row in artery_rows(name, found)])
    cycles, arrivals = coordination_rows(study.folder, section.detailed)
    put("cycles", cycles)
    put("arrivals", arrivals)
    put("predictions", prediction_rows(study.folder, section.groups))
    run = next((row for group in section.groups for row in group.rows if row["status"] == "complete"), None)
    if run is not None:
        net = study.folder / str(run["run_dir"]) / "net.xml"
        put("network", shape_rows(net))
        _write_corridor(study, section, net, put)


def _write_corridor(study: Study, section: Section, net_path: Path, put: Any) -> None:
    """Write what the time-space diagrams need, where the network has an arterial and trajectories were kept."""
    runs = [(label_of(group), row) for group in section.detailed if (row := detailed_row(group)) is not None]
    if not runs:
        return
    corridors = corridors_of(tables_of(study.folder, runs[0][1]), read_net(net_path))
    found = [corridor_rows(study.folder, row, name, corridor) for corridor in corridors for name, row in runs]
    put("stop_lines", [line for corridor in corridors for line in corridor.stop_lines])
    for name, parts in zip(("corridor_lamps", "bands", "trajectories"), zip(*found, strict=True), strict=False):
        put(name, _joined(parts))


def _joined(parts: Sequence[Sequence[Any]]) -> Iterable[Any]:
    return (row for part in parts for row in part)


def _read(path: Path, kind: Any) -> tuple[Any, ...]:
    return read_rows(path, kind) if path.exists() else ()
