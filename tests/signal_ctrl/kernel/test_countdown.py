"""The countdown: what is sure of each group, held against what the kernel then shows."""

from dataclasses import replace

import pytest

from signal_ctrl.domain.site import DayHours
from signal_ctrl.kernel.countdown import remaining_ds
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.kernel.small_sites import LEFT, MAIN, MAIN_STAGE, SIDE, SIDE_STAGE, WALK, Drive, crossroads
from tests.signal_ctrl.kernel.worlds import Player, Stream, random_site


def left(drive: Drive) -> tuple[int, ...]:
    return remaining_ds(drive.kernel.site, drive.kernel.tables, drive.core, drive.state.frame_ds)


def test_walk_and_clearance_are_counted_down() -> None:
    drive = Drive(crossroads())
    drive.run(10)
    assert left(drive) == (40, 0, 40, 60)
    drive.run(100)
    assert left(drive) == (0, 0, 0, 0)
    drive.ask(SIDE_STAGE)
    drive.run(121)
    assert (left(drive)[WALK], left(drive)[MAIN]) == (60, 0)
    drive.run(172)
    assert left(drive) == (29, 0, 29, 9)
    drive.run(300)
    assert (left(drive)[SIDE], left(drive)[LEFT]) == (0, 0)


def test_a_longer_clearance_is_counted_as_it_runs() -> None:
    groups = crossroads().groups
    longer = tuple(replace(g, max_red_ds=1500) for g in (*groups[:3], replace(groups[3], longer_ds=60)))
    site = crossroads(groups=longer, longer_hours=(DayHours((0,), 420, 480),), zone="UTC")
    drive = Drive(site)
    drive.state = drive.kernel.longer(drive.state, True)
    drive.run(100)
    drive.ask(SIDE_STAGE)
    drive.run(111)
    assert left(drive)[WALK] == 130
    drive.state = drive.kernel.longer(drive.state, False)
    drive.run(112)
    assert left(drive)[WALK] == 129


def test_out_of_service_nothing_is_sure() -> None:
    drive = Drive(crossroads(), None)
    drive.run(10)
    assert left(drive) == (0, 0, 0, 0)
    drive = Drive(crossroads(), MAIN_STAGE)
    drive.run(10)
    drive.state = drive.kernel.trip(drive.state, "test", 10)
    assert left(drive) == (0, 0, 0, 0)


@pytest.mark.parametrize("seed", [1, 5, 8, 11])
def test_what_is_counted_comes_true(seed: int) -> None:
    """Under a hostile stream each group shows what it shows for at least as long as its countdown says."""
    site = random_site(seed, 6)
    kernel = Kernel(site)
    player = Player(kernel, seed, Stream(0.3, "random", claims=0.02))
    until: list[tuple[int, str]] = [(0, "")] * len(site.groups)
    for frame, state in player.trace(900):
        for g, (aspect, _) in enumerate(frame.shown):
            due_ds, counted = until[g]
            assert aspect == counted or frame.at_ds >= due_ds
            rest_ds = remaining_ds(site, kernel.tables, state.core, frame.at_ds)[g]
            until[g] = (frame.at_ds + rest_ds, aspect)
