"""The one gate: every wish of every source enters here, or is refused and nothing changes (K8)."""

from dataclasses import replace
from typing import Final

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.kernel.state import Core, KernelState, Mode, Request, Source, Wish
from signal_ctrl.kernel.tables import Tables

_OUT_OF_SERVICE: Final = frozenset({Mode.FLASHING, Mode.DARK})
_AFTER: Final = {Wish.FLASH: Mode.FLASHING, Wish.DARK: Mode.DARK}


def submit(tables: Tables, state: KernelState, request: Request, now_ds: int) -> KernelState:
    """Return the state with the wish taken up; it takes effect in the next frame.

    Raises: RefusedError, rule `K<n>/<reason>`; the state handed in is still the one in force.
    """
    core = state.core
    _check_form(tables, request, now_ds)
    _check_time(core, request, now_ds)
    _check_mode(core, request)
    sequences = dict(core.sequences) | {request.source: request.sequence}
    core = replace(
        _taken_up(tables, core, request, state.frame_ds),
        sequences=tuple(sorted(sequences.items())),
        wake_ds=state.frame_ds,
    )
    return KernelState(core, state.frame_ds)


def _check_form(tables: Tables, request: Request, now_ds: int) -> None:
    if type(request) is not Request or type(now_ds) is not int:
        raise RefusedError("K8/malformed", f"{type(request).__name__} at {now_ds!r}")
    numbers = (request.sequence, request.issued_ds, request.expires_ds, request.stage)
    kinds = isinstance(request.source, Source) and isinstance(request.wish, Wish)
    if not kinds or any(type(number) is not int for number in numbers):
        raise RefusedError("K8/malformed", f"{request}")
    if request.wish is Wish.STAGE and not 0 <= request.stage < len(tables.site.stages):
        raise RefusedError("K8/unknown-stage", f"stage {request.stage} is not in the site")


def _check_time(core: Core, request: Request, now_ds: int) -> None:
    if not request.issued_ds <= now_ds <= request.expires_ds:
        times = f"asked at {request.issued_ds}, ends at {request.expires_ds}, now {now_ds} ds"
        raise RefusedError("K8/expired", times)
    if request.sequence <= dict(core.sequences).get(request.source, -1):
        detail = f"sequence {request.sequence} of {request.source.name} is not new"
        raise RefusedError("K8/out-of-order", detail)


def _check_mode(core: Core, request: Request) -> None:
    if core.mode is Mode.FAULT:
        raise RefusedError("K6/latched", "a fault is latched; only a reset at the cabinet clears it")
    if core.mode in (Mode.START_FLASH, Mode.START_RED):
        raise RefusedError("K7/start-up", "wishes are refused until the start-up is over")
    if core.mode is Mode.CLEARING:
        raise RefusedError("K7/clearing", f"on the way to {core.after.value}")
    if core.mode in _OUT_OF_SERVICE and request.wish is not Wish.RESUME:
        raise RefusedError("K7/out-of-service", f"in {core.mode.value}; only RESUME leads out")
    if core.mode is Mode.RUNNING and request.wish is Wish.RESUME:
        raise RefusedError("K8/running", "already in service")


def _taken_up(tables: Tables, core: Core, request: Request, frame_ds: int) -> Core:
    if request.wish is Wish.RESUME:
        return replace(core, after=Mode.START_RED, reason="resume")
    if request.wish is not Wish.STAGE:
        core = replace(core, mode=Mode.CLEARING, since_ds=frame_ds)
        return replace(core, after=_AFTER[request.wish], reason=request.wish.value)
    if core.forced >= 0 and request.stage != core.stage:
        name = tables.site.groups[core.forced].name
        raise RefusedError("K4/forced", f"group {name} has to be served first")
    return replace(core, stage=request.stage)
