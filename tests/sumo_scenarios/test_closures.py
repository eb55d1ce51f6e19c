"""Lanes and edges closed for a time: what is written for SUMO, and that nobody drives there."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.closures import ALLOWED, write_closures
from sumo_scenarios.driver import Driver, make_driver
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.outcome import LoopOutcome, Report, Stop
from sumo_scenarios.score import score_run
from sumo_scenarios.settings import Closure, RunSettings
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.supervise import Job, supervise

RUN_S = (100.0, 1000.0)


def edge(name: str, ends: str, lanes: Sequence[str] = ("",), function: str = "") -> str:
    kind = f'function="{function}"' if function else f'from="{ends[0]}" to="{ends[1]}"'
    rows = "".join(f'<lane id="{name}_{k}" index="{k}" speed="14" length="90" {more}/>' for k, more in enumerate(lanes))
    return f'<edge id="{name}" {kind}>{rows}</edge>'


def link(before: str, after: str) -> str:
    return f'<connection from="{before[:-2]}" to="{after[:-2]}" fromLane="{before[-1]}" toLane="{after[-1]}"/>'


@pytest.fixture
def net(tmp_path: Path) -> Net:
    """West and south lead to main, which leads to east and back; paths are for walkers."""
    walk = 'allow="pedestrian"'
    edges = [
        edge("west", "AB"), edge("south", "CB"), edge("main", "BD", (walk, "", "")), edge("back", "DB"),
        edge("east", "DE", (walk, "")), edge("path", "AE", (walk,)), edge(":B_0", "", function="internal"),
    ]  # fmt: skip
    ways = ("west_0", "main_1"), ("south_0", "main_2"), ("back_0", "main_2"), ("main_1", "east_1")
    parts = [*edges, *(link(*way) for way in ways), link("main_2", "back_0")]
    path = tmp_path / "town.net.xml"
    path.write_text(f"<net>{''.join(parts)}</net>")
    return read_net(path)


def written(net: Net, *closures: Closure, step_s: float = 1.0) -> list[Element]:
    path = net.path.parent / "closures.add.xml"
    write_closures(path, closures, net, RUN_S, step_s)
    return list(ElementTree.parse(path).getroot())


def times_of(rerouter: Element) -> tuple[float, float]:
    interval = rerouter[0]
    return float(interval.attrib["begin"]), float(interval.attrib["end"])


def test_an_edge_is_closed_with_a_rerouter_on_every_other_street(net: Net) -> None:
    (rerouter,) = written(net, Closure("main", 200.0, 300.0))
    assert rerouter.attrib["edges"].split() == ["west", "south", "back", "east"]
    assert times_of(rerouter) == (200.0, 300.0)
    closing, *instead = rerouter[0]
    assert (closing.tag, closing.attrib) == ("closingReroute", {"id": "main", "allow": ALLOWED})
    assert [row.attrib["id"] for row in instead] == ["west", "south"]


def test_one_lane_of_several_is_closed_alone(net: Net) -> None:
    (rerouter,) = written(net, Closure("main_1"))
    assert "main" in rerouter.attrib["edges"].split()
    assert [(row.tag, row.attrib["id"]) for row in rerouter[0]] == [("closingLaneReroute", "main_1")]


@pytest.mark.parametrize("place", ["east", "east_1", "west", "west_0"])
def test_the_only_lane_for_motor_vehicles_is_the_edge(net: Net, place: str) -> None:
    (rerouter,) = written(net, Closure(place))
    assert (rerouter[0][0].tag, rerouter[0][0].attrib["id"]) == (
        "closingReroute",
        place.removesuffix("_0")[:4],
    )


def test_nobody_is_sent_to_another_closed_street(net: Net) -> None:
    rerouters = written(net, Closure("main"), Closure("west"), Closure("south"))
    assert [row.attrib["id"] for row in rerouters[0][0]] == ["main", "back"]
    assert {rerouter.attrib["edges"] for rerouter in rerouters} == {"back east"}
    assert len({rerouter.attrib["id"] for rerouter in rerouters}) == 3


@pytest.mark.parametrize(
    ("closure", "step_s", "times_s"),
    [
        (Closure("main"), 1.0, (100.0, 1001.0)),
        (Closure("main", 0.0, 5000.0), 0.5, (100.0, 1000.5)),
        (Closure("main", 150.3, 160.3), 1.0, (150.0, 161.0)),
        (Closure("main", 150.3, 160.3), 0.1, (150.3, 160.3)),
        (Closure("main", 999.9), 0.25, (999.75, 1000.25)),
    ],
)
def test_closures_begin_and_end_with_a_step(
    net: Net, closure: Closure, step_s: float, times_s: tuple[float, float]
) -> None:
    assert times_of(written(net, closure, step_s=step_s)[0]) == pytest.approx(times_s)


@pytest.mark.parametrize(
    ("closure", "words"),
    [
        (Closure("mian"), "no lane or edge 'mian'; did you mean main"),
        (Closure("main_7"), "did you mean main_"),
        (Closure("@@@@@@"), "take the id of a lane or an edge"),
        (Closure(":B_0"), "no motor vehicle uses"),
        (Closure("path"), "no motor vehicle uses 'path'"),
        (Closure("main_0"), "no motor vehicle uses 'main_0'"),
        (Closure("main", 0.0, 100.0), "from 0 to 100 s, but the run goes from 100 to 1000 s"),
        (Closure("main", 1000.0), "the run goes from"),
    ],
)
def test_what_cannot_be_closed_is_refused(net: Net, closure: Closure, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        written(net, closure)


def test_some_street_must_stay_open(net: Net) -> None:
    names = ("west", "south", "main", "back", "east")
    with pytest.raises(InvalidInputError, match="no street open"):
        written(net, *map(Closure, names))


@dataclass(frozen=True)
class Seen:
    """How a run ended, and how many vehicles came to a place before, while and after it was closed."""

    outcome: LoopOutcome
    before: int
    closed: int
    after: int


def go(folder: Path, scenario: str, closure: Closure, watched: str, controller: str = "net", **more: Any) -> Seen:
    """Run a scenario in a child and watch an edge or a lane in every step."""
    settings = RunSettings(scenario, controller, closures=(closure,), **more)
    (folder / "run").mkdir()

    def work(report: Report, stop: Stop) -> Seen:
        import libsumo

        came: list[tuple[float, int]] = []

        def make(*parts: Any) -> Driver:
            driver = make_driver(*parts)
            domain = libsumo.lane if watched in libsumo.lane.getIDList() else libsumo.edge
            act, there = driver.step, set(domain.getLastStepVehicleIDs(watched))

            def step(time_s: float) -> None:
                act(time_s)
                now = set(domain.getLastStepVehicleIDs(watched))
                came.append((time_s, len(now - there)))
                there.clear()
                there.update(now)

            setattr(driver, "step", step)  # noqa: B010  a watch on the instance, not another class
            return driver

        outcome = run_loop(settings, folder / "run", report, stop, make)
        first_s, last_s = closure.from_s, closure.to_s
        return Seen(
            outcome,
            sum(n for time_s, n in came if time_s <= first_s),
            sum(n for time_s, n in came if first_s < time_s <= last_s),
            sum(n for time_s, n in came if time_s > last_s),
        )

    (ending,) = supervise([Job(work, folder / "log")], lambda *_: None)
    assert ending.outcome is not None, ending
    return ending.outcome


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a grid of three by three signals, and both trips and routes through it."""
    folder = tmp_path_factory.mktemp("grid")
    tools = {**os.environ, "SUMO_HOME": str(sumo_home())}
    size = ("--grid.number", "3", "--grid.length", "150", "--grid.attach-length", "100", "-L", "2")
    make = [
        str(sumo_home() / "bin" / "netgenerate"),
        "--grid",
        *size,
        "-j",
        "traffic_light",
        "-o",
        "g.net.xml",
    ]
    subprocess.run(make, check=True, capture_output=True, env=tools, cwd=folder)
    ways = [f"left{k}A{k} A{k}B{k} B{k}C{k} C{k}right{k}" for k in range(3)]
    ways += [f"top{k}{c}2 {c}2{c}1 {c}1{c}0 {c}0bottom{k}" for k, c in enumerate("ABC")]
    ways += ["left0A0 A0B0 B0B1 B1C1", "bottom1B0 B0B1", "B0B1 B1B2 B2top1", "bottom1B0 B0B1 B1A1 A1left1"]
    rows = []
    for depart_s in range(0, 600, 3):
        way = ways[depart_s // 3 % len(ways)].split()
        head = f'id="{depart_s}" depart="{depart_s}"'
        if depart_s % 2:
            rows.append(f'<vehicle {head}><route edges="{" ".join(way)}"/></vehicle>')
        else:
            rows.append(f'<trip {head} from="{way[0]}" to="{way[-1]}"/>')
    (folder / "g.rou.xml").write_text(f"<routes>{''.join(rows)}</routes>")
    (folder / "g.sumocfg").write_text(
        '<configuration><input><net-file value="g.net.xml"/><route-files value="g.rou.xml"/></input>'
        '<time><begin value="0"/><end value="1000"/></time></configuration>'
    )
    return folder


def vehicles(folder: Path) -> dict[str, int]:
    score = score_run(folder / "run" / "tripinfo.xml.gz", folder / "run" / "statistics.xml")
    assert score.teleports == 0
    return asdict(score.vehicles)


@pytest.mark.sumo
def test_nobody_drives_on_a_closed_edge(tmp_path: Path, grid: Path) -> None:
    closure = Closure("B0B1", 200.0, 400.0)
    seen = go(tmp_path, str(grid / "g.sumocfg"), closure, "B0B1", "max_pressure")
    assert seen.before > 5 and seen.closed == 0 and seen.after > 5
    assert seen.outcome.violations == 0
    assert vehicles(tmp_path)["finished"] == 200


@pytest.mark.sumo
def test_nobody_drives_on_a_closed_lane_and_its_turn_goes_another_way(tmp_path: Path, grid: Path) -> None:
    seen = go(tmp_path, str(grid / "g.sumocfg"), Closure("B0B1_1", 200.0, 400.0), "B0B1_1")
    assert seen.before > 0 and seen.closed == 0 and seen.after > 0
    assert vehicles(tmp_path)["finished"] == 200


@pytest.mark.sumo
def test_the_lanes_beside_a_closed_one_stay_open(tmp_path: Path, grid: Path) -> None:
    seen = go(tmp_path, str(grid / "g.sumocfg"), Closure("B0B1_1", 200.0, 400.0), "B0B1_0")
    assert seen.closed > 0


@pytest.mark.sumo
def test_an_edge_closed_for_good_keeps_back_only_who_departs_there(tmp_path: Path, grid: Path) -> None:
    departs = (grid / "g.rou.xml").read_text()
    there = departs.count('edges="B0B1 ') + departs.count('from="B0B1"')
    seen = go(tmp_path, str(grid / "g.sumocfg"), Closure("B0B1"), "B0B1")
    assert (seen.before, seen.closed, seen.after) == (0, 0, 0)
    found = vehicles(tmp_path)
    assert (found["finished"], found["unfinished"], found["never_departed"]) == (200 - there, 0, there)


@pytest.mark.sumo
@pytest.mark.parametrize("place", ["-186623965#16", "23283470#2"])  # the busiest, and one with destinations
def test_nobody_drives_on_a_closed_street_of_cologne(tmp_path: Path, place: str) -> None:
    seen = go(tmp_path, "cologne8", Closure(place, 25500.0, 26100.0), place, end_s=26700.0)
    assert seen.before > 0 and seen.closed == 0 and seen.after > 0
    assert vehicles(tmp_path)["finished"] > 600
