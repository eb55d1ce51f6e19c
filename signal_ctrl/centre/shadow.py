"""Shadow mode: adaptive control advises a live junction while its present plan runs.

The advice is made at the cabinet, by a process beside its agent (docs/shadow.md), and compared there with what the plan
does at that moment. What is kept here is whether they differ, and by how much the advice was predicted to be cheaper.
All figures are the model's own: nobody drove the advice.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, stdev
from typing import Final

from scipy.special import stdtrit

from signal_ctrl.centre.cabinets import cabinet_of, cabinets_of_names
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.orders import OrderDesk
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.shadow_values import ADVICE, MODES, SHADOW_TOTALS, Advice, ModeOf, ShadowTotal
from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError, RefusedError
from signal_ctrl.domain.link.control import ControlMode

BLOCK_MS: Final = 15 * 60_000
"""Totals are joined to blocks of so long before their spread is looked at. [ms] [P]"""
LEAST_BLOCKS: Final = 3
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What adaptive control would have done at a junction in a time, as its own model predicts it. [ms]

    `watched_s` is how long the adviser was at work, `decisions` how many it made, `differing` how many differ from the
    plan, `missed` how many came too late. `gain_veh_h_per_h` is the expected saving of delay, `ci95_veh_h_per_h` its
    interval over blocks of 15 minutes (None: fewer than 3), `gain_s_per_vehicle` the same for each vehicle counted.
    `windows` are decisions a horizon apart: `gain_veh_s_per_window` is the mean saving that one of them foretells,
    `ci95_veh_s_per_window` its interval over hours.
    """

    cabinet: str
    since_utc_ms: int
    until_utc_ms: int
    mode: ControlMode
    watched_s: float
    decisions: int
    differing: int
    comparable: int
    missed: int
    vehicles: int
    gain_veh_h_per_h: float | None
    ci95_veh_h_per_h: tuple[float, float] | None
    gain_s_per_vehicle: float | None
    windows: int
    gain_veh_s_per_window: float | None
    ci95_veh_s_per_window: tuple[float, float] | None
    method: str


METHOD: Final = (
    "predicted by adaptive control's own model, as delay alone. Each second in which a stage could be chosen: the "
    "delay after the best candidate that agrees with what the plan did in that second, less that after the best "
    "of all; summed. A window: the delay after the candidate that is like the plan (its next stage, begun within "
    "2.5 s of the plan's time; staying counts as such while the plan stays longer than the latest candidate) less "
    "that after the best of all, over the horizon. It is no measurement: the cheapest of several guesses looks "
    "cheaper than it is, the model goes on by its base policy, and neighbours are not in it: where junctions lie "
    "close to each other it is not to be trusted."
)


