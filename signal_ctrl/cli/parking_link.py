"""How a centre reaches the parking service: by a credential, within a second, in a thread that nobody waits for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.centre.guided import GuidedDrivers
from signal_ctrl.cli.parking_session import read_parking_credential
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.gateways.parking_client import ParkingClient
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.parking_inflow import AHEAD_QUERY, INFLOW, ParkingInflow
from signal_ctrl.web.parking_view import ParkingView

TIMEOUT_S: Final = 1.0
SLOW: Final = 1.2
"""Roads that take this many times as long as when they are empty are told. [P]"""


@dataclass(frozen=True, slots=True)
class ParkingAt:
    """Where the parking service is, and how the centre signs there."""

    address: str
    credential: Credential
    authority: str | None


def parking_at(address: str, credential: Path | None, authority: Path | None) -> ParkingAt | None:
    """Return where the parking service is, None where none is named. Raises: InvalidInputError."""
    if not address:
        return None
    if credential is None:
        raise InvalidInputError("--parking needs --parking-credential, a credential of kind 'centre'")
    return ParkingAt(address, read_parking_credential(credential), str(authority) if authority else None)


def parking_view(at: ParkingAt, watch: Watch, clock: Clock) -> ParkingView:
    """Return the centre's view of the service; what parking wants on shared signs is on the centre's board from here.

    Raises: InvalidInputError for an address that is none.
    """
    client = ParkingClient(at.address, at.credential, at.authority, TIMEOUT_S)
    board = watch.diversions.board
    view = ParkingView(client.ask, clock, board.live, lambda: slow_roads(watch))
    board.add(view.texts)
    return view


def parking_inflow(at: ParkingAt, watch: Watch, clock: Clock, view: ParkingView) -> ParkingInflow:
    """Return what asks for the inflow of guided drivers, by a connection of its own; what counts of it is foretold to
    cabinets from here on, beside what others foretell.

    Raises: InvalidInputError for an address that is none.
    """
    client = ParkingClient(at.address, at.credential, at.authority, TIMEOUT_S)
    drivers = GuidedDrivers(watch.desk, watch.network)
    watch.centre.foretelling.sources.append(drivers.foretold)
    found = ParkingInflow(lambda: client.ask("GET", INFLOW, query=AHEAD_QUERY), drivers.hear, clock)
    view.inflow = found.shown
    return found


def told(view: ParkingView | ParkingInflow) -> Callable[[], tuple[str, ...]]:
    """Return the job that asks the service."""

    def job() -> tuple[str, ...]:
        view.poll()
        return ()

    return job


def slow_roads(watch: Watch) -> Mapping[str, float]:
    """Return how long the roads take that are slower than usual now. [s]"""
    network, minute = watch.network(), watch.shown()
    if network is None or minute is None or len(minute.travel_time_s) != len(network.roads):
        return {}
    pairs = zip(network.roads, minute.travel_time_s.tolist(), strict=True)
    return {road.road: time_s for road, time_s in pairs if SLOW * road.free_time_s < time_s < 86_400}
