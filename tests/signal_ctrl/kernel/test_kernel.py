from dataclasses import replace
from typing import Any

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.kernel.kernel import CLOCK_GAP_DS, Kernel
from signal_ctrl.kernel.state import FOREVER_DS, KernelState, Mode
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, SIDE, SIDE_STAGE, Drive, crossroads


def shown(drive: Drive) -> str:
    return " ".join(group.aspect.name for group in drive.core.groups)


@pytest.mark.parametrize("stage", [-1, 3])
def test_service_cannot_begin_with_an_unknown_stage(stage: int) -> None:
    with pytest.raises(InvalidInputError, match=f"no stage {stage}"):
        Kernel(crossroads()).in_service(0, stage)


@pytest.mark.parametrize("calls", [None, 1.0, True, "1"])
def test_calls_are_whole_numbers(calls: Any) -> None:
    kernel = Kernel(crossroads())
    with pytest.raises(InvalidInputError, match="need whole numbers"):
        kernel.step(kernel.in_service(0), calls, 1)


@pytest.mark.parametrize("now_ds", [None, 1.0, True, float("nan"), "1"])
def test_times_are_whole_numbers(now_ds: Any) -> None:
    kernel = Kernel(crossroads())
    with pytest.raises(InvalidInputError, match="need whole numbers"):
        kernel.step(kernel.in_service(0), 0, now_ds)


def test_calls_beyond_the_groups_do_nothing() -> None:
    drive = Drive(crossroads())
    drive.run(50, calls=1 << 70)
    assert all(group.waits_ds is None for group in drive.core.groups)


def test_a_settled_stage_sleeps_until_it_is_called() -> None:
    drive = Drive(crossroads())
    drive.run(200)
    core = drive.core
    assert core.wake_ds == FOREVER_DS
    drive.run(5000)
    assert drive.core is core
    drive.run(5001, calls=0b10)
    assert drive.core.wake_ds == 5301


def test_power_on_without_flash() -> None:
    drive = Drive(crossroads(), None)
    assert (drive.core.mode, drive.core.reason, shown(drive)) == (
        Mode.START_RED,
        "power-on",
        "RED RED RED DONT_WALK",
    )
    drive.run(109)
    assert drive.mode == "START_RED"  # walkers may have been under way, and left turns would meet them
    drive.run(110)
    assert (drive.mode, shown(drive)) == ("RUNNING", "GREEN RED GREEN WALK")


def test_power_on_with_flash_and_long_clearances() -> None:
    drive = Drive(crossroads(startup_flash_ds=100, startup_all_red_ds=0, first_stage=SIDE_STAGE), None)
    assert (drive.mode, shown(drive)) == ("START_FLASH", "FLASH_AMBER FLASH_AMBER FLASH_AMBER DARK")
    drive.run(99)
    assert drive.mode == "START_FLASH"
    drive.run(100)
    assert (drive.mode, shown(drive)) == ("START_RED", "RED RED RED DONT_WALK")
    drive.run(500)
    assert drive.when("side", "GREEN") == [210]  # walkers may have been under way: clearance and buffer, 110


def test_planned_flash_that_lasted_counts_for_the_start_up_flash() -> None:
    drive = Drive(crossroads(startup_flash_ds=100))
    drive.run(100)
    drive.ask(wish="FLASH")
    drive.run(215)
    assert drive.mode == "FLASHING"
    drive.ask(wish="RESUME")
    drive.run(310)
    assert drive.mode == "START_FLASH"
    drive.run(311)
    assert (drive.mode, drive.core.reason) == ("START_RED", "resume")


def test_dark_comes_back_over_the_start_up_flash() -> None:
    drive = Drive(crossroads(startup_flash_ds=100))
    drive.run(100)
    drive.ask(wish="DARK")
    drive.run(1000)
    assert (drive.core.mode, shown(drive), drive.core.wake_ds) == (
        Mode.DARK,
        "DARK DARK DARK DARK",
        FOREVER_DS,
    )
    drive.ask(wish="RESUME")
    drive.run(1001)
    assert (drive.mode, shown(drive)) == ("START_FLASH", "FLASH_AMBER FLASH_AMBER FLASH_AMBER DARK")
    drive.run(1211)
    assert drive.mode == "RUNNING"


