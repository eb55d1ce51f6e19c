"""How often who may ask (SAFETY part E): refused with 429, and counted."""

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.throttle import (
    CABINET,
    FEED,
    LOGIN_PER_ACCOUNT,
    LOGIN_PER_ADDRESS,
    OPEN,
    OPERATOR,
    PAST,
    Buckets,
    Rate,
    household,
)
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import TooManyError
from signal_ctrl.web.metrics import Metrics


class Rates:
    """The buckets of one application."""

    def __init__(self, clock: Clock, metrics: Metrics, person: Rate = OPERATOR, cabinet: Rate = CABINET) -> None:
        self._clock = clock
        self._metrics = metrics
        self._persons = Buckets(person)
        self._cabinets = Buckets(cabinet)
        self._feeds = Buckets(FEED)
        self._strangers = Buckets(OPEN)
        self._pasts = Buckets(PAST)
        self._accounts = Buckets(LOGIN_PER_ACCOUNT)
        self._addresses = Buckets(LOGIN_PER_ADDRESS)

    def take(self, actor: Actor) -> None:
        """Count a request of somebody. Raises: TooManyError."""
        if actor.role is Role.CABINET:
            self._take(self._cabinets, actor.login, "cabinet")
        elif actor.role is Role.FEED:
            self._take(self._feeds, actor.login, "feed")
        else:
            self._take(self._persons, actor.login, "person")

    def take_open(self, address: str) -> None:
        """Count a request for what is open to everybody. Raises: TooManyError."""
        self._take(self._strangers, household(address), "open")

    def take_past(self, actor: Actor) -> None:
        """Count a question of somebody about the past, besides the request. Raises: TooManyError."""
        self._take(self._pasts, actor.login, "past")

    def take_login(self, login: str, address: str) -> None:
        """Count an attempt to get in. Raises: TooManyError."""
        self._take(self._addresses, household(address), "login_address")
        self._take(self._accounts, login, "login_account")

    def _take(self, buckets: Buckets, key: str, limit: str) -> None:
        wait_ms = buckets.take(key, self._clock.mono_ms())
        if wait_ms:
            self._metrics.refused.labels(limit).inc()
            raise TooManyError("too many requests; ask again later", -(-wait_ms // 1000))
