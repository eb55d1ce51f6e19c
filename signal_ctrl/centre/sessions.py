"""Sessions: whom a token stands for, until when, and what is done where two seem to hold it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.accounts import new_token
from signal_ctrl.centre.identity import Actor
from signal_ctrl.centre.people import GRACE_MS, TOKEN_LASTS_MS, Session, User, actor_of, sha256_of
from signal_ctrl.centre.ports import Reading, Store, Transaction
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import NotLoggedInError
from signal_ctrl.domain.secrecy import RandomBytes

_ENDED: Final = "this login has ended; log in again"

Alarm = Callable[[Transaction, str, str], None]
"""Raises an alarm in a transaction, about a login and in words."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A login that succeeded: its token, which is kept nowhere, the session, and who acts."""

    token: str
    session: Session
    actor: Actor
    needs_enrolment: bool


@dataclass(frozen=True, slots=True)
class Sessions:
    """What is done with tokens."""

    store: Store
    clock: Clock
    random_bytes: RandomBytes
    alarm: Alarm

    def exchange(self, actor: Actor) -> Granted:
        """Give a live session a new token; the age of the second factor stays. Raises: NotLoggedInError."""
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> Granted:
            user, session = live(transaction, actor, now_utc_ms)
            return exchanged(self.random_bytes, transaction, user, session, now_utc_ms)

        return self.store.write(work)

    def who(self, token: str, address: str) -> Actor:
        """Return whom a token stands for. Raises: NotLoggedInError.

        A token that was exchanged before ends its session: two hold it. One used from another address than the login's
        raises an alarm and loses its second factor.
        """
        now_utc_ms = self.clock.utc_ms()
        token_sha256 = sha256_of(token)
        user, session = self.store.read(lambda reading: _holder(reading, token_sha256, now_utc_ms))
        if token_sha256 != session.token_sha256 and now_utc_ms >= session.old_until_utc_ms:
            self.store.write(lambda transaction: self._stolen(transaction, session, address, now_utc_ms))
            raise NotLoggedInError(_ENDED)
        if address in (session.address, session.astray):
            return actor_of(user, session)
        astray = self.store.write(lambda transaction: self._gone_astray(transaction, session, address, now_utc_ms))
        return actor_of(user, astray)

    def log_out(self, actor: Actor) -> None:
        """End a session."""
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> None:
            _, session = live(transaction, actor, now_utc_ms)
            transaction.people.put_session(replace(session, revoked_utc_ms=now_utc_ms))
            transaction.record(actor.login, "logout", session.session_id, "done", now_utc_ms)

        self.store.write(work)

    def replaced(self, token: str) -> None:
        """End the session of a token whose place another login has taken in the same browser; nothing where none lasts.

        Nobody could end it any more: the browser has its cookie no longer.
        """
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> None:
            session = transaction.people.session_of_token(sha256_of(token))
            if session is not None and session.lives(now_utc_ms):
                transaction.people.put_session(replace(session, revoked_utc_ms=now_utc_ms))
                words = "done: another login has its place in the browser"
                transaction.record(session.login, "logout", session.session_id, words, now_utc_ms)

        self.store.write(work)

    def still(self, actor: Actor) -> Actor:
        """Return who acts in a session now, with today's role. Raises: NotLoggedInError if it has ended."""
        now_utc_ms = self.clock.utc_ms()
        return actor_of(*self.store.read(lambda reading: live(reading, actor, now_utc_ms)))

    def _stolen(self, transaction: Transaction, session: Session, address: str, now_utc_ms: int) -> None:
        transaction.people.put_session(replace(session, revoked_utc_ms=now_utc_ms))
        words = f"a token of session {session.session_id} was used from {address} after it had been exchanged"
        transaction.record(session.login, "session/stolen", session.session_id, f"ended: {words}", now_utc_ms)
        self.alarm(transaction, session.login, words)

    def _gone_astray(self, transaction: Transaction, session: Session, address: str, now_utc_ms: int) -> Session:
        changed = replace(
            transaction.people.session(session.session_id) or session, astray=address, second_factor_utc_ms=None
        )
        transaction.people.put_session(changed)
        words = f"session {session.session_id} is used from {session.address} and {address}"
        transaction.record(
            session.login, "session/astray", session.session_id, f"second factor dropped: {words}", now_utc_ms
        )
        self.alarm(transaction, session.login, words)
        return changed


def exchanged(
    random_bytes: RandomBytes, transaction: Transaction, user: User, session: Session, now_utc_ms: int
) -> Granted:
    """Give a session a new token; the one before is taken for a little longer. [ms]"""
    token = new_token(random_bytes)
    changed = replace(
        session,
        token_sha256=sha256_of(token),
        token_ends_utc_ms=now_utc_ms + TOKEN_LASTS_MS,
        old_sha256=session.token_sha256,
        old_until_utc_ms=now_utc_ms + GRACE_MS,
    )
    transaction.people.put_session(changed)
    return Granted(token, changed, actor_of(user, changed), needs_enrolment=not user.totp)


def _holder(reading: Reading, token_sha256: str, now_utc_ms: int) -> tuple[User, Session]:
    session = reading.people.session_of_token(token_sha256)
    user = None if session is None else reading.people.user(session.login)
    return _lasting(user, session, now_utc_ms)


def live(reading: Reading, actor: Actor, now_utc_ms: int) -> tuple[User, Session]:
    """Return the account and the session of somebody. Raises: NotLoggedInError if it has ended."""
    return _lasting(reading.people.user(actor.login), reading.people.session(actor.session), now_utc_ms)


def _lasting(user: User | None, session: Session | None, now_utc_ms: int) -> tuple[User, Session]:
    if session is None or user is None or user.disabled or not session.lives(now_utc_ms):
        raise NotLoggedInError(_ENDED)
    return user, session
