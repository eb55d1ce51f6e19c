"""Who may, and when: the small questions that issuing, approving and ending an override ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from signal_ctrl.centre.identity import MATRIX, SECOND_FACTOR_LASTS_MS, Actor, Grant, Right, require
from signal_ctrl.centre.nonces import Bound, fingerprint
from signal_ctrl.centre.override_values import (
    APPROVAL_MS,
    ARMED_MS,
    OVERRIDES,
    Override,
    OverrideDocument,
    OverrideState,
)
from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules found of a document: its districts, the longest that a cabinet is held, why two have to agree."""

    districts: tuple[str, ...]
    total_ms: int
    second: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """Who issues an override and when; its id, where it has one already. [ms]"""

    issuer: str
    at_utc_ms: int
    override_id: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What waits for a second person: who asked, where it reaches, its hash, until when it may be approved. [ms]

    `verb` says how it was asked for: issued, ordered.
    """

    issuer: str
    districts: tuple[str, ...]
    sha256: str
    issued_utc_ms: int
    until_mono_ms: int
    verb: str


def check_second_factor(actor: Actor, fresh: bool, now_ms: int) -> None:
    """Check that the second factor is young enough. [ms] Raises: RefusedError."""
    if fresh and not actor.is_fresh(now_ms):
        raise RefusedError("C/second-factor", "two persons have to agree: show your second factor again, then confirm")
    if not actor.has_second_factor(now_ms):
        minutes = SECOND_FACTOR_LASTS_MS // 60_000
        raise RefusedError("C/second-factor", f"the second factor is missing or over {minutes} min old; show it again")


def check_reach(actor: Actor, districts: Sequence[str]) -> None:
    """Check that an actor may act in all of these districts. Raises: ForbiddenError."""
    beyond = [district for district in districts if not actor.reaches(district)]
    if beyond:
        raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone, not in {', '.join(beyond)}")


def check_approval(actor: Actor, awaited: Awaited, sha256: str, now_ms: int, mono_ms: int) -> None:
    """Check that an actor may be the second person: another one, in reach, fresh, for the same thing and in time.

    Args: sha256, of what is approved; now_ms, mono_ms, the wall's and the monotonic clock. [ms]
    Raises: RefusedError, ForbiddenError.
    """
    if actor.login == awaited.issuer:
        raise RefusedError("C/self", "nobody approves their own request; ask another supervisor")
    check_reach(actor, awaited.districts)
    check_second_factor(actor, True, now_ms)
    verb = awaited.verb
    if sha256 != awaited.sha256:
        raise RefusedError("C/hash", f"what is approved is not what was {verb}; look at it again")
    if now_ms - awaited.issued_utc_ms > APPROVAL_MS or mono_ms > awaited.until_mono_ms:
        raise RefusedError("C/late", f"it was {verb} over 5 min ago; it has to be {verb} again")


def check_release(actor: Actor, override: Override, now_ms: int) -> None:
    """Check that an actor may end an override. [ms] Raises: ConflictError if it is over; ForbiddenError."""
    if not override.state.live:
        raise ConflictError(f"override {override.override_id} is {override.state.value} already")
    if actor.login == override.issuer and actor.grant(Right.ISSUE_OVERRIDE) is not Grant.NO:
        return
    require(actor, Right.APPROVE_OVERRIDE, now_ms)
    check_reach(actor, override.districts)


def check_still(reading: Reading, login: str, right: Right) -> None:
    """Check that an account is still there and has a right. Raises: RefusedError."""
    user = reading.people.user(login)
    if user is None or user.disabled or MATRIX[right][user.role] is Grant.NO:
        raise RefusedError("C/right", f"{login} may not any more: {right.value}")


def issued(
    override_id: str, document: OverrideDocument, checked: Checked, actor: Actor, bound: Bound, nonce: str, now_ms: int
) -> Override:
    """Return a new override: it waits if a second person has to approve. [ms]"""
    return Override(
        override_id=override_id,
        document=document,
        sha256=bound.sha256,
        districts=checked.districts,
        second=checked.second,
        nonce=fingerprint(nonce),
        issuer=actor.login,
        issued_utc_ms=now_ms,
        state=OverrideState.WAITING if checked.second else OverrideState.SCHEDULED,
        estimate=bound.estimate,
    )


def is_due(override: Override, now_ms: int) -> bool:
    """Tell whether cabinets get an override now. [ms]"""
    return now_ms >= override.document.start_utc_ms - ARMED_MS


def ended_ms_of(override: Override, state: OverrideState, now_ms: int) -> int:
    """Return when an override ended: one that expires did so at its expiry, whenever that was noticed. [ms]"""
    return min(now_ms, override.document.end_utc_ms) if state is OverrideState.EXPIRED else now_ms


def words(override: Override) -> str:
    """Return what the audit says of a new override."""
    document = override.document
    second = f"; waits for a second person: {', '.join(override.second)}" if override.second else ""
    where = f"{', '.join(override.cabinets[:20])} ({len(override.cabinets)})"
    what = f"{document.kind.value} at {where} for {document.lasts_ms // 1000} s"
    return f"{what}, case {document.case}, {document.reason.value}, document {override.sha256}{second}"


def override_of(reading: Reading, override_id: str) -> Override:
    """Return an override. Raises: NotFoundError."""
    override = reading.shelf(OVERRIDES).get(override_id)
    if override is None:
        raise NotFoundError(f"there is no override {override_id}")
    return override


def overrides(reading: Reading, state: str = "live", limit: int = 200) -> tuple[Override, ...]:
    """Return overrides, the youngest first.

    Args: state, `live`, `all`, or one of `OverrideState`.
    """
    if state == "all":
        return reading.shelf(OVERRIDES).find(limit=limit)
    states = tuple(s.value for s in OverrideState if s.live) if state == "live" else OverrideState(state).value
    return reading.shelf(OVERRIDES).find({"state": states}, limit=limit)
