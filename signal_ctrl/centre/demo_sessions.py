"""Sessions of a demo: three accounts that nobody can log in to, handed to every visitor of this machine.

They have neither password nor second factor, so no other way leads in. Each session begins with a second factor that is
young, as a person's would be who has just shown it; the audit says at each that none was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from signal_ctrl.centre.accounts import new_token
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.logins import SESSION_BYTES
from signal_ctrl.centre.people import TOKEN_LASTS_MS, Session, User, actor_of, sha256_of
from signal_ctrl.centre.ports import Store, Transaction
from signal_ctrl.centre.sessions import Granted, exchanged, live
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.secrecy import RandomBytes

LOGINS: Final[Mapping[Role, str]] = MappingProxyType(
    {Role.OPERATOR: "demo-operator", Role.SUPERVISOR: "demo-supervisor", Role.ENGINEER: "demo-engineer"}
)
HOW: Final = "demo, no password and no code asked for"


@dataclass(frozen=True, slots=True)
class DemoSessions:
    """Begins sessions of a demo."""

    store: Store
    clock: Clock
    random_bytes: RandomBytes

    def begin(self, role: Role, address: str) -> Granted:
        """Begin a session of the demo's operator, supervisor or engineer; the account is made at the first."""
        now_utc_ms, token = self.clock.utc_ms(), new_token(self.random_bytes)
        session = Session(
            session_id=self.random_bytes(SESSION_BYTES).hex(),
            login=LOGINS[role],
            token_sha256=sha256_of(token),
            token_ends_utc_ms=now_utc_ms + TOKEN_LASTS_MS,
            begun_utc_ms=now_utc_ms,
            address=address,
            browser=True,
            second_factor_utc_ms=now_utc_ms,
        )

        def work(t: Transaction) -> User:
            user = t.people.user(session.login) or _added(t, role, now_utc_ms)
            t.people.add_session(session)
            t.record(user.login, "login", session.session_id, f"done from {address}: {HOW}", now_utc_ms)
            return user

        user = self.store.write(work)
        return Granted(token, session, actor_of(user, session), needs_enrolment=False)

    def again(self, actor: Actor) -> Granted:
        """Go on with a session: its second factor is young again, and its token is exchanged.

        Raises: NotLoggedInError if it has ended.
        """
        now_utc_ms = self.clock.utc_ms()

        def work(t: Transaction) -> Granted:
            user, session = live(t, actor, now_utc_ms)
            shown = replace(session, second_factor_utc_ms=now_utc_ms)
            t.record(user.login, "second-factor", session.session_id, f"done: {HOW}", now_utc_ms)
            return exchanged(self.random_bytes, t, user, shown, now_utc_ms)

        return replace(self.store.write(work), needs_enrolment=False)


def _added(t: Transaction, role: Role, now_utc_ms: int) -> User:
    user = User(LOGINS[role], role, None, now_utc_ms)
    t.people.add_user(user)
    t.record("demo", "user/add", user.login, f"done: {role.value}, {HOW}", now_utc_ms)
    return user
