"""`signal-ctrl cabinet run` put together: files read, agent made, process run."""

import json
import secrets
import stat
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import typer

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
from signal_ctrl.gateways.loop_tail import LoopTail
from signal_ctrl.gateways.signatures import verifier
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.gateways.whole_file import read_whole
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.plan_file import read_plan
from sumo_scenarios.schedule_file import read_schedule
from sumo_scenarios.site_files import read_site


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
        host = CabinetHost(agent, wire, board, clock, files.data, files.lamps, chore)
        ends_s = time.monotonic() + for_s if for_s > 0 else None
        with tidy_end() as stop:
            host.run(lambda: stop.asked or (ends_s is not None and time.monotonic() >= ends_s), Teller(host, as_json))


def _nothing() -> None:
    """Do nothing: a cabinet without loops has no chore."""


class Eyes(NamedTuple):
    """What lets a cabinet see, and what is to be closed at the end."""

    sight: Sight
    tail: LoopTail
    adviser: AdviserProcess


def _eyes(files: Files, kernel: Kernel, clock: Clock) -> Eyes | None:
    """Return the sight of a cabinet that has loops. Raises: InvalidInputError for files that do not belong together."""
    if files.layout is None and files.loops is None:
        return None
    if files.layout is None or files.loops is None:
        raise InvalidInputError(
            "give --layout and --loops, or neither: loops are of use where it is known how they lie"
        )
    layout, settings = read_layout(files.layout), RolloutSettings()
    check_layout(kernel.site, layout)
    tail, adviser = (
        LoopTail(files.loops, layout, clock),
        AdviserProcess(partial(JunctionAdviser, kernel.site, layout, settings)),
    )
    return Eyes(Sight(layout, tail, adviser, settings.horizon_s), tail, adviser)


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
