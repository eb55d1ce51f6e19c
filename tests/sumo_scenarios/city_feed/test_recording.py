import json
from pathlib import Path

import numpy as np
import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.observations import LoopCount, Position, TagRead
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.city_feed.folder import Feed, observations, read_feed
from sumo_scenarios.city_feed.happenings import settled, write_breakdowns
from sumo_scenarios.city_feed.order import FeedOrder, Happening, HappeningKind, Reporting
from sumo_scenarios.city_feed.recording import watch_run
from sumo_scenarios.city_feed.road_network import Equipment, roads_of
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.settings import RunSettings

pytestmark = pytest.mark.sumo
ROAD = "241660957#0"
UNTIL_S = 26_100.0
REPORTING = Reporting(0.2, lost=0.1, late=0.05, stray=0.05, twice=0.1)


def _order(**changes: object) -> FeedOrder:
    settings = RunSettings("cologne3", "net", seed=3, end_s=UNTIL_S)
    happenings = (
        Happening(ROAD, 0, 25_500.0, 25_800.0),
        Happening("241660957#1", 0, 25_500.0, 25_800.0, kind=HappeningKind.CLOSED),
    )
    values: dict[str, object] = {"reporting": REPORTING, "happenings": happenings, **changes}
    return FeedOrder(settings, Equipment(0.5, 0.4), loop_speeds=True, **values)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("feed") / "run"
    watch_run(_order(happenings=(_order().happenings[0],)), out, lambda _: None)
    return out


@pytest.fixture(scope="module")
def feed(folder: Path) -> Feed:
    return read_feed(folder)


def test_loops_at_the_stop_line_count_who_leaves(feed: Feed) -> None:
    """Two ways to the same number: SUMO's detectors, and trajectories."""
    counts, truth = feed.counts, feed.truth
    compared = 0
    for number, road in enumerate(feed.network.roads):
        own = [k for k, name in enumerate(counts.detectors) if name.startswith(f"{road.road}/") and "stop" in name]
        if own and road.length_m >= 30 and road.road != ROAD:
            counted = counts.vehicles[np.isin(counts.detector, own)].sum()
            assert counted == pytest.approx(truth.left[:, number].sum(), abs=4, rel=0.03)
            compared += 1
    assert compared > 8


def test_speeds_of_double_loops_fit_the_truth(feed: Feed) -> None:
    speeds = feed.counts.speed_mps[~np.isnan(feed.counts.speed_mps)]
    assert len(speeds) > 100
    assert 2 < np.median(speeds) < 20


def test_travel_times_are_no_shorter_than_a_fast_driver_needs(feed: Feed) -> None:
    free_s = np.array([road.free_time_s for road in feed.network.roads])
    long = np.array([road.length_m > 60 for road in feed.network.roads])
    times = (feed.truth.travel_time_s / free_s)[:, long]
    assert np.nanmin(times) > 0.75
    assert feed.truth.timed.sum() > 1000


def test_the_breakdown_stands_when_it_was_asked_for(feed: Feed) -> None:
    (incident,) = feed.incidents
    assert incident["kind"] == "breakdown"
    assert incident["road"] == ROAD
    assert 25_500 <= incident["from_s"] < 25_560
    assert incident["to_s"] == pytest.approx(25_800, abs=5)
    assert incident["to_utc_ms"] - incident["from_utc_ms"] == 1000 * (incident["to_s"] - incident["from_s"])


def test_drivers_leave_the_lane_on_which_the_breakdown_stands(feed: Feed) -> None:
    def share(minutes: range) -> float:
        passed = [
            sum(
                c.vehicles for minute in minutes for c in feed.counts_of(minute) if c.detector == f"{ROAD}/{lane}/entry"
            )
            for lane in (0, 1)
        ]
        return passed[0] / sum(passed)

    assert share(range(6, 10)) < 0.5 * share(range(5))


def test_everything_reported_is_an_observation_of_its_minute(feed: Feed) -> None:
    kinds: dict[type, int] = {LoopCount: 0, Position: 0, TagRead: 0}
    for at_ms, arriving in observations(feed):
        for each in arriving:
            kinds[type(each)] += 1
            if isinstance(each, LoopCount):
                assert (each.from_utc_ms, each.to_utc_ms) == (at_ms, at_ms + 60_000)
    assert kinds[LoopCount] == len(feed.network.loops) * feed.n_minutes
    assert kinds[Position] > 500
    assert kinds[TagRead] > 50


def test_what_went_wrong_with_reports_is_there(feed: Feed) -> None:
    positions = feed.positions
    wrong = np.abs(positions.utc_ms - positions.received_ms) > 60_000
    assert 0.02 < wrong.mean() < 0.09
    pairs = list(zip(positions.vehicle.tolist(), positions.utc_ms.tolist(), strict=True))
    assert 0.05 < 1 - len(set(pairs)) / len(pairs) < 0.15


def test_the_same_order_gives_the_same_recording(folder: Path, tmp_path: Path) -> None:
    watch_run(_order(happenings=(_order().happenings[0],)), tmp_path / "again", lambda _: None)
    for name in ("counts", "positions", "truth", "drives", "reads"):
        assert (folder / f"{name}.parquet").read_bytes() == (tmp_path / "again" / f"{name}.parquet").read_bytes(), name
    assert json.loads((folder / "feed.json").read_text())["vehicles"] > 500


def test_a_folder_that_exists_is_refused_and_left_alone(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match="exists"):
        watch_run(_order(), folder, lambda _: None)
    assert (folder / "truth.parquet").is_file()


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="roads"):
        read_feed(tmp_path)


@pytest.mark.parametrize(
    ("happening", "says"),
    [
        (Happening("nowhere", 0, 1.0, 2.0), "no lane 0"),
        (Happening(ROAD, 9, 1.0, 2.0), "no lane 9"),
        (Happening(ROAD, 0, 1.0, 2.0, 5000.0), "behind its end"),
    ],
)
def test_what_cannot_happen_is_refused(happening: Happening, says: str) -> None:
    net = read_net(read_configuration(resolve("cologne3").config).net)
    with pytest.raises(InvalidInputError, match=says):
        settled((happening,), net)


def test_vehicles_that_stand_are_written_in_the_order_of_time(tmp_path: Path) -> None:
    net = read_net(read_configuration(resolve("cologne3").config).net)
    happenings = settled((Happening(ROAD, 0, 900.0, 950.0), Happening(ROAD, 0, 100.0, 200.0)), net)
    write_breakdowns(tmp_path / "x.xml", happenings, net)
    text = (tmp_path / "x.xml").read_text()
    assert text.index('depart="100.00"') < text.index('depart="900.00"')
    assert 'until="200.00"' in text


def test_readers_of_the_network_are_those_asked_for(feed: Feed) -> None:
    assert feed.network == roads_of("cologne3", Equipment(0.5, 0.4))
