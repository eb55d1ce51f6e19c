"""Adaptive control beside a cabinet: what the loops tell goes to an adviser, its answer is compared, or drives.

All of this is called by the thread that makes frames, so nothing here waits: a glimpse is handed over, and the answer
to an earlier one is there or it is not. What the adviser says counts only while it is fresh and sound; see `drive`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from detectors.crossings.waiting import CrossingSense
from detectors.loops.events import LoopEvent
from optimiser.controller import Decision, Situation
from signal_ctrl.cabinet.arrivals import Arrivals
from signal_ctrl.cabinet.detector_faults import DetectorFaults
from signal_ctrl.cabinet.group_counts import GroupCounts
from signal_ctrl.domain.errors import BackendTimeoutError, InvalidInputError
from signal_ctrl.domain.link.arrivals import ARRIVALS
from signal_ctrl.domain.link.foretold import Foretold
from signal_ctrl.domain.link.reports import GROUP_COUNT, SHADOW_ADVICE, SHADOW_TOTAL, ReportKind
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.adviser import WARM_S, Advised, Glimpse, is_answer
from signal_ctrl.engine.fallback import MOST_LOST
from signal_ctrl.engine.shadowing import Compared, Running, compare

FRESH_S: Final = 2.0
"""An answer counts for so long after its question. [s] [P]"""
SILENT_S: Final = 3.0
"""An adviser that has not answered for so long is not sound: three missed seconds (K11). [s]"""
PERIOD_MS: Final = 300_000
"""Counts and totals are reported for each five minutes of the wall clock. [ms]"""
TOLD_EVERY_S: Final = 10.0
"""The begin of a difference is told at most so often. [s] [P]"""
_MOST_PENDING: Final = 10
_MILLI: Final = 1000

Tell = Callable[[ReportKind, str, str, Sequence[tuple[str, int]]], None]


class Adviser(Protocol):
    """Whoever advises. Neither call waits."""

    def ask(self, glimpse: Glimpse) -> None:
        """Hand a second over."""
        ...

    @property
    def answer(self) -> Advised | None:
        """The newest answer, None before the first."""
        ...


class Detectors(Protocol):
    """The loops of a cabinet."""

    def read(self, now_s: float) -> Sequence[LoopEvent]:
        """Return the edges since the last call in the order of time [s], without waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Sight:
    """What lets a cabinet see: where its loops lie, what they tell, who advises, how far ahead that one looks. [s]

    `crossings`, what is at the kerbs: `detectors` tells their edges too, by channels behind those of the loops. None:
    nothing is, and crossings are on recall.
    """

    layout: JunctionLayout
    detectors: Detectors
    adviser: Adviser | None = None
    horizon_s: float = 60.0
    crossings: CrossingSense | None = None


@dataclass(slots=True)
class _Tally:
    """What an adviser did since the last total."""

    decisions: int = 0
    differing: int = 0
    comparable: int = 0
    missed: int = 0
    gain_veh_s: float = 0.0


