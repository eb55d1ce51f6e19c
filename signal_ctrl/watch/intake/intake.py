"""Batches of feeds taken in: each once, kept before it is acknowledged, handed on in the order in which it was kept."""

import base64
import hashlib
import zlib
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.domain.batches import Batch
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import BackendError, ConflictError, InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.conditions.desk import ConditionsDesk
from signal_ctrl.watch.conditions.values import WEATHER
from signal_ctrl.watch.feeds.values import Feed, FeedKind
from signal_ctrl.watch.intake.admission import Admission, Judged
from signal_ctrl.watch.intake.batch import FORM
from signal_ctrl.watch.intake.loop_board import LoopBoard
from signal_ctrl.watch.intake.quality import Quality
from signal_ctrl.watch.intake.values import OBSERVATIONS, OBSERVATIONS_KEPT_MS, StoredObservations, key_of
from signal_ctrl.watch.intake.weather import judge_weather
from signal_ctrl.watch.observations import Observation

_PACK_LEVEL: Final = 3
_PAGE: Final = 100


class Taken(NamedTuple):
    """Observations of one batch that count. [ms]"""

    number: int
    received_utc_ms: int
    observations: tuple[Observation, ...]


class Intake:
    """Takes batches, one after the other."""

    def __init__(
        self, desk: Desk, quality: Quality, conditions: ConditionsDesk, feed_of: Callable[[str], Feed | None]
    ) -> None:
        self._desk = desk
        self._conditions = conditions
        self._quality = quality
        self._feed_of = feed_of
        self._lock = Lock()
        self._admission: Admission | None = None
        self._number = 0
        self._waiting: deque[Taken] = deque()
        self.loops = LoopBoard()

    def take(self, feed: Feed, body: bytes) -> bytes:
        """Keep a batch and return its receipt; for one that is here already, the receipt that it got.

        Raises: InvalidInputError for what is no batch; NotFoundError for another feed's; ConflictError if another batch
            is here under its number; BackendError where no road network is in force yet; StorageError.
        """
        batch = FORM.from_bytes(body)
        if batch.feed != feed.feed:
            raise NotFoundError("there is no such feed")
        digest = hashlib.sha256(body).hexdigest()
        packed = base64.b64encode(zlib.compress(body, _PACK_LEVEL)).decode()
        with self._lock:
            known = self._desk.store.read(
                lambda r: r.shelf(OBSERVATIONS).get(key_of(batch.feed, batch.boot, batch.sequence))
            )
            if known is not None:
                return _known(known, digest)
            return self._keep(feed, batch, digest, packed)

    def _keep(self, feed: Feed, batch: Batch, digest: str, packed: str) -> bytes:
        now_ms, number = self._desk.now_ms(), self._number + 1
        judged = self._judged(feed, batch, now_ms)
        receipt = _receipt(batch, judged)
        stored = StoredObservations(batch.feed, batch.boot, batch.sequence, number, now_ms, digest, packed, receipt)

        def work(t: Transaction) -> None:
            t.shelf(OBSERVATIONS).add(stored)
            t.shelf(WEATHER).put_all(judged.weather)

        self._desk.store.write(work, Importance.RAW)
        self._number = number
        self._quality.of(feed.feed).note(judged.taken, judged.left_out, now_ms)
        for report in judged.weather:
            self._conditions.remember(report)
        if self._admission is not None:
            self._hand_on(self._admission, judged, stored)
        return receipt.encode()

    def _judged(self, feed: Feed, batch: Batch, now_ms: int) -> Judged:
        if feed.kind is FeedKind.SIGNS:
            raise InvalidInputError(f"feed {feed.feed} sets signs and sends nothing; enrol one of another kind")
        if feed.kind is FeedKind.WEATHER:
            return judge_weather(feed, batch.items, now_ms)
        if self._admission is None:
            raise BackendError("no road network is in force yet; an engineer imports one: 'signal-ctrl roads import'")
        return self._admission.judge(feed, batch.items, now_ms)

    def _hand_on(self, admission: Admission, judged: Judged, stored: StoredObservations) -> None:
        admission.remember(judged, stored.received_utc_ms)
        self.loops.take(judged.accepted)
        if judged.accepted:
            self._waiting.append(Taken(stored.number, stored.received_utc_ms, tuple(judged.accepted)))

    def drain(self) -> list[Taken]:
        """Return what was taken since the last time."""
        found = []
        while self._waiting:
            found.append(self._waiting.popleft())
        return found

    def begin(self, network: RoadNetwork, since_utc_ms: int) -> None:
        """Judge by this network from now on, and again what was kept since a time: it waits to be drained. [ms]"""
        with self._lock:
            admission = Admission(network)
            self.loops.begin(network)
            self._waiting.clear()
            for stored in self._kept_since(since_utc_ms):
                self._number = max(self._number, stored.number)
                heard = self._quality.of(stored.feed)
                heard.last_utc_ms = max(heard.last_utc_ms, stored.received_utc_ms)
                feed = self._feed_of(stored.feed)
                if feed is not None and feed.kind is not FeedKind.WEATHER:
                    items = FORM.from_bytes(zlib.decompress(base64.b64decode(stored.packed))).items
                    self._hand_on(admission, admission.judge(feed, items, stored.received_utc_ms), stored)
            self._admission = admission

    def _kept_since(self, since_utc_ms: int) -> list[StoredObservations]:
        """Return batches in the order in which they were taken."""
        found: list[StoredObservations] = []
        before_ms = None
        while page := self._page(since_utc_ms, before_ms):
            found += page
            before_ms = page[-1].received_utc_ms
        return sorted({each.key: each for each in found}.values(), key=lambda each: each.number)

    def _page(self, since_utc_ms: int, before_utc_ms: int | None) -> tuple[StoredObservations, ...]:
        """Return the youngest batches before a time: a page, and all others of its oldest moment. [ms]"""

        def look(reading: Reading) -> tuple[StoredObservations, ...]:
            shelf = reading.shelf(OBSERVATIONS)
            page = shelf.find(None, since_utc_ms, before_utc_ms, _PAGE)
            if len(page) < _PAGE:
                return page
            oldest_ms = page[-1].received_utc_ms
            return (*page, *shelf.find(None, oldest_ms, oldest_ms + 1, 100_000))

        return self._desk.store.read(look)

    def tidy(self) -> None:
        """Take out what is kept long enough."""
        before_ms = self._desk.now_ms() - OBSERVATIONS_KEPT_MS
        self._desk.store.write(lambda t: t.shelf(OBSERVATIONS).forget(before_ms), Importance.ESSENTIAL)


def _known(stored: StoredObservations, digest: str) -> bytes:
    if stored.digest != digest:
        raise ConflictError(f"another batch {stored.sequence} of this start of feed {stored.feed} is here")
    return stored.receipt.encode()


def _receipt(batch: Batch, judged: Judged) -> str:
    left_out = {reason.value: n for reason, n in sorted(judged.left_out.items(), key=lambda each: each[0].value)}
    return canonical({"sequence": batch.sequence, "taken": judged.taken, "left_out": left_out})
