"""What all requests of the parking service share; who may ask: the public within limits, others by signature."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.requests import Request

from signal_ctrl.centre.throttle import FEED, Buckets, Rate, household
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import TooManyError
from signal_ctrl.domain.storing import Condition
from signal_ctrl.parking.machines import Act, Machine
from signal_ctrl.parking.service import Parking
from signal_ctrl.web.context import address_of
from signal_ctrl.web.feed_front import who_feeds
from signal_ctrl.web.metrics import Metrics
from signal_ctrl.web.settings import LOOPBACK, Networks

PUBLIC: Final = Rate(5, 60)
"""What one address may ask for without a credential."""
HELD_S: Final = 40
"""An address holds as many spaces as it may ask for in so long: phones ask again more often than that. [s] [P]"""


@dataclass(frozen=True, slots=True)
class ParkingSettings:
    """How the service is served. `public`, how often one address may ask; `publisher`, as DATEX II names it."""

    production: bool = True
    watchers: Networks = LOOPBACK
    public: Rate = PUBLIC
    publisher: tuple[str, str] = ("other", "signal-ctrl")


class Limits:
    """The buckets of the service."""

    def __init__(self, clock: Clock, metrics: Metrics, public: Rate) -> None:
        self._clock = clock
        self._metrics = metrics
        self._public = Buckets(public)
        self._machines = Buckets(FEED)

    def take_public(self, address: str) -> None:
        """Count a request of an address. Raises: TooManyError."""
        self._take(self._public, household(address), "open")

    def take_machine(self, machine: str) -> None:
        """Count a request of one who signed. Raises: TooManyError."""
        self._take(self._machines, machine, "machine")

    def _take(self, buckets: Buckets, key: str, limit: str) -> None:
        wait_ms = buckets.take(key, self._clock.mono_ms())
        if wait_ms:
            self._metrics.refused.labels(limit).inc()
            raise TooManyError("too many requests; ask again later", -(-wait_ms // 1000))


@dataclass(frozen=True, slots=True)
class ParkingContext:
    """What all requests share. `condition` says how the store is."""

    clock: Clock
    parking: Parking
    settings: ParkingSettings
    metrics: Metrics
    limits: Limits
    condition: Callable[[], Condition]


def new_context(
    clock: Clock, parking: Parking, settings: ParkingSettings, condition: Callable[[], Condition]
) -> ParkingContext:
    """Return the context of a new application, with counters at zero."""
    metrics = Metrics()
    parking.guidance.share(max(1, round(HELD_S * settings.public.per_s)))
    return ParkingContext(clock, parking, settings, metrics, Limits(clock, metrics, settings.public), condition)


def parking_context(request: Request) -> ParkingContext:
    """Return what all requests of this application share."""
    context: ParkingContext = request.app.state.context
    return context


ContextOf = Annotated[ParkingContext, Depends(parking_context)]


@dataclass(frozen=True, slots=True)
class Signs:
    """The dependency behind `signed`."""

    act: Act

    def __call__(self, request: Request) -> Machine:
        """Return who signed a request. Raises: NotLoggedInError; ForbiddenError; TooManyError."""
        context = parking_context(request)
        machine = context.parking.machines.require(who_feeds(request).login, self.act)
        request.scope["signal_ctrl.actor"] = machine.machine
        context.limits.take_machine(machine.machine)
        return machine


class Anybody:
    """The dependency behind `PUBLIC_ASK`."""

    def __call__(self, request: Request) -> None:
        """Count a request of the public. Raises: TooManyError."""
        parking_context(request).limits.take_public(address_of(request))


class Unlimited:
    """The dependency of what those ask who watch the process."""

    def __call__(self) -> None:
        """Let everybody in."""


def signed(act: Act) -> Any:
    """Return the dependency that lets in those alone who sign and may do something."""
    return Depends(Signs(act))


ANYBODY: Final = Depends(Anybody())
"""The dependency of what is open to everybody, within limits."""
UNLIMITED: Final = Depends(Unlimited())
