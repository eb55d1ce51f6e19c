"""Shadow mode at the centre: what cabinets report, the report over it, and the switch, which is one audited act."""

from collections.abc import Iterator
from typing import Any

import pytest

from signal_ctrl.centre.link_shadow import advice_of, apply_shadow, total_of
from signal_ctrl.centre.shadow import mode_of, report_of
from signal_ctrl.centre.shadow_values import ADVICE, SHADOW_TOTALS, Advice, ShadowTotal
from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.orders import orders_from_bytes
from signal_ctrl.domain.link.reports import SHADOW_ADVICE, SHADOW_TOTAL, Report, ReportKind
from tests.signal_ctrl.centre.worlds import START_MS, World, site, world

QUARTER_MS = 15 * 60_000
VALUES = {
    "ran": 0, "plan_next": 2, "plan_next_in_ms": 6000, "advised": 2, "advised_in_ms": 1000,
    "advised_milli_veh_s": 40_000, "plan_milli_veh_s": 42_500, "horizon_s": 60, "differs": 1, "window": 1,
}  # fmt: skip
TOTAL = {
    "seconds": 300, "decisions": 150, "differing": 20, "comparable": 140, "missed": 2, "gain_milli_veh_s": 90_500,
    "vehicles": 100,
}  # fmt: skip


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def said(code: str, values: dict[str, int], at_ms: int = START_MS) -> Report:
    return Report(ReportKind.EVENT, at_ms, code, "", tuple(sorted(values.items())))


def advice(at_ms: int, gain: float | None, window: bool = True) -> Advice:
    plan = None if gain is None else 40.0 + gain
    return Advice("c0", at_ms, "main", "side", 6.0, "side", 1.0, 40.0, 60.0, plan, True, window)


def total(from_ms: int, gain_veh_s: float, seconds: int = 300) -> ShadowTotal:
    return ShadowTotal("c0", from_ms, from_ms + 1000 * seconds, 150, 30, 140, 1, gain_veh_s, 100)


def test_a_report_of_one_decision_gets_the_names_of_its_stages() -> None:
    found = advice_of("c0", site("c0"), said(SHADOW_ADVICE, VALUES))
    assert (found.ran, found.plan_next, found.plan_next_in_s) == ("main", "side", 6.0)
    assert (found.advised, found.advised_in_s, found.advised_cost_veh_s) == ("side", 1.0, 40.0)
    assert (found.plan_cost_veh_s, found.gain_veh_s, found.differs, found.window) == (42.5, 2.5, True, True)
    unlike = {name: value for name, value in VALUES.items() if name != "plan_milli_veh_s"}
    assert advice_of("c0", site("c0"), said(SHADOW_ADVICE, unlike)).gain_veh_s is None


def test_a_report_of_five_minutes() -> None:
    found = total_of("c0", said(SHADOW_TOTAL, TOTAL))
    assert (found.from_utc_ms, found.to_utc_ms) == (START_MS - 300_000, START_MS)
    assert (found.decisions, found.gain_veh_s, found.vehicles) == (150, 90.5, 100)


@pytest.mark.parametrize(
    "wrong", [{"decisions": 10}, {"seconds": 0}, {"gain_milli_veh_s": -1}, {"vehicles": -1}, {"missed": -1}]
)
def test_a_total_that_is_none(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError):
        total_of("c0", said(SHADOW_TOTAL, TOTAL | wrong))


def test_the_gain_is_what_was_summed_over_the_time_watched() -> None:
    totals = [total(START_MS + 300_000 * k, 90.0) for k in range(12)]
    report = report_of("c0", ControlMode.SHADOW, [], totals[::-1], (0, 1))
    assert (report.watched_s, report.decisions, report.differing, report.missed) == (3600.0, 1800, 360, 12)
    assert report.gain_veh_h_per_h == pytest.approx(12 * 90 / 3600)
    assert report.gain_s_per_vehicle == pytest.approx(12 * 90 / 1200)


def test_the_interval_is_over_quarters_of_an_hour() -> None:
    begin_ms = START_MS // QUARTER_MS * QUARTER_MS
    rates = (0.1, 0.2, 0.6)
    totals = [total(begin_ms + QUARTER_MS * q + 300_000 * k, 300 * rates[q]) for q in range(3) for k in range(3)]
    report = report_of("c0", ControlMode.SHADOW, [], totals, (0, 1))
    assert report.ci95_veh_h_per_h is not None
    low, high = report.ci95_veh_h_per_h
    assert (low + high) / 2 == pytest.approx(0.3)
    assert (high - low) / 2 == pytest.approx(4.302653 * 0.07**0.5 / 3**0.5, rel=1e-5)  # t of 2 degrees, deviation √0.07
    assert report_of("c0", ControlMode.SHADOW, [], totals[:6], (0, 1)).ci95_veh_h_per_h is None


