"""The cabinet's end of the link, without a wire: what to ask next, and what to make of each answer.

One request is under way at a time. What is due first: the time if the two clocks are far apart, then acknowledgements,
then the poll, then who is foretold where that is wanted, then one batch of reports a poll. What is posted waits while
polls have no answer; a post without one waits for longer each time and holds up no poll.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.cabinet.desk import Desk, Verdict
from signal_ctrl.cabinet.held import Held
from signal_ctrl.cabinet.outbox import Outbox, Pending
from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cabinet.reconnect import Reconnect, drawn
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cabinet.timekeeping import CabinetClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, AckState, ack_to_bytes
from signal_ctrl.domain.link.foretold import Foretelling, foretelling_from_bytes
from signal_ctrl.domain.link.mac import SIGNATURE, WINDOW_MS
from signal_ctrl.domain.secrecy import RandomBytes
from signal_ctrl.domain.site_parts import is_whole

POLL_MS: Final = (1_000, 5_000)
LOST_AFTER_S: Final = (10, 65_535)
OLD_MS: Final = 60_000
"""Reports that are sent so long after they were made are marked old. [ms]"""
MAX_ACKS: Final = 64
TIME_EVERY_MS: Final = 60_000
"""How often the time is asked for while nothing else is accepted. [ms]"""
FORETOLD_AGAIN_MS: Final = 30_000
"""An answer that did not come, or was refused, is asked for anew after so long. [ms] [P]"""
TIME_PATH: Final = "/v1/time"
_JITTER: Final = 10
_MS_PER_S: Final = 1_000
LOCKED: Final = 423
"""The status of a poll of a cabinet that is there twice."""
_NEVER_TO_BE: Final = frozenset({400, 404, 409, 413, 415, 422})
_LATER: Final = frozenset({429, 503})

Notice = Callable[[str, str], None]
"""Is told of what goes wrong on the link: a rule, and words."""


class Errand(Enum):
    """What a request is for."""

    TIME = "time"
    ACKNOWLEDGE = "acknowledge"
    POLL = "poll"
    REPORT = "report"
    FORETOLD = "foretold"


_POSTS: Final = frozenset({Errand.ACKNOWLEDGE, Errand.REPORT})


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How often a cabinet polls, and when the centre counts as lost."""

    poll_ms: int = 1_000
    lost_after_s: int = 60

    def __post_init__(self) -> None:
        if not is_whole(self.poll_ms, POLL_MS):
            raise InvalidInputError(f"poll every {POLL_MS[0]} to {POLL_MS[1]} ms, got {self.poll_ms}")
        if not is_whole(self.lost_after_s, LOST_AFTER_S):
            low, high = LOST_AFTER_S
            raise InvalidInputError(f"the centre is lost after {low} to {high} s, got {self.lost_after_s}")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The request that was sent last and has no answer yet."""

    errand: Errand
    ask: Ask
    sent_mono_ms: int
    ack: Acknowledgement | None = None
    pending: Pending | None = None


class LinkClient:
    """One cabinet's link."""

    def __init__(
        self,
        signer: Signer,
        clock: CabinetClock,
        random_bytes: RandomBytes,
        outbox: Outbox,
        settings: LinkSettings,
        notice: Notice,
        query: Callable[[], str] = str,
        wants_foretold: Callable[[], bool] = lambda: False,
    ) -> None:
        """Args: query, returns what the next poll tells by the way; wants_foretold, whether anybody wants to know who
        is foretold.
        """
        self._query = query
        self._wants_foretold = wants_foretold
        self._signer = signer
        self._clock = clock
        self._random_bytes = random_bytes
        self._outbox = outbox
        self._settings = settings
        self._notice = notice
        self._reconnect = Reconnect(random_bytes)
        self._repost = Reconnect(random_bytes)
        self._post_at_ms = clock.mono_ms()
        self._acks: deque[Acknowledgement] = deque(maxlen=MAX_ACKS)
        self._told: list[Acknowledgement] = []
        self._quiet_until_ms = clock.mono_ms()
        self._poll_at_ms = clock.mono_ms()
        self._time_at_ms: int | None = clock.mono_ms()
        self._may_report = False
        self._foretold_at_ms = clock.mono_ms()
        self.foretelling: Foretelling | None = None
        self.under_way: UnderWay | None = None
        self.heard_mono_ms: int | None = None
        self.answers = False
        self.duplicate = False

    @property
    def lost(self) -> bool:
        """Whether there was no 200 or 304 to a poll for so long that the centre counts as lost."""
        heard_ms = self.heard_mono_ms
        return heard_ms is None or self._clock.mono_ms() - heard_ms > 1000 * self._settings.lost_after_s

    def acknowledge(self, held: Held, state: AckState, reasons: tuple[str, ...]) -> None:
        """Tell the centre how far orders have come: at once, and again if it has not heard."""
        ack = Acknowledgement(
            self._signer.cabinet,
            self._signer.boot,
            held.orders.version,
            held.etag,
            state,
            self._clock.utc_ms(),
            reasons,
        )
        self._told = [told for told in self._told if told.etag == ack.etag and told.state is not state] + [ack]
        self._acks.append(ack)

    def wait(self, ms: int) -> None:
        """Say nothing for a time: those who are switched on together need not speak together. [ms]"""
        self._quiet_until_ms = max(self._quiet_until_ms, self._clock.mono_ms() + ms)

    def next_ask(self, etag: str) -> Ask | None:
        """Return the request that is due now, None if none is. Args: etag, of the newest orders here."""
        mono_ms = self._clock.mono_ms()
        if self.under_way is not None or mono_ms < self._quiet_until_ms:
            return None
        self.under_way = self._due(mono_ms, etag)
        return None if self.under_way is None else self.under_way.ask

    def _due(self, mono_ms: int, etag: str) -> UnderWay | None:
        if self._time_at_ms is not None:
            if mono_ms < self._time_at_ms:
                return None
            return UnderWay(Errand.TIME, self._signer.ask("GET", TIME_PATH), mono_ms)
        may_post = self.answers and mono_ms >= self._post_at_ms
        if self._acks and may_post:
            ask = self._signer.ask("POST", self._path("acknowledgements"), body=ack_to_bytes(self._acks[0]))
            return UnderWay(Errand.ACKNOWLEDGE, ask, mono_ms, ack=self._acks[0])
        if mono_ms >= self._poll_at_ms:
            return UnderWay(Errand.POLL, self._signer.ask("GET", self._path("plan"), self._query(), etag=etag), mono_ms)
        return self._less_urgent(mono_ms, may_post)

    def _less_urgent(self, mono_ms: int, may_post: bool) -> UnderWay | None:
        if self.answers and mono_ms >= self._foretold_at_ms and self._wants_foretold():
            return UnderWay(Errand.FORETOLD, self._signer.ask("GET", self._path("foretold")), mono_ms)
        pending = self._outbox.first() if self._may_report and may_post else None
        if pending is None:
            return None
        ask = self._signer.ask("POST", self._path("events"), self._age_of(pending), pending.data)
        return UnderWay(Errand.REPORT, ask, mono_ms, pending=pending)

    def _path(self, what: str) -> str:
        return f"/v1/cabinets/{self._signer.cabinet}/{what}"

    def _age_of(self, pending: Pending) -> str:
        late = self._clock.utc_ms() - pending.made_utc_ms > OLD_MS
        return "old=1" if late or pending.sealed.boot != self._signer.boot else ""

    def failed(self, retry_after_ms: int | None = None) -> None:
        """Take in that the request under way has no answer, or none that counts. [ms]"""
        way, self.under_way = self.under_way, None
        self._may_report = False
        if way is not None and way.errand in _POSTS:
            self._post_at_ms = self._clock.mono_ms() + self._repost.wait_ms(retry_after_ms)
            return
        if way is not None and way.errand is Errand.FORETOLD:  # it costs nothing but weights: polls go on
            self._foretold_at_ms = self._clock.mono_ms() + max(FORETOLD_AGAIN_MS, retry_after_ms or 0)
            return
        self.answers = False
        self._quiet_until_ms = self._clock.mono_ms() + self._reconnect.wait_ms(retry_after_ms)
        self._poll_at_ms = self._quiet_until_ms

    def answered(self, answer: Answer, desk: Desk, may_step: bool) -> None:
        """Take in the answer to the request under way.

        Args: desk, where orders go; may_step, whether no lamp is on the street, so that the clock may be set.
        Raises: BackendError if orders cannot be stored; they count as not received.
        """
        way, mono_ms = self.under_way, self._clock.mono_ms()
        if way is None:
            return
        centre_utc_ms = self._signer.time_of(way.ask, answer)
        if centre_utc_ms is None:
            self._unknown(way, answer)
            return
        self._clock.observe(way.sent_mono_ms, mono_ms, centre_utc_ms, may_step)
        self._time_at_ms = mono_ms + TIME_EVERY_MS if abs(self._clock.offset_ms) > WINDOW_MS else None
        if answer.status in (200, 201, 202, 204, 304):
            self.under_way = None
            self._succeeded(way, answer, mono_ms, desk)
        else:
            self._refused(way, answer)

    def _unknown(self, way: UnderWay, answer: Answer) -> None:
        """Take in an answer that is not certainly the centre's: it changes nothing, but may ask for patience."""
        if answer.status not in _LATER:
            self._notice("B/answer", f"an answer {answer.status} to {way.errand.value} without the centre's code")
        self.failed(_retry_after_ms(answer))

    def _succeeded(self, way: UnderWay, answer: Answer, mono_ms: int, desk: Desk) -> None:
        (self._repost if way.errand in _POSTS else self._reconnect).reached()
        self.answers = True
        if way.ack is not None and way.ack in self._acks:
            self._acks.remove(way.ack)
        elif way.pending is not None:
            self._outbox.done(way.pending.sealed)
            self._may_report = False
        elif way.errand is Errand.FORETOLD:
            self._foretold(answer, mono_ms)
        elif way.errand is Errand.POLL:
            self._polled(way, answer, mono_ms, desk)

    def _foretold(self, answer: Answer, mono_ms: int) -> None:
        """Take in who is foretold; what cannot be read, or is for another cabinet, counts for nothing."""
        self.foretelling, self._foretold_at_ms = None, mono_ms + FORETOLD_AGAIN_MS
        try:
            found = foretelling_from_bytes(answer.body)
        except InvalidInputError as error:
            self._notice("B/foretold", str(error))
            return
        if found.cabinet != self._signer.cabinet:
            self._notice("B/foretold", f"who is foretold to cabinet {found.cabinet}")
            return
        self.foretelling, self._foretold_at_ms = found, mono_ms + _MS_PER_S * found.again_s

    def _polled(self, way: UnderWay, answer: Answer, mono_ms: int, desk: Desk) -> None:
        self.heard_mono_ms = mono_ms
        self.duplicate = False
        self._may_report = True
        poll_ms = self._settings.poll_ms
        spread_ms = poll_ms // _JITTER
        drawn_ms = drawn(self._random_bytes, 2 * spread_ms + 1) - spread_ms
        self._poll_at_ms = max(way.sent_mono_ms + max(poll_ms + drawn_ms, POLL_MS[0]), mono_ms)
        if answer.status == 304:
            return
        received = desk.receive(answer.body, answer.header(SIGNATURE))
        if received.verdict is Verdict.DROPPED:
            self._notice(received.rule, received.detail)
        elif received.verdict is Verdict.SAME:
            self._acks.extend(ack for ack in self._told if ack not in self._acks)

    def _refused(self, way: UnderWay, answer: Answer) -> None:
        """Take in a refusal that is certainly the centre's."""
        if way.errand is Errand.POLL and answer.status == LOCKED:
            if not self.duplicate:
                self._notice("B/duplicate", "the centre sees this cabinet twice; it runs its local plan")
            self.duplicate = True
        elif answer.status in _NEVER_TO_BE:
            self._given_up(way, answer.status)
        self.failed(_retry_after_ms(answer))

    def _given_up(self, way: UnderWay, status: int) -> None:
        """Do not send again what the centre will never take."""
        if way.ack is not None and way.ack in self._acks:
            self._acks.remove(way.ack)
            self._notice(
                "B/acknowledgement", f"the centre refused the acknowledgement '{way.ack.state.value}': {status}"
            )
        elif way.pending is not None:
            self._outbox.done(way.pending.sealed)
            self._notice("B/reports", f"the centre refused reports {way.pending.sealed.sequence}: {status}")


def _retry_after_ms(answer: Answer) -> int | None:
    """Return how long to wait if the answer says so, as whole seconds. [ms]"""
    text = answer.header("retry-after")
    if answer.status not in _LATER or not (text.isascii() and text.isdigit() and len(text) < 7):
        return None
    return 1000 * int(text)
