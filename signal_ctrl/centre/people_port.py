"""What is asked of, and done to, the accounts and sessions that are kept."""

from typing import Protocol

from signal_ctrl.centre.people import Failures, Session, User


class PeopleReading(Protocol):
    """Questions about accounts and sessions."""

    def user(self, login: str) -> User | None:
        """Return an account."""
        ...

    def users(self) -> tuple[User, ...]:
        """Return all accounts, in the order of their logins."""
        ...

    def session(self, session_id: str) -> Session | None:
        """Return a session."""
        ...

    def session_of_token(self, token_sha256: str) -> Session | None:
        """Return the session that a token is of, or was of before the last exchange."""
        ...

    def live_sessions(self, login: str, now_utc_ms: int) -> tuple[Session, ...]:
        """Return the sessions of an account that may be used. [ms]"""
        ...

    def failures(self, login: str) -> Failures:
        """Return the failed logins in a row of a name, known or not."""
        ...


class People(PeopleReading, Protocol):
    """The same with changes."""

    def add_user(self, user: User) -> None:
        """Add an account. Raises: ConflictError if its login is taken."""
        ...

    def put_user(self, user: User) -> None:
        """Store an account that is there already."""
        ...

    def add_session(self, session: Session) -> None:
        """Add a session, and forget those that ended long ago."""
        ...

    def put_session(self, session: Session) -> None:
        """Store a session that is there already."""
        ...

    def put_failures(self, login: str, failures: Failures) -> None:
        """Store the failed logins of a name; none is forgotten, and so are old ones of other names."""
        ...
