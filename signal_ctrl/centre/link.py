"""The centre's end of the link: who asks, what a poll gets, what becomes of acknowledgements and reports.

A poll touches memory alone. What is written is written once, with its nonce, and answered after the durable commit.
"""

from typing import Final, NamedTuple

from signal_ctrl.centre.adaptive import Adaptive
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.centre.link_counts import apply_counts
from signal_ctrl.centre.link_faults import apply_fault, said_of
from signal_ctrl.centre.link_gate import KEPT_MS, LinkGate, LinkHeaders, Turned, Verified, Why
from signal_ctrl.centre.link_keys import KeyRing
from signal_ctrl.centre.link_reports import ReportDesk
from signal_ctrl.centre.link_shadow import apply_shadow
from signal_ctrl.centre.link_starts import Seen, Starts
from signal_ctrl.centre.link_starving import apply_starving
from signal_ctrl.centre.link_values import Double, Start, StoredAck
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.ports import Importance, Transaction
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import ConflictError, LockedError, NotFoundError, ReplayedError
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, ack_from_bytes
from signal_ctrl.domain.link.mac import Asked
from signal_ctrl.domain.link.orders import etag_of
from signal_ctrl.domain.link.reports import Batch, ReportKind, batch_from_bytes
from signal_ctrl.domain.secrecy import Box

REFRESH_MS: Final = 20_000
"""Keys are read anew so often: a revoked one is refused within a minute, on every machine of the centre. [ms]"""
RAW_KEPT_MS: Final = 30 * 24 * 3_600_000
"""Batches are kept for 30 days. SAFETY part D, retention. [ms]"""
DOUBLE: Final = "duplicate cabinet"
_TIDY_MS: Final = 60_000


class LinkAnswer(NamedTuple):
    """What goes back. `etag` without quotes, `signature` in hex."""

    status: int
    body: bytes = b""
    etag: str = ""
    signature: str = ""