class ShadowDesk:
    """Who decides at each junction, and the log of what adaptive control would have done."""

    def __init__(self, desk: Desk, orders: OrderDesk) -> None:
        self._desk = desk
        self._orders = orders

    def switch(self, actor: Actor, cabinets: Sequence[str], mode: ControlMode) -> tuple[ModeOf, ...]:
        """Let the plan, the plan with advice, or adaptive control decide at some junctions: one audited act.

        The cabinets learn it with their next orders, which are made in the same act.
        Raises: ForbiddenError; NotFoundError; InvalidInputError without a cabinet.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.MANAGE_PLANS, now_ms)
        if not cabinets or len(set(cabinets)) != len(cabinets):
            raise InvalidInputError("name the cabinets whose control is to be switched, each once")
        obj = f"control of {', '.join(cabinets[:50])} ({len(cabinets)})"

        def work(t: Transaction) -> tuple[tuple[ModeOf, ...], list[Delivery]]:
            found = cabinets_of_names(t, cabinets)
            for cabinet in found:
                if not actor.reaches(cabinet.district):
                    raise ForbiddenError(
                        f"{actor.login} acts in district {actor.district} alone, not at {cabinet.cabinet}"
                    )
            before = sorted({mode_of(t, name).value for name in cabinets})
            modes = tuple(ModeOf(name, mode, now_ms, actor.login) for name in cabinets)
            for one in modes:
                t.shelf(MODES).put(one)
            made = self._orders.make_all(t, found, f"control: {mode.value}", now_ms)
            t.record(actor.login, "switch control", obj, f"from {', '.join(before)} to {mode.value}", now_ms)
            return modes, made

        modes, made = self._desk.act(actor.login, "switch control", obj, work)
        self._orders.serve(made)
        return modes

    def advised(self, t: Transaction, advice: Advice) -> None:
        """Keep what adaptive control advised at a junction in shadow mode.

        Raises: RefusedError if the junction was in no such mode.
        """
        self._check(t, advice.cabinet, advice.at_utc_ms)
        t.shelf(ADVICE).put(advice)

    def totalled(self, t: Transaction, total: ShadowTotal) -> None:
        """Keep what an adviser did in some minutes. Raises: RefusedError if the junction was in no such mode."""
        self._check(t, total.cabinet, total.from_utc_ms)
        t.shelf(SHADOW_TOTALS).put(total)

    def _check(self, t: Transaction, cabinet: str, at_utc_ms: int) -> None:
        """Refuse what was never asked for; what was made before the last switch may come late."""
        mode = t.shelf(MODES).get(cabinet)
        if mode is None or (mode.mode is not ControlMode.SHADOW and at_utc_ms >= mode.since_utc_ms):
            raise RefusedError("C/shadow", f"cabinet {cabinet} is not in shadow mode; switch it on first")

    def report(self, cabinet: str, since_utc_ms: int, until_utc_ms: int) -> ShadowReport:
        """Return what adaptive control would have done in a time. [ms] Raises: NotFoundError."""

        def work(reading: Reading) -> ShadowReport:
            cabinet_of(reading, cabinet)
            where, times = {"cabinet": cabinet}, (since_utc_ms, until_utc_ms)
            advice = reading.shelf(ADVICE).find(where, *times, limit=1_000_000)
            totals = reading.shelf(SHADOW_TOTALS).find(where, *times, limit=1_000_000)
            return report_of(cabinet, mode_of(reading, cabinet), advice, totals, times)

        return self._desk.store.read(work)


def mode_of(reading: Reading, cabinet: str) -> ControlMode:
    """Return who decides at a junction."""
    found = reading.shelf(MODES).get(cabinet)
    return ControlMode.PLAN if found is None else found.mode


def report_of(
    cabinet: str,
    mode: ControlMode,
    advice: Iterable[Advice],
    totals: Sequence[ShadowTotal],
    times_ms: tuple[int, int],
) -> ShadowReport:
    """Return the report over advice and totals, in any order. [ms]"""
    windows = sorted((a for a in advice if a.window and a.gain_veh_s is not None), key=lambda a: a.at_utc_ms)
    gains = [a.gain_veh_s for a in windows if a.gain_veh_s is not None]
    watched_s = sum(t.to_utc_ms - t.from_utc_ms for t in totals) / 1000
    gain_veh_s, vehicles = sum(t.gain_veh_s for t in totals), sum(t.vehicles for t in totals)
    return ShadowReport(
        cabinet=cabinet,
        since_utc_ms=times_ms[0],
        until_utc_ms=times_ms[1],
        mode=mode,
        watched_s=watched_s,
        decisions=sum(t.decisions for t in totals),
        differing=sum(t.differing for t in totals),
        comparable=sum(t.comparable for t in totals),
        missed=sum(t.missed for t in totals),
        vehicles=vehicles,
        gain_veh_h_per_h=gain_veh_s / watched_s if watched_s else None,
        ci95_veh_h_per_h=_interval(_block_rates(totals)),
        gain_s_per_vehicle=gain_veh_s / vehicles if vehicles else None,
        windows=len(windows),
        gain_veh_s_per_window=fmean(gains) if gains else None,
        ci95_veh_s_per_window=_interval(_hour_means(windows)),
        method=METHOD,
    )


def _block_rates(totals: Sequence[ShadowTotal]) -> list[float]:
    """Return the gain of each block of 15 minutes, which depend on each other less than shorter ones. [veh h/h]"""
    blocks = groupby(sorted(totals, key=lambda t: t.from_utc_ms), key=lambda t: t.from_utc_ms // BLOCK_MS)
    return [_rate(list(those)) for _, those in blocks]


def _rate(totals: Sequence[ShadowTotal]) -> float:
    return 1000 * sum(t.gain_veh_s for t in totals) / sum(t.to_utc_ms - t.from_utc_ms for t in totals)


def _hour_means(windows: Sequence[Advice]) -> list[float]:
    """Return the mean gain of a window in each hour. [veh s]"""
    hours = groupby(windows, key=lambda a: a.at_utc_ms // _HOUR_MS)
    return [fmean([a.gain_veh_s for a in those if a.gain_veh_s is not None]) for _, those in hours]


def _interval(means: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean of some means that hardly depend on each other, None of fewer than 3."""
    if len(means) < LEAST_BLOCKS:
        return None
    half = float(stdtrit(len(means) - 1, 0.975)) * stdev(means) / math.sqrt(len(means))
    return fmean(means) - half, fmean(means) + half
