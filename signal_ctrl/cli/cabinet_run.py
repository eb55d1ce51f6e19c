"""`signal-ctrl cabinet run` put together: files read, agent made, process run."""

import json
import secrets
import stat
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import typer

from detectors.crossings.approaches import with_crossings
from detectors.crossings.waiting import CrossingSense
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.cabinet.advising import Sight
from signal_ctrl.cabinet.agent import Agent, Identity
from signal_ctrl.cabinet.board import SimulatedBoard
from signal_ctrl.cabinet.link_client import LinkSettings
from signal_ctrl.cabinet.local_plan import local_plan
from signal_ctrl.cabinet.self_report import Status
from signal_ctrl.cabinet.street import Equipment
from signal_ctrl.cli.stopping import tidy_end
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.credential import Credential, credential_from_json
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.timetable import Timetable, instant_of
from signal_ctrl.engine.adviser import JunctionAdviser, check_layout
from signal_ctrl.engine.schedule_rung import PlanAt
from signal_ctrl.gateways.adviser_process import AdviserProcess
from signal_ctrl.gateways.cabinet_host import CabinetHost, status_document
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.file_shelf import FileShelf
from signal_ctrl.gateways.layout_file import read_layout
from signal_ctrl.gateways.loop_tail import LoopTail, LoopTails
from signal_ctrl.gateways.signatures import verifier
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.gateways.whole_file import read_whole
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.plan_file import read_plan
from sumo_scenarios.schedule_file import read_schedule
from sumo_scenarios.site_files import read_site

RECALL: Final = "recall"


class Files(NamedTuple):
    """What a cabinet is made of, as files."""

    site: Path
    credential: Path
    data: Path
    plan: Path | None
    schedule: Path | None
    authority: Path | None
    lamps: Path | None
    layout: Path | None = None
    loops: Path | None = None
    buttons: Path | None = None
    crossings: CrossingSense | None = None
    countdowns: Path | None = None


def run_cabinet(
    centre: str, files: Files, settings: LinkSettings, board: SimulatedBoard, for_s: float, as_json: bool
) -> None:
    """Run a cabinet until somebody asks it to stop, or for a time [s]. Raises: InvalidInputError for its files."""
    credential = read_credential(files.credential)
    kernel = Kernel(read_site(files.site))
    local, schedule = _local(files.plan, kernel), _schedule(files.schedule, kernel)
    with ExitStack() as at_end:
        wire = CabinetWire(centre, None if files.authority is None else str(files.authority))
        at_end.callback(wire.close)
        shelf, clock = FileShelf(files.data), SystemClock()
        at_end.callback(shelf.close)
        eyes = _eyes(files, kernel, clock)
        if eyes is not None:
            at_end.callback(eyes.adviser.close)
        identity = Identity(credential.cabinet, credential.key, verifier(credential.centre_public))
        equipment = Equipment(kernel, board, local, schedule, sight=None if eyes is None else eyes.sight)
        agent = Agent(identity, equipment, shelf, clock, secrets.token_bytes, settings)
        chore = _nothing if eyes is None else eyes.tail.poll
        host = CabinetHost(agent, wire, board, clock, files.data, files.lamps, chore, files.countdowns)
        ends_s = time.monotonic() + for_s if for_s > 0 else None
        with tidy_end() as stop:
            host.run(lambda: stop.asked or (ends_s is not None and time.monotonic() >= ends_s), Teller(host, as_json))


def _nothing() -> None:
    """Do nothing: a cabinet without loops has no chore."""


class Eyes(NamedTuple):
    """What lets a cabinet see, and what is to be closed at the end."""

    sight: Sight
    tail: LoopTails
    adviser: AdviserProcess


def _eyes(files: Files, kernel: Kernel, clock: Clock) -> Eyes | None:
    """Return the sight of a cabinet that has loops. Raises: InvalidInputError for files that do not belong together."""
    if files.layout is None and files.loops is None:
        if files.buttons is not None or files.crossings is not None:
            raise InvalidInputError("--crossings and --buttons need --layout and --loops: people are weighed by those")
        return None
    if files.layout is None or files.loops is None:
        raise InvalidInputError(
            "give --layout and --loops, or neither: loops are of use where it is known how they lie"
        )
    if files.buttons is not None and files.crossings is None:
        raise InvalidInputError("--buttons needs --crossings buttons or --crossings sensors, which says what they are")
    layout, settings, site = read_layout(files.layout), RolloutSettings(), kernel.site
    check_layout(site, layout)
    whole = layout if files.crossings is None else with_crossings(layout, site)
    inputs = dict.fromkeys(path for path in (files.loops, files.buttons) if path is not None)
    tails = LoopTails(*(LoopTail(path, whole, clock) for path in inputs))
    adviser = AdviserProcess(partial(JunctionAdviser, site, layout, settings, files.crossings))
    return Eyes(Sight(layout, tails, adviser, settings.horizon_s, files.crossings), tails, adviser)


def crossing_sense(word: str) -> CrossingSense | None:
    """Return what is at the kerbs by its word, None: nothing. Raises: InvalidInputError for another word."""
    if word == RECALL:
        return None
    try:
        return CrossingSense(word)
    except ValueError:
        words = ", ".join((RECALL, *(sense.value for sense in CrossingSense)))
        raise InvalidInputError(f"--crossings takes {words}, not '{word}'") from None


def channels_of(site_path: Path, layout_path: Path) -> list[tuple[int, str, str, float]]:
    """Return channel, what it is, where, and how far before the stop line [m], of every loop and crossing."""
    site, layout = read_site(site_path), read_layout(layout_path)
    check_layout(site, layout)
    loops = with_crossings(layout, site).loops
    n = len(layout.loops)
    return [(loop.channel, "loop" if k < n else "button", loop.lane_id, loop.to_stop_m) for k, loop in enumerate(loops)]


class Teller:
    """Prints the status when something in it has changed."""

    def __init__(self, host: CabinetHost, as_json: bool) -> None:
        self._host = host
        self._as_json = as_json
        self._before = ""

    def __call__(self, status: Status) -> None:
        """Look at a status."""
        line = f"{status.summary}, {'centre answers' if status.answers else 'no centre'}"
        line += f", overrides {', '.join(status.overrides)}" if status.overrides else ""
        if line == self._before:
            return
        self._before = line
        if self._as_json:
            line = json.dumps(status_document(self._host.agent, status, self._host.frames))
        typer.echo(line)


def read_credential(path: Path) -> Credential:
    """Return the credential of a file. Raises: InvalidInputError if it is none, or others may read it."""
    text = read_whole(path, "credential", 1 << 12)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InvalidInputError(f"others may read {path}; run: chmod 600 {path}")
    try:
        return credential_from_json(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _local(path: Path | None, kernel: Kernel) -> SignalPlan | None:
    if path is None:
        return local_plan(kernel) if len(kernel.site.stages) > 1 else None
    plan = read_plan(path).of(kernel.site.signal_id)
    if plan is None:
        raise InvalidInputError(f"{path} holds no plan of signal {kernel.site.signal_id}")
    return plan


def _schedule(path: Path | None, kernel: Kernel) -> PlanAt | None:
    """Return the plan by time of day; the common clock counts tenths of a second of UTC."""
    if path is None:
        return None
    timetable = Timetable(read_schedule(path), instant_of("1970-01-02T00:00Z"), 864_000)
    signal = kernel.site.signal_id
    return lambda common_ds: timetable.of(signal, common_ds)
