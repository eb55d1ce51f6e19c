from dataclasses import replace

from signal_ctrl.domain.site import Right, Stage
from signal_ctrl.kernel import limits
from tests.signal_ctrl.kernel.small_sites import (
    LEFT,
    MAIN,
    MAIN_STAGE,
    SIDE,
    SIDE_STAGE,
    WALK,
    Drive,
    crossroads,
)


def test_demand_is_latched_until_green_and_starts_the_clock_of_its_opponents() -> None:
    drive = Drive(crossroads())
    drive.run(10)
    drive.run(11, calls=0b10)
    drive.run(20)
    groups = drive.core.groups
    assert [group.waits_ds for group in groups] == [None, 11, None, None]
    assert [group.opposed_ds for group in groups] == [11, None, 11, 11]
    drive.ask(SIDE_STAGE)
    drive.run(400)
    groups = drive.core.groups
    assert [group.waits_ds for group in groups] == [None] * 4
    assert groups[SIDE].opposed_ds is None


def test_a_group_without_a_stage_is_not_waited_for() -> None:
    site = crossroads(stages=crossroads().stages[:2])
    drive = Drive(site)
    drive.run(2000, calls=0b10)
    assert drive.changes == []
    assert drive.core.groups[SIDE].waits_ds is None


def test_a_call_that_begins_with_green_is_no_demand() -> None:
    drive = Drive(crossroads())
    drive.run(10, calls=0b1)
    assert drive.core.groups[MAIN].waits_ds is None


def test_a_call_counts_from_the_frame_in_which_green_ends() -> None:
    drive = Drive(crossroads())
    drive.run(100)
    drive.ask(SIDE_STAGE)
    drive.run(400, calls=0b1001)
    assert (drive.core.groups[WALK].waits_ds, drive.core.groups[MAIN].waits_ds) == (101, 171)


def test_the_wish_is_kept_where_it_serves_as_well_as_the_rota() -> None:
    """Everybody waits; the alarm finds the wish on its way to the stage that the rota wants."""
    drive = Drive(crossroads())
    drive.ask(SIDE_STAGE)
    drive.run(300, calls=0b1101)
    tables, core = drive.kernel.tables, drive.core
    groups = list(core.groups)
    late_ds = groups[MAIN].waits_ds + 900
    assert limits.service(tables, core, groups, late_ds) == (MAIN_STAGE, WALK, late_ds)
    wished = replace(core, stage=MAIN_STAGE)
    assert limits.service(tables, wished, groups, late_ds).stage == MAIN_STAGE


def test_the_rota_wins_over_a_wish_that_leaves_somebody_out() -> None:
    stages = (*crossroads().stages, Stage("main only", (Right.PROTECTED, Right.NONE, Right.NONE, Right.NONE)))
    drive = Drive(crossroads(stages=stages), SIDE_STAGE)
    drive.run(10, calls=0b1101)
    core = replace(drive.core, stage=3)
    assert limits.service(drive.kernel.tables, core, list(core.groups), 5000).stage == MAIN_STAGE


def test_a_forced_service_ends_when_all_who_waited_before_are_green() -> None:
    drive = Drive(crossroads(), SIDE_STAGE)
    drive.run(10, calls=0b1101)
    tables, groups = drive.kernel.tables, list(drive.core.groups)
    now = limits.Service(MAIN_STAGE, MAIN, 500)
    assert limits.still_forced(tables, groups, now) == (MAIN_STAGE, MAIN, 500)
    groups[MAIN] = replace(groups[MAIN], right=Right.PROTECTED, waits_ds=None)
    assert limits.still_forced(tables, groups, now) == (MAIN_STAGE, LEFT, 500)
    for g in (LEFT, WALK):
        groups[g] = replace(groups[g], waits_ds=501)  # called after the service began
    assert limits.still_forced(tables, groups, now) == (MAIN_STAGE, -1, None)


def test_relief_prefers_the_stage_that_ends_the_overdue_green() -> None:
    """Left may turn in two stages; when main has to leave, the one without main is taken."""
    stages = (
        *crossroads().stages,
        Stage("side and nothing", (Right.NONE, Right.PROTECTED, Right.NONE, Right.NONE)),
    )
    drive = Drive(crossroads(stages=stages))
    drive.run(320, calls=0b10)
    assert drive.core.stage == SIDE_STAGE
    assert drive.core.forced == SIDE


def test_a_green_is_not_forced_out_if_the_wish_ends_it_anyway() -> None:
    drive = Drive(crossroads())
    drive.run(295, calls=0b10)
    drive.ask(SIDE_STAGE)
    drive.run(420, calls=0b10)
    assert drive.core.forced == -1
    assert (drive.when("main", "AMBER"), drive.when("side", "GREEN")) == ([301], [406])