def test_windows_alone_count_as_windows() -> None:
    hour_ms = START_MS // 3_600_000 * 3_600_000
    gains = [1.0, 2.0, 6.0]
    found = [advice(hour_ms + 3_600_000 * h + 60_000 * k, gains[h]) for h in range(3) for k in range(10)]
    found += [advice(hour_ms + 61_000, 500.0, window=False), advice(hour_ms + 62_000, None)]
    report = report_of("c0", ControlMode.SHADOW, found, [], (0, 1))
    assert report.windows == 30
    assert report.gain_veh_s_per_window == pytest.approx(3.0)
    assert report.ci95_veh_s_per_window is not None
    low, high = report.ci95_veh_s_per_window
    assert (high - low) / 2 == pytest.approx(4.302653 * 7**0.5 / 3**0.5, rel=1e-5)


def test_nothing_watched_has_no_gain() -> None:
    report = report_of("c0", ControlMode.PLAN, [], [], (0, 1))
    assert (report.gain_veh_h_per_h, report.gain_s_per_vehicle, report.gain_veh_s_per_window) == (None, None, None)


def test_advice_is_taken_in_shadow_mode_alone(here: World) -> None:
    def take(code: str, values: dict[str, int], at_ms: int = START_MS) -> None:
        here.store.write(lambda t: apply_shadow(here.centre.shadow, t, "c0", said(code, values, at_ms)))

    def kept() -> tuple[int, int]:
        return here.store.read(lambda r: (r.shelf(ADVICE).count(), r.shelf(SHADOW_TOTALS).count()))

    take(SHADOW_ADVICE, VALUES)
    take(SHADOW_TOTAL, TOTAL)
    assert kept() == (0, 0)
    here.centre.shadow.switch(here.actor("eve"), ["c0", "c1"], ControlMode.SHADOW)
    take(SHADOW_ADVICE, VALUES)
    take(SHADOW_TOTAL, TOTAL)
    for wrong in ({"ran": 9}, {"ran": -1}, {}):
        take(SHADOW_ADVICE, VALUES | wrong if wrong else {}, START_MS + 5)
    take(SHADOW_TOTAL, TOTAL | {"seconds": 0}, START_MS + 5)
    take("shadow-none", TOTAL)
    assert kept() == (1, 1)
    report = here.centre.shadow.report("c0", 0, START_MS + 1)
    assert (report.mode, report.decisions, report.gain_veh_s_per_window) == (ControlMode.SHADOW, 150, 2.5)
    assert here.centre.shadow.report("c0", START_MS + 1, START_MS + 2).windows == 0


def test_what_was_advised_before_the_switch_back_may_come_late(here: World) -> None:
    here.centre.shadow.switch(here.actor("eve"), ["c0"], ControlMode.SHADOW)
    here.clock.pass_ms(60_000)
    here.centre.shadow.switch(here.actor("eve"), ["c0"], ControlMode.PLAN)
    for at_ms in (START_MS + 59_000, START_MS + 60_000):
        report = said(SHADOW_ADVICE, VALUES, at_ms)
        here.store.write(lambda t, report=report: apply_shadow(here.centre.shadow, t, "c0", report))
    assert here.store.read(lambda r: [a.at_utc_ms for a in r.shelf(ADVICE).find()]) == [START_MS + 59_000]


def test_a_switch_is_part_of_the_next_orders_and_stays_in_them(here: World) -> None:
    def ordered(cabinet: str) -> Any:
        delivery = here.centre.orders.book.delivery(cabinet)
        assert delivery is not None
        return orders_from_bytes(delivery.document.encode())

    before = ordered("c0")
    assert before.control is ControlMode.PLAN
    here.centre.shadow.switch(here.actor("eve"), ["c0"], ControlMode.ADAPTIVE)
    after = ordered("c0")
    assert (after.control, after.version > before.version) == (ControlMode.ADAPTIVE, True)
    assert ordered("c1").control is ControlMode.PLAN
    here.centre.start()
    assert ordered("c0").control is ControlMode.ADAPTIVE
    here.clock.pass_ms(13 * 3_600_000)
    here.centre.orders.renew()
    assert (ordered("c0").control, ordered("c0").version > after.version) == (ControlMode.ADAPTIVE, True)
    here.centre.shadow.switch(here.actor("eve"), ["c0"], ControlMode.PLAN)
    assert ordered("c0").control is ControlMode.PLAN


def test_there_and_back_is_one_audited_act_each(here: World) -> None:
    before = len(here.audit())
    here.centre.shadow.switch(here.actor("eve"), here.cabinets, ControlMode.ADAPTIVE)
    here.centre.shadow.switch(here.actor("eve"), here.cabinets, ControlMode.PLAN)
    assert here.audit()[before:] == [
        ("eve", "switch control", "from plan to adaptive"),
        ("eve", "switch control", "from adaptive to plan"),
    ]
    assert here.store.read(lambda r: mode_of(r, "c1")) is ControlMode.PLAN


def test_all_or_none_are_switched(here: World) -> None:
    for names, error in (([], InvalidInputError), (["c0", "c0"], InvalidInputError), (["c0", "c9"], NotFoundError)):
        with pytest.raises(error):
            here.centre.shadow.switch(here.actor("eve"), names, ControlMode.ADAPTIVE)
    with pytest.raises(ForbiddenError):
        here.centre.shadow.switch(here.actor("sam"), ["c0"], ControlMode.ADAPTIVE)
    assert here.store.read(lambda r: mode_of(r, "c0")) is ControlMode.PLAN
