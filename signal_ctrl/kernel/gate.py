"""The one gate: every wish of every source enters here, or is refused and nothing changes (K8)."""

from dataclasses import replace
from typing import Final, NamedTuple

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.kernel.precedence import (
    BASE,
    CYCLE_DS,
    OUT_OF_SERVICE,
    claim_of,
    claimed,
    obeyed,
    ruling,
    without_claim,
)
from signal_ctrl.kernel.state import FOREVER_DS, Claim, Core, KernelState, Mode, Request, Source, Wish
from signal_ctrl.kernel.tables import Tables

CLOCK_GAP_DS: Final = 20
"""Longest time from one frame to the next (K10). [ds]"""
STALE_DS: Final = 1_800
"""What adaptive control asks for is no claim against the schedule for longer (K11). [ds]"""


class Term(NamedTuple):
    """How long a claim lasts at least and at most, and without an end: None if it has to name one. [ds]"""

    least_ds: int
    most_ds: int
    default_ds: int | None


TERMS: Final = {
    Source.CABINET_PANEL: Term(1, FOREVER_DS, FOREVER_DS),
    Source.RAILWAY: Term(1, 1_800, 1_800),
    Source.PREEMPTION: Term(1, 1_800, 1_800),
    Source.POLICE: Term(600, 72_000, None),
    Source.BUS_PRIORITY: Term(1, 100, None),
}
"""SAFETY C. The panel's claims end with its door; adaptive and schedule have no term."""
_OUTSIDE: Final = frozenset(OUT_OF_SERVICE.values())
_NAMING: Final = frozenset({Wish.STAGE, Wish.HOLD})
_BASE_WISHES: Final = frozenset({Wish.STAGE, Wish.FLASH, Wish.DARK, Wish.RESUME})


def submit(tables: Tables, state: KernelState, request: Request, now_ds: int) -> KernelState:
    """Return the state with the wish taken up; it takes effect in the next frame.

    Raises: RefusedError, rule `K<n>/<reason>`; the state handed in is still the one in force.
    """
    core = state.core
    _check_latch(core)
    _check_form(tables, request, now_ds)
    _check_time(core, request, now_ds)
    _check_mode(core, request, now_ds)
    _check_source(core, request, now_ds)
    ends_ds = _end_ds(state, request, now_ds)
    _check_forced(tables, core, request, now_ds)
    sequences = dict(core.sequences) | {request.source: request.sequence}
    core = replace(
        _taken_up(core, request, ends_ds, state.frame_ds),
        sequences=tuple(sorted(sequences.items())),
        wake_ds=state.frame_ds,
    )
    return KernelState(core, state.frame_ds)


def release(state: KernelState, source: Source, sequence: int, now_ds: int) -> KernelState:
    """Return the state without the claim that a request of this source and sequence made.

    Raises: RefusedError if there is no such claim, or a fault is latched.
    """
    _check_latch(state.core)
    claim = claim_of(state.core, source, now_ds)
    if claim is None or type(sequence) is not int or claim.sequence != sequence:
        raise RefusedError("K8/no-claim", f"there is no claim {sequence} of {source!r}")
    return KernelState(replace(without_claim(state.core, source), wake_ds=state.frame_ds), state.frame_ds)


def door(state: KernelState, is_open: bool) -> KernelState:
    """Return the state with the door of the panel open or closed; closing it ends what the panel asked for."""
    core = state.core if is_open else without_claim(state.core, Source.CABINET_PANEL)
    claims = replace(core.claims, door_open=is_open)
    return KernelState(replace(core, claims=claims, wake_ds=state.frame_ds), state.frame_ds)


def _check_latch(core: Core) -> None:
    if core.mode is Mode.FAULT:
        raise RefusedError("K6/latched", "a fault is latched; only a reset at the cabinet clears it")


def _check_form(tables: Tables, request: Request, now_ds: int) -> None:
    if type(request) is not Request or type(now_ds) is not int:
        raise RefusedError("K8/malformed", f"{type(request).__name__} at {now_ds!r}")
    numbers = [request.sequence, request.issued_ds, request.expires_ds, request.stage]
    numbers += [] if request.ends_ds is None else [request.ends_ds]
    kinds = isinstance(request.source, Source) and isinstance(request.wish, Wish)
    if not kinds or any(type(number) is not int for number in numbers):
        raise RefusedError("K8/malformed", f"{request}")
    if request.wish in _NAMING and not 0 <= request.stage < len(tables.site.stages):
        raise RefusedError("K8/unknown-stage", f"stage {request.stage} is not in the site")


