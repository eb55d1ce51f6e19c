"""What a running city reports, against SUMO's own loops and what vehicles really do."""

import math
from pathlib import Path

import numpy as np
import pytest

from sumo_scenarios import catalogue
from sumo_scenarios.city_demo.city import City, read_city
from sumo_scenarios.city_demo.senses import LoopSense, PositionSense, drawn_share, pseudonym
from sumo_scenarios.city_feed.loop_output import write_loop_detectors
from sumo_scenarios.city_feed.order import Reporting
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.written import tags

BEGIN_S = 25_200.0
BEGIN_MS = 1_800_000_000_000  # a whole minute
STEPS = 600


@pytest.fixture(scope="module")
def city() -> City:
    return read_city(catalogue.resolve("cologne1"), BEGIN_S)


def simulation_of(city: City, folder: Path) -> Simulation:
    config = read_configuration(catalogue.resolve("cologne1").config)
    write_loop_detectors(folder / "loops.add.xml", city.network, city.net, folder / "loops.xml")
    arguments = ["--net-file", str(config.net), "--route-files", ",".join(map(str, config.routes))]
    arguments += ["--additional-files", str(folder / "loops.add.xml"), "--begin", str(BEGIN_S), "--no-step-log", "true"]
    return Simulation([*arguments, "--time-to-teleport", "-1", "--step-length", "1", "--seed", "3"])


@pytest.mark.sumo
@pytest.mark.slow
def test_loops_count_as_sumo_does_itself(city: City, tmp_path: Path) -> None:
    found = {}
    with simulation_of(city, tmp_path) as simulation:
        sense, before_s = LoopSense(city.network, simulation), BEGIN_S
        sense.look(BEGIN_S - 1, BEGIN_S, BEGIN_MS - 1)
        sense.look(BEGIN_S - 1, BEGIN_S, BEGIN_MS)
        for _ in range(STEPS):
            now_s = simulation.step()
            for count in sense.look(before_s, now_s, BEGIN_MS + round(1000 * (now_s - BEGIN_S))):
                found[count.detector, (count.from_utc_ms - BEGIN_MS) // 60_000] = count
            before_s = now_s
    wanted = {}
    for tag, row in tags(tmp_path / "loops.xml"):
        if tag == "interval":
            detector = city.network.loops[int(row["id"].rpartition(" ")[2])].detector
            wanted[detector, round((float(row["begin"]) - BEGIN_S) / 60)] = row
    both = found.keys() & wanted.keys()
    assert len(both) >= 8 * len(city.network.loops)
    counted, truth = ([0.0, 0.0], [0.0, 0.0])
    for key in both:
        counted[0] += found[key].vehicles
        counted[1] += found[key].occupied
        truth[0] += int(wanted[key]["nVehContrib"])
        truth[1] += float(wanted[key]["occupancy"]) / 100
        assert abs(found[key].vehicles - int(wanted[key]["nVehContrib"])) <= 1  # at the edge of a minute
        assert abs(found[key].occupied - float(wanted[key]["occupancy"]) / 100) < 0.06
    assert truth[0] > 100
    assert counted == pytest.approx(truth, rel=0.03)


@pytest.mark.sumo
@pytest.mark.slow
def test_a_share_of_the_vehicles_says_where_it_is(city: City, tmp_path: Path) -> None:
    reporting = Reporting(share=0.5, noise_m=5.0)
    looks, seen, errors_m = 0, set(), []
    with simulation_of(city, tmp_path) as simulation:
        sense = PositionSense(simulation, city.degrees, reporting, np.random.default_rng(1))
        for step in range(200):
            simulation.step()
            found = sense.look(BEGIN_MS + 1000 * step)
            looks += bool(found)
            users = {pseudonym(user.name): user for user in simulation.road_users()}
            for position in found:
                user = users[position.vehicle]
                lon, lat = city.degrees(*user.front)
                east_m = (position.lon - lon) * 111_319 * math.cos(math.radians(lat))
                errors_m.append(math.hypot(east_m, (position.lat - lat) * 111_319))
                seen.add(user.name)
                assert position.speed_mps is not None
                assert abs(position.speed_mps - user.speed_mps) < 3
    assert looks <= 20
    assert len(seen) > 20
    assert all(drawn_share(name) < 0.5 for name in seen)
    assert np.mean(errors_m) == pytest.approx(5.0 * math.sqrt(math.pi / 2), rel=0.15)  # Rayleigh's mean


def test_a_minute_that_was_begun_in_its_middle_is_not_reported(city: City) -> None:
    class Silent:
        def loop_passages(self, _loop: str) -> list[tuple[float, float]]:
            return []

    sense = LoopSense(city.network, Silent())  # type: ignore[arg-type]
    assert sense.look(9.0, 10.0, BEGIN_MS + 10_000) == []
    assert sense.look(59.0, 60.0, BEGIN_MS + 60_000) == []
    assert sense.look(60.0, 61.0, BEGIN_MS + 61_000) == []
    found = sense.look(119.0, 120.0, BEGIN_MS + 120_000)
    assert len(found) == len(city.network.loops)
    assert {(each.from_utc_ms - BEGIN_MS, each.to_utc_ms - BEGIN_MS) for each in found} == {(60_000, 120_000)}


def test_names_of_vehicles_do_not_go_out() -> None:
    assert "flow" not in pseudonym("flow_1.7")
    assert pseudonym("a") == pseudonym("a") != pseudonym("b")
    shares = [drawn_share(f"v{number}") for number in range(4000)]
    assert np.mean([share < 0.05 for share in shares]) == pytest.approx(0.05, abs=0.012)


def test_signals_stand_at_their_junctions(city: City) -> None:
    (place,) = city.signals.values()
    ends = [road.shape[-1] for road in city.network.roads if road.signal]
    nearest_m = min(math.hypot((lon - place[0]) * 70_000, (lat - place[1]) * 111_319) for lon, lat in ends)
    assert nearest_m < 40
