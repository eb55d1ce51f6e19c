"""Logging in, and the second factor: shown, offered, enrolled.

A failed login gives one answer, whatever was wrong, after the same work: an argon2 check, of nobody's hash where there
is no account, and a failure written under the name that was given.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre import second_factor
from signal_ctrl.centre.accounts import end_sessions, new_token
from signal_ctrl.centre.identity import Actor
from signal_ctrl.centre.passwords import hash_password, is_outdated, matches
from signal_ctrl.centre.people import TOKEN_LASTS_MS, Failures, Session, User, actor_of, sha256_of
from signal_ctrl.centre.ports import Store, Transaction
from signal_ctrl.centre.sessions import Alarm, Granted, exchanged, live
from signal_ctrl.centre.throttle import FAILURES_LOCK, LONGEST_DELAY_MS, delay_ms
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import ConflictError, InvalidInputError, NotFoundError, NotLoggedInError, TooManyError
from signal_ctrl.domain.secrecy import Box, RandomBytes

SESSION_BYTES: Final = 9
NOBODY: Final = "nobody"
"""Who acts where it is not known who does."""
_WRONG: Final = "wrong login, password or code"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody says who wants in. `address`, where from; `browser`, whether the token goes into a cookie."""

    login: str
    password: str
    code: str
    address: str
    browser: bool = False


