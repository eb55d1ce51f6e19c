from dataclasses import replace
from typing import Any

import pytest

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.kernel.state import KernelState, Mode, Request, Source, Wish
from tests.signal_ctrl.kernel.small_sites import MAIN_STAGE, SIDE_STAGE, Drive, crossroads

GOOD = Request(Source.ADAPTIVE, 5, 90, 110, Wish.STAGE, SIDE_STAGE)


def running() -> Drive:
    drive = Drive(crossroads())
    drive.run(100)
    return drive


def refusal(drive: Drive, request: Any, now_ds: Any = 100) -> str:
    before = hash(drive.state)
    with pytest.raises(RefusedError) as caught:
        drive.kernel.submit(drive.state, request, now_ds)
    assert hash(drive.state) == before
    return caught.value.rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"source": 6}, "K8/malformed"),
        ({"wish": "stage"}, "K8/malformed"),
        ({"sequence": True}, "K8/malformed"),
        ({"stage": 1.0}, "K8/malformed"),
        ({"expires_ds": None}, "K8/malformed"),
        ({"issued_ds": float("nan")}, "K8/malformed"),
        ({"stage": -1}, "K8/unknown-stage"),
        ({"stage": 3}, "K8/unknown-stage"),
        ({"issued_ds": 101}, "K8/expired"),
        ({"expires_ds": 99}, "K8/expired"),
        ({"sequence": -1}, "K8/out-of-order"),
        ({"wish": Wish.RESUME}, "K8/running"),
    ],
)
def test_refusals(changes: dict[str, Any], rule: str) -> None:
    assert refusal(running(), replace(GOOD, **changes)) == rule


@pytest.mark.parametrize("junk", [None, 1, "stage", (), {"stage": 1}, object(), KernelState])
def test_what_is_no_request_is_malformed(junk: Any) -> None:
    assert refusal(running(), junk) == "K8/malformed"


def test_a_time_that_is_no_whole_number_is_malformed() -> None:
    assert refusal(running(), GOOD, 100.0) == "K8/malformed"


@pytest.mark.parametrize("changes", [{"issued_ds": 100}, {"expires_ds": 100}, {"sequence": 0}, {"stage": 0}])
def test_limits_are_within(changes: dict[str, Any]) -> None:
    drive = running()
    after = drive.kernel.submit(drive.state, replace(GOOD, **changes), 100)
    assert after.core.stage == changes.get("stage", SIDE_STAGE)


def test_sequences_count_for_each_source_alone() -> None:
    drive = running()
    drive.state = drive.kernel.submit(drive.state, GOOD, 100)
    assert refusal(drive, GOOD) == "K8/out-of-order"
    police = replace(GOOD, source=Source.POLICE, sequence=1, ends_ds=700)
    drive.state = drive.kernel.submit(drive.state, police, 100)
    assert drive.core.sequences == ((Source.POLICE, 1), (Source.ADAPTIVE, 5))


def test_flash_and_dark_need_no_stage() -> None:
    for wish, after in ((Wish.FLASH, Mode.FLASHING), (Wish.DARK, Mode.DARK)):
        drive = running()
        core = drive.kernel.submit(drive.state, replace(GOOD, wish=wish, stage=-1), 100).core
        assert (core.mode, core.after, core.stage, core.reason) == (
            Mode.CLEARING,
            after,
            MAIN_STAGE,
            wish.value,
        )


def test_a_refused_request_keeps_its_sequence_number_free() -> None:
    drive = running()
    refusal(drive, replace(GOOD, expires_ds=99))
    assert drive.kernel.submit(drive.state, GOOD, 100).core.stage == SIDE_STAGE


@pytest.mark.parametrize(
    ("mode", "wish", "rule"),
    [
        (Mode.FAULT, Wish.STAGE, "K6/latched"),
        (Mode.FAULT, Wish.RESUME, "K6/latched"),
        (Mode.START_FLASH, Wish.STAGE, "K7/start-up"),
        (Mode.START_RED, Wish.DARK, "K7/start-up"),
        (Mode.CLEARING, Wish.RESUME, "K7/clearing"),
        (Mode.FLASHING, Wish.STAGE, "K7/out-of-service"),
        (Mode.DARK, Wish.FLASH, "K7/out-of-service"),
    ],
)
def test_refusals_by_mode(mode: Mode, wish: Wish, rule: str) -> None:
    drive = running()
    drive.state = KernelState(replace(drive.core, mode=mode), 100)
    assert refusal(drive, replace(GOOD, wish=wish)) == rule
