"""The street's side of a feed: observations gathered into numbered batches, sent until each has its receipt."""

import json
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.errors import BackendError, BackendLostError, InvalidInputError
from signal_ctrl.domain.link.mac import CABINET
from signal_ctrl.gateways.backoff import Backoff
from signal_ctrl.watch.intake.batch import FORM

FEED: Final = "Signal-Ctrl-Feed"
MOST_TOGETHER: Final = 1_000
MOST_WAITING: Final = 500_000
"""Observations that wait while the centre does not answer; beyond, the oldest are given up, and counted."""
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
_AGAIN: Final = frozenset({429, 500, 502, 503, 504, 507})


class Wire(Protocol):
    """Carries a request to the centre."""

    def carry(self, ask: Ask) -> Answer:
        """Return the answer. Raises: BackendLostError if there is none."""
        ...


@dataclass(slots=True)
class Sent:
    """What became of the observations: taken, left out by reason, given up before they were sent."""

    batches: int = 0
    tries: int = 0
    taken: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """Where batches go, and how one is written: sender, start, number, items."""

    path: str
    batch: Callable[[str, str, int, list[dict[str, Any]]], bytes]


class FeedSender:
    """Sends for one start of one feed. A batch never changes once it has its number."""

    def __init__(
        self,
        wire: Wire,
        signer: Signer,
        draw: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
        together: int = MOST_TOGETHER,
        where: Where | None = None,
    ) -> None:
        """Args: draw, a number of 0 to 1 by chance; together, observations in a batch; where, default: a centre's."""
        self._where = where or Where(f"/v1/feeds/{signer.cabinet}/observations", FORM.to_bytes)
        self._wire = wire
        self._signer = signer
        self._sleep = sleep
        self._together = together
        self._backoff = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S, draw)
        self._waiting: deque[dict[str, Any]] = deque()
        self._number = 0
        self._body = b""
        self.sent = Sent()

    def put(self, item: dict[str, Any]) -> None:
        """Let an observation wait for its batch."""
        self._waiting.append(item)
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.sent.given_up += 1

    @property
    def has_batch(self) -> bool:
        """Whether a whole batch waits."""
        return len(self._waiting) >= self._together

    def flush(self, until: Callable[[], bool] = lambda: False) -> None:
        """Send everything that waits. Args: until, asked before each try; where it is true, the rest stays.

        Raises: InvalidInputError if the centre refuses a batch for good; BackendError for a receipt that is not the
            centre's.
        """
        while (self._waiting or self._body) and not until():
            if not self._body:
                self._fill()
            wait_s = self._try()
            if wait_s:
                self._sleep(wait_s)

    def _fill(self) -> None:
        self._number += 1
        items = [self._waiting.popleft() for _ in range(min(self._together, len(self._waiting)))]
        self._body = self._where.batch(self._signer.cabinet, self._signer.boot, self._number, items)

    def _try(self) -> float:
        """Send the batch once; return how long to wait before the next try, 0 if it is done. [s]"""
        ask = self._signer.ask("POST", self._where.path, body=self._body)
        headers = {FEED if name == CABINET else name: value for name, value in ask.headers.items()}
        self.sent.tries += 1
        try:
            answer = self._wire.carry(replace(ask, headers=headers))
        except BackendLostError:
            return self._backoff.wait_s()
        if answer.status in _AGAIN:
            said = answer.header("retry-after")
            return max(self._backoff.wait_s(), float(said) if said.isdigit() else 0.0)
        if answer.status != 200:
            raise InvalidInputError(f"the centre refused batch {self._number}: {_detail(answer)}")
        if self._signer.time_of(ask, answer) is None:
            raise BackendError("the receipt is not the centre's: its code is wrong; look at the address and credential")
        self._note(json.loads(answer.body))
        return 0.0

    def _note(self, receipt: dict[str, Any]) -> None:
        self._body = b""
        self._backoff.reached()
        self.sent.batches += 1
        self.sent.taken += receipt["taken"]
        self.sent.left_out.update(receipt["left_out"])


def _detail(answer: Answer) -> str:
    try:
        return f"{answer.status}, {json.loads(answer.body)['detail']}"
    except (ValueError, KeyError, TypeError):
        return str(answer.status)
