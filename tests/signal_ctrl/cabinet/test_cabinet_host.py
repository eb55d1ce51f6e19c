"""A cabinet as a process: what lies in its folder, however odd, ends neither it nor what else lies there."""

import json
import secrets
import time
from pathlib import Path

import pytest

from bench.link.site import trial_plan, trial_site
from signal_ctrl.cabinet.agent import Agent, Identity
from signal_ctrl.cabinet.board import SimulatedBoard
from signal_ctrl.cabinet.link_client import LinkSettings
from signal_ctrl.cabinet.outbox import Outbox
from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cabinet.street import Equipment
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.reports import STARTED, batch_from_bytes
from signal_ctrl.gateways.cabinet_host import FORCED, RESET, STATUS, CabinetHost
from signal_ctrl.gateways.file_shelf import FileShelf
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.kernel.kernel import Kernel


class NoCentre:
    """A wire without anybody at its other end."""

    def carry(self, ask: Ask) -> Answer:
        raise BackendError("nobody answers")


def host(folder: Path) -> CabinetHost:
    site, board, clock = trial_site("cab-1"), SimulatedBoard(), SystemClock()
    kernel = Kernel(site)
    identity = Identity("cab-1", b"k" * 32, lambda _data, _signature: False)
    equipment = Equipment(kernel, board, trial_plan(site))
    agent = Agent(identity, equipment, FileShelf(folder), clock, secrets.token_bytes, LinkSettings())
    return CabinetHost(agent, NoCentre(), board, clock, folder)  # type: ignore[arg-type]  # all that is used of a wire


def run_until(cabinet: CabinetHost, done: Path) -> None:
    ends_s = time.monotonic() + 20
    cabinet.run(lambda: done.exists() or time.monotonic() > ends_s, lambda _status: None)


@pytest.mark.parametrize(
    "forced", ["[]", "3", '{"main": null}', '{"main": Infinity}', '{"main": "x"}', "{", "[" * 100_000]
)
def test_a_file_of_lamps_that_is_none_hinders_neither_status_nor_reset(tmp_path: Path, forced: str) -> None:
    cabinet = host(tmp_path)
    name = cabinet.agent.street.engine.kernel.site.groups[0].name
    (tmp_path / FORCED).write_text(forced.replace("main", name))
    (tmp_path / RESET).touch()
    run_until(cabinet, tmp_path / STATUS)
    assert json.loads((tmp_path / STATUS).read_text())["boot"] == cabinet.agent.boot
    assert not (tmp_path / RESET).exists()
    assert cabinet.board.forced == {}


def test_what_has_gathered_is_on_the_shelf_when_the_program_ended_in_order(tmp_path: Path) -> None:
    cabinet = host(tmp_path)
    boot = cabinet.agent.boot
    run_until(cabinet, tmp_path / STATUS)
    again = Outbox("cab-1", "b" * 32, 2, FileShelfAgain(tmp_path))
    first = again.first()
    assert first is not None
    batch = batch_from_bytes(first.data)
    assert (batch.boot, batch.reports[0].code, batch.reports[0].text) == (boot, STARTED, boot)


class FileShelfAgain(FileShelf):
    """The same folder, looked at while the agent that is over still has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
