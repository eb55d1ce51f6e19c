"""Scenarios of the gate: who may ask for what, when; a refusal leaves no mark."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.signal_ctrl.kernel.small_sites import MAIN_STAGE, SIDE_STAGE, Drive, crossroads
from tests.signal_ctrl.kernel.worlds import Library

Complaints = list[str]


def panel_and_police(library: Library) -> Complaints:
    """No source is above the rules: not the key at the cabinet, not the police."""
    found = []
    for source in ("CABINET_PANEL", "POLICE", "PREEMPTION"):
        drive = Drive(crossroads(), library=library)
        drive.door()
        drive.run(20)
        drive.ask(SIDE_STAGE, source=source)
        drive.run(300)
        if (drive.when("walk", "PED_CLEAR"), drive.when("side", "GREEN")) != ([70], [180]):
            found.append(f"{source}: {drive.changes}")
        for name, request in _bad_requests(library, drive, source):
            found += _unless_refused(drive, name, request)
    return found


def _bad_requests(library: Library, drive: Drive, source: str) -> Iterator[tuple[str, Any]]:
    state, now_ds = library.state, drive.state.frame_ds
    good = state.Request(state.Source[source], 10**6, now_ds, now_ds, stage=MAIN_STAGE, ends_ds=now_ds + 600)
    yield "K8/expired", replace(good, issued_ds=now_ds - 9, expires_ds=now_ds - 1)
    yield "K8/expired", replace(good, issued_ds=now_ds + 1, expires_ds=now_ds + 9)
    yield "K8/out-of-order", replace(good, sequence=1)
    yield "K8/out-of-order", replace(good, sequence=-7)
    yield "K8/unknown-stage", replace(good, stage=3)
    yield "K8/unknown-stage", replace(good, stage=-1)
    yield "K8/running", replace(good, wish=state.Wish.RESUME)
    for junk in (None, "main", 7, now_ds, [good]):
        yield "K8/malformed", junk
    for field, junk in (
        ("stage", True), ("stage", 0.0), ("sequence", "9"), ("issued_ds", None), ("source", 4), ("wish",
        "STAGE"),
    ):  # fmt: skip
        yield "K8/malformed", replace(good, **{field: junk})


def _unless_refused(drive: Drive, rule: str, request: Any, now_ds: Any = None) -> Complaints:
    """Return a complaint if a request is not refused by this rule, or if it leaves a mark."""
    before, text = drive.state, repr(drive.state)
    try:
        drive.kernel.submit(drive.state, request, drive.state.frame_ds if now_ds is None else now_ds)
    except drive.library.errors.RefusedError as error:
        kept = drive.state == before and repr(before) == text
        return [] if error.rule == rule and kept else [f"{error.rule} instead of {rule}, state kept: {kept}"]
    return [f"{request} was not refused by {rule}"]


def refusals_by_mode(library: Library) -> Complaints:
    """Wishes are refused in start-up, on the way out of service, out of service, and after a fault."""
    state = library.state
    drive = Drive(crossroads(startup_flash_ds=20), None, library)

    def refused(rule: str, wish: str = "STAGE", stage: int = SIDE_STAGE) -> Complaints:
        now_ds = drive.state.frame_ds
        request = state.Request(state.Source.POLICE, 10**6, now_ds, now_ds, state.Wish[wish], stage, now_ds + 600)
        return _unless_refused(drive, rule, request)

    found = refused("K7/start-up") + refused("K7/start-up", "RESUME")
    drive.run(40)
    found += refused("K7/start-up")
    drive.run(300)
    if drive.when("side", "GREEN"):
        found.append("a wish of the start-up was taken up after it")
    drive.ask(wish="DARK")
    found += refused("K7/clearing")
    drive.run(1400)
    found += refused("K7/out-of-service") + refused("K7/out-of-service", "RESUME")
    drive.ask(wish="RESUME")
    drive.run(1402)
    found += refused("K7/start-up")
    core = replace(drive.core, mode=state.Mode.FAULT)
    drive.state = state.KernelState(core, drive.state.frame_ds)
    return found + refused("K6/latched") + refused("K6/latched", "RESUME")


def forced_service(library: Library) -> Complaints:
    """While K4 serves a group, the wish that would starve it is refused; afterwards it is heard again."""
    drive = Drive(crossroads(), library=library)
    drive.run(301, calls=0b10)
    state, now_ds = library.state, drive.state.frame_ds
    away = state.Request(state.Source.ADAPTIVE, 10**6, now_ds, now_ds, stage=MAIN_STAGE)
    found = _unless_refused(drive, "K4/forced", away)
    drive.run(600)
    found += [] if drive.when("side", "GREEN") == [411] else [f"side green at {drive.when('side', 'GREEN')}, not 411"]
    drive.ask(MAIN_STAGE)
    drive.run(900)
    return found + ([] if drive.when("main", "GREEN") else ["the wish after the forced service was not heard"])
