"""One signal of a run as a cabinet: the real agent and its real HTTP client, on the engine that the run steps."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from optimiser.controller import Decision, Situation
from signal_ctrl.cabinet.agent import Agent, Identity
from signal_ctrl.cabinet.in_force import InForce
from signal_ctrl.cabinet.link_client import LinkSettings
from signal_ctrl.cabinet.office import Office
from signal_ctrl.cabinet.ports import Answer, Ask, MemoryShelf
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cabinet.street import Fitting, Frames
from signal_ctrl.cabinet.timekeeping import CabinetClock
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import BackendError, BackendTimeoutError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.exchange import answer_from_bytes, question_to_bytes
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.engine.ladder import Rung
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.signatures import verifier
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.latch import Latch
from sumo_scenarios.link_conditions import LinkConditions

STALE_MS: Final = 2_000
"""An answer counts for so long after its question. [ms]"""
PATIENCE_MS: Final = 5_000
_A_STEP: Final = 4
"""So many requests a second beside the exchange."""


class FaultyWire:
    """A real connection, with what a wire may do to it."""

    def __init__(self, wire: CabinetWire, conditions: LinkConditions, rng: random.Random, clock: ManualClock) -> None:
        self._wire = wire
        self._conditions = conditions
        self._rng = rng
        self._clock = clock
        self.time_s = 0.0
        self.counts: Counter[str] = Counter()

    def carry(self, ask: Ask) -> tuple[Answer | None, int]:
        """Return the answer, None if there is none, and when it is here by the clock of the run. [ms]"""
        self.counts["requests"] += 1
        arrives_ms = self._clock.mono_ms() + 2 * self._conditions.delay_ms
        if self._conditions.is_out(self.time_s) or self._lost():
            self.counts["lost"] += 1
            return None, arrives_ms
        try:
            answer = self._wire.carry(ask)
        except BackendError:
            self.counts["failed"] += 1
            return None, arrives_ms
        self.counts[str(answer.status)] += 1
        if self._lost():
            self.counts["lost"] += 1
            return None, arrives_ms
        return answer, arrives_ms

    def _lost(self) -> bool:
        return self._conditions.loss > 0 and self._rng.random() < self._conditions.loss

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


class RemoteController:
    """A controller that runs at the centre: each question goes there, and answers count while they are fresh.

    Without one the ladder is told that a deadline was missed, or, where there is no ladder, the stage is kept.
    """

    def __init__(self, cabinet: str, has_ladder: bool) -> None:
        self.cabinet = cabinet
        self._has_ladder = has_ladder
        self._answers: list[tuple[int, int, Decision]] = []
        self.missed = 0
        self._signer: Signer | None = None
        self._wire: FaultyWire | None = None
        self._clock: ManualClock | None = None

    def connect(self, signer: Signer, wire: FaultyWire, clock: ManualClock) -> None:
        """Give it the link of its cabinet."""
        self._signer, self._wire, self._clock = signer, wire, clock

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the newest answer that counts. Raises: BackendTimeoutError if there is none and a ladder to tell."""
        now_ms = self._ask(view, situation)
        fresh = [one for one in self._answers if now_ms - one[0] <= STALE_MS]
        self._answers = fresh
        here = [(asked_ms, decision) for asked_ms, here_ms, decision in fresh if here_ms <= now_ms]
        for _, decision in sorted(here, key=lambda one: -one[0]):
            if decision.stage in (situation.stage, *situation.stages):
                return decision
        self.missed += 1
        if self._has_ladder:
            raise BackendTimeoutError("no answer of the centre")
        return Decision(situation.stage, (), "no answer of the centre")

    def _ask(self, view: JunctionView, situation: Situation) -> int:
        """Send a question and keep its answer for when it is here; return the time. [ms]"""
        if self._signer is None or self._wire is None or self._clock is None:
            raise BackendTimeoutError("there is no link yet")
        now_ms = self._clock.mono_ms()
        body = question_to_bytes(view, situation)
        ask = self._signer.ask("POST", f"/v1/cabinets/{self.cabinet}/decisions", body=body)
        answer, here_ms = self._wire.carry(ask)
        if answer is not None and answer.status == 200 and self._signer.time_of(ask, answer) is not None:
            self._answers.append((now_ms, here_ms, answer_from_bytes(answer.body)))
        return now_ms


@dataclass(slots=True)
class RunEquipment:
    """The engine of a signal, which the run steps, as a cabinet's equipment."""

    engine: JunctionEngine

    @property
    def kernel(self) -> Kernel:
        """Its kernel."""
        return self.engine.kernel

    def street(self, clock: CabinetClock, latch: Latch | None, office: Office) -> Frames:
        """Return the side that makes frames: the run does."""
        site = self.kernel.site
        in_force = InForce(site, self.engine, clock, lambda name, code, text: office.happened(code, f"{name}: {text}"))
        return RunStreet(self.engine, in_force, RunRung(self.engine), office)


@dataclass(frozen=True, slots=True)
class RunRung:
    """The ladder of a signal, to look at."""

    engine: JunctionEngine
    running: SignalPlan | None = None
    adaptive: bool = False

    @property
    def rung(self) -> Rung:
        """Who decides now."""
        return self.engine.rung


@dataclass(slots=True)
class RunStreet:
    """Frames are the run's; what is left is to put overrides into force."""

    engine: JunctionEngine
    in_force: InForce
    control: RunRung
    office: Office
    may_step: bool = False

    def frame(self) -> None:
        """Put overrides into force: the run makes the frame."""
        self.in_force.update(self.office.ordered.overrides, self.engine.frame_ds)

    def prepare(self) -> None:
        """Do nothing: the plans are the run's."""

    def ask_reset(self) -> None:
        """Do nothing: nobody is at the cabinet."""


@dataclass(slots=True)
class RunCabinet:
    """One cabinet of a run."""

    agent: Agent
    wire: FaultyWire
    clock: ManualClock
    _answer: tuple[Answer | None, int] | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def step(self, time_s: float) -> None:
        """Keep house and talk, once a second. [s]"""
        self.wire.time_s = time_s
        self.agent.frame()
        self.agent.housekeep()
        review = self.agent.review()
        if review is not None:
            self.agent.reviewed(review[0], review[1]())
        self.counts["alone_s"] += self.agent.link.lost
        for _ in range(_A_STEP):
            if self._answer is None:
                ask = self.agent.next_ask()
                if ask is None:
                    return
                self._answer = self.wire.carry(ask)
            if not self._arrived():
                return

    def _arrived(self) -> bool:
        """Return whether the request under way is over: answered, or waited for long enough."""
        if self._answer is None:
            return True
        answer, here_ms = self._answer
        now_ms = self.clock.mono_ms()
        way = self.agent.link.under_way
        if answer is not None and now_ms >= here_ms:
            self.agent.take(answer)
        elif answer is None and (way is None or now_ms - way.sent_mono_ms >= PATIENCE_MS):
            self.agent.no_answer()
        else:
            return False
        self._answer = None
        return True


def new_cabinet(
    credential: Credential,
    fitting: Fitting,
    wire: FaultyWire,
    clock: ManualClock,
    rng: random.Random,
) -> RunCabinet:
    """Return a cabinet with an empty shelf."""
    identity = Identity(credential.cabinet, credential.key, verifier(credential.centre_public))
    agent = Agent(identity, fitting, MemoryShelf(), clock, rng.randbytes, LinkSettings())
    return RunCabinet(agent, wire, clock)
