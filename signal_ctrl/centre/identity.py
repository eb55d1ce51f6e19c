"""Who may do what: roles, rights, the matrix between them, and the one who acts.

The matrix is SAFETY part E, row by row. `Right.OPEN` and `Right.SESSION` are no rows of it: what is open asks for no
login, what belongs to a session asks for a login and nothing else. Rows below the line are of this project: who keeps
alarms and tickets, who changes the network, what feeds may, who enters weather and events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError

SECOND_FACTOR_LASTS_MS: Final = 15 * 60_000
"""How old a second factor may be for what needs one. [ms]"""
SECOND_FACTOR_FRESH_MS: Final = 2 * 60_000
"""How old a second factor may be for what two persons have to agree on. [ms]"""


class Role(Enum):
    """What an account is for; each account has one."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    ADMIN = "admin"
    CABINET = "cabinet"
    FEED = "feed"


class Right(Enum):
    """What a route asks for; every route names exactly one."""

    OPEN = "no login"
    SESSION = "a login"
    READ_STATUS = "read status"
    ISSUE_OVERRIDE = "issue override, release own"
    APPROVE_OVERRIDE = "approve two-person, release any"
    MANAGE_PLANS = "upload or activate plans"
    READ_AUDIT = "read audit, run verify"
    MANAGE_USERS = "users, roles, device credentials"
    CABINET_LINK = "poll plan, post own data"
    HANDLE_ALARMS = "acknowledge alarms, keep tickets"
    IMPORT_NETWORK = "import a network"
    FEED_LINK = "post own observations"
    KEEP_CONDITIONS = "enter weather and events"
    HANDLE_INCIDENTS = "report, confirm, clear incidents"
    ORDER_DIVERSION = "propose, order, end diversions"
    DISPATCH = "dispatch units, keep missions"
    REPORT_UNIT = "report position and status of a unit"


class Grant(Enum):
    """How far a right reaches for a role."""

    NO = "no"
    YES = "yes"
    OWN = "own"
    OWN_DISTRICT = "own district"
    WITH_SECOND = "yes + 2nd"


MACHINES: Final = frozenset({Role.CABINET, Role.FEED})
"""Roles that no account of a person has: who signs with a key."""
PEOPLE: Final = tuple(role for role in Role if role not in MACHINES)


def _row(**grants: Grant) -> Mapping[Role, Grant]:
    return MappingProxyType({role: grants.get(role.value, Grant.NO) for role in Role})


_ALL_PEOPLE: Final = {role.value: Grant.YES for role in PEOPLE}

MATRIX: Final[Mapping[Right, Mapping[Role, Grant]]] = MappingProxyType(
    {
        Right.OPEN: _row(**_ALL_PEOPLE, cabinet=Grant.YES, feed=Grant.YES),
        Right.SESSION: _row(**_ALL_PEOPLE),
        Right.READ_STATUS: _row(**_ALL_PEOPLE, cabinet=Grant.OWN),
        Right.ISSUE_OVERRIDE: _row(operator=Grant.YES, supervisor=Grant.YES),
        Right.APPROVE_OVERRIDE: _row(supervisor=Grant.YES),
        Right.MANAGE_PLANS: _row(engineer=Grant.WITH_SECOND),
        Right.READ_AUDIT: _row(supervisor=Grant.OWN_DISTRICT, auditor=Grant.YES),
        Right.MANAGE_USERS: _row(admin=Grant.WITH_SECOND),
        Right.CABINET_LINK: _row(cabinet=Grant.OWN),
        Right.HANDLE_ALARMS: _row(operator=Grant.YES, supervisor=Grant.YES, engineer=Grant.YES),
        Right.IMPORT_NETWORK: _row(engineer=Grant.WITH_SECOND),
        Right.FEED_LINK: _row(feed=Grant.OWN),
        Right.KEEP_CONDITIONS: _row(operator=Grant.YES, supervisor=Grant.YES),
        Right.HANDLE_INCIDENTS: _row(operator=Grant.YES, supervisor=Grant.YES),
        Right.ORDER_DIVERSION: _row(operator=Grant.YES, supervisor=Grant.YES),
        Right.DISPATCH: _row(operator=Grant.YES, supervisor=Grant.YES),
        Right.REPORT_UNIT: _row(viewer=Grant.OWN, operator=Grant.YES, supervisor=Grant.YES),
    }
)


_WITHOUT_ANY: Final = frozenset({Right.OPEN, Right.SESSION})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person with a login, or a cabinet or feed with its credential.

    `login` is the account's name, or the id of the cabinet or feed. `district` limits where the account may act; None
    is everywhere.
    `second_factor_utc_ms`, when the second factor was shown last; None if not in this session.
    `session` names the session for revocation and for nonces; it is no secret. Empty for a machine.
    """

    login: str
    role: Role
    district: str | None = None
    second_factor_utc_ms: int | None = None
    session: str = ""

    def __post_init__(self) -> None:
        if not self.login:
            raise InvalidInputError("an actor needs a login")

    def grant(self, right: Right) -> Grant:
        """Return how far a right reaches for this actor's role."""
        return MATRIX[right][self.role]

    def second_factor_age_ms(self, now_utc_ms: int) -> int | None:
        """Return how long ago the second factor was shown; None if it was not, or if the clock went back. [ms]"""
        if self.second_factor_utc_ms is None or now_utc_ms < self.second_factor_utc_ms:
            return None
        return now_utc_ms - self.second_factor_utc_ms

    def has_second_factor(self, now_utc_ms: int, within_ms: int = SECOND_FACTOR_LASTS_MS) -> bool:
        """Tell whether the second factor was shown within a time. [ms]"""
        age_ms = self.second_factor_age_ms(now_utc_ms)
        return age_ms is not None and age_ms <= within_ms

    def is_fresh(self, now_utc_ms: int) -> bool:
        """Tell whether the second factor is young enough for the two-person rule."""
        return self.has_second_factor(now_utc_ms, SECOND_FACTOR_FRESH_MS)

    def reaches(self, district: str | None) -> bool:
        """Tell whether a district lies within this actor's."""
        return self.district is None or self.district == district


def require(actor: Actor, right: Right, now_utc_ms: int) -> Grant:
    """Return how far a right reaches.

    A person who has not shown a second factor in this session may do nothing but that.

    Raises: ForbiddenError if it does not reach at all, or not without a second factor.
    """
    grant = actor.grant(right)
    if right not in _WITHOUT_ANY and actor.role not in MACHINES and actor.second_factor_utc_ms is None:
        raise ForbiddenError("show your second factor first; without one, enrol it")
    if grant is Grant.NO:
        raise ForbiddenError(f"the role {actor.role.value} may not: {right.value}")
    if grant is Grant.WITH_SECOND and not actor.has_second_factor(now_utc_ms):
        raise ForbiddenError(f"{right.value} needs a second factor that is at most 15 minutes old; show it again")
    return grant
