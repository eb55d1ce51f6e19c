"""What knows people: accounts, logins and sessions over one store."""

from typing import NamedTuple

from signal_ctrl.centre.accounts import Accounts, BreachedList
from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.logins import Logins
from signal_ctrl.centre.ports import Store, Transaction
from signal_ctrl.centre.sessions import Alarm, Sessions
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.secrecy import Box, RandomBytes


class Identity(NamedTuple):
    """The services that know people."""

    accounts: Accounts
    logins: Logins
    sessions: Sessions


class Keepers(NamedTuple):
    """What the services take from outside: a box for secrets, the list of breached passwords, who is alarmed."""

    box: Box
    breached: BreachedList
    alarm: Alarm


def identity_services(store: Store, clock: Clock, random_bytes: RandomBytes, keepers: Keepers) -> Identity:
    """Return the services over one store."""
    return Identity(
        Accounts(store, clock, random_bytes, keepers.breached),
        Logins(store, clock, random_bytes, keepers.box, keepers.alarm),
        Sessions(store, clock, random_bytes, keepers.alarm),
    )


def login_alarm(alarms: AlarmDesk) -> Alarm:
    """Return how these services raise an alarm: one a login, counted while it lasts."""

    def raise_alarm(transaction: Transaction, login: str, text: str) -> None:
        alarms.raise_(transaction, "login", login, Severity.CRITICAL, text)

    return raise_alarm
