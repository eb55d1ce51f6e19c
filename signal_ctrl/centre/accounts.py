"""Accounts: made, changed and reset by administrators. Nobody ever sees another one's password.

A new or reset account has no password but an invitation: a secret for one use that sets the password. The first start
makes one administrator in the same way, so there is no default account.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.passwords import check_password, hash_password
from signal_ctrl.centre.people import INVITATION_LASTS_MS, TOKEN_BYTES, Failures, User, sha256_of
from signal_ctrl.centre.ports import Store, Transaction
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, NotFoundError, NotLoggedInError
from signal_ctrl.domain.secrecy import RandomBytes

FIRST_ADMIN: Final = "admin"

BreachedList = Callable[[], frozenset[str]]
"""Gives the operator's own list of breached passwords, in plain form."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is done to accounts. Every change is recorded in the audit in the same commit."""

    store: Store
    clock: Clock
    random_bytes: RandomBytes
    breached: BreachedList = frozenset

    def first_admin(self) -> str | None:
        """Make the first administrator where there is no account yet, and return its invitation."""
        if self.store.read(lambda reading: reading.people.users()):
            return None
        return self.add(FIRST_ADMIN, Role.ADMIN, None, "centre")

    def add(self, login: str, role: Role, district: str | None, by: str) -> str:
        """Add an account and return its invitation, which is kept nowhere in clear.

        Args: by, the login of who does it.
        Raises: InvalidInputError; ConflictError if the login is taken.
        """
        now_utc_ms = self.clock.utc_ms()
        secret, user = self._invited(User(login, role, district, now_utc_ms))

        def work(transaction: Transaction) -> None:
            if transaction.people.user(login) is not None:
                raise ConflictError(f"there is an account '{login}' already; 'user reset' gives it a new invitation")
            transaction.people.add_user(user)
            transaction.record(by, "user/add", login, f"done: {_words(user)}", now_utc_ms)

        self.store.write(work)
        return secret

    def all(self) -> tuple[User, ...]:
        """Return all accounts."""
        return self.store.read(lambda reading: reading.people.users())

    def change(self, login: str, role: Role, district: str | None, disabled: bool, by: str) -> User:
        """Give an account another role or district, or disable or enable it; its sessions end.

        Raises: NotFoundError; ForbiddenError for one's own account; ConflictError for the last administrator.
        """
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> User:
            user = _known(transaction, login)
            changed = replace(user, role=role, district=district, disabled=disabled)
            _check_not_own(login, by)
            _check_admin_left(transaction, changed)
            transaction.people.put_user(changed)
            end_sessions(transaction, login, now_utc_ms)
            transaction.record(by, "user/change", login, f"done: {_words(user)} -> {_words(changed)}", now_utc_ms)
            return changed

        return self.store.write(work)

    def reset(self, login: str, by: str) -> str:
        """Take an account's password, second factor, failures and sessions, and return its new invitation.

        Raises: NotFoundError; ForbiddenError for one's own account.
        """
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> str:
            _check_not_own(login, by)
            bare = replace(_known(transaction, login), password="", totp="", totp_offered="", last_step=-1)
            secret, user = self._invited(bare)
            transaction.people.put_user(user)
            transaction.people.put_failures(login, Failures())
            end_sessions(transaction, login, now_utc_ms)
            transaction.record(by, "user/reset", login, "done", now_utc_ms)
            return secret

        return self.store.write(work)

    def take_invitation(self, login: str, invitation: str, password: str) -> None:
        """Set the password of an account by its invitation, which is used up.

        Raises: NotLoggedInError if there is no such invitation; InvalidInputError if the password is not taken.
        """
        now_utc_ms = self.clock.utc_ms()
        user = self.store.read(lambda reading: reading.people.user(login))
        _check_invitation(user, invitation, now_utc_ms)
        check_password(password, login, self.breached())
        kept = hash_password(password, self.random_bytes)

        def work(transaction: Transaction) -> None:
            user = _check_invitation(transaction.people.user(login), invitation, now_utc_ms)
            transaction.people.put_user(replace(user, password=kept, invitation_sha256="", invitation_ends_utc_ms=0))
            transaction.record(login, "password/first", login, "done", now_utc_ms)

        self.store.write(work)

    def replace_password(self, actor: Actor, password: str) -> None:
        """Give an account another password; its other sessions end.

        Raises: InvalidInputError if the password is not taken; ForbiddenError without a fresh second factor.
        """
        now_utc_ms = self.clock.utc_ms()
        if not actor.is_fresh(now_utc_ms):
            raise ForbiddenError("another password needs a second factor that is at most 2 minutes old; show it again")
        check_password(password, actor.login, self.breached())
        kept = hash_password(password, self.random_bytes)

        def work(transaction: Transaction) -> None:
            transaction.people.put_user(replace(_known(transaction, actor.login), password=kept))
            end_sessions(transaction, actor.login, now_utc_ms, but=actor.session)
            transaction.record(actor.login, "password/change", actor.login, "done", now_utc_ms)

        self.store.write(work)

    def _invited(self, user: User) -> tuple[str, User]:
        secret = new_token(self.random_bytes)
        ends_utc_ms = self.clock.utc_ms() + INVITATION_LASTS_MS
        return secret, replace(user, invitation_sha256=sha256_of(secret), invitation_ends_utc_ms=ends_utc_ms)


def new_token(random_bytes: RandomBytes) -> str:
    """Return a secret of 256 bits that stands in an address or a header as it is."""
    return base64.urlsafe_b64encode(random_bytes(TOKEN_BYTES)).decode("ascii").rstrip("=")


def end_sessions(transaction: Transaction, login: str, now_utc_ms: int, but: str = "") -> None:
    """End the sessions of an account, all but one. [ms]"""
    for session in transaction.people.live_sessions(login, now_utc_ms):
        if session.session_id != but:
            transaction.people.put_session(replace(session, revoked_utc_ms=now_utc_ms))


def _known(transaction: Transaction, login: str) -> User:
    user = transaction.people.user(login)
    if user is None:
        raise NotFoundError(f"there is no account '{login}'")
    return user


def _check_not_own(login: str, by: str) -> None:
    if login == by:
        raise ForbiddenError("nobody changes or resets their own account")


def _check_admin_left(transaction: Transaction, changed: User) -> None:
    others = (user for user in transaction.people.users() if user.login != changed.login)
    if not any(user.role is Role.ADMIN and not user.disabled for user in (*others, changed)):
        raise ConflictError("this is the last administrator; make another one first")


def _check_invitation(user: User | None, invitation: str, now_utc_ms: int) -> User:
    if (
        user is None
        or user.disabled
        or not user.invitation_sha256
        or user.invitation_sha256 != sha256_of(invitation)
        or now_utc_ms >= user.invitation_ends_utc_ms
    ):
        raise NotLoggedInError("there is no such invitation; it is for one use, within 24 hours")
    return user


def _words(user: User) -> str:
    return f"{user.role.value}, {user.district or 'everywhere'}{', disabled' if user.disabled else ''}"
