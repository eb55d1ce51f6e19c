"""A centre and some cabinets in simulated time, the real ones, with a wire between them that may do anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bench.centre_app import World, memory_world
from bench.link.clocks import DriftClock
from bench.link.site import trial_plan, trial_site
from bench.link.wire import AsgiWire
from signal_ctrl.cabinet.advising import Sight
from signal_ctrl.cabinet.agent import Agent, Identity
from signal_ctrl.cabinet.board import SimulatedBoard
from signal_ctrl.cabinet.link_client import LinkSettings
from signal_ctrl.cabinet.outbox import CAPACITY
from signal_ctrl.cabinet.ports import Answer, Ask, MemoryShelf
from signal_ctrl.cabinet.street import Equipment
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.order_values import DELIVERIES, Delivery
from signal_ctrl.centre.orders import last_delivery
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.orders import Orders, Version
from signal_ctrl.domain.link.overrides import OverrideOrder
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.engine.schedule_rung import PlanAt
from signal_ctrl.gateways.signatures import verifier
from signal_ctrl.kernel.kernel import Kernel

BEGIN_UTC_MS: Final = 1_800_000_000_000
STEP_MS: Final = 100
PATIENCE_MS: Final = 5_000
"""A request without an answer is given up after so long, as the HTTP client does. [ms]"""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the wire does. Shares are of requests, and of answers; delays are one way, drawn evenly. [ms]"""

    loss: float = 0.0
    duplicate: float = 0.0
    cut: float = 0.0
    half_open: float = 0.0
    delay_ms: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Flight:
    """A request or an answer on its way."""

    due_ms: int
    cabin: Cabin
    ask: Ask
    answer: Answer | None = None
    counts: bool = True


@dataclass(slots=True)
class Shown:
    """One frame: kernel time [ds], (aspect, right) of each group, calls, whether in service."""

    at_ds: int
    shown: tuple[tuple[str, int], ...]
    calls: int
    in_service: bool


@dataclass(slots=True)
class Cabin:
    """One cabinet: what outlives its starts, and the agent of the present one."""

    credential: Credential
    kernel: Kernel
    clock: DriftClock
    board: SimulatedBoard
    shelf: MemoryShelf
    random: random.Random
    settings: LinkSettings
    local: SignalPlan
    schedule: PlanAt | None = None
    capacity: int = CAPACITY
    sight: Sight | None = None
    segments: list[list[Shown]] = field(default_factory=lambda: [[]])
    sent_ms: int = 0
    powered: bool = True
    agent: Agent = field(init=False)

    def start(self) -> None:
        """Make the agent of a new start."""
        identity = Identity(self.credential.cabinet, self.credential.key, verifier(self.credential.centre_public))
        equipment = Equipment(self.kernel, self.board, self.local, self.schedule, sight=self.sight)
        self.agent = Agent(
            identity, equipment, self.shelf, self.clock, self.random.randbytes, self.settings, self.capacity
        )

    @property
    def name(self) -> str:
        """Its id."""
        return self.credential.cabinet

    def record(self) -> None:
        """Write the frame down that is lit."""
        engine = self.agent.street.engine
        core = engine.core
        shown = tuple((group.aspect.value, int(group.right)) for group in core.groups)
        everybody = (1 << len(core.groups)) - 1
        at_ds = self.clock.mono_ms() // 100
        self.segments[-1].append(Shown(at_ds, shown, everybody, core.mode.value == "running"))


