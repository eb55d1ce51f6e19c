"""Accounts of people and their sessions, as they are kept."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.identity import PEOPLE, Actor, Role
from signal_ctrl.domain.errors import InvalidInputError

LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}")
DISTRICT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
TOKEN_BYTES: Final = 32
TOKEN_LASTS_MS: Final = 15 * 60_000
SESSION_LASTS_MS: Final = 12 * 3_600_000
"""After a shift everybody logs in anew. [ms]"""
GRACE_MS: Final = 10_000
"""How long a token is taken after it was exchanged: requests that were under way. [ms]"""
INVITATION_LASTS_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class User:
    """One account of one person.

    `district`, where alone it may act; None is everywhere. `password`, its argon2id hash; empty until the first is set.
    `totp`, the sealed secret of its second factor; empty until it is enrolled, `totp_offered` while it is being so.
    `last_step`, the step of the one-time code taken last. `invitation_sha256`, of the one-time secret that sets the
    password; empty if there is none.
    """

    login: str
    role: Role
    district: str | None
    made_utc_ms: int
    password: str = ""
    totp: str = ""
    totp_offered: str = ""
    last_step: int = -1
    invitation_sha256: str = ""
    invitation_ends_utc_ms: int = 0
    disabled: bool = False

    def __post_init__(self) -> None:
        if not LOGIN.fullmatch(self.login):
            raise InvalidInputError(
                "a login has 2 to 32 small letters, digits, '.', '_' or '-', and begins with a letter"
            )
        if self.role not in PEOPLE:
            raise InvalidInputError(f"an account of a person cannot have the role {self.role.value}")
        if self.district is not None and not DISTRICT.fullmatch(self.district):
            raise InvalidInputError("a district has 1 to 64 letters, digits, '.', '_' or '-'")


@dataclass(frozen=True, slots=True)
class Session:
    """One login. Tokens are kept as hashes alone.

    `old_sha256` is the token before the last exchange, taken until `old_until_utc_ms`. `address` is where it began;
    `astray`, another one that it was used from; empty so far. `browser`, that the token is in a cookie.
    """

    session_id: str
    login: str
    token_sha256: str
    token_ends_utc_ms: int
    begun_utc_ms: int
    address: str
    browser: bool
    second_factor_utc_ms: int | None = None
    old_sha256: str = ""
    old_until_utc_ms: int = 0
    astray: str = ""
    revoked_utc_ms: int | None = None

    @property
    def ends_utc_ms(self) -> int:
        """When it ends at the latest, whatever is exchanged. [ms]"""
        return self.begun_utc_ms + SESSION_LASTS_MS

    def lives(self, now_utc_ms: int) -> bool:
        """Tell whether it may be used."""
        return self.revoked_utc_ms is None and self.begun_utc_ms <= now_utc_ms < min(
            self.ends_utc_ms, self.token_ends_utc_ms
        )


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed logins of one name in a row, whether or not there is such an account."""

    count: int = 0
    last_utc_ms: int = 0


def actor_of(user: User, session: Session) -> Actor:
    """Return who acts in a session."""
    return Actor(user.login, user.role, user.district, session.second_factor_utc_ms, session.session_id)


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(token: str) -> str:
    """Return what a browser says with each write besides its cookie; only who has the token can know it."""
    return sha256_of(f"csrf {token}")
