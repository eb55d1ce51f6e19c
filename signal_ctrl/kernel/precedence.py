"""Whose wish is obeyed: sources by rank, each until its own end (SAFETY C). No rank is above K1 to K7."""

from dataclasses import replace
from typing import Final

from signal_ctrl.kernel.state import FOREVER_DS, Claim, Claims, Core, Extension, Mode, Source, Wish
from signal_ctrl.kernel.tables import Tables

CYCLE_DS: Final = 3_000
"""Longest cycle: after it a bus may ask again though the stage that it extended has not come back. [ds]"""
OUT_OF_SERVICE: Final = {Wish.FLASH: Mode.FLASHING, Wish.DARK: Mode.DARK}
BASE: Final = frozenset({Source.ADAPTIVE, Source.SCHEDULE})
"""Who asks all the time: a stage of theirs is called once, and stays until another one is asked for."""
_HELD: Final = frozenset({Wish.HOLD, Wish.ALL_RED})


def ruling(core: Core, now_ds: int) -> Claim | None:
    """Return the claim that is obeyed, None if the stage stays as it is. Read from top to bottom: SAFETY C.

    1 conflict monitor, 2 panel, 3 railway, emergency vehicles, 4 police, 5 bus, 6 adaptive, 7 schedule.
    """
    if core.mode is Mode.FAULT:
        return None
    for claim in core.claims.standing:
        if now_ds < claim.ends_ds and (claim.source is not Source.BUS_PRIORITY or claim.stage == core.stage):
            return claim
    return None


def mode_wanted(core: Core, now_ds: int) -> Mode | None:
    """Return the mode out of service that the ruling claim asks for, None if it asks for service."""
    claim = ruling(core, now_ds)
    return OUT_OF_SERVICE.get(claim.wish) if claim is not None else None


def unlimited(core: Core, now_ds: int) -> bool:
    """Return whether the ruling claim may exceed the limits of K4: a police hold, once K4 has served whom it serves."""
    claim = ruling(core, now_ds)
    return claim is not None and claim.source is Source.POLICE and claim.wish in _HELD and core.forced < 0


def obeyed(core: Core, now_ds: int) -> Core:
    """Return the core of a signal in service that does what the ruling claim asks for. Where K4 rules, it waits."""
    claim = ruling(core, now_ds)
    if claim is not None and claim.wish in OUT_OF_SERVICE:
        return _leaving(core, claim, now_ds)
    core = _all_red(core, claim is not None and claim.wish is Wish.ALL_RED and core.forced < 0)
    if claim is None or claim.done or claim.wish is Wish.ALL_RED:
        return core
    if core.forced >= 0 and core.stage != claim.stage:
        return core
    if claim.source in BASE:
        core = _with(core, replace(claim, done=True))
    return core if core.stage == claim.stage else replace(core, stage=claim.stage)


def _all_red(core: Core, wanted: bool) -> Core:
    if core.claims.all_red is wanted:
        return core
    return replace(core, claims=replace(core.claims, all_red=wanted))


def _leaving(core: Core, claim: Claim, now_ds: int) -> Core:
    """Return the core on its way out of service; stages that were called are forgotten, what is held is not."""
    kept = tuple(each for each in core.claims.standing if each.wish is not Wish.STAGE)
    return replace(
        core, mode=Mode.CLEARING, since_ds=now_ds, after=OUT_OF_SERVICE[claim.wish], reason=claim.wish.value,
        claims=replace(core.claims, standing=kept, all_red=False),
    )  # fmt: skip


def limited(core: Core, forced: bool) -> Core:
    """Return the core in a frame in which K4 rules: nobody starves, and whom it serves is not kept red."""
    claims = core.claims
    if claims.starving is None and not (forced and claims.all_red):
        return core
    return replace(core, claims=replace(claims, starving=None, all_red=claims.all_red and not forced))


def after_frame(tables: Tables, core: Core, now_ds: int) -> Core:
    """Return the core after a frame in service, awake when the claims ask for something else.

    Calls of a stage that is lit are over, and a cycle may have gone round.
    """
    claims = core.claims
    standing = tuple(claim for claim in claims.standing if not _is_answered(tables, core, claim))
    extension = claims.extension
    if extension is not None and extension.left is not (core.stage != extension.stage):
        extension = None if extension.left else extension._replace(left=True)
    if (standing, extension) != (claims.standing, claims.extension):
        core = replace(core, claims=replace(claims, standing=standing, extension=extension))
    if core.claims.is_quiet:
        return core
    wake_ds = now_ds + 1 if obeyed(core, now_ds) is not core else next_end_ds(core, now_ds)
    return core if core.wake_ds <= wake_ds else replace(core, wake_ds=wake_ds)


def _is_answered(tables: Tables, core: Core, claim: Claim) -> bool:
    """Return whether a claim is the call of a stage that is lit; adaptive and schedule keep theirs for its time."""
    return claim.wish is Wish.STAGE and claim.source not in BASE and _is_lit(tables, core, claim)


def _is_lit(tables: Tables, core: Core, claim: Claim) -> bool:
    rights = tables.site.stages[claim.stage].rights
    return all(
        state.right is right or not (right.is_green or state.right.is_green)
        for state, right in zip(core.groups, rights, strict=True)
    )


def next_end_ds(core: Core, now_ds: int) -> int:
    """Return when the ruling claim is over, FOREVER if there is none. [ds]"""
    claim = ruling(core, now_ds)
    return FOREVER_DS if claim is None else claim.ends_ds


def shifted(claims: Claims, by_ds: int) -> Claims:
    """Return the claims with as much time left after a step of the clock as before it."""
    standing = tuple(
        claim if claim.ends_ds >= FOREVER_DS else replace(claim, ends_ds=claim.ends_ds + by_ds)
        for claim in claims.standing
    )
    return replace(claims, standing=standing)


def claimed(core: Core, claim: Claim, now_ds: int) -> Core:
    """Return the core with a claim in place of the last one of its source, and without those that are over."""
    claims = core.claims
    live = tuple(each for each in claims.standing if now_ds < each.ends_ds)
    core = _with(replace(core, claims=replace(claims, standing=live)), claim)
    if claim.source is not Source.BUS_PRIORITY:
        return core
    return replace(core, claims=replace(core.claims, extension=Extension(claim.stage, now_ds)))


def _with(core: Core, claim: Claim) -> Core:
    others = [each for each in core.claims.standing if each.source is not claim.source]
    standing = tuple(sorted([*others, claim], key=lambda each: each.source))
    return replace(core, claims=replace(core.claims, standing=standing))


def without_claim(core: Core, source: Source) -> Core:
    """Return the core without the claim of a source."""
    standing = tuple(each for each in core.claims.standing if each.source is not source)
    return replace(core, claims=replace(core.claims, standing=standing))


def claim_of(core: Core, source: Source, now_ds: int) -> Claim | None:
    """Return the live claim of a source."""
    found = (each for each in core.claims.standing if each.source is source and now_ds < each.ends_ds)
    return next(found, None)
