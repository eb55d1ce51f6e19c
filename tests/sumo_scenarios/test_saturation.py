"""Saturation flows of a run: events written by hand, of which every figure is known."""

import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import LoopRole
from sumo_scenarios import saturation
from sumo_scenarios.replay import RecordedRun
from sumo_scenarios.saturation import measure_saturation, write_groups, write_saturation
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import SignalUnit
from tests.sumo_scenarios.small_nets import world_of, write_town

HEADWAY_DS = {"WC_0": 20, "SC_0": 24}
GREENS_DS = [1000 * k for k in range(1, 9)]
Row = tuple[int, str, int, int]


def in_child(work: Callable[[], None]) -> None:
    """Do some work in a child: the threads of polars would hang a later fork of this process."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    assert child.exitcode == 0, "the child says why"


def write_events(path: Path, rows: Sequence[Row]) -> None:
    import polars as pl

    schema = {"time_ds": pl.Int64, "device": pl.String, "code": pl.UInt8, "parameter": pl.UInt16}
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)


def rows_of(unit: SignalUnit, lane: int) -> list[Row]:
    """Return lamps and loop of one lane: ten vehicles a green, the first on the loop since before."""
    layout = unit.layout
    headway = HEADWAY_DS[layout.lanes[lane].lane_id]
    channel = next(x.channel for x in layout.loops if x.role is LoopRole.STOP and x.serves == (lane,))
    groups = {layout.movements[m].group + 1 for m in layout.lanes[lane].movements}
    rows = []
    for green in GREENS_DS:
        rows += [(green, "C", 1, group) for group in groups] + [(green + 400, "C", 8, group) for group in groups]
        for k in range(10):
            off = green + 30 + headway * k
            rows += [(off - (8 if k else 230), "C", 82, channel), (off, "C", 81, channel)]
    return rows


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = write_town(tmp_path)
    unit = world_of(config).units[0]
    rows = sorted(row for lane in range(2) for row in rows_of(unit, lane))
    in_child(lambda: write_events(tmp_path / "events.parquet", rows))
    recorded = RecordedRun(RunSettings(str(config)), {}, {})
    monkeypatch.setattr(saturation, "read_settings", lambda _path: recorded)
    monkeypatch.setattr(saturation, "check_inputs", lambda _run: None)
    return tmp_path


def test_lanes_get_their_own_saturation_flow(run: Path) -> None:
    in_child(lambda: check_lanes_get_their_own_saturation_flow(run))


def check_lanes_get_their_own_saturation_flow(run: Path) -> None:
    found = {row.lane: row.found for row in measure_saturation(run)}
    assert {lane: round(row.saturation_veh_h) for lane, row in found.items()} == {"WC_0": 1800, "SC_0": 1500}
    assert {(row.queues, row.vehicles) for row in found.values()} == {(8, 80)}
    assert found["WC_0"].start_up_loss_s == pytest.approx(9.0 - 0.4 - 4 * 2.0)
    assert found["WC_0"].interval_veh_h == pytest.approx((1800.0, 1800.0))


def test_they_are_written_for_calibrate_and_for_plans(run: Path) -> None:
    in_child(lambda: check_they_are_written_for_calibrate_and_for_plans(run))


def check_they_are_written_for_calibrate_and_for_plans(run: Path) -> None:
    rows = [row for row in measure_saturation(run) if not row.gives_way]
    assert rows
    write_saturation(run / "lanes.csv", measure_saturation(run))
    lines = (run / "lanes.csv").read_text().splitlines()
    assert lines[0] == "signal,lane,saturation_veh_h,queues"
    assert sorted(lines[1:]) == sorted(f"C,{r.lane},{r.found.saturation_veh_h:.1f},8" for r in rows)
    write_groups(run / "groups.csv", run, measure_saturation(run))
    groups = (run / "groups.csv").read_text().splitlines()
    assert groups[0] == "signal,group,saturation_veh_h"
    flows = {line.rsplit(",", 1)[1] for line in groups[1:]}
    assert flows == {f"{row.found.saturation_veh_h:g}" for row in rows}
    with pytest.raises(InvalidInputError, match="exists"):
        write_saturation(run / "lanes.csv", rows)


def test_a_run_without_loops_is_refused(run: Path) -> None:
    in_child(lambda: check_a_run_without_loops_is_refused(run))


def check_a_run_without_loops_is_refused(run: Path) -> None:
    write_events(run / "events.parquet", [(0, "C", 1, 1)])
    with pytest.raises(InvalidInputError, match="has no loop events"):
        measure_saturation(run)
    (run / "events.parquet").write_bytes(b"PAR1")
    with pytest.raises(InvalidInputError, match="cannot read"):
        measure_saturation(run)
    (run / "events.parquet").unlink()
    with pytest.raises(InvalidInputError, match=r"has no events\.parquet"):
        measure_saturation(run)
