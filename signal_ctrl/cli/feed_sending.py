"""How `signal-ctrl feed send` reads and sends: a file at once, standard input as it comes."""

import queue
import random
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cli.cabinet_run import read_credential
from signal_ctrl.domain.errors import BackendTimeoutError, InvalidInputError
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_rows import rows_of
from signal_ctrl.gateways.feed_sender import FeedSender, Sent
from signal_ctrl.gateways.system_clock import SystemClock

WAIT_S: Final = 30.0
STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class Sending:
    """What is sent from where to where. [s]"""

    file: str
    centre: str
    credential: Path
    authority: Path | None
    together: int
    every_s: float
    give_up_s: float


def send_all(sending: Sending) -> Sent:
    """Send all of a file, or what comes until the end of standard input.

    Raises: InvalidInputError for a row that is none, or a batch that is refused for good; BackendTimeoutError.
    """
    credential = read_credential(sending.credential)
    wire = CabinetWire(sending.centre, str(sending.authority) if sending.authority else None, WAIT_S)
    boot = secrets.token_bytes(ID_BYTES).hex()
    signer = Signer(credential.cabinet, credential.key, boot, SystemClock(), secrets.token_bytes)
    sender = FeedSender(wire, signer, random.random, together=sending.together)
    patience = Patience(sender, sending.give_up_s)
    try:
        if sending.file == STDIN:
            stream(sender, patience, sending.every_s, rows_of(sys.stdin, "standard input"))
        else:
            _file(sender, patience, sending.file)
    finally:
        wire.close()
    return sender.sent


def _file(sender: FeedSender, patience: "Patience", name: str) -> None:
    try:
        with open(name, encoding="utf-8-sig", newline="") as lines:
            for row in rows_of(lines, name):
                sender.put(row)
                if sender.has_batch:
                    sender.flush(patience.is_over)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"cannot read {name}: {error}") from error
    sender.flush(patience.is_over)


def stream(sender: FeedSender, patience: "Patience", every_s: float, items: Iterator[dict[str, Any]]) -> None:
    """Send what comes until its end, every so many seconds. [s]

    It is taken in a thread of its own, so that standard input is read while the centre does not answer.
    Raises: InvalidInputError for a row that is none; BackendTimeoutError.
    """
    rows: queue.SimpleQueue[dict[str, Any] | Exception | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(rows, items), daemon=True, name="rows").start()
    ended = False
    while not ended:
        until_s = time.monotonic() + every_s
        for row in _coming(rows, lambda until=until_s: until - time.monotonic()):  # type: ignore[misc]  # bound now
            if row is None:
                ended = True
                break
            sender.put(row)
        sender.flush(patience.is_over)


def _coming(
    rows: "queue.SimpleQueue[dict[str, Any] | Exception | None]", left_s: Callable[[], float]
) -> Iterator[dict[str, Any] | None]:
    while (wait_s := left_s()) > 0:
        try:
            row = rows.get(timeout=wait_s)
        except queue.Empty:
            return
        if isinstance(row, Exception):
            raise row
        yield row


def _read(rows: "queue.SimpleQueue[dict[str, Any] | Exception | None]", items: Iterator[dict[str, Any]]) -> None:
    try:
        for row in items:
            rows.put(row)
        rows.put(None)
    except Exception as error:  # it is raised where the rows are taken
        rows.put(error)


class Patience:
    """Ends waiting when no batch was receipted for too long."""

    def __init__(self, sender: FeedSender, most_s: float) -> None:
        self._sender = sender
        self._most_s = most_s
        self._batches = -1
        self._since_s = 0.0

    def is_over(self) -> bool:
        """Return False. Raises: BackendTimeoutError when it is over."""
        now_s, batches, tries = time.monotonic(), self._sender.sent.batches, self._sender.sent.tries
        if batches != self._batches or not tries:
            self._batches, self._since_s = batches, now_s
        if now_s - self._since_s > self._most_s:
            raise BackendTimeoutError(
                f"the centre has receipted nothing for {self._most_s:g} s; {batches} batches were"
            )
        return False
