"""The street under load: feeds in threads, each with its sender; every receipt is noted with what it stands for."""

import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.errors import BackendLostError, SignalCtrlError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_sender import FeedSender
from signal_ctrl.gateways.system_clock import SystemClock

WAIT_S: Final = 20.0


@dataclass(slots=True)
class Journal:
    """What was receipted: bytes of batches by feed, start and number; how long receipts took; what went wrong."""

    receipted: dict[tuple[str, str, int], tuple[bytes, bytes]] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)
    lost: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class TimedWire:
    """Carries requests to wherever the service is just now, and notes how long the answers took."""

    def __init__(self, address: Callable[[], str], journal: Journal) -> None:
        self._address = address
        self._journal = journal
        self._wires: dict[str, CabinetWire] = {}

    def carry(self, ask: Ask) -> Answer:
        """Return the answer. Raises: BackendLostError."""
        address = self._address()
        wire = self._wires.setdefault(address, CabinetWire(address, timeout_s=WAIT_S))
        begun_s = time.perf_counter()
        try:
            answer = wire.carry(ask)
        except BackendLostError:
            with self._journal.lock:
                self._journal.lost += 1
            raise
        if answer.status == 200:
            self._note(ask, answer, time.perf_counter() - begun_s)
        return answer

    def close(self) -> None:
        """Close all connections."""
        for wire in self._wires.values():
            wire.close()

    def _note(self, ask: Ask, answer: Answer, took_s: float) -> None:
        boot = ask.headers["Signal-Ctrl-Boot"]
        number = int(answer.body.decode().split('"sequence":')[1].split(",")[0].rstrip("}"))
        with self._journal.lock:
            self._journal.latencies_s.append(took_s)
            self._journal.receipted[(ask.headers["Signal-Ctrl-Feed"], boot, number)] = (ask.body, answer.body)


class Street:
    """One feed: hands over what it is given, in batches, in a thread of its own."""

    def __init__(self, credential: Credential, address: Callable[[], str], journal: Journal, together: int) -> None:
        boot = secrets.token_bytes(16).hex()
        signer = Signer(credential.cabinet, credential.key, boot, SystemClock(), secrets.token_bytes)
        self._wire = TimedWire(address, journal)
        self.sender = FeedSender(
            self._wire,
            signer,
            random.random,
            sleep=lambda s: time.sleep(min(s, 2.0)),
            together=together,
        )
        self._journal = journal
        self._given: list[dict[str, Any]] = []
        self._wake = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True, name=credential.cabinet)
        self._thread.start()

    def give(self, items: Sequence[dict[str, Any]]) -> None:
        """Hand observations over to be sent."""
        with self._wake:
            self._given.extend(items)
            self._wake.notify()

    def end(self) -> None:
        """Send what is left and end."""
        with self._wake:
            self._ended = True
            self._wake.notify()
        self._thread.join(120)
        self._wire.close()
        if self._thread.is_alive():
            self._journal.wrong.append(f"{self._thread.name} has not ended")

    def _run(self) -> None:
        try:
            while True:
                with self._wake:
                    while not self._given and not self._ended:
                        self._wake.wait()
                    given, self._given = self._given, []
                    if not given and self._ended:
                        return
                for item in given:
                    self.sender.put(item)
                self.sender.flush()
        except SignalCtrlError as error:
            with self._journal.lock:
                self._journal.wrong.append(f"{self._thread.name}: {error}")
