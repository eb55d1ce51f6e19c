"""Demand drawn anew: the counts stay, everything else may change."""

import gzip
import math
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.resample import INTERVAL_S, Resampled, resample
from sumo_scenarios.simulation import sumo_home

DAY_S = (0.0, 86400.0)
VEHICLES = ("vehicle", "trip")


def write(folder: Path, rows: str, name: str = "d.rou.xml") -> Path:
    path = folder / name
    text = f"<routes>{rows}</routes>".encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def draw(
    routes: Sequence[Path],
    folder: Path,
    seed: int = 1,
    run_s: tuple[float, float] = DAY_S,
    additional: Sequence[Path] = (),
) -> tuple[Resampled, list[Element]]:
    drawn = resample(routes, additional, seed, run_s, folder / "out.xml")
    return drawn, list(ElementTree.parse(drawn.path).getroot())


def vehicles(rows: Sequence[Element]) -> list[Element]:
    return [row for row in rows if row.tag in VEHICLES]


def departs_s(row: Element) -> float:
    return float(row.attrib["depart"])


def edges(row: Element) -> str:
    route = row.find("route")
    return row.get("from", "") + " " + row.get("to", "") if route is None else route.attrib["edges"]


def counts(rows: Sequence[Element]) -> Counter[tuple[str, int]]:
    return Counter((edges(row).split()[0], int(departs_s(row) // INTERVAL_S)) for row in vehicles(rows))


def vehicle(name: str, depart_s: float, route: str, more: str = "") -> str:
    return f'<vehicle id="{name}" depart="{depart_s:.2f}" {more}><route edges="{route}"/></vehicle>'


def many(n: int, origin: str, first_s: float = 0.0) -> str:
    return "".join(
        vehicle(f"{origin}{k}", first_s + 13.7 * k, f"{origin} x{k % 5}", f'type="t{k % 3}"') for k in range(n)
    )


def both(tmp_path: Path, rows: str, seed: int = 1) -> tuple[list[Element], list[Element]]:
    path = write(tmp_path, rows)
    return list(ElementTree.parse(path).getroot()), draw([path], tmp_path, seed)[1]


def test_counts_per_origin_and_interval_stay(tmp_path: Path) -> None:
    before, after = both(tmp_path, many(200, "a") + many(150, "b", 500.0))
    assert counts(after) == counts(before)
    assert sorted(row.attrib["id"] for row in after) == sorted(row.attrib["id"] for row in before)
    assert [departs_s(row) for row in after] != sorted(departs_s(row) for row in before)
    assert [departs_s(row) for row in after] == sorted(departs_s(row) for row in after)


def test_routes_and_types_are_drawn_together(tmp_path: Path) -> None:
    before, after = both(tmp_path, many(200, "a"))
    known = {(edges(row), row.get("type")) for row in before}
    assert {(edges(row), row.get("type")) for row in after} <= known
    assert Counter(map(edges, after)) != Counter(map(edges, before))


def test_a_seed_gives_one_demand_and_another_another(tmp_path: Path) -> None:
    path = write(tmp_path, many(100, "a"))
    texts = [draw([path], tmp_path, seed)[0].path.read_text() for seed in (1, 1, 2)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_a_lone_vehicle_keeps_its_route(tmp_path: Path) -> None:
    rows = vehicle("a", 10.0, "a x1", 'type="bike"') + vehicle("b", 20.0, "b x") + vehicle("c", 1000.0, "a x2")
    after = {row.attrib["id"]: row for row in both(tmp_path, rows)[1]}
    assert [edges(after[name]) for name in "abc"] == ["a x1", "b x", "a x2"]
    assert after["a"].get("type") == "bike"
    assert departs_s(after["a"]) < INTERVAL_S <= departs_s(after["c"])


def test_intervals_end_where_the_run_or_the_demand_does(tmp_path: Path) -> None:
    path = write(tmp_path, many(60, "a", 1000.0))  # to 1808 s
    inside = sum(1100 <= 1000 + 13.7 * k < 1700 for k in range(60))
    for seed in range(5):
        times_s = [departs_s(row) for row in draw([path], tmp_path, seed, (1100.0, 1700.0))[1]]
        assert sum(1100 <= time_s < 1700 for time_s in times_s) == inside
        assert min(times_s) >= 1000.0 and max(times_s) < 1810.0


def test_trips_and_vehicles_of_one_origin_share_a_pool(tmp_path: Path) -> None:
    trips = "".join(f'<trip id="t{k}" depart="{k}" from="a" to="y{k % 3}" type="q"/>' for k in range(50))
    before, after = both(tmp_path, many(50, "a") + trips)
    assert counts(after) == counts(before)
    by_name = {row.attrib["id"]: row.tag for row in after}
    assert {tag for name, tag in by_name.items() if name.startswith("t")} == set(VEHICLES)


def test_named_routes_have_the_origin_of_their_definition(tmp_path: Path) -> None:
    named = '<route id="r1" edges="a x"/><route id="r2" edges="a y"/><route id="r3" edges="b y"/>'
    mixed = '<routeDistribution id="d" routes="r1 r3" probabilities="0.5 0.5"/>'
    same = '<routeDistribution id="e"><route refId="r1"/><route edges="a z"/></routeDistribution>'
    rows = "".join(
        f'<vehicle id="{k}" depart="{k}" route="{("r1", "r2", "r3", "d", "e")[k % 5]}"/>' for k in range(100)
    )
    path = write(tmp_path, rows)
    defined = write(tmp_path, named + mixed + same, "routes.add.xml")
    _, after = draw([path], tmp_path, additional=[defined])
    taken = {kind: {row.attrib["route"] for row in after if int(row.attrib["id"]) % 5 == kind} for kind in range(5)}
    assert taken[0] == taken[1] == taken[4] == {"r1", "r2", "e"}
    assert (taken[2], taken[3]) == ({"r3"}, {"d"})


def test_definitions_stay_and_come_first(tmp_path: Path) -> None:
    types = '<vTypeDistribution id="v"><vType id="t" probability="1"/></vTypeDistribution><vType id="u"/>'
    path = write(tmp_path, vehicle("a", 5, "a b") + types + '<param key="k" value="v"/>')
    rows = draw([path], tmp_path)[1]
    assert [row.tag for row in rows] == ["vTypeDistribution", "vType", "param", "vehicle"]
    assert rows[0][0].attrib == {"id": "t", "probability": "1"}


def test_included_files_belong_to_the_demand(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    write(tmp_path / "more", '<vType id="deep"/>' + many(20, "b"), "deep.xml")
    write(tmp_path / "more", many(20, "a") + '<include href="deep.xml"/>', "more.xml")
    drawn, rows = draw([write(tmp_path, vehicle("c", 5, "c x") + '<include href="more/more.xml"/>')], tmp_path)
    assert drawn.redrawn_veh == len(vehicles(rows)) == 41
    assert [row.tag for row in rows[:2]] == ["vType", "vehicle"]
    assert {edges(row).split()[0] for row in rows[1:]} == {"a", "b", "c"}


FIXED = {
    "line": '<vehicle id="bus" depart="30" line="7"><route edges="a x"/></vehicle>',
    "stop": '<vehicle id="bus" depart="30"><route edges="a x"/><stop busStop="s" until="90"/></vehicle>',
    "stop on its route": '<vehicle id="bus" depart="3"><route edges="a"><stop lane="a"/></route></vehicle>',
    "stop on a named route": '<vehicle id="bus" depart="30" route="r"/>',
    "triggered": '<vehicle id="bus" depart="triggered"><route edges="a x"/></vehicle>',
    "ridden": '<vehicle id="bus" depart="30"><route edges="a x"/></vehicle>'
    '<person id="p" depart="triggered"><ride from="a" to="x" lines="bus"/></person>',
    "person": '<person id="bus" depart="30"><walk from="a" to="x"/></person>',
    "flow": '<flow id="bus" begin="30" end="90" period="10" from="a" to="x"/>',
}


@pytest.mark.parametrize("kind", list(FIXED))
def test_what_is_bound_stays_as_it_is(tmp_path: Path, kind: str) -> None:
    stop = '<route id="r" edges="a x"><stop busStop="s"/></route>'
    path = write(tmp_path, stop + vehicle("car0", 20, "a x") + FIXED[kind] + many(50, "a", 40.0))
    drawn, rows = draw([path], tmp_path)
    (bound,) = [row for row in rows if row.get("id") == "bus"]
    wanted = ElementTree.fromstring(f"<r>{FIXED[kind]}</r>")[0]
    assert ElementTree.tostring(bound).strip() == ElementTree.tostring(wanted).strip()
    assert drawn.redrawn_veh == 51
    assert (drawn.left_veh, drawn.left_flows) == (int(kind not in ("person", "flow")), int(kind == "flow"))
    assert bool(drawn.notices) == (kind != "person")
    assert not any(row.find("stop") is not None for row in vehicles(rows) if row.attrib["id"] != "bus")


def test_a_demand_of_flows_says_that_the_seed_does_nothing(tmp_path: Path) -> None:
    drawn, _ = draw([write(tmp_path, FIXED["flow"])], tmp_path)
    assert drawn.notices == ("--demand-seed redraws 0 vehicles; left as they are: 1 flows",)


def test_several_files_plain_and_packed_are_one_demand(tmp_path: Path) -> None:
    first = write(tmp_path, many(40, "a"), "one.rou.xml")
    second = write(tmp_path, many(40, "b") + vehicle("late", 3000.0, "a zz"), "two.rou.xml.gz")
    drawn, rows = draw([first, second], tmp_path)
    assert drawn.redrawn_veh == 81
    assert [departs_s(row) for row in rows] == sorted(departs_s(row) for row in rows)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.rou.xml"
    path.write_text("<routes><vehicle")
    with pytest.raises(InvalidInputError, match=r"d\.rou\.xml"):
        draw([path], tmp_path)


@given(
    rows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 400000), st.sampled_from("xyz")), max_size=40),
    seed=st.integers(1, 2**31 - 1),
    cuts_s=st.tuples(st.integers(0, 4000), st.integers(0, 4000)),
)
def test_counts_stay_whatever_the_demand(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, int, str]],
    seed: int,
    cuts_s: tuple[int, int],
) -> None:
    folder = tmp_path_factory.mktemp("demand")
    run_s = (float(min(cuts_s)), float(max(cuts_s)))
    texts = [vehicle(str(k), depart / 100, f"{origin} {to}") for k, (origin, depart, to) in enumerate(rows)]
    path = write(folder, "".join(texts))
    before, after = list(ElementTree.parse(path).getroot()), draw([path], folder, seed, run_s)[1]
    assert counts(after) == counts(before)
    for lower_s, upper_s in ((-math.inf, run_s[0]), run_s, (run_s[1], math.inf)):
        inside = [sum(lower_s <= departs_s(row) < upper_s for row in side) for side in (before, after)]
        assert inside[0] == inside[1]


@pytest.mark.sumo
@pytest.mark.parametrize("scenario", ["cologne3", "cologne8"])
def test_sumo_takes_the_demand_of_the_catalogue(tmp_path: Path, scenario: str) -> None:
    config = read_configuration(catalogue.resolve(scenario).config)
    begin_s = config.begin_s or 0.0
    run_s = (begin_s, begin_s + 1200.0)
    loaded = []
    for routes in (config.routes, (resample(config.routes, (), 4, run_s, tmp_path / "d.rou.xml").path,)):
        command = [
            str(sumo_home() / "bin" / "sumo"), "-n", str(config.net), "-r", ",".join(map(str, routes)),
            "-b", str(run_s[0]), "-e", str(run_s[1]), "--no-step-log", "--route-steps", "1",
            "--statistic-output", str(tmp_path / "statistics.xml"),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "sorted" not in done.stderr
        found = ElementTree.parse(tmp_path / "statistics.xml").find("vehicles")
        assert found is not None
        loaded.append(int(found.attrib["loaded"]))
    assert abs(loaded[0] - loaded[1]) <= 3  # those who depart as the run ends
