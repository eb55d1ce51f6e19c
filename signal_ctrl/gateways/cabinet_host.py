"""A cabinet as a process: one thread makes frames, this one keeps house, two more wait for the wire and rehearse plans.

Files in its folder that are not the shelf's: `status.json`, written every second, and `lamps-forced.json` and
`reset-asked`, which `signal-ctrl cabinet lamp` and `cabinet reset` write there. Whoever may write into the folder
stands at the cabinet.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from signal_ctrl.cabinet.agent import Agent
from signal_ctrl.cabinet.board import SimulatedBoard
from signal_ctrl.cabinet.countdowns import CountdownTale
from signal_ctrl.cabinet.held import Held
from signal_ctrl.cabinet.ports import Answer
from signal_ctrl.cabinet.self_report import Status
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.orders import signal_plan_hash
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.whole_file import write_whole

FRAME_MS: Final = 100
HOUSE_S: Final = 0.05
STATUS: Final = "status.json"
FORCED: Final = "lamps-forced.json"
RESET: Final = "reset-asked"
_MS: Final = 1000


@dataclass(slots=True)
class Frames:
    """How the frames have gone: how many, how many came more than half a frame late, the longest one took. [ms]"""

    made: int = 0
    late: int = 0
    longest_ms: float = 0.0


@dataclass(slots=True)
class CabinetHost:
    """Runs an agent by the machine's clock. `lamps`, where each change of the lamps is written to, if anywhere; `chore`
    is done now and then by the thread that may wait for a disk; `countdowns`, where is written what countdowns show.
    """

    agent: Agent
    wire: CabinetWire
    board: SimulatedBoard
    clock: Clock
    folder: Path
    lamps: Path | None = None
    chore: Callable[[], None] = lambda: None
    countdowns: Path | None = None
    frames: Frames = field(default_factory=Frames)
    _fault: BaseException | None = None

    def run(self, stop: Callable[[], bool], tell: Callable[[Status], None]) -> None:
        """Run until somebody wants to stop. Args: tell, is shown the status once a second.

        Raises: what went wrong in the thread of the frames: a cabinet without frames is to be started anew.
        """
        ending = threading.Event()
        maker = threading.Thread(target=self._make_frames, args=(ending,), name="frames", daemon=True)
        maker.start()
        try:
            with ThreadPoolExecutor(2, thread_name_prefix="cabinet") as pool:
                self._keep_house(pool, lambda: stop() or self._fault is not None, tell)
        finally:
            ending.set()
            maker.join()
            self.agent.put_away()
        if self._fault is not None:
            raise self._fault

    def _make_frames(self, ending: threading.Event) -> None:
        try:
            with _opened(self.lamps) as file, _opened(self.countdowns) as counted:
                shown, tale = "", CountdownTale()
                due_ms = self.clock.mono_ms()
                while not ending.is_set():
                    shown = self._frame(file, shown, due_ms)
                    self._count(counted, tale)
                    now_ms = self.clock.mono_ms()
                    due_ms = max(due_ms + FRAME_MS, now_ms // FRAME_MS * FRAME_MS)
                    ending.wait(max(due_ms - now_ms, 0) / _MS)
        except BaseException as error:  # reported by the other thread, which ends the process
            self._fault = error

    def _frame(self, file: Any, shown: str, due_ms: int) -> str:
        self.frames.late += self.clock.mono_ms() - due_ms > FRAME_MS // 2
        begun_s = time.perf_counter()
        self.agent.frame()
        self.frames.made += 1
        self.frames.longest_ms = max(self.frames.longest_ms, _MS * (time.perf_counter() - begun_s))
        lamps = self.agent.street.engine.lamps
        if lamps != shown and file is not None:
            file.write(f"{self.agent.clock.utc_ms()} {lamps}\n")
            file.flush()
        return lamps

    def _count(self, file: Any, tale: CountdownTale) -> None:
        lines = () if file is None else tale.look(self.agent.street.engine)
        for line in lines:
            file.write(f"{self.agent.clock.utc_ms()} {line}\n")
        if lines:
            file.flush()

    def _keep_house(self, pool: ThreadPoolExecutor, stop: Callable[[], bool], tell: Callable[[Status], None]) -> None:
        waiting: Future[Answer] | None = None
        review: tuple[Held, Future[tuple[str, ...]]] | None = None
        told_ms = 0
        while not stop():
            self.chore()
            self.agent.housekeep()
            waiting = self._talk(pool, waiting)
            review = self._rehearse(pool, review)
            if self.clock.mono_ms() - told_ms >= _MS:
                told_ms = self.clock.mono_ms()
                self._once_a_second(tell)
            time.sleep(HOUSE_S)

    def _talk(self, pool: ThreadPoolExecutor, waiting: Future[Answer] | None) -> Future[Answer] | None:
        if waiting is not None and not waiting.done():
            return waiting
        if waiting is not None:
            try:
                self.agent.take(waiting.result())
            except BackendError:
                self.agent.no_answer()
        ask = self.agent.next_ask()
        return None if ask is None else pool.submit(self.wire.carry, ask)

    def _rehearse(
        self, pool: ThreadPoolExecutor, review: tuple[Held, Future[tuple[str, ...]]] | None
    ) -> tuple[Held, Future[tuple[str, ...]]] | None:
        if review is None:
            new = self.agent.review()
            return None if new is None else (new[0], pool.submit(new[1]))
        held, found = review
        if not found.done():
            return review
        self.agent.reviewed(held, found.result())
        return None

    def _once_a_second(self, tell: Callable[[Status], None]) -> None:
        status = self.agent.status()
        with suppress(OSError, ValueError):  # else the lamps do on as they did
            self.board.forced = _forced(self.folder / FORCED, self.agent)
        with suppress(OSError):
            if (self.folder / RESET).exists():
                (self.folder / RESET).unlink()
                self.agent.street.ask_reset()
        with suppress(OSError):
            write_whole(self.folder / STATUS, json.dumps(status_document(self.agent, status, self.frames)))
        tell(status)


def _forced(path: Path, agent: Agent) -> dict[int, int]:
    """Return the lamps that do not do as they are told, by group. Raises: OSError, ValueError if the file is none."""
    if not path.exists():
        return {}
    names = [group.name for group in agent.street.engine.kernel.site.groups]
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {names.index(name): int(lit) for name, lit in document.items() if name in names}
    except (AttributeError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path} does not say which lamps fail") from error


def status_document(agent: Agent, status: Status, frames: Frames) -> dict[str, Any]:
    """Return what there is to be said of a cabinet, as a JSON object."""
    return {
        "at_utc_ms": agent.clock.utc_ms(),
        "boot": agent.boot,
        "mode": status.mode.value,
        "reason": status.reason,
        "rung": status.decides,
        "plan_sha256": "" if status.running is None else signal_plan_hash(status.running),
        "orders": "" if status.active is None else str(status.active),
        "overrides": list(status.overrides),
        "centre_answers": status.answers,
        "clock_offset_ms": status.offset_ms,
        "reports_waiting": status.waiting,
        "groups": [group.name for group in agent.street.engine.kernel.site.groups],
        "lamps": agent.street.engine.lamps,
        "frames": {"made": frames.made, "late": frames.late, "longest_ms": round(frames.longest_ms, 2)},
    }


def forced_document(forced: Iterable[tuple[str, int]]) -> str:
    """Return the file by which lamps are made to fail."""
    return json.dumps(dict(forced))


def _opened(path: Path | None) -> Any:
    return nullcontext() if path is None else path.open("a", encoding="ascii")
