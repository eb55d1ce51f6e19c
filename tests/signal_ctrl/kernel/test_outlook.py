from dataclasses import replace

from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right, SignalGroup, Site, Stage, Trailing
from signal_ctrl.kernel.outlook import outlook
from tests.signal_ctrl.kernel.small_sites import LEFT, MAIN, SIDE, SIDE_STAGE, WALK, Drive, crossroads

SIDE_RIGHTS = crossroads().stages[SIDE_STAGE].rights


def test_all_that_leads_to_the_side_road() -> None:
    drive = Drive(crossroads())
    ahead = outlook(drive.kernel.tables, drive.core.groups, SIDE_RIGHTS, 60)
    assert ahead.ends == {MAIN: 60, LEFT: 60, WALK: 70}
    assert ahead.starts == {SIDE: 180}
    assert ahead.lasts == {MAIN: 140, LEFT: 140, WALK: 70}


def test_nothing_to_do_is_nothing_ahead() -> None:
    drive = Drive(crossroads())
    assert outlook(drive.kernel.tables, drive.core.groups, drive.kernel.site.stages[0].rights, 5) == (
        {},
        {},
        {},
    )


def test_an_inner_storage_runs_empty_behind_its_feeder() -> None:
    """Left is fed by main: it ends its lag after main, and main ends that much earlier than it could."""
    drive = Drive(crossroads(trailing=(Trailing(MAIN, LEFT, 30),)))
    drive.run(100)
    drive.ask(SIDE_STAGE)
    drive.run(400)
    assert (drive.when("main", "AMBER"), drive.when("left", "AMBER"), drive.when("side", "GREEN")) == (
        [141],
        [171],
        [211],
    )


def test_a_chain_of_feeders_starts_at_its_head() -> None:
    drive = Drive(crossroads(trailing=(Trailing(MAIN, LEFT, 60), Trailing(WALK, MAIN, 50))))
    drive.run(100)
    drive.ask(SIDE_STAGE)
    drive.run(400)
    assert (drive.when("walk", "PED_CLEAR"), drive.when("main", "AMBER")) == ([101], [151])
    assert (drive.when("left", "AMBER"), drive.when("side", "GREEN")) == ([211], [251])


def test_a_feeder_that_has_ended_still_counts() -> None:
    stages = (
        *crossroads().stages,
        Stage("left first", (Right.NONE, Right.NONE, Right.PERMISSIVE, Right.NONE)),
    )
    site = crossroads(stages=stages, trailing=(Trailing(MAIN, LEFT, 200),))
    drive = Drive(site)
    drive.run(100)
    drive.ask(3)
    drive.run(150)
    drive.ask(SIDE_STAGE)
    drive.run(500)
    assert (drive.when("main", "AMBER"), drive.when("left", "AMBER")) == ([101], [301])


def test_a_feeder_that_the_target_keeps_is_not_waited_for() -> None:
    stages = (*crossroads().stages, Stage("main only", (Right.PROTECTED, Right.NONE, Right.NONE, Right.NONE)))
    drive = Drive(crossroads(stages=stages, trailing=(Trailing(MAIN, LEFT, 200),)))
    drive.run(100)
    drive.ask(3)
    drive.run(300)
    assert drive.when("left", "AMBER") == [101]


def test_maximum_green_goes_before_the_inner_storage() -> None:
    """Main has a long minimum, so that left would have to wait for it beyond its own maximum: it does not."""
    groups = list(crossroads().groups)
    groups[MAIN] = replace(groups[MAIN], min_green_ds=300)
    drive = Drive(
        crossroads(groups=tuple(replace(g, max_red_ds=2000) for g in groups), trailing=(Trailing(MAIN, LEFT, 100),))
    )
    drive.run(600, calls=0b10)
    assert drive.when("main", "AMBER") == [300]
    assert drive.when("left", "AMBER") == [301]


def two_roads(clearance_ds: int = 200) -> Site:
    """Two roads, each with the crossing that goes along it: people along one road cross the other one's vehicles."""
    names = ("east", "north", "walk east", "walk north")
    gaps = ((-1, 60, -1, 60), (60, -1, 60, -1), (-1, clearance_ds + 30, -1, -1), (clearance_ds + 30, -1, -1, -1))
    groups = tuple(
        SignalGroup(name, GroupKind.VEHICLE, (k,), 30, 50, 600, 3000)
        if k < 2
        else SignalGroup(name, GroupKind.CROSSING, (k,), 0, 70, 600, 3000, clearance_ds=clearance_ds, buffer_ds=30)
        for k, name in enumerate(names)
    )
    green, red = Right.PROTECTED, Right.NONE
    stages = (Stage("east", (green, red, green, red)), Stage("north", (red, green, red, green)))
    together = tuple(tuple(COMPATIBLE if gaps[a][b] < 0 else 0 for b in range(4)) for a in range(4))
    return Site("two roads", 4, groups, stages, together, gaps, 0, "test", startup_all_red_ds=60)


def test_a_walk_ends_no_vehicles_early_that_others_need_not_wait_for() -> None:
    """People along the first road clear until 330; its vehicles stay until 270, and nobody starts between."""
    drive = Drive(two_roads())
    drive.run(100)
    drive.ask(1)
    drive.run(500)
    assert drive.when("walk east", "PED_CLEAR") == [101]
    assert drive.when("east", "AMBER") == [271]
    assert drive.when("north", "GREEN") == drive.when("walk north", "WALK") == [331]


def test_a_walk_that_starts_alone_ends_the_vehicles_in_its_way_at_once() -> None:
    """Where the target has no vehicles that come later, people need not wait."""
    site = two_roads()
    walk = Stage("walk", (Right.NONE, Right.NONE, Right.NONE, Right.PROTECTED))
    drive = Drive(replace(site, stages=(*site.stages, walk)))
    drive.run(100)
    drive.ask(2)
    drive.run(300)
    assert drive.when("east", "AMBER") == [101] and drive.when("walk north", "WALK") == [161]
