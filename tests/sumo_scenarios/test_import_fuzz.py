"""Damaged files: an import succeeds or refuses in one line, whatever stands in them."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.arguments import own_copy, sumo_arguments
from sumo_scenarios.demand import demand_span, run_times_s
from sumo_scenarios.loop_layout import write_loops
from sumo_scenarios.own_programmes import write_own_programmes
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.mutations import damaged, town
from tests.sumo_scenarios.small_nets import world_of

SEEDS = range(400)


def imported(config: Path, folder: Path) -> None:
    """Do all that a run does before SUMO starts."""
    world = world_of(config)
    span = demand_span((*world.config.routes, *world.config.additional))
    times_s = run_times_s((None, None), (world.config.begin_s, world.config.end_s), span)
    settings = RunSettings("town", "actuated")
    for path in world.additional.rewritten:
        own_copy(path, folder / "copy.xml", frozenset({"C"}))
    write_loops(folder / "loops.xml", [unit.layout.loops for unit in world.units])
    write_own_programmes(folder / "own.xml", world, settings)
    sumo_arguments(world.config, settings, times_s, [], world.config.routes, folder)
    for unit in world.units:
        kernel = Kernel(unit.site)
        kernel.step(kernel.in_service(0), 0, 1)


def test_the_town_itself_is_imported(tmp_path: Path) -> None:
    imported(town(tmp_path), tmp_path)


@pytest.mark.parametrize("first", range(0, len(SEEDS), 50))
def test_damage_is_survived_or_refused(tmp_path: Path, first: int) -> None:
    refused = 0
    for seed in SEEDS[first : first + 50]:
        folder = tmp_path / str(seed)
        folder.mkdir()
        config, done = damaged(folder, seed)
        try:
            imported(config, folder)
        except InvalidInputError as error:
            refused += 1
            assert str(error).strip() and len(str(error)) < 20_000, done
        except Exception as error:
            raise AssertionError(f"seed {seed}: {done}") from error
    assert 10 < refused < 50