def _check_time(core: Core, request: Request, now_ds: int) -> None:
    if not request.issued_ds <= now_ds <= request.expires_ds:
        times = f"asked at {request.issued_ds}, ends at {request.expires_ds}, now {now_ds} ds"
        raise RefusedError("K8/expired", times)
    if request.sequence <= dict(core.sequences).get(request.source, -1):
        detail = f"sequence {request.sequence} of {request.source.name} is not new"
        raise RefusedError("K8/out-of-order", detail)


def _check_mode(core: Core, request: Request, now_ds: int) -> None:
    if core.mode in (Mode.START_FLASH, Mode.START_RED):
        raise RefusedError("K7/start-up", "wishes are refused until the start-up is over")
    if core.mode is Mode.CLEARING:
        raise RefusedError("K7/clearing", f"on the way to {core.after.value}")
    if request.wish is Wish.RESUME:
        claim = claim_of(core, request.source, now_ds)
        if claim is not None and claim.wish in OUT_OF_SERVICE:
            return
        if core.mode is Mode.RUNNING:
            raise RefusedError("K8/running", "already in service")
        raise RefusedError("K7/out-of-service", f"in {core.mode.value}; RESUME is for who asked for it")
    momentary = request.wish is Wish.STAGE or request.source >= Source.BUS_PRIORITY
    if core.mode in _OUTSIDE and momentary:
        raise RefusedError("K7/out-of-service", f"in {core.mode.value}; only RESUME or a higher source leads out")


def _check_source(core: Core, request: Request, now_ds: int) -> None:
    """Check what a source may ask for at all (SAFETY C)."""
    if request.source is Source.CABINET_PANEL and not core.claims.door_open:
        raise RefusedError("K8/door-closed", "the panel counts while its door is open")
    if request.source in BASE and request.wish not in _BASE_WISHES:
        raise RefusedError("K8/kind", f"{request.source.name} asks for stages, flash or dark, not {request.wish.value}")
    if request.source is not Source.BUS_PRIORITY:
        return
    if request.wish is not Wish.HOLD or request.stage != core.stage:
        raise RefusedError("K8/kind", "a bus may only extend the stage that is on")
    extension = core.claims.extension
    if extension is not None and now_ds - extension.at_ds < CYCLE_DS:
        raise RefusedError("K8/extended", f"a bus has extended stage {extension.stage} in this cycle")


def _end_ds(state: KernelState, request: Request, now_ds: int) -> int:
    """Return the end of what is asked for. [ds] Raises: RefusedError if its source may not ask for as long."""
    if request.source in BASE:
        return _base_end_ds(request, now_ds)
    if request.wish is Wish.RESUME:
        return now_ds
    term, ends_ds = TERMS[request.source], request.ends_ds
    if ends_ds is None and term.default_ds is None:
        raise RefusedError("K8/no-end", f"{request.source.name} has to say until when")
    if ends_ds is None:
        ends_ds = min(request.issued_ds + (term.default_ds or 0), FOREVER_DS)
    lasts_ds = ends_ds - request.issued_ds
    ahead_ds = ends_ds - state.frame_ds - CLOCK_GAP_DS  # who asks may have the time wrong: the frame has not
    if not term.least_ds <= lasts_ds <= term.most_ds or ahead_ds > term.most_ds:
        limits = f"{term.least_ds} to {term.most_ds} ds"
        raise RefusedError("K8/term", f"{request.source.name} may ask for {limits}, not {lasts_ds}")
    if ends_ds <= now_ds:
        raise RefusedError("K8/expired", f"over at {ends_ds}, now {now_ds} ds")
    return ends_ds


def _base_end_ds(request: Request, now_ds: int) -> int:
    if request.ends_ds is not None:
        raise RefusedError("K8/term", f"{request.source.name} names no end: what it asks for lasts until it changes")
    if request.wish is not Wish.STAGE:
        return FOREVER_DS
    last_ds = min(request.expires_ds, now_ds + STALE_DS) if request.source is Source.ADAPTIVE else request.expires_ds
    return last_ds + 1


def _check_forced(tables: Tables, core: Core, request: Request, now_ds: int) -> None:
    """Refuse a call that K4 has no time for and that nobody would remember."""
    if request.source not in BASE or request.wish is not Wish.STAGE or core.forced < 0:
        return
    above = ruling(core, now_ds)
    heard = above is None or above.source >= request.source
    if heard and request.stage != core.stage:
        name = tables.site.groups[core.forced].name
        raise RefusedError("K4/forced", f"group {name} has to be served first")


def _taken_up(core: Core, request: Request, ends_ds: int, frame_ds: int) -> Core:
    if request.wish is Wish.RESUME:
        return without_claim(core, request.source)
    stage = request.stage if request.wish in _NAMING else -1
    claim = Claim(request.source, request.sequence, request.wish, stage, ends_ds)
    core = claimed(core, claim, frame_ds)
    return obeyed(core, frame_ds) if core.mode is Mode.RUNNING else core
