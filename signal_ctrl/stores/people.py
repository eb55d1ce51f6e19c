"""Accounts of people and their sessions in the database."""

from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update

from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.people import SESSION_LASTS_MS, Failures, Session, User, sha256_of
from signal_ctrl.centre.throttle import FAILURES_LOCK
from signal_ctrl.stores.tables.people import LOGIN_FAILURES, SESSIONS, USERS

FAILURES_KEPT_MS: Final = 24 * 3_600_000
MOST_NAMES: Final = 20_000
"""Names with failures that are kept; a stranger may give as many names as they like."""


class SqlPeople:
    """Accounts, sessions and failed logins."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def user(self, login: str) -> User | None:
        """Return an account."""
        found = self._users(select(USERS).where(USERS.c.login == login))
        return found[0] if found else None

    def users(self) -> tuple[User, ...]:
        """Return all accounts, in the order of their logins."""
        return self._users(select(USERS).order_by(USERS.c.login))

    def session(self, session_id: str) -> Session | None:
        """Return a session."""
        return self._session(select(SESSIONS).where(SESSIONS.c.session_id == session_id))

    def session_of_token(self, token_sha256: str) -> Session | None:
        """Return the session that a token is of, or was of before the last exchange."""
        either = or_(SESSIONS.c.token_sha256 == token_sha256, SESSIONS.c.old_sha256 == token_sha256)
        return self._session(select(SESSIONS).where(either))

    def live_sessions(self, login: str, now_utc_ms: int) -> tuple[Session, ...]:
        """Return the sessions of an account that may be used. [ms]"""
        wanted = select(SESSIONS).where(
            SESSIONS.c.login == login,
            SESSIONS.c.revoked_utc_ms.is_(None),
            SESSIONS.c.begun_utc_ms > now_utc_ms - SESSION_LASTS_MS,
        )
        found = (Session(**row._mapping) for row in self._connection.execute(wanted))
        return tuple(session for session in found if session.lives(now_utc_ms))

    def failures(self, login: str) -> Failures:
        """Return the failed logins in a row of a name, known or not."""
        wanted = select(LOGIN_FAILURES).where(LOGIN_FAILURES.c.name_sha256 == sha256_of(login))
        row = self._connection.execute(wanted).first()
        return Failures() if row is None else Failures(row._mapping["count"], row.last_utc_ms)

    def add_user(self, user: User) -> None:
        """Add an account. Raises: ConflictError if its login is taken."""
        self._connection.execute(insert(USERS).values(_row(user)))

    def put_user(self, user: User) -> None:
        """Store an account that is there already."""
        self._connection.execute(update(USERS).where(USERS.c.login == user.login).values(_row(user)))

    def add_session(self, session: Session) -> None:
        """Add a session, and forget those that ended long ago."""
        long_ago_utc_ms = session.begun_utc_ms - 2 * SESSION_LASTS_MS
        self._connection.execute(delete(SESSIONS).where(SESSIONS.c.begun_utc_ms < long_ago_utc_ms))
        self._connection.execute(insert(SESSIONS).values(asdict(session)))

    def put_session(self, session: Session) -> None:
        """Store a session that is there already."""
        changed = update(SESSIONS).where(SESSIONS.c.session_id == session.session_id)
        self._connection.execute(changed.values(asdict(session)))

    def put_failures(self, login: str, failures: Failures) -> None:
        """Store the failed logins of a name; none is forgotten, and so are old ones of other names."""
        name_sha256 = sha256_of(login)
        self._connection.execute(delete(LOGIN_FAILURES).where(LOGIN_FAILURES.c.name_sha256 == name_sha256))
        if failures.count:
            self._forget_old(failures.last_utc_ms)
            row = {"name_sha256": name_sha256, "count": failures.count, "last_utc_ms": failures.last_utc_ms}
            self._connection.execute(insert(LOGIN_FAILURES).values(row))

    def _forget_old(self, now_utc_ms: int) -> None:
        """Forget what no longer delays anybody; of too many, those that stand longest. Locks of accounts stay."""
        table = LOGIN_FAILURES.c
        old = and_(table.last_utc_ms < now_utc_ms - FAILURES_KEPT_MS, table.count < FAILURES_LOCK)
        self._connection.execute(delete(LOGIN_FAILURES).where(old))
        if (self._connection.execute(select(func.count()).select_from(LOGIN_FAILURES)).scalar() or 0) >= MOST_NAMES:
            oldest = select(table.name_sha256).order_by(table.last_utc_ms).limit(MOST_NAMES // 20)
            self._connection.execute(delete(LOGIN_FAILURES).where(table.name_sha256.in_(oldest)))

    def _users(self, wanted: Select[Any]) -> tuple[User, ...]:
        rows = self._connection.execute(wanted)
        return tuple(User(**{**row._mapping, "role": Role(row.role)}) for row in rows)

    def _session(self, wanted: Select[Any]) -> Session | None:
        row = self._connection.execute(wanted).first()
        return None if row is None else Session(**row._mapping)


def _row(user: User) -> dict[str, Any]:
    return {**asdict(user), "role": user.role.value}
