"""Buses on one signal in SUMO: their lines, their reports, the limits of priority by the record, nothing without them."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from bench.bus_priority.judging import priority_of
from signal_ctrl.watch.observations import Position
from sumo_scenarios.bus_options import BusOptions, parse_buses
from sumo_scenarios.buses.reporting import BusReports
from sumo_scenarios.buses.service import registered_under, service_of_scenario
from sumo_scenarios.city_feed.road_network import roads_of
from sumo_scenarios.earth import Earth
from sumo_scenarios.run import RunResult, execute, replay
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import BusSeen, sumo_home
from tests.sumo_scenarios.networks import write_config

pytestmark = pytest.mark.sumo
END_S = 160.0
ARMS = ("left0", "right0", "top0", "bottom0")
STOP = '<busStop id="near" lane="left0A0_0" startPos="180" endPos="200" lines="9"/>'


def town(folder: Path, buses: bool) -> Path:
    """Return a junction with cars from all sides and a bus every 40 s that stops 90 m before its stop line."""
    folder.mkdir()
    command = [
        str(sumo_home() / "bin" / "netgenerate"), "--grid", "--grid.number", "1", "--grid.attach-length", "300",
        "--default.lanenumber", "2", "--default-junction-type", "traffic_light", "--no-turnarounds", "true",
        "-o", "town.net.xml",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = ['<vType id="bus" vClass="bus"/>', '<vType id="car"/>']
    flows = [
        (0.0, f'<flow id="{a}-{b}" type="car" from="{a}A0" to="A0{b}" begin="0" end="{END_S:g}" period="exp(0.06)"/>')
        for a, b in (("top0", "bottom0"), ("bottom0", "top0"), ("left0", "right0"))
    ]
    drives = [
        (
            at_s,
            f'<vehicle id="b{at_s:g}" type="bus" line="9" depart="{at_s:g}"><route edges="left0A0 A0right0"/>'
            f'<stop busStop="near" duration="8" until="{at_s + 30:g}"/></vehicle>',
        )
        for at_s in (5.0, 45.0, 85.0)
        if buses
    ]
    text = "".join(row for _, row in sorted([*flows, *drives]))
    routes = f"<routes>{''.join(rows)}{text}</routes>\n"
    return write_config(folder, routes=routes, additional=STOP, end_s=END_S)


@pytest.fixture(scope="module")
def with_buses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town(tmp_path_factory.mktemp("buses") / "town", True)


def run(config: Path, out: Path, buses: BusOptions | None, controller: str = "adaptive") -> RunResult:
    result = execute(RunSettings(str(config), controller, 3, buses=buses), out, False, lambda _: None)
    assert result.status == "complete", (result.error, result.trace)
    return result


def test_lines_and_runs_are_read_off_the_route_files(with_buses: Path) -> None:
    found = service_of_scenario(str(with_buses))
    (line,) = found.lines
    assert (line.line, line.roads, line.headway_s) == ("9", ("left0A0", "A0right0"), 40.0)
    assert [(stop.stop, stop.road, stop.position_m, stop.holds) for stop in line.stops] == [
        ("near", "left0A0", 200.0, True)
    ]
    assert [(each.vehicle, each.due_s) for each in found.runs] == [("b5", (35.0,)), ("b45", (75.0,)), ("b85", (115.0,))]
    assert registered_under(found, "f").runs[0].vehicle == "f/b5"


def test_reports_are_noisy_lost_at_times_and_the_same_again(with_buses: Path) -> None:
    network = roads_of(str(with_buses))
    seen = {"b5": BusSeen((100.0, 50.0), 90.0, 10.0, 12, "left0A0", 100.0)}

    def told(text: str) -> list[Position]:
        reports = BusReports(parse_buses(text), network, Earth(0, False, (0.0, 0.0)), 1)
        found = [each for second in range(400) for each in reports.see(seen, float(second))]
        return [each for each in found if isinstance(each, Position)]

    usual = told("every=5,noise=8,lost=0,stray=0,load=1")
    assert len(usual) in (79, 80)
    assert usual == told("every=5,noise=8,lost=0,stray=0,load=1")
    off_m = [abs(each.lon * 111_319.49 - 100.0) for each in usual]
    assert 3.0 < sum(off_m) / len(off_m) < 10.0
    assert {each.load for each in usual} == {12}
    assert len(told("every=5,lost=1")) == 0


def test_adaptive_weighs_buses_within_the_limits_and_the_record_repeats(with_buses: Path, tmp_path: Path) -> None:
    result = run(with_buses, tmp_path / "run", parse_buses("every=2,beacons=1"))
    assert result.outcome is not None and result.outcome.violations == 0
    rows = [json.loads(line) for line in (tmp_path / "run" / "decisions.jsonl").read_text().splitlines()]
    assert sum("plain" in row for row in rows) > 10
    found = priority_of(tmp_path / "run")
    assert found["hold"] + found["early"] > 0
    assert found["longest_kept_s"] <= 10.0
    assert found["second_holds"] == 0
    again = replay(tmp_path / "run", tmp_path / "again", False, lambda _: None)
    assert (again.differences, again.first_difference) == (0, None)


def test_beacons_alone_announce_buses_and_sign_them_off(with_buses: Path, tmp_path: Path) -> None:
    result = run(with_buses, tmp_path / "run", parse_buses("every=0,beacons=1"))
    assert result.outcome is not None and result.outcome.violations == 0
    rows = [json.loads(line) for line in (tmp_path / "run" / "decisions.jsonl").read_text().splitlines()]
    weighed_s = [row["t_ds"] / 10 for row in rows if "plain" in row]
    assert any(at_s < 45.0 for at_s in weighed_s) and any(at_s > 85.0 for at_s in weighed_s)
    assert priority_of(tmp_path / "run")["longest_kept_s"] <= 10.0


def test_a_plan_is_bent_for_buses_within_the_same_limits(with_buses: Path, tmp_path: Path) -> None:
    result = run(with_buses, tmp_path / "run", BusOptions(), "fixed")
    assert result.outcome is not None and result.outcome.violations == 0
    found = priority_of(tmp_path / "run")
    assert found["longest_kept_s"] <= 10.0
    assert found["second_holds"] == 0


def test_where_no_bus_is_reported_the_run_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    config = town(tmp_path / "town", False)
    run(config, tmp_path / "plain", None)
    run(config, tmp_path / "listening", BusOptions())
    assert _texts(tmp_path / "plain") == _texts(tmp_path / "listening")


def _texts(folder: Path) -> tuple[str, list[str]]:
    with gzip.open(folder / "tls_states.xml.gz", "rt") as file:
        frames = [line for line in file if "<tlsState " in line]
    return (folder / "decisions.jsonl").read_text(), frames
