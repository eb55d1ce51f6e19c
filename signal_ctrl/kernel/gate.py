"""The one gate: every wish of every source enters here, or is refused and nothing changes (K8)."""

from dataclasses import replace
from typing import Final

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.kernel.aspects import GREENS
from signal_ctrl.kernel.state import Core, KernelState, Mode, Request, Source, Wish
from signal_ctrl.kernel.tables import Tables

_OUT_OF_SERVICE: Final = frozenset({Mode.FLASHING, Mode.DARK})
_AFTER: Final = {Wish.FLASH: Mode.FLASHING, Wish.DARK: Mode.DARK}


def submit(tables: Tables, state: KernelState, request: Request, now_ds: int) -> KernelState:
    """Return the state with the wish taken up.

    Raises: RefusedError, rule `K<n>/<reason>`; the state handed in is still the one in force.
    """
    core = state.core
    _check_form(tables, core, request, now_ds)
    _check_mode(core, request)
    if request.wish is Wish.STAGE:
        core = _take_stage(tables, core, request)
    elif request.wish is Wish.RESUME:
        core = replace(core, mode=Mode.START_RED, since_ds=now_ds, reason="resume")
    else:
        core = replace(core, mode=Mode.CLEARING, since_ds=now_ds, after=_AFTER[request.wish], reason="wish")
    sequences = dict(core.sequences) | {request.source: request.sequence}
    return KernelState(replace(core, sequences=tuple(sorted(sequences.items())), wake_ds=now_ds), state.frame_ds)


def _check_form(tables: Tables, core: Core, request: Request, now_ds: int) -> None:
    well_formed = (
        isinstance(request.source, Source)
        and isinstance(request.wish, Wish)
        and all(type(x) is int for x in (request.sequence, request.issued_ds, request.expires_ds, request.stage))
    )
    if not well_formed:
        raise RefusedError("K8/malformed", f"{request}")
    if request.wish is Wish.STAGE and not 0 <= request.stage < len(tables.site.stages):
        raise RefusedError("K8/unknown-stage", f"stage {request.stage} is not in the site")
    if not request.issued_ds <= now_ds <= request.expires_ds:
        raise RefusedError("K8/expired", f"asked at {request.issued_ds}, ends at {request.expires_ds}, now {now_ds} ds")
    if request.sequence <= dict(core.sequences).get(request.source, -1):
        raise RefusedError("K8/out-of-order", f"sequence {request.sequence} of {request.source.name} is not new")


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


def _take_stage(tables: Tables, core: Core, request: Request) -> Core:
    if core.forced >= 0 and not _serves(tables, core, request.stage):
        name = tables.site.groups[core.forced].name
        raise RefusedError("K4/forced", f"group {name} has to be served first")
    return core if request.stage == core.stage else replace(core, stage=request.stage)


def _serves(tables: Tables, core: Core, stage: int) -> bool:
    green = core.groups[core.forced].aspect in GREENS
    return green or tables.site.stages[stage].rights[core.forced].is_green
