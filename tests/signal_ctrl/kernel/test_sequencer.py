from signal_ctrl.domain.site import Right, Stage
from signal_ctrl.kernel.sequencer import move, next_change_ds
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE, SIDE_STAGE, Drive, crossroads


def test_a_wish_that_turns_back_in_mid_change() -> None:
    """Side is asked for, then main again while the crossing clears: green stays, what ended comes back."""
    drive = Drive(crossroads())
    drive.run(100)
    drive.ask(SIDE_STAGE)
    drive.run(150)
    drive.ask(MAIN_STAGE)
    drive.run(400)
    assert drive.changes == [(101, "walk", "PED_CLEAR"), (181, "walk", "DONT_WALK"), (201, "walk", "WALK")]


def test_a_wish_that_turns_back_in_amber() -> None:
    drive = Drive(crossroads())
    drive.run(100)
    drive.ask(SIDE_STAGE)
    drive.run(175)
    drive.ask(MAIN_STAGE)
    drive.run(400)
    assert (drive.when("main", "AMBER"), drive.when("main", "RED"), drive.when("main", "GREEN")) == (
        [171],
        [201],
        [221],
    )
    assert not drive.when("side", "GREEN")


def test_a_lowered_left_turn_yields_before_others_come() -> None:
    drive = Drive(crossroads(), LEFT_STAGE)
    drive.run(100)
    drive.ask(MAIN_STAGE)
    drive.run(300)
    assert drive.changes == [(101, "left", "GREEN permissive"), (146, "main", "GREEN"), (151, "walk", "WALK")]


def test_priority_lost_at_the_end_of_green_is_waited_for_by_who_may_meet_a_yielding_green() -> None:
    """From a protected left turn, over the side road, to main: main counts from the end of that priority."""
    stages = (*crossroads().stages, Stage("main only", (Right.PROTECTED, Right.NONE, Right.NONE, Right.NONE)))
    drive = Drive(crossroads(stages=stages), LEFT_STAGE)
    drive.run(100)
    drive.ask(3)
    drive.run(300)
    assert (drive.when("left", "AMBER"), drive.when("main", "GREEN")) == ([101], [146])


def test_who_yielded_already_is_not_waited_for() -> None:
    stages = (
        *crossroads().stages,
        Stage("left yields", (Right.NONE, Right.NONE, Right.PERMISSIVE, Right.NONE)),
    )
    drive = Drive(crossroads(stages=stages), 3)
    drive.run(100)
    drive.ask(MAIN_STAGE)
    drive.run(300)
    assert drive.changes == [(101, "main", "GREEN"), (101, "walk", "WALK")]


def test_nothing_to_change_is_never() -> None:
    drive = Drive(crossroads())
    tables, groups = drive.kernel.tables, list(drive.core.groups)
    target = drive.kernel.site.stages[0].rights
    assert next_change_ds(tables, groups, target, 5) == 10**15
    before = list(groups)
    move(tables, groups, target, 0, 5)
    assert groups == before
    assert groups[SIDE].aspect.name == "RED"
