"""A simulated city from its order to its end, in this process: one page at one address shows what goes on in it."""

import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.centre.cabinets import Place
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.web.page_routes import check_built
from signal_ctrl.web.settings import LOOPBACK, Settings, is_within
from sumo_scenarios import catalogue
from sumo_scenarios.city_demo.city import DISTRICT, City, read_city
from sumo_scenarios.city_demo.driver import CityDriver, Showing
from sumo_scenarios.city_demo.pace import Pace
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.logs import EventLog
from sumo_scenarios.outcome import Further, LoopOutcome, Stop
from sumo_scenarios.over_http.centre import Beside, Served
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.special_loop.run import additional_text, type_rows
from sumo_scenarios.world import World

LATE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class CityOrder:
    """A city to be shown. [s]

    `speed` times as fast as the wall's clock, after `warm_up_s` of the simulation as fast as the machine goes; until
    the demand of the scenario ends, or for `lasts_s` by the wall's clock. `reports` and `pictures`, folders that the
    page shows; `beside`, a parking service.
    """

    settings: RunSettings
    speed: float = 1.0
    warm_up_s: float = 180.0
    lasts_s: float | None = None
    reports: Path | None = None
    pictures: Path | None = None
    beside: Beside | None = None

    def __post_init__(self) -> None:
        if self.settings.controller != "fixed":
            raise InvalidInputError("the cabinets of a city keep plans: its controller is fixed")
        if not 0.5 <= self.speed <= 100:
            raise InvalidInputError(f"--speed is 0.5 to 100 times the wall's clock, got {self.speed:g}")
        if not 0 <= self.warm_up_s <= 3600 or (self.lasts_s is not None and not self.lasts_s > 0):
            raise InvalidInputError("--warm-up is 0 to 3600 s, and --minutes more than 0")


def loopback_listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens on this machine alone.

    Raises: InvalidInputError for an address that others reach; BackendError if the port is taken.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if not is_within(address, LOOPBACK[:1]):
        raise InvalidInputError(f"a demo asks nobody for an account, so it is served on 127.0.0.1 alone, not on {host}")
    try:
        return socket.create_server((address, port))
    except (OSError, OverflowError) as error:
        raise BackendError(f"cannot listen on {address}, port {port}: {error}") from error


def run_city(
    order: CityOrder, listener: socket.socket, say: Callable[[str], None], ready: Callable[[str], None], stop: Stop
) -> LoopOutcome:
    """Run a city until somebody asks to stop, or it is over.

    Args: say, told what goes on; ready, told the address when the page may be opened.
    Raises: as `run_loop`.
    """
    check_built()
    scenario = catalogue.resolve(order.settings.scenario)
    say(f"{scenario.name}: making its roads, plans and feeds; a whole town takes a minute or two")
    begin_s, _ = times_of(scenario, order.settings)
    paced_from_s = begin_s + order.warm_up_s
    pace = Pace(order.speed, paced_from_s, time.time, time.sleep)
    city = read_city(scenario, begin_s)

    def make(
        world: World, settings: RunSettings, simulation: Simulation, folder: Path, begin_s: float, events: EventLog
    ) -> CityDriver:
        now_s = round(time.time())
        pace.anchor(paced_from_s, now_s)
        shown = Settings(secure=False, demo_speed=order.speed, reports=order.reports, pictures=order.pictures)
        served = _served(city, shown, listener, 1000 * round(now_s - paced_from_s), order.beside)
        say(f"{scenario.name}: {len(world.units)} signals, {len(city.network.roads)} roads; filling the streets")
        return CityDriver(Showing(city, served, pace, ready), world, settings, simulation, folder, begin_s, events)

    def is_over() -> bool:
        lasts_s = order.lasts_s
        return stop() or (lasts_s is not None and pace.time_s >= paced_from_s + lasts_s * order.speed)

    with tempfile.TemporaryDirectory(prefix="signal-ctrl-city-") as scratch:
        folder, loops, crews = (Path(scratch) / name for name in ("run", "city.add.xml", "crews.add.xml"))
        folder.mkdir()
        city.write_loops(loops)
        crews.write_text(additional_text(type_rows(order.settings.scale)), encoding="utf-8")
        return run_loop(order.settings, folder, _late(pace, say), is_over, make, further=Further((loops, crews)))


def _served(city: City, settings: Settings, listener: socket.socket, utc_ms: int, beside: Beside | None) -> Served:
    def place_of(signal: str) -> Place:
        lon, lat = city.signals[signal]
        return Place(DISTRICT, "", signal, lon, lat)

    return Served(utc_ms, settings, listener, place_of, watches=True, beside=beside)


def _late(pace: Pace, say: Callable[[str], None]) -> Callable[[float, int, int], None]:
    """Return what looks whether the machine keeps up, and says so once if it does not."""
    told: list[bool] = []

    def look(time_s: float, running: int, _arrived: int) -> None:
        if time_s > pace.paced_from_s + 60 and pace.late_s > LATE_S and not told:
            told.append(True)
            say(f"the machine does not keep this speed with {running} vehicles: the city is {pace.late_s:.0f} s late")

    return look
