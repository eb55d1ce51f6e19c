"""A whole centre on a socket of this machine, in a thread, by simulated time."""

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import uvicorn

from optimiser.controller import Controller
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.identity_services import Keepers, identity_services, login_alarm
from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.link import Link
from signal_ctrl.centre.link_admin import LinkAdmin
from signal_ctrl.centre.shadow_values import ADVICE
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.centre.traffic_values import FLOWS
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.foretold import Foretold
from signal_ctrl.domain.plan import Plan, plan_to_json
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.key_box import KeyBox
from signal_ctrl.stores.opening import open_memory
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.app import make_app
from signal_ctrl.web.context import Seams, new_context
from signal_ctrl.web.feed_front import FeedFront
from signal_ctrl.web.link_front import LinkFront
from signal_ctrl.web.link_routes import who_signed
from signal_ctrl.web.logs import logs_from
from signal_ctrl.web.parking_view import ParkingView
from signal_ctrl.web.settings import Settings

HOST: Final = "127.0.0.1"
UTC_MS: Final = 1_767_571_200_000
"""Monday 2026-01-05, 00:00 UTC: when simulation second 0 is by the clock of the centre of a run. [ms]"""
_START_S: Final = 20.0
_RUN: Final = Place("run")
Beside = Callable[[Watch, Clock], tuple[ParkingView, Callable[[], None]]]


@dataclass(frozen=True, slots=True)
class Served:
    """How the centre of a run is served.

    `utc_ms`, when simulation second 0 is by its clock [ms]; `listener`, the socket that it listens on, None for one of
    its own; `place_of`, where the cabinet of a signal stands; `watches`, whether it watches the city and tells who
    listens to its stream; `beside`, makes the view of a parking service, and what asks it once a second; `step`, done
    before cabinets talk, once a second [s]; `coming`, who comes to a signal at a time [s], as its cabinet is told.
    """

    utc_ms: int = UTC_MS
    settings: Settings = field(default_factory=lambda: Settings(production=False, secure=False))
    listener: socket.socket | None = None
    place_of: Callable[[str], Place] = lambda _signal: _RUN
    watches: bool = False
    beside: Beside | None = None
    step: Callable[[float], None] = lambda _: None
    coming: Callable[[str, float], list[Foretold]] = lambda _signal, _now_s: []


class RunCentre:
    """The centre of one run."""

    def __init__(self, clock: Clock, folder: Path, served: Served | None = None) -> None:
        """Args: folder, for its keys, gone with the run."""
        self._served = served or Served()
        self._quiet = ExitStack()
        self._quiet.enter_context(logs_from(logging.ERROR))
        self._clock = clock
        self._store = open_memory()
        self._box = KeyBox(folder / "identity.key")
        self._key = CentreKey(secrets.token_bytes(32))
        self._socket = self._served.listener or socket.create_server((HOST, 0))
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.controllers: dict[str, Controller] = {}
        self._ask: Callable[[], None] | None = None
        self._begin()

    @property
    def address(self) -> str:
        """Where it answers."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def _begin(self) -> None:
        """Start the services on what is durable, and serve them."""
        centre = Centre(self._store, self._clock, secrets.token_bytes, self._key)
        centre.start()
        centre.foretelling.sources.append(self._coming)
        link = self.link = Link(centre, self._box)
        link.open()
        link.adaptive.controllers = self.controllers
        keepers = Keepers(self._box, frozenset, login_alarm(centre.alarms))
        identity = identity_services(self._store, self._clock, secrets.token_bytes, keepers)
        self.watch = watch = Watch(centre, self._box)
        if self._served.watches:
            watch.start()
        asking = None if self._served.settings.demo_speed is None else SystemClock()
        view: ParkingView | None = None
        if self._served.beside is not None:
            view, self._ask = self._served.beside(watch, self._clock)
        seams = Seams(who_signed, asking=asking, parking=view)
        context = new_context(self._clock, watch, identity, self._served.settings, seams)
        self.hub, self.recorder = context.hub, context.recorder
        app = make_app(context)
        self.admin = app.state.link_admin = LinkAdmin(centre, link, self._box)
        self.centre = centre
        inner = FeedFront(app, watch.feeds.gate, self._clock)
        self._serve(LinkFront(inner, link, self._clock, context.rates, context.metrics))

    def _serve(self, front: LinkFront) -> None:
        # with a log_config uvicorn shuts every handler of the process, and absl's closes standard output as it goes
        config = uvicorn.Config(
            front, log_config=None, log_level="error", access_log=False, lifespan="off", timeout_keep_alive=3600
        )
        self._server = uvicorn.Server(config)
        own = socket.fromfd(self._socket.fileno(), self._socket.family, self._socket.type)
        self._thread = threading.Thread(target=self._server.run, args=([own],), daemon=True, name="centre")
        self._thread.start()
        until_s = time.monotonic() + _START_S
        while not self._server.started:
            if time.monotonic() > until_s or not self._thread.is_alive():
                raise BackendError("the centre of the run does not start; see --json for its error")
            time.sleep(0.005)

    def _end(self) -> None:
        self.hub.close()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join()

    def restart(self) -> None:
        """End the process's services and start them again: what was in memory is lost."""
        self._end()
        self._begin()

    def enrol(self, cabinet: str, site: Site) -> Credential:
        """Take a cabinet in."""
        return self.admin.enrol("run", cabinet, site_to_json(site), self._served.place_of(site.signal_id))

    def _coming(self, signal: str, utc_ms: int) -> list[Foretold]:
        return self._served.coming(signal, (utc_ms - self._served.utc_ms) / 1000)

    def engineer(self) -> Actor:
        """Return who brings in what a centre begins with."""
        return Actor("run", Role.ENGINEER, second_factor_utc_ms=self._clock.utc_ms())

    def issue(self, plan: Plan, begin_utc_ms: int) -> None:
        """Issue a plan to all cabinets that it is for, together, from a time on. [ms]"""
        self.centre.plans.upload(self.engineer(), plan_to_json(plan))
        self.centre.issuing.issue(self.engineer(), IssueWish(plan.name, not_before_utc_ms=begin_utc_ms, together=True))

    def switch(self, cabinets: Sequence[str], mode: ControlMode) -> None:
        """Say who decides at cabinets from now on."""
        self.centre.shadow.switch(self.engineer(), cabinets, mode)

    def figures(self, cabinets: Sequence[str]) -> dict[str, Any]:
        """Return what the centre knows of cabinets at the end: counts, advice, the report of each."""
        store, now_ms = self.centre.store, self._clock.utc_ms()
        reports = [self.centre.shadow.report(cabinet, 0, now_ms + 1) for cabinet in cabinets]
        return {
            "group_counts": store.read(lambda r: r.shelf(FLOWS).count()),
            "vehicles": sum(flow.vehicles for flow in store.read(lambda r: r.shelf(FLOWS).find(limit=1_000_000))),
            "advice": store.read(lambda r: r.shelf(ADVICE).count()),
            "shadow": {report.cabinet: {**asdict(report), "mode": report.mode.value} for report in reports},
        }

    def tick(self) -> None:
        """Do what is due; called once a second."""
        self.centre.tick()
        self.link.tick()
        if self._served.watches:
            self.watch.tick()
            self.hub.tick()
            self.recorder.tick()
        if self._ask is not None:
            with suppress(BackendError):  # a service beside that is silent is said so on the page
                self._ask()

    def close(self) -> None:
        """End it for good."""
        self._end()
        self._socket.close()
        self._store.close()
        self._quiet.close()
