"""What all requests of one application share, and how a route gets at it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.requests import Request

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor
from signal_ctrl.centre.identity_services import Identity
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import NotLoggedInError
from signal_ctrl.watch.past.recorder import Recorder
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.alarm_news import AlarmNews, in_turn
from signal_ctrl.web.audit_view import AuditVerify, chain_of
from signal_ctrl.web.city_look import CityLook
from signal_ctrl.web.junction_view import JunctionLook
from signal_ctrl.web.link_look import LinkLook
from signal_ctrl.web.link_news import LinkNews
from signal_ctrl.web.metrics import Metrics
from signal_ctrl.web.parking_view import ParkingView
from signal_ctrl.web.past_look import PastLook
from signal_ctrl.web.rates import Rates
from signal_ctrl.web.settings import Settings
from signal_ctrl.web.slow_work import SlowWork
from signal_ctrl.web.stream_hub import StreamHub

CABINET_HEADER: Final = "signal-ctrl-cabinet"

LoginCheck = Callable[[Request], Awaitable[Actor]]
"""Says who asks. Raises NotLoggedInError; ForbiddenError for a write that another site may have sent."""


async def no_cabinets(_: Request) -> Actor:
    """Say that no cabinet is known here. Raises: NotLoggedInError."""
    raise NotLoggedInError("no cabinet is known here")


@dataclass(frozen=True, slots=True)
class Context:
    """What all requests share.

    `centre`, the services of the centre; `watch`, those of watching the city; `identity`, those that know people.
    `cabinets` knows who signed a request that carries the header `Signal-Ctrl-Cabinet`. `slow_work` hashes passwords;
    `hub`, who listens to the stream; `links`, the state of the links as it is shown; `city`, its figures;
    `recorder`, keeps what is shown; `verify`, the check of the audit;
    `parking`, what is known of the parking service, where one is named.
    """

    clock: Clock
    centre: Centre
    watch: Watch
    identity: Identity
    settings: Settings
    metrics: Metrics
    rates: Rates
    slow_work: SlowWork
    hub: StreamHub
    links: LinkLook
    city: CityLook
    recorder: Recorder
    verify: AuditVerify
    cabinets: LoginCheck = no_cabinets
    parking: ParkingView | None = None


class Seams(NamedTuple):
    """What an application takes from outside: who signed a cabinet's request, and how the audit is verified.

    `asking`, the clock by which it is counted how often somebody asks, where the centre's own is not the wall's: that
    of a simulated city stands while the machine does not keep up. `parking`, what is known of the parking service.
    """

    cabinets: LoginCheck = no_cabinets
    verify: AuditVerify | None = None
    asking: Clock | None = None
    parking: ParkingView | None = None


_NO_SEAMS: Final = Seams()


def new_context(
    clock: Clock, watch: Watch, identity: Identity, settings: Settings, seams: Seams = _NO_SEAMS
) -> Context:
    """Return the context of a new application, with counters at zero."""
    metrics, centre, links = Metrics(), watch.centre, LinkLook(watch)
    city, more = CityLook(watch, links), in_turn((LinkNews(links), AlarmNews(centre.store)))
    return Context(
        clock=clock,
        centre=centre,
        watch=watch,
        identity=identity,
        settings=settings,
        metrics=metrics,
        rates=Rates(seams.asking or clock, metrics),
        slow_work=SlowWork(metrics),
        hub=StreamHub(centre.store, clock, JunctionLook(centre), identity.sessions.still, more, links.there),
        links=links,
        city=city,
        recorder=Recorder(watch.desk, PastLook(watch, links, city), settings.past_days),
        verify=seams.verify or (lambda: chain_of(centre.store)),
        cabinets=seams.cabinets,
        parking=seams.parking,
    )


def context_of(request: Request) -> Context:
    """Return what all requests of this application share."""
    context: Context = request.app.state.context
    return context


def address_of(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client is not None else "unknown"
