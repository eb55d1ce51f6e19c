"""How `signal-ctrl demo --city` runs a city and says where its page is."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from signal_ctrl.cli.aside import Aside
from signal_ctrl.cli.page_opening import open_page
from signal_ctrl.cli.parking_link import ParkingAt, parking_view, told
from signal_ctrl.cli.stopping import tidy_end
from signal_ctrl.domain.clock import Clock
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.parking_view import ParkingView
from sumo_scenarios.city_demo.run import CityOrder, loopback_listener, run_city
from sumo_scenarios.over_http.centre import Beside
from sumo_scenarios.settings import RunSettings


def show_city(
    scenario: str,
    seed: int,
    begin_s: float | None,
    end_s: float | None,
    where: tuple[str, int],
    how: tuple[float, float, float | None],
    as_json: bool,
    folders: tuple[Path | None, Path | None] = (None, None),
    *,
    parking: ParkingAt | None = None,
    opens: bool = False,
) -> int:
    """Show a city until Ctrl-C, or its end; return the exit code.

    Args: where, host and port; how, speed, warm-up [s], minutes; folders, of reports and of pictures of junctions;
        parking, a service to look at; opens, whether the page is opened in the browser of this machine.
    Raises: InvalidInputError; BackendError.
    """
    speed, warm_up_s, minutes = how
    settings = RunSettings(scenario, "fixed", seed, begin_s=begin_s, end_s=end_s)
    order = CityOrder(settings, speed, warm_up_s, None if minutes is None else 60 * minutes, *folders, _beside(parking))
    listener = loopback_listener(*where)

    def say(line: str, **more: str) -> None:
        typer.echo(json.dumps({"message": line, **more}) if as_json else line)
        sys.stdout.flush()

    def ready(address: str) -> None:
        clock = "the clock is the wall's" if speed == 1 else f"the clock goes {speed:g} times as fast as the wall's"
        say(f"DEMO: open {address}  ({clock}; Ctrl-C ends it)", address=address)
        if opens:
            open_page(address, say)

    with listener, own_output(), tidy_end() as stop:
        outcome = run_city(order, listener, say, ready, lambda: stop.asked)
    shown_min = max(outcome.end_s - outcome.begin_s - warm_up_s, 0.0) / 60
    say(f"ended after {shown_min:.1f} simulated minutes; wrong lamps: {outcome.violations}")
    return int(outcome.violations > 0)


def _beside(at: ParkingAt | None) -> Beside | None:
    """Return what makes the view of a parking service, asked in a thread that nobody waits for."""
    if at is None:
        return None

    def made(watch: Watch, clock: Clock) -> tuple[ParkingView, Callable[[], None]]:
        view = parking_view(at, watch, clock)
        return view, Aside(told(view)).look

    return made


@contextlib.contextmanager
def own_output() -> Iterator[None]:
    """Keep standard output for what is said here: SUMO writes to it as well, past Python."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as own, open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            with contextlib.redirect_stdout(own):
                yield
        finally:
            own.flush()
            os.dup2(own.fileno(), 1)
