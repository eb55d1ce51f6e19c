"""Networks of our own making: what they promise is in the net, and every signal of theirs can be controlled."""

from pathlib import Path

import pytest

from bench.referees import judge
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios import made_networks
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.made_networks import QUARTER_S, QUARTERS, TOWNS, make_all, make_scenario
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.town_names import TOWN_NAMES
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import World, build_world

HOUR_S = (0.0, 3600.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    folder = tmp_path_factory.mktemp("made")
    return {
        config.stem: build_world(resolve(str(config)), PUBLISHED, None, None) for config in make_all(folder / "all")
    }


def arms(world: World, signal: str) -> int:
    """Return how many streets lead to a signal."""
    (unit,) = (unit for unit in world.units if unit.site.signal_id == signal)
    return len({lane.edge_id for lane in unit.layout.lanes})


def test_every_signal_of_every_network_is_under_control(made: dict[str, World]) -> None:
    assert {name: len(world.units) for name, world in made.items()} == {
        "new-town": 9, "tees": 5, "five-legs": 3, "roundabout": 2, "short-links": 4,
    }  # fmt: skip
    assert not any(world.left_alone or world.notices for world in made.values())


def test_each_network_has_what_it_is_made_for(made: dict[str, World]) -> None:
    assert {arms(made["tees"], f"T{i}") for i in range(5)} == {3}
    assert arms(made["five-legs"], "C") == 5
    links = [made["short-links"].net.lanes[f"K0{j}K1{j}_0"].length_m for j in range(2)]
    assert all(35.0 < length_m < 50.0 for length_m in links)
    assert [len(made["short-links"].net.edges[f"K0{j}K1{j}"].lanes) for j in range(2)] == [1, 1]
    assert {len(made["new-town"].net.edges[f"J0{j}J1{j}"].lanes) for j in range(3)} == {3}
    ring = [made["roundabout"].net.edges[name] for name in ("rq", "qp", "po", "or")]
    assert all(len(edge.lanes) == 1 for edge in ring)


def test_the_wide_roads_of_the_new_town_have_lanes_for_left_turns_and_a_stage_for_them(made: dict[str, World]) -> None:
    for unit in made["new-town"].units:
        lefts = {m.lane for m in unit.layout.movements if m.direction == "l"}
        assert lefts and all(len(unit.layout.lanes[lane].movements) == 1 for lane in lefts)
        assert len(unit.stages_from[0][1]) == 4


def test_the_demand_is_counted_as_written(made: dict[str, World]) -> None:
    """Vehicles come at random: four standard deviations of the number that is written."""
    assert sum(QUARTERS) * QUARTER_S == pytest.approx(3600.0)
    world = made["tees"]
    volumes = count_volumes(world.config, world.net, HOUR_S)
    entering = sum(veh_h for (_, before, _), veh_h in volumes.turns.items() if before == "WT0")
    assert entering == pytest.approx(820.0, abs=4 * 820.0**0.5)


def test_a_folder_that_exists_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "roundabout").mkdir()
    with pytest.raises(InvalidInputError, match="exists; name one that does not"):
        make_all(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["roundabout"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="cannot write"):
        make_scenario("tees", tmp_path / "file" / "town")
    with pytest.raises(InvalidInputError, match="there are new-town, tees"):
        make_scenario("atlantis", tmp_path / "new")


def test_a_network_that_netconvert_cannot_make_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = made_networks.roundabout()
    town.plain.options = ("--no-such-option", "1")
    monkeypatch.setitem(made_networks.TOWNS, "roundabout", (lambda: town, ""))
    with pytest.raises(BackendError, match="Error"):
        make_scenario("roundabout", tmp_path / "town")
    assert list(tmp_path.iterdir()) == []


def test_the_list_of_networks_has_no_holes() -> None:
    assert all(text and not text.endswith(".") for _, text in TOWNS.values())


@pytest.mark.sumo
@pytest.mark.parametrize("name", TOWNS)
def test_adaptive_control_runs_on_each_of_them(name: str, tmp_path: Path) -> None:
    """The smallest form of `make campaign-made`: five minutes, and the lamps looked at by the referee."""
    config = make_scenario(name, tmp_path / "town")
    settings = RunSettings(str(config), "adaptive", end_s=300.0)
    result = execute(settings, tmp_path / "run", False, lambda _progress: None)
    assert result.status == "complete" and not result.error
    assert result.document["vehicles"]["finished"] > 0
    verdict = judge(tmp_path / "run")
    assert verdict["referee_invalid"] == [] and verdict["lamp_violations"] == {}


def test_the_help_the_makefile_and_the_maker_have_the_names_of_one_list() -> None:
    from sumo_scenarios.made_networks import _MAKERS

    assert list(TOWNS) == list(TOWN_NAMES) == list(_MAKERS)
