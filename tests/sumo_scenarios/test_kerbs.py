"""People at the kerbs of a signal in SUMO: presses come from those who stand, and calls from the presses."""

from pathlib import Path

import pytest

from detectors.crossings.approaches import crossings_of
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import STREET
from signal_ctrl.gateways.event_rows import event_rows
from sumo_scenarios import catalogue
from sumo_scenarios.kerbs import Kerbs, unit_with_crossings
from sumo_scenarios.logs import DETECTOR_OFF, DETECTOR_ON
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import build_world

SHORT = {"profile": STREET, "begin_s": 25200.0, "end_s": 25260.0}


class Walkers:
    """Stands in for SUMO: who is on which walking area, and where he goes on to."""

    def __init__(self) -> None:
        self.on: dict[str, list[tuple[str, str, float]]] = {}

    def edge_people(self, edge_id: str) -> list[tuple[str, str, float]]:
        return self.on.get(edge_id, [])


def kerbs(crossings: str, **more: float | str) -> tuple[Kerbs, Walkers, str, str]:
    """Return the kerbs of a signal, who is there, one of its walking areas and a crossing beside it."""
    world = build_world(catalogue.resolve("newtown-2x2"), STREET, None, None)
    unit = unit_with_crossings(world.units[0])
    walkers = Walkers()
    settings = RunSettings("newtown-2x2", crossings=crossings, **more)  # type: ignore[arg-type]
    found = Kerbs(walkers, world.net, unit.layout, unit.site, settings)  # type: ignore[arg-type]
    group = unit.site.groups[crossings_of(unit.site)[0]]
    link = next(c for c in world.net.signal_links[unit.site.signal_id] if c.link == group.links[0])
    edges = [world.net.lanes[lane].edge_id for lane in (link.from_lane, link.to_lane)]
    crossing = next(e for e in edges if world.net.edges[e].function == "crossing")
    area = next(e for e in edges if world.net.edges[e].function == "walkingarea")
    return found, walkers, area, crossing


@pytest.mark.sumo
def test_who_comes_to_stand_presses_unless_the_button_is_lit() -> None:
    for crossings, pulses in (("buttons", 1), ("sensors", 2)):
        found, walkers, area, crossing = kerbs(crossings)
        lamps = "r" * 100
        walkers.on[area] = [("a", crossing, 1.2)]
        assert not found.read(1.0, lamps)  # he walks still
        walkers.on[area] = [("a", crossing, 0.0)]
        first = found.read(2.0, lamps)
        assert [event.on for event in first] == [True, False] and first[0].loop == found.first_loop
        walkers.on[area] = [("a", crossing, 0.0), ("b", crossing, 0.0), ("c", "elsewhere", 0.0)]
        second = found.read(3.0, lamps)
        assert len(first + second) == 2 * pulses
        walkers.on[area] = []
        assert not found.read(4.0, lamps)
        walkers.on[area] = [("d", crossing, 0.0)]
        assert not found.read(5.0, "G" * 100)  # WALK shows


@pytest.mark.sumo
def test_a_broken_button_says_nothing_of_people() -> None:
    found, walkers, area, crossing = kerbs("buttons", failure_rate=1.0, failure_kind="stuck-on")
    walkers.on[area] = [("a", crossing, 0.0)]
    edges = found.read(2.0, "r" * 100)
    assert edges and all(event.on for event in edges) and len({event.loop for event in edges}) == len(found.links)


@pytest.mark.sumo
@pytest.mark.slow
def test_a_run_with_buttons_breaks_no_rule_and_writes_them_down(tmp_path: Path) -> None:
    settings = RunSettings(
        "newtown-2x2", "max_pressure", crossings="buttons", failure_rate=0.3, failure_kind="chatter", **SHORT
    )
    result = execute(settings, tmp_path / "run", False, lambda _: None)
    assert result.status == "complete" and result.document["kernel"]["violations"] == 0, result.error
    world = build_world(catalogue.resolve("newtown-2x2"), STREET, None, None)
    events = event_rows(result.folder / "events.parquet", [DETECTOR_ON, DETECTOR_OFF])
    channels = {unit.site.signal_id: len(unit.layout.loops) for unit in world.units}
    pressed = [at_ds for at_ds, device, _, channel in events if channel > channels[device]]
    assert len(pressed) > 50  # broken ones chatter
    assert '"crossings": "buttons"' in (result.folder / "settings.json").read_text()


def test_only_those_who_listen_hear_of_people() -> None:
    for controller in ("fixed", "actuated"):
        with pytest.raises(InvalidInputError, match="leave --crossings out"):
            RunSettings("newtown-2x2", controller, crossings="buttons")
    with pytest.raises(InvalidInputError, match="crossings"):
        RunSettings("newtown-2x2", crossings="whistles")
