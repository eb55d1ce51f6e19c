"""Overrides in force: each begins and ends by the wall clock, and never lasts longer than it may on the monotonic one.

What is ordered becomes a claim of the kernel, with an end on the kernel's own clock: it ends there in time whatever
becomes of this program and of the link. Of several orders of one source the one that began last counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.link.overrides import OrderSource, OverrideKind, OverrideOrder
from signal_ctrl.domain.site import Site
from signal_ctrl.kernel.state import Request, Source, Wish

_SOURCE: Final = {
    OrderSource.PREEMPTION: Source.PREEMPTION,
    OrderSource.POLICE: Source.POLICE,
    OrderSource.BUS_PRIORITY: Source.BUS_PRIORITY,
}
_WISH: Final = {
    OverrideKind.HOLD_STAGE: Wish.HOLD,
    OverrideKind.CALL_STAGE: Wish.STAGE,
    OverrideKind.GREEN_ROUTE: Wish.HOLD,
    OverrideKind.ALL_RED: Wish.ALL_RED,
    OverrideKind.FLASH: Wish.FLASH,
    OverrideKind.DARK: Wish.DARK,
}
_MS_PER_DS: Final = 100
_LIFE_DS: Final = 50
_LEAST_DS: Final = {Source.POLICE: 600}
"""What the kernel takes at least, from the time at which it was asked for. [ds]"""

Tell = Callable[[str, str, str], None]
"""Is told of an override: its id, a code (`override-begins`, `-ends`, `-refused`), words."""


class Gate(Protocol):
    """Where wishes enter: the engine."""

    def ask(self, request: Request, now_ds: int) -> str:
        """Bring a wish in; return the rule that refused it."""
        ...

    def release(self, source: Source, sequence: int, now_ds: int) -> str:
        """Take back what a wish asked for; return the rule that refused it."""
        ...


@dataclass(slots=True)
class _Live:
    """An order that has begun: when it is over on the monotonic clock at the latest [ms]; its claim, 0 if none yet."""

    order: OverrideOrder
    over_mono_ms: int
    sequence: int = 0
    refused: str = ""


class InForce:
    """The overrides of one cabinet since its start."""

    def __init__(self, site: Site, gate: Gate, clock: Clock, tell: Tell) -> None:
        """Args: clock, the cabinet's."""
        self._stages = [stage.name for stage in site.stages]
        self._gate = gate
        self._clock = clock
        self._tell = tell
        self._live: dict[str, _Live] = {}
        self._over: set[str] = set()
        self._sequence = 0

    @property
    def ids(self) -> tuple[str, ...]:
        """The overrides that the kernel has taken up."""
        return tuple(sorted(live.order.override_id for live in self._live.values() if live.sequence))

    @property
    def remembered(self) -> int:
        """How many overrides it knows of: those of the last orders at most, begun or over."""
        return len(self._live) + len(self._over)

    def update(self, orders: Sequence[OverrideOrder], now_ds: int) -> None:
        """Begin, end and release what is due. Args: orders, all that count now; now_ds, the kernel's time. [ds]"""
        utc_ms, mono_ms = self._clock.utc_ms(), self._clock.mono_ms()
        by_id = {order.override_id: order for order in orders}
        self._over &= by_id.keys()
        for override_id, live in list(self._live.items()):
            if override_id not in by_id:
                self._end(live, now_ds, "released")
            elif mono_ms >= live.over_mono_ms or utc_ms >= live.order.end_utc_ms:
                self._over.add(override_id)
                self._end(live, now_ds, "its time is over")
        for order in orders:
            self._begin(order, utc_ms, mono_ms)
        for source in Source:
            self._press(source, mono_ms, now_ds)

    def _begin(self, order: OverrideOrder, utc_ms: int, mono_ms: int) -> None:
        if order.override_id in self._live or order.override_id in self._over:
            return
        if not order.start_utc_ms <= utc_ms < order.end_utc_ms:
            return
        lasts_ms = min(order.lasts_ms, order.end_utc_ms - utc_ms)
        self._live[order.override_id] = _Live(order, mono_ms + lasts_ms)

    def _end(self, live: _Live, now_ds: int, why: str) -> None:
        if live.sequence:
            self._gate.release(_SOURCE[live.order.source], live.sequence, now_ds)
            self._tell(live.order.override_id, "override-ends", why)
        del self._live[live.order.override_id]

    def _press(self, source: Source, mono_ms: int, now_ds: int) -> None:
        """Bring the order of a source that counts to the kernel, if it is not there."""
        of_source = [live for live in self._live.values() if _SOURCE[live.order.source] is source]
        first = max(of_source, key=lambda live: (live.order.start_utc_ms, live.order.override_id), default=None)
        if first is None or first.sequence:
            return
        self._submit(first, source, mono_ms, now_ds)
        for live in of_source:
            if first.sequence and live is not first:
                live.sequence = 0  # the kernel holds one claim of a source: that of `first` has taken its place

    def _submit(self, live: _Live, source: Source, mono_ms: int, now_ds: int) -> None:
        order = live.order
        if order.kind.names_stage and self._stages.count(order.stage) != 1:
            self._refuse(live, f"K8/unknown-stage: {order.stage}")
            return
        ends_ds = now_ds + max((live.over_mono_ms - mono_ms) // _MS_PER_DS, 1)
        issued_ds = min(now_ds, ends_ds - _LEAST_DS.get(source, 1))
        stage = self._stages.index(order.stage) if order.kind.names_stage else -1
        self._sequence += 1
        rule = self._gate.ask(
            Request(source, self._sequence, issued_ds, now_ds + _LIFE_DS, _WISH[order.kind], stage, ends_ds), now_ds
        )
        if rule:
            self._refuse(live, rule)
            return
        live.sequence, live.refused = self._sequence, ""
        self._tell(order.override_id, "override-begins", order.kind.value)

    def _refuse(self, live: _Live, rule: str) -> None:
        """Tell once why the kernel does not take an order; it is asked again for as long as the order counts."""
        if live.refused != rule:
            live.refused = rule
            self._tell(live.order.override_id, "override-refused", rule)