class LinkWorld:
    """A centre, its cabinets and the wire."""

    def __init__(self, folder: Path, seed: int = 1, conditions: Conditions | None = None) -> None:
        """Args: folder, for the keys of the centre; seed, of all that is drawn."""
        self.clock = ManualClock(BEGIN_UTC_MS, 1_000_000)
        self.random = random.Random(seed)
        self.conditions = conditions if conditions is not None else Conditions()
        self.blocked: set[str] = set()
        self.centre_up = True
        self.keeps_frames = True
        self.step_ms = STEP_MS
        self.cabins: list[Cabin] = []
        self.seen: list[tuple[int, str, Ask, Answer]] = []
        self.watch: Callable[[Cabin, Ask, Answer | None], Answer | None] = lambda _cabin, _ask, answer: answer
        self._flights: list[Flight] = []
        self._folder = folder
        self._key = CentreKey(self.random.randbytes(32))
        self.world: World = memory_world(self.clock, folder, key=self._key)
        self.wire = AsgiWire(self.world.front)
        self.steps = 0

    def close(self) -> None:
        """Let go of everything."""
        self.wire.close()
        self.world.store.close()

    @property
    def now_ms(self) -> int:
        """The true wall time. [ms]"""
        return self.clock.utc_ms()

    def add(
        self,
        name: str,
        settings: LinkSettings | None = None,
        ahead_ms: int = 0,
        ppm: int = 0,
        schedule: PlanAt | None = None,
        capacity: int = CAPACITY,
    ) -> Cabin:
        """Enrol a cabinet and switch it on."""
        site = trial_site(name)
        credential = self.world.links.enrol("trial", name, site_to_json(site), Place("north"))
        return self.switch_on(
            credential, Kernel(site), MemoryShelf(), settings or LinkSettings(), ahead_ms, ppm, schedule, capacity
        )

    def switch_on(
        self,
        credential: Credential,
        kernel: Kernel,
        shelf: MemoryShelf,
        settings: LinkSettings,
        ahead_ms: int = 0,
        ppm: int = 0,
        schedule: PlanAt | None = None,
        capacity: int = CAPACITY,
    ) -> Cabin:
        """Switch a cabinet on that is enrolled already."""
        clock = DriftClock(self.clock, ahead_ms, ppm, self.random.randrange(10**6) * 1000)
        drawn, board = random.Random(self.random.random()), SimulatedBoard()
        local = trial_plan(kernel.site, (24, 12, 14))
        cabin = Cabin(credential, kernel, clock, board, shelf, drawn, settings, local, schedule, capacity)
        cabin.start()
        self.cabins.append(cabin)
        return cabin

    def restart(self, cabin: Cabin, ahead_ms: int = 0, ppm: int = 0) -> None:
        """Cut the power of a cabinet and give it back: the shelf is what it has left. [ms]"""
        cabin.clock = DriftClock(self.clock, ahead_ms, ppm, self.random.randrange(10**6) * 1000)
        cabin.board = SimulatedBoard()
        cabin.start()
        cabin.segments.append([])
        self._flights = [flight for flight in self._flights if flight.cabin is not cabin]

    def restart_centre(self) -> None:
        """End the centre and start it again on what was durable."""
        store = self.world.store
        self.world = memory_world(self.clock, self._folder, store=lambda: store, key=self._key)
        self.wire.app = self.world.front

    def order(
        self,
        cabin: Cabin | str,
        plan: SignalPlan | None = None,
        overrides: Sequence[OverrideOrder] = (),
        begin_ms: int = 0,
        valid_ms: int = 3_600_000,
        **more: Any,
    ) -> Delivery:
        """Give a cabinet its next orders. [ms]: begin from now; `version`, `adaptive`, `commit`, `committed`."""
        name = cabin if isinstance(cabin, str) else cabin.name
        centre = self.world.centre
        site = trial_site(name)
        begin_utc_ms = self.now_ms + begin_ms

        def work(t: Any) -> Delivery:
            last = last_delivery(t, name)
            before = last.version if last is not None else Version(1, 0)
            version = more.pop("version", Version(before.epoch, before.revision + 1))
            site_sha256 = trial_plan(site).site
            orders = Orders(
                name, version, site_sha256, plan, begin_utc_ms, begin_utc_ms + valid_ms, overrides=tuple(overrides)
            )
            delivery = centre.orders.signed(replace(orders, **more), "trial", self.now_ms)
            t.shelf(DELIVERIES).put(delivery)
            return delivery

        delivery: Delivery = self.world.store.write(work)
        centre.orders.serve([delivery])
        return delivery

    def run(self, ms: int) -> None:
        """Let time go by. [ms]"""
        for _ in range(ms // self.step_ms):
            self.step()

    def step(self) -> None:
        """Let 100 ms go by, or `step_ms`: frames, decisions, what flies arrives, what is due is sent."""
        self.clock.pass_ms(self.step_ms)
        self.steps += 1
        for cabin in self.cabins:
            if cabin.powered:
                self._live(cabin)
        self._arrive()
        for cabin in self.cabins:
            if cabin.powered:
                self._send(cabin)
        self._arrive()
        if self.centre_up and self.steps % max(1000 // self.step_ms, 1) == 0:
            self.world.centre.registry.watch()  # orders are those of the trial, and are not renewed
            self.world.link.tick()

    def _live(self, cabin: Cabin) -> None:
        agent = cabin.agent
        agent.frame()
        if self.keeps_frames:
            cabin.record()
        agent.housekeep()
        new = agent.review()
        if new is not None:
            agent.reviewed(new[0], new[1]())
        if agent.link.under_way is not None and self.clock.mono_ms() - cabin.sent_ms >= PATIENCE_MS:
            agent.no_answer()

    def _send(self, cabin: Cabin) -> None:
        ask = cabin.agent.next_ask()
        if ask is None:
            return
        cabin.sent_ms = self.clock.mono_ms()
        if cabin.name in self.blocked or self._draw(self.conditions.half_open) or self._draw(self.conditions.loss):
            return
        self._flights.append(Flight(self._delayed(), cabin, ask))
        if self._draw(self.conditions.duplicate):
            self._flights.append(Flight(self._delayed(), cabin, ask, counts=False))

    def _delayed(self) -> int:
        low_ms, high_ms = self.conditions.delay_ms
        return self.clock.mono_ms() + (self.random.randint(low_ms, high_ms) if high_ms else 0)

    def _draw(self, share: float) -> bool:
        return share > 0 and self.random.random() < share

    def _arrive(self) -> None:
        now_ms = self.clock.mono_ms()
        while due := [flight for flight in self._flights if flight.due_ms <= now_ms]:
            self._flights = [flight for flight in self._flights if flight.due_ms > now_ms]
            for flight in due:
                if flight.answer is None:
                    self._at_centre(flight)
                else:
                    self._at_cabinet(flight)

    def _at_centre(self, flight: Flight) -> None:
        if not self.centre_up:
            if flight.counts and flight.cabin.agent.link.under_way is not None:
                flight.cabin.agent.no_answer()
            return
        answer = self.wire.carry(flight.ask)
        self.seen.append((self.now_ms, flight.cabin.name, flight.ask, answer))
        found = self.watch(flight.cabin, flight.ask, answer)
        if found is None or not flight.counts or self._draw(self.conditions.loss):
            return
        if self._draw(self.conditions.cut) and found.body:
            found = Answer(found.status, found.headers, found.body[: self.random.randrange(len(found.body))])
        self._flights.append(Flight(self._delayed(), flight.cabin, flight.ask, found))

    def _at_cabinet(self, flight: Flight) -> None:
        way = flight.cabin.agent.link.under_way
        if way is not None and way.ask is flight.ask and flight.answer is not None:
            flight.cabin.agent.take(flight.answer)