@pytest.mark.parametrize("step_ds", [-1, CLOCK_GAP_DS + 1])
def test_clock_trouble_leaves_green_and_starts_up(step_ds: int) -> None:
    drive = Drive(crossroads())
    drive.run(100)
    drive.state = drive.kernel.step(drive.state, 0, 100 + step_ds)
    assert (drive.core.mode, drive.core.reason, shown(drive)) == (
        Mode.CLEARING,
        "clock",
        "AMBER RED AMBER PED_CLEAR",
    )
    drive.run(100 + step_ds + 109)
    assert drive.mode == "CLEARING"
    drive.run(100 + step_ds + 110)
    assert drive.mode == "START_RED"
    drive.run(100 + step_ds + 170)
    assert (drive.mode, shown(drive)) == ("RUNNING", "GREEN RED GREEN WALK")


@pytest.mark.parametrize("gap_ds", [0, 1, CLOCK_GAP_DS])
def test_short_gaps_are_no_trouble(gap_ds: int) -> None:
    drive = Drive(crossroads())
    drive.run(100)
    assert drive.kernel.step(drive.state, 0, 100 + gap_ds).core.mode is Mode.RUNNING


def test_a_step_back_keeps_what_has_passed() -> None:
    """The minimum green has 20 to go: it has 20 to go after a step back of a day."""
    drive = Drive(crossroads())
    drive.run(50)
    drive.state = drive.kernel.step(drive.state, 0, 50 - 864_000)
    assert shown(drive) == "AMBER RED AMBER WALK"
    drive.changes.clear()
    drive.run(20 - 864_000 + 50)
    assert drive.when("walk", "PED_CLEAR") == [70 - 864_000]


def test_clock_trouble_restarts_a_start_up() -> None:
    drive = Drive(crossroads(startup_flash_ds=100), None)
    drive.run(90)
    drive.state = drive.kernel.step(drive.state, 0, 200)
    drive.run(299)
    assert drive.mode == "START_FLASH"
    drive.run(310)
    assert drive.mode == "START_RED"
    drive.state = drive.kernel.step(drive.state, 0, 400)
    assert drive.mode == "CLEARING"
    drive.run(410)  # walkers have their whole time from the begin of all red
    assert drive.mode == "START_FLASH"


def test_clock_trouble_does_not_end_a_planned_flash_or_a_fault() -> None:
    drive = Drive(crossroads())
    drive.ask(wish="FLASH")
    drive.run(300)
    drive.state = drive.kernel.step(drive.state, 0, 10**6)
    assert drive.mode == "FLASHING"
    fault = KernelState(replace(drive.core, mode=Mode.FAULT, reason="seen"), 10**6)
    after = drive.kernel.step(fault, 0, 5).core
    assert (after.mode, after.reason, after.wake_ds) == (Mode.FAULT, "seen", FOREVER_DS)


def test_a_breach_trips_in_its_own_frame_and_stays() -> None:
    """A frame that no step could have made: the kernel does not show what would follow from it."""
    drive = Drive(crossroads())
    drive.run(10)
    groups = list(drive.core.groups)
    groups[SIDE] = replace(groups[0], opposed_ds=None)
    drive.state = KernelState(replace(drive.core, groups=tuple(groups), wake_ds=0), 10)
    drive.run(11)
    assert (drive.mode, shown(drive)) == ("FAULT", "FLASH_AMBER FLASH_AMBER FLASH_AMBER DARK")
    assert drive.core.reason == "main green, side green"
    drive.run(500, calls=0b1111)
    assert drive.mode == "FAULT"


def test_the_first_stage_is_shown_before_anybody_is_forced() -> None:
    """All called through a long flash; after it the first stage begins, and only then the wait counts."""
    drive = Drive(crossroads(first_stage=LEFT_STAGE))
    drive.run(100)
    drive.ask(wish="FLASH")
    drive.run(3000, calls=0b1111)
    drive.ask(wish="RESUME")
    drive.changes.clear()
    drive.run(3200, calls=0b1111)
    assert drive.changes[-1] == (3111, "left", "GREEN")
    assert drive.core.groups[SIDE].waits_ds == 3111