@dataclass(frozen=True, slots=True)
class Logins:
    """Logins of people, and their second factors."""

    store: Store
    clock: Clock
    random_bytes: RandomBytes
    box: Box
    alarm: Alarm

    def log_in(self, attempt: Attempt) -> Granted:
        """Log somebody in.

        Raises: NotLoggedInError; TooManyError while the name is delayed or locked after failures.
        """
        now_utc_ms = self.clock.utc_ms()
        user, failures = self.store.read(
            lambda reading: (reading.people.user(attempt.login), reading.people.failures(attempt.login))
        )
        check_delay(failures, now_utc_ms)
        kept = user.password if user is not None and user.password else None
        right = matches(kept, attempt.password)
        newer = hash_password(attempt.password, self.random_bytes) if right and kept and is_outdated(kept) else kept
        return self._written(lambda transaction: self._decided(transaction, attempt, right, kept, newer))

    def show_second_factor(self, actor: Actor, code: str, address: str) -> Granted:
        """Take a one-time code within a session: its second factor is young again, and its token is exchanged.

        The session belongs to `address` from now on.

        Raises: NotLoggedInError if the code is wrong; TooManyError after failures.
        """
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> Granted | None:
            user, session = live(transaction, actor, now_utc_ms)
            check_delay(transaction.people.failures(user.login), now_utc_ms)
            step = self._step(user, user.totp, code, now_utc_ms)
            if step is None:
                self._failed(transaction, user.login, "second-factor", session.address, now_utc_ms)
                return None
            transaction.people.put_user(replace(user, last_step=step))
            transaction.people.put_failures(user.login, Failures())
            shown = replace(session, second_factor_utc_ms=now_utc_ms, address=address, astray="")
            transaction.record(user.login, "second-factor", session.session_id, "done", now_utc_ms)
            return exchanged(self.random_bytes, transaction, user, shown, now_utc_ms)

        return self._written(work)

    def offer_second_factor(self, actor: Actor) -> tuple[str, str]:
        """Return a secret for an authenticator, and its address; it counts once a code of it was shown.

        Raises: ConflictError if the account has a second factor; an administrator resets it.
        """
        secret = second_factor.new_secret(self.random_bytes)
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> None:
            user, _ = live(transaction, actor, now_utc_ms)
            if user.totp:
                raise ConflictError("this account has a second factor already; an administrator can reset it")
            transaction.people.put_user(replace(user, totp_offered=self.box.seal(secret)))
            transaction.record(user.login, "second-factor/offer", user.login, "done", now_utc_ms)

        self.store.write(work)
        return secret, second_factor.address_of(secret, actor.login)

    def enrol_second_factor(self, actor: Actor, code: str) -> Granted:
        """Take the first code of an offered second factor, which counts from now on.

        Raises: NotLoggedInError if the code is wrong; ConflictError if nothing was offered.
        """
        now_utc_ms = self.clock.utc_ms()

        def work(transaction: Transaction) -> Granted | None:
            user, session = live(transaction, actor, now_utc_ms)
            check_delay(transaction.people.failures(user.login), now_utc_ms)
            if user.totp or not user.totp_offered:
                raise ConflictError("no second factor is on offer; ask for one first")
            step = self._step(user, user.totp_offered, code, now_utc_ms)
            if step is None:
                self._failed(transaction, user.login, "second-factor/enrol", session.address, now_utc_ms)
                return None
            enrolled = replace(user, totp=user.totp_offered, totp_offered="", last_step=step)
            transaction.people.put_user(enrolled)
            end_sessions(transaction, user.login, now_utc_ms, but=session.session_id)
            transaction.record(user.login, "second-factor/enrol", user.login, "done", now_utc_ms)
            shown = replace(session, second_factor_utc_ms=now_utc_ms)
            return exchanged(self.random_bytes, transaction, enrolled, shown, now_utc_ms)

        return self._written(work)

    def set_second_factor(self, login: str, secret: str, code: str, by: str) -> None:
        """Give an account a second factor at the machine itself, by its first code; its sessions end.

        Args: secret, as `second_factor.new_secret` makes it; by, who does it.
        Raises: NotFoundError; ConflictError if the account has one; InvalidInputError if the code is not of the secret.
        """
        now_utc_ms = self.clock.utc_ms()
        step = second_factor.accepted_step(secret, code, now_utc_ms, -1)
        if step is None:
            raise InvalidInputError("this is no code of the secret; look at the clock of the authenticator")

        def work(transaction: Transaction) -> None:
            user = transaction.people.user(login)
            if user is None:
                raise NotFoundError(f"there is no account '{login}'")
            if user.totp:
                raise ConflictError("this account has a second factor already; reset it first")
            transaction.people.put_user(replace(user, totp=self.box.seal(secret), totp_offered="", last_step=step))
            end_sessions(transaction, login, now_utc_ms)
            transaction.record(by, "second-factor/enrol", login, "done", now_utc_ms)

        self.store.write(work)

    def _written(self, work: Callable[[Transaction], Granted | None]) -> Granted:
        """Carry out a work that leaves a failure behind where it returns None: an error would undo that."""
        granted = self.store.write(work)
        if granted is None:
            raise NotLoggedInError(_WRONG)
        return granted

    def _decided(
        self, transaction: Transaction, attempt: Attempt, right: bool, kept: str | None, newer: str | None
    ) -> Granted | None:
        now_utc_ms = self.clock.utc_ms()
        check_delay(transaction.people.failures(attempt.login), now_utc_ms)
        user = transaction.people.user(attempt.login)
        if user is None or not right or user.disabled or user.password != kept:
            self._failed(transaction, attempt.login, "login", attempt.address, now_utc_ms)
            return None
        step = self._step(user, user.totp, attempt.code, now_utc_ms) if user.totp else user.last_step
        if step is None:
            self._failed(transaction, attempt.login, "login", attempt.address, now_utc_ms)
            return None
        user = replace(user, last_step=step, password=newer or user.password)
        transaction.people.put_user(user)
        transaction.people.put_failures(user.login, Failures())
        return self._begun(transaction, user, attempt, now_utc_ms)

    def _begun(self, transaction: Transaction, user: User, attempt: Attempt, now_utc_ms: int) -> Granted:
        token = new_token(self.random_bytes)
        session = Session(
            session_id=base64.b32encode(self.random_bytes(SESSION_BYTES)).decode("ascii").rstrip("=").lower(),
            login=user.login,
            token_sha256=sha256_of(token),
            token_ends_utc_ms=now_utc_ms + TOKEN_LASTS_MS,
            begun_utc_ms=now_utc_ms,
            address=attempt.address,
            browser=attempt.browser,
            second_factor_utc_ms=now_utc_ms if user.totp else None,
        )
        transaction.people.add_session(session)
        transaction.record(user.login, "login", session.session_id, f"done from {attempt.address}", now_utc_ms)
        return Granted(token, session, actor_of(user, session), needs_enrolment=not user.totp)

    def _failed(self, transaction: Transaction, login: str, action: str, address: str, now_utc_ms: int) -> None:
        failures = Failures(transaction.people.failures(login).count + 1, now_utc_ms)
        transaction.people.put_failures(login, failures)
        words = f"refused, failure {failures.count} in a row, from {address}"
        transaction.record(NOBODY, action, login, words, now_utc_ms)
        if failures.count == FAILURES_LOCK:
            self.alarm(transaction, login, f"locked after {FAILURES_LOCK} failed logins, the last from {address}")

    def _step(self, user: User, sealed: str, code: str, now_utc_ms: int) -> int | None:
        if not sealed:
            return None
        return second_factor.accepted_step(self.box.unseal(sealed), code, now_utc_ms, user.last_step)


def check_delay(failures: Failures, now_utc_ms: int) -> None:
    """Raises: TooManyError while nobody may try under a name, after its failures."""
    if failures.count >= FAILURES_LOCK:
        raise TooManyError("locked after too many failures; an administrator can reset it", LONGEST_DELAY_MS // 1000)
    left_ms = failures.last_utc_ms + delay_ms(failures.count) - now_utc_ms
    if failures.count and left_ms > 0:
        raise TooManyError("too many failures; wait before the next attempt", -(-left_ms // 1000))