class Link:
    """All links to cabinets."""

    def __init__(self, centre: Centre, box: Box) -> None:
        self._centre = centre
        self._desk = centre.desk
        self.ring = KeyRing(box)
        self.gate = LinkGate(self.ring, self._desk.clock)
        self.starts = Starts()
        self.adaptive = Adaptive()
        self._reports = ReportDesk(self._apply)
        self._unkept: dict[str, Start] = {}
        self._undoubled: set[str] = set()
        self._loaded_ms = 0
        self._tidied_ms = 0

    def open(self) -> None:
        """Load what is served from memory."""
        links = self._desk.store.read(lambda t: (t.links.starts(), t.links.doubles(), t.links.secrets()))
        self.starts.load(links[0], links[1])
        self.ring.load(links[2])
        self._loaded_ms = self._tidied_ms = self._desk.clock.mono_ms()

    def reload_keys(self) -> None:
        """Read the keys anew."""
        self.ring.load(self._desk.store.read(lambda t: t.links.secrets()))
        self._loaded_ms = self._desk.clock.mono_ms()

    def enter(self, headers: LinkHeaders, asked: Asked) -> Verified | Turned:
        """Return who asks, or why nobody is let in. What was stamped before a later start of its cabinet is late."""
        entered = self.gate.enter(headers, asked)
        if isinstance(entered, Turned):
            return entered
        stamp = entered.stamp
        seen = self.starts.see(stamp, self._desk.now_ms())
        if seen is Seen.LATE:
            return Turned(Why.REPLAYED, entered)
        if seen is Seen.NEW:
            self._unkept[stamp.cabinet] = Start(stamp.cabinet, stamp.boot, stamp.time_utc_ms)
        if self.starts.double(stamp.cabinet) is not None:
            self._undoubled.add(stamp.cabinet)
        self._centre.registry.heard(stamp.cabinet)
        return entered

    def poll(self, verified: Verified, etag: str, query: str = "") -> LinkAnswer:
        """Return the orders of a cabinet, or that it has them. Nothing is written.

        Args: query, what the poll tells of the lamps; any other one is passed over.

        Raises: NotFoundError if there are none; LockedError if the cabinet is there twice or this is not the true one.
        """
        stamp = verified.stamp
        if self.starts.double(stamp.cabinet) is not None or self.starts.is_banned(stamp.cabinet, stamp.boot):
            raise LockedError(f"cabinet {stamp.cabinet} is there twice; it gets orders when the true one is named")
        if query:
            self._centre.lamps.hear(stamp.cabinet, query, self._desk.now_ms(), self._desk.clock.mono_ms())
        served = self._centre.orders.book.answer(stamp.cabinet, etag, self._desk.clock.mono_ms())
        if served is None:
            return LinkAnswer(304, etag=etag)
        return LinkAnswer(200, served.body, served.etag, served.signature)

    def time(self) -> LinkAnswer:
        """Return the centre's time."""
        return LinkAnswer(200, canonical({"utc_ms": self._desk.now_ms()}).encode())

    def decide(self, verified: Verified, body: bytes) -> LinkAnswer:
        """Return what the optimiser of a cabinet answers to what it sees. Raises: NotFoundError; InvalidInputError."""
        return LinkAnswer(200, self.adaptive.decide(verified.stamp.cabinet, body))

    def foretell(self, verified: Verified) -> LinkAnswer:
        """Return who comes to a cabinet whom it does not see yet."""
        return LinkAnswer(200, self._centre.foretelling.answer(verified.stamp.cabinet))

    async def acknowledge(self, verified: Verified, body: bytes) -> LinkAnswer:
        """Take an acknowledgement; the answer is given when it is durable.

        Raises: InvalidInputError for what is none; ConflictError if another one is here under its key; NotFoundError if
        it is another cabinet's; ReplayedError; StorageError.
        """
        ack = ack_from_bytes(body)
        if ack.cabinet != verified.stamp.cabinet:
            raise NotFoundError("there is no such cabinet")

        def work(t: Transaction) -> Delivery | None:
            self._use_nonce(t, verified)
            return self._acknowledged(t, ack, etag_of(body))

        delivery = await self._desk.store.awrite(work)
        self._kept(verified)
        if delivery is not None:
            self._centre.registry.acknowledged(delivery)
        return LinkAnswer(200, canonical({"taken": True}).encode())

    def _acknowledged(self, t: Transaction, ack: Acknowledgement, digest: str) -> Delivery | None:
        known = t.links.ack(*ack.key)
        if known is not None and known.boot == ack.boot and known.digest != digest:
            raise ConflictError(f"another acknowledgement of {ack.version} as {ack.state.value} is here")
        if known is None or known.boot != ack.boot:
            t.links.put_ack(StoredAck(*ack.key, ack.boot, digest, self._desk.now_ms()))
        return self._centre.orders.acknowledged(t, ack)

    async def report(self, verified: Verified, body: bytes, old: bool) -> LinkAnswer:
        """Take a batch of reports; the answer is given when it is durable.

        Raises: as `acknowledge`; another batch under its number is a sign that the cabinet is there twice.
        """
        batch = batch_from_bytes(body)
        if batch.cabinet != verified.stamp.cabinet:
            raise NotFoundError("there is no such cabinet")
        now_ms = self._desk.now_ms()

        def work(t: Transaction) -> bytes:
            self._use_nonce(t, verified)
            return self._reports.take(t, batch, body, now_ms, old)

        try:
            answer = await self._desk.store.awrite(work, Importance.ESSENTIAL if batch.is_kept else Importance.RAW)
        except ConflictError:
            self.starts.doubled(batch.cabinet, (batch.boot, verified.stamp.boot), now_ms, "numbers are used twice")
            self._undoubled.add(batch.cabinet)
            raise
        self._kept(verified)
        self._hear(batch, old)
        return LinkAnswer(200, answer)

    def _use_nonce(self, t: Transaction, verified: Verified) -> None:
        """Use the nonce of a write up for good, and keep its start. Raises: ReplayedError if it was used before."""
        stamp = verified.stamp
        if not t.links.use_nonce(stamp.cabinet, stamp.nonce, self._desk.now_ms()):
            raise ReplayedError("this request was taken before")
        start = self._unkept.get(stamp.cabinet)
        if start is not None and start.boot == stamp.boot and t.links.start(stamp.cabinet, stamp.boot) is None:
            t.links.put_start(start)

    def _kept(self, verified: Verified) -> None:
        """Note that the start of a cabinet is durable."""
        start = self._unkept.get(verified.stamp.cabinet)
        if start is not None and start.boot == verified.stamp.boot:
            del self._unkept[verified.stamp.cabinet]

    def _apply(self, t: Transaction, batch: Batch, late: bool) -> None:
        apply_counts(self._centre.traffic, t, batch.cabinet, batch.reports)
        for report in batch.reports:
            apply_fault(self._centre.faults, t, batch, report, late)
            apply_shadow(self._centre.shadow, t, batch.cabinet, report)
            apply_starving(self._centre.alarms, t, batch.cabinet, report, late)

    def _hear(self, batch: Batch, old: bool) -> None:
        """Note what a cabinet says of itself now."""
        self._centre.recent.hear(batch)
        beats = [report for report in batch.reports if report.kind is ReportKind.HEARTBEAT]
        if beats and not old:
            self._centre.registry.says(batch.cabinet, said_of(beats[-1]))

    def tick(self) -> None:
        """Do what is due; called once a second."""
        mono_ms = self._desk.clock.mono_ms()
        self._keep_doubles()
        if mono_ms - self._loaded_ms >= REFRESH_MS:
            self.reload_keys()
        if mono_ms - self._tidied_ms >= _TIDY_MS:
            self._tidied_ms = mono_ms
            self._tidy(self._desk.now_ms())

    def _keep_doubles(self) -> None:
        """Keep doubles that were found meanwhile, and raise their alarm."""
        found = [d for name in sorted(self._undoubled) if (d := self.starts.double(name)) is not None]
        if not found:
            return

        def work(t: Transaction) -> None:
            for double in found:
                self._keep_double(t, double)

        self._desk.store.write(work, Importance.ESSENTIAL)
        self._undoubled.difference_update(double.cabinet for double in found)

    def _keep_double(self, t: Transaction, double: Double) -> None:
        known = {each.cabinet: each for each in t.links.doubles()}
        if known.get(double.cabinet) == double:
            return
        t.links.put_double(double)
        text = f"cabinet {double.cabinet} is there twice ({double.why}); name the true start: {', '.join(double.boots)}"
        self._centre.alarms.raise_(t, DOUBLE, double.cabinet, Severity.CRITICAL, text)
        t.record(CENTRE, "duplicate cabinet", f"cabinet {double.cabinet}", double.why, self._desk.now_ms())

    def _tidy(self, now_ms: int) -> None:
        def work(t: Transaction) -> None:
            t.links.forget_nonces(now_ms - KEPT_MS)
            t.links.forget_batches(now_ms - RAW_KEPT_MS)

        self._desk.store.write(work, Importance.ESSENTIAL)