@dataclass(slots=True)
class Advising:
    """The sight of one cabinet at work. `tell` takes reports; `is_heard` says whether the centre can be heard."""

    site: Site
    sight: Sight
    tell: Tell
    is_heard: Callable[[], bool] = lambda: True
    _counts: GroupCounts = field(init=False)
    _arrivals: Arrivals = field(init=False)
    _faults: DetectorFaults = field(init=False)
    _events: tuple[LoopEvent, ...] = ()
    _pending: dict[float, tuple[int, Running[int] | None]] = field(default_factory=dict)
    _heard_s: float | None = None
    _tally: _Tally = field(default_factory=_Tally)
    _since_ms: int | None = None
    _window_s: float | None = None
    _differed: bool = False
    _told_s: float | None = None

    def __post_init__(self) -> None:
        self._counts = GroupCounts(self.site, self.sight.layout)
        self._arrivals = Arrivals(self.sight.layout)
        self._faults = DetectorFaults(self.site, self.sight.layout, self.sight.crossings, self.tell)

    @property
    def answer(self) -> Advised | None:
        """The newest answer, None if there is none that could be one."""
        said = None if self.sight.adviser is None else self.sight.adviser.answer
        return said if is_answer(said) else None

    def fault(self, now_s: float) -> str:
        """Return why the adviser is not sound, empty if it is. [s]"""
        answer = self.answer
        if answer is None:
            return "there is no adviser" if self.sight.adviser is None else "the adviser has not answered yet"
        if not -FRESH_S <= now_s - answer.now_s <= SILENT_S:
            return f"the adviser has not answered for {SILENT_S:g} s"
        if answer.looked_s < WARM_S:
            return f"the adviser has looked for less than {WARM_S:g} s"
        return f"{100 * answer.lost:.0f} % of the detection is lost" if answer.lost > MOST_LOST else ""

    def fresh(self, now_s: float) -> Advised | None:
        """Return the newest answer if it counts. [s]"""
        answer = self.answer
        return answer if answer is not None and -FRESH_S <= now_s - answer.now_s <= FRESH_S else None

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the adviser's wish for what is lit now; the view does not matter. Raises: BackendTimeoutError."""
        answer = self.fresh(situation.now_s)
        if answer is None or answer.decision is None or answer.stage != situation.stage:
            raise BackendTimeoutError("no answer of the adviser")
        return answer.decision

    def begin(self, now_s: float, utc_ms: int, lit: Sequence[int]) -> None:
        """Begin a second: read the loops, count, take in an answer, report what is due. [s] [ms]"""
        self._events = tuple(self.sight.detectors.read(now_s))
        answer = self.answer
        self._counts.take(self._events, lit, () if answer is None else answer.failed)
        if answer is not None and answer.now_s != self._heard_s:
            self._heard_s = answer.now_s
            self._hear(answer, utc_ms - round(_MILLI * (now_s - answer.now_s)))
            self._faults.look(answer.failed, answer.looked_s >= WARM_S)
        self._arrivals.take(self._events, now_s, utc_ms)
        self._arrivals.settle(utc_ms, self.is_heard, lambda text: self.tell(ReportKind.DETECTOR, ARRIVALS, text, ()))
        self._report(utc_ms)

    def ask(
        self,
        now_s: float,
        lamps: str,
        situation: Situation | None,
        running: Running[int] | None,
        coming: tuple[Foretold, ...] = (),
        owed_s: tuple[float, ...] = (),
    ) -> None:
        """Hand the second over to the adviser. [s]

        Args: situation, what there is to be decided, None where nobody wants to know; running, what the plan does, None
            where there is nothing to compare with; coming, who is foretold; owed_s, what groups are owed whose green
            was shortened for a bus.
        """
        adviser = self.sight.adviser
        if adviser is None:
            return
        if situation is not None and running is not None:
            self._pending[now_s] = (situation.stage, running)
            self._forget()
        adviser.ask(Glimpse(now_s, self._events, lamps, situation, running is not None, coming, owed_s))

    def _forget(self) -> None:
        """Give up questions that have no answer."""
        while len(self._pending) > _MOST_PENDING:
            del self._pending[next(iter(self._pending))]
            self._tally.missed += 1

    def _hear(self, answer: Advised, at_utc_ms: int) -> None:
        """Take in an answer: those to earlier questions will not come any more."""
        for asked_s in [s for s in self._pending if s < answer.now_s]:
            del self._pending[asked_s]
            self._tally.missed += 1
        stage, running = self._pending.pop(answer.now_s, (-1, None))
        decision = answer.decision
        if decision is None or running is None or answer.stage != stage or answer.looked_s < WARM_S:
            return
        self._tally.decisions += 1
        if not decision.candidates:  # nobody is coming, or the stage is too young: whatever the plan does costs nothing
            self._tally.comparable += 1
            return
        try:
            wish, delays = compare(decision.candidates, running), compare(answer.delays, running)
            found = replace(delays, advised=wish.advised, advised_in_s=wish.advised_in_s, differs=wish.differs)
            self._compared(found, answer.now_s, at_utc_ms)
        except InvalidInputError:
            self._tally.missed += 1

    def _compared(self, found: Compared[int], now_s: float, at_utc_ms: int) -> None:
        tally = self._tally
        tally.differing += found.differs
        if found.second_veh_s is not None:
            tally.comparable += 1
            tally.gain_veh_s += found.second_veh_s
        window = self._window_s is None or now_s - self._window_s >= self.sight.horizon_s
        begins = found.differs and not self._differed
        self._differed = found.differs
        told = begins and (self._told_s is None or now_s - self._told_s >= TOLD_EVERY_S)
        self._window_s = now_s if window else self._window_s
        self._told_s = now_s if told else self._told_s
        if window or told:
            self._say(found, window)

    def _say(self, found: Compared[int], window: bool) -> None:
        values = [
            ("ran", found.running.stage),
            ("plan_next", found.running.next_stage),
            ("plan_next_in_ms", _milli(found.running.next_in_s)),
            ("advised", found.advised),
            ("advised_in_ms", _milli(found.advised_in_s)),
            ("advised_milli_veh_s", _milli(found.advised_cost_veh_s)),
            ("horizon_s", round(self.sight.horizon_s)),
            ("differs", int(found.differs)),
            ("window", int(window)),
        ]
        if found.plan_cost_veh_s is not None:
            values.append(("plan_milli_veh_s", _milli(found.plan_cost_veh_s)))
        self.tell(ReportKind.EVENT, SHADOW_ADVICE, "", values)

    def _report(self, utc_ms: int) -> None:
        """Report counts and totals at the end of each five minutes; a clock that went back begins anew."""
        since_ms = self._since_ms
        if since_ms is None or utc_ms < since_ms:
            self._since_ms = utc_ms
            return
        seconds = (utc_ms - since_ms) // _MILLI
        if utc_ms // PERIOD_MS == since_ms // PERIOD_MS or seconds < 1:
            return
        self._since_ms = utc_ms
        vehicles = round(self._counts.vehicles)
        for group, count in self._counts.settle():
            self.tell(ReportKind.DETECTOR, GROUP_COUNT, group, (("seconds", seconds), ("vehicles", count)))
        self._total(seconds, vehicles)

    def _total(self, seconds: int, vehicles: int) -> None:
        tally, self._tally = self._tally, _Tally()
        if not tally.decisions and not tally.missed:
            return
        values = (
            ("seconds", seconds),
            ("decisions", tally.decisions),
            ("differing", tally.differing),
            ("comparable", tally.comparable),
            ("missed", tally.missed),
            ("gain_milli_veh_s", _milli(tally.gain_veh_s)),
            ("vehicles", vehicles),
        )
        self.tell(ReportKind.EVENT, SHADOW_TOTAL, "", values)


def _milli(value: float) -> int:
    return round(_MILLI * value)
