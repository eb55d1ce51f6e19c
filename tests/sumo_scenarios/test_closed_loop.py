"""One closed-loop run: what it writes, what it refuses, and what is left when it breaks off."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import STREET
from sumo_scenarios import catalogue, closed_loop
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.input_files import input_hashes
from sumo_scenarios.outcome import LoopOutcome, Report, Stop
from sumo_scenarios.replay import read_settings
from sumo_scenarios.run import RunResult, execute
from sumo_scenarios.settings import Closure, RunSettings
from sumo_scenarios.supervise import Ending, Job, supervise
from sumo_scenarios.world import World, build_world

pytestmark = pytest.mark.sumo
FILES = {
    "tripinfo.xml.gz",
    "statistics.xml",
    "tls_states.xml.gz",
    "net.xml",
    "events.parquet",
    "decisions.jsonl",
}
SHORT = {"controller": "max_pressure", "end_s": 25320.0}


def go(out: Path, scenario: str = "cologne1", **options: Any) -> RunResult:
    return execute(RunSettings(scenario, **{**SHORT, **options}), out, False, lambda _progress: None)


def town(folder: Path, rows: str, name: str = "town.sumocfg") -> Path:
    """Write a configuration of cologne1's network with a demand of its own."""
    net = read_configuration(catalogue.resolve("cologne1").config).net
    (folder / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    path = folder / name
    path.write_text(
        f'<configuration><input><net-file value="{net}"/><route-files value="town.rou.xml"/></input>'
        '<time><begin value="0"/><end value="120"/></time></configuration>'
    )
    return path


def edges() -> Iterator[str]:
    """Yield the edges of a route that the catalogue's demand uses."""
    routes = read_configuration(catalogue.resolve("cologne1").config).routes[0].read_text()
    trip = next(line for line in routes.splitlines() if "<trip" in line)
    yield from (trip.split(f'{key}="')[1].split('"')[0] for key in ("from", "to"))


def test_a_run_writes_all_that_it_depends_on(tmp_path: Path) -> None:
    closure = Closure("28198821#3_0", 25230.0, 25260.0)
    result = go(
        tmp_path / "run", seed=5, demand_seed=2, sensing="positions", profile=STREET, closures=(closure,),
        options=(("slot_s", "8"),), command=("signal-ctrl", "run", "cologne1"),
    )  # fmt: skip
    assert (result.status, result.error) == ("complete", None)
    found = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES | {"settings.json", "result.json"}
    assert (found["scenario"], found["seed"], found["demand_seed"]) == ("cologne1", 5, 2)
    assert (found["begin_s"], found["end_s"], found["step_s"]) == (25200.0, 25320.0, 1.0)
    assert found["closures"] == [{"place": "28198821#3_0", "from_s": 25230.0, "to_s": 25260.0}]
    assert found["options"] == [["slot_s", "8"]]
    assert found["command"] == ["signal-ctrl", "run", "cologne1"]
    assert found["profile"]["name"] == "street"
    assert found["replay_of"] is None
    assert set(found["versions"]) == {"python", "signal-ctrl", "libsumo", "numpy", "numba"}
    assert found["inputs"] == input_hashes(read_configuration(catalogue.resolve("cologne1").config))
    read = read_settings(tmp_path / "run" / "settings.json").settings
    assert read == RunSettings(
        "cologne1", "max_pressure", 5, 2, "positions", STREET, begin_s=25200.0, end_s=25320.0,
        closures=(closure,), options=(("slot_s", "8"),),
    )  # fmt: skip


def test_scale_multiplies_the_vehicles(tmp_path: Path) -> None:
    totals = [
        go(tmp_path / f"{scale}", controller="net", end_s=25700.0, scale=scale).document["vehicles"]["total"]
        for scale in (1.0, 1.5)
    ]
    assert totals[1] == pytest.approx(1.5 * totals[0], rel=0.05)


def test_a_demand_seed_changes_who_drives_but_not_how_many(tmp_path: Path) -> None:
    runs = [go(tmp_path / f"{seed}", controller="net", demand_seed=seed) for seed in (0, 1)]
    totals = [run.document["vehicles"]["total"] for run in runs]
    assert max(totals) - min(totals) <= 2  # those who depart as the run ends
    delays = {run.document["delay_s_per_vehicle"] for run in runs}
    assert len(delays) == 2


def test_flows_that_no_seed_redraws_are_named(tmp_path: Path) -> None:
    first, last = edges()
    config = town(tmp_path, f'<flow id="f" begin="0" end="60" period="5" from="{first}" to="{last}"/>')
    result = go(tmp_path / "run", str(config), end_s=None, demand_seed=1)
    assert result.document["vehicles"]["total"] == 12
    assert any("1 flows" in notice for notice in result.notices)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"options": (("speed", "1"),)}, "unknown setting 'speed'"),
        ({"closures": (Closure("28198821#3_9"),)}, "did you mean 28198821#3"),
        ({"begin_s": 28800.0, "end_s": None}, "configuration's end"),
        ({"end_s": 25000.0}, "is not after the configuration's begin"),
    ],
)
def test_what_cannot_be_run_is_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        go(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_what_sumo_does_not_load_is_refused_in_its_words(tmp_path: Path) -> None:
    config = town(tmp_path, '<vehicle id="1" depart="0"><route edges="nowhere"/></vehicle>')
    with pytest.raises(InvalidInputError, match=r"SUMO does not take this scenario: .*nowhere"):
        go(tmp_path / "run", str(config), end_s=None)


def broken_off(folder: Path) -> Ending[LoopOutcome]:
    """Run a scenario whose last vehicle has no way, by the loop itself; return how the child ended."""
    first, last = edges()
    rows = "".join(
        f'<trip id="{depart_s}" depart="{depart_s}" from="{first}" to="{to}"/>'
        for depart_s, to in ((0, last), (50, last), (60, "no"))
    )
    config = town(folder, rows)

    def work(report: Report, stop: Stop) -> LoopOutcome:
        from sumo_scenarios.closed_loop import run_closed_loop

        return run_closed_loop(RunSettings(str(config), "max_pressure"), folder / "run", report, stop)

    (folder / "run").mkdir()
    return supervise([Job(work, folder / "log")], lambda *_: None)[0]


def test_a_run_that_breaks_off_keeps_what_was_logged(tmp_path: Path) -> None:
    ending = broken_off(tmp_path)
    assert "'no'" in str(ending.error)
    rows = [json.loads(line) for line in (tmp_path / "run" / "decisions.jsonl").read_text().splitlines()]
    assert 450 < rows[-1]["t_ds"] <= 600
    events = (tmp_path / "run" / "events.parquet").read_bytes()
    assert (events[:4], events[-4:]) == (b"PAR1", b"PAR1")
    assert (tmp_path / "run" / "settings.json").is_file()
    assert not list(tmp_path.glob("signal-ctrl-*"))


def test_a_network_without_a_signal_to_control_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_to_control(*arguments: Any, **options: Any) -> World:
        return replace(build_world(*arguments, **options), units=(), left_alone=(("R1", "a rail signal"),))

    monkeypatch.setattr(closed_loop, "build_world", nothing_to_control)
    with pytest.raises(InvalidInputError, match="no signal of cologne1 can be put under control"):
        closed_loop.run_closed_loop(RunSettings("cologne1"), tmp_path, lambda *_: None, lambda: False)
    assert list(tmp_path.iterdir()) == []
