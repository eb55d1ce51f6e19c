"""Libraries and links: what nobody needs goes in time, what something names stays, and no shelf grows without end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from signal_ctrl.centre.link_starts import MAX_BEFORE
from signal_ctrl.centre.link_values import Lost, Start, StoredAck, StoredBatch
from signal_ctrl.centre.order_values import ASSIGNMENTS, CHANGES, Assignment, Change, PlanUse
from signal_ctrl.centre.override_values import OVERRIDES
from signal_ctrl.centre.plan_values import PLANS, SCHEDULE_USES, SCHEDULES, LibraryItem, ScheduleUse
from signal_ctrl.centre.traffic_values import FLOWS
from signal_ctrl.domain.link.reports import Gap
from signal_ctrl.domain.plan import plan_hash, plan_to_json
from signal_ctrl.domain.schedule import DayType, Entry, PlanRef, Schedule
from signal_ctrl.domain.schedule_json import schedule_hash, schedule_to_json
from signal_ctrl.stores.link_retention import ACKS_KEPT_MS, STARTS_KEPT_MS
from signal_ctrl.stores.retention import AUDIT_MS, DAY_MS, retain
from signal_ctrl.stores.shelf_retention import BOUNDED, SHELVES_KEPT
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.tables.base import METADATA
from signal_ctrl.stores.tables.shelves import SHELF_TABLES
from signal_ctrl.watch.past.values import PAST_PIECES
from signal_ctrl.watch.responses.order_values import RESPONSES
from signal_ctrl.watch.responses.response_file import response_from_text, response_to_json
from tests.signal_ctrl.centre.worlds import plan, signal_plan
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE

NOW_MS = 1_800_000_000_000
YEARS_5_MS = 5 * 366 * DAY_MS
LONG_AGO_MS = NOW_MS - YEARS_5_MS - 1
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture
def store(place: Any) -> Iterator[SqlStore]:
    opened = place.open()
    yield opened
    opened.close()


def put(store: SqlStore, spec: Any, *values: Any) -> None:
    def work(t: Any) -> None:
        for value in values:
            t.shelf(spec).put(value)

    store.write(work)


def plan_item(name: str, number: int, at_utc_ms: int = LONG_AGO_MS) -> LibraryItem:
    document = plan("c0", title=name, offset_ds=10 * number)
    return LibraryItem(name, number, plan_hash(document), plan_to_json(document), "eve", at_utc_ms)


def schedule_item(number: int, *plans: LibraryItem, at_utc_ms: int = LONG_AGO_MS) -> LibraryItem:
    entries = tuple(Entry(60 * k, item.name) for k, item in enumerate(plans))
    refs = tuple(PlanRef(item.name, item.sha256) for item in plans)
    schedule = Schedule("week", "UTC", refs, (DayType("every", WEEK, entries),))
    return LibraryItem("week", number, schedule_hash(schedule), schedule_to_json(schedule), "eve", at_utc_ms)


def response_item(number: int, at_utc_ms: int = LONG_AGO_MS) -> LibraryItem:
    text = RESPONSE.replace('plan = "match"', f'plan = "match"\nnumber = {number}').replace(
        "closed for", f"closed {number} for"
    )
    document = response_to_json(response_from_text(text))
    return LibraryItem("stadium", number, f"{number:064x}", document, "eve", at_utc_ms)


def left(store: SqlStore, spec: Any) -> list[str]:
    return sorted(item.key for item in store.read(lambda r: r.shelf(spec).find(limit=100)))


def test_a_plan_goes_five_years_after_it_was_replaced_and_the_last_one_of_a_name_never(
    store: SqlStore, place: Any
) -> None:
    put(store, PLANS, *(plan_item("day", k, LONG_AGO_MS - 10 + k) for k in (1, 2, 3)))
    put(store, PLANS, plan_item("night", 1), plan_item("night", 2, NOW_MS))
    gone = retain(store, place.folder, NOW_MS - 8)
    assert gone["plans"] == 1, "the second one of 'day' was replaced less than five years ago"
    assert retain(store, place.folder, NOW_MS)["plans"] == 1
    assert left(store, PLANS) == ["day/000000003", "night/000000001", "night/000000002"]


def test_what_something_names_stays_as_long_as_that(store: SqlStore, place: Any) -> None:
    names = ("stands", "comes", "changed", "by-day", "match", "free")
    put(store, PLANS, *(plan_item(name, k) for name in names for k in (1, 2)))
    stands, comes = (PlanUse(signal_plan("c0"), name, 1, 0, None) for name in ("stands", "comes"))
    put(store, ASSIGNMENTS, Assignment("c0", stands, comes))
    put(store, CHANGES, Change("ch-1", "changed", 1, ("c0",), NOW_MS, "eve", NOW_MS))
    put(store, SCHEDULES, schedule_item(1, plan_item("by-day", 1)), schedule_item(2, plan_item("free", 2)))
    put(store, SCHEDULE_USES, ScheduleUse("su-1", "week", 1, ("c0",), "eve", LONG_AGO_MS))
    put(store, RESPONSES, response_item(1))
    assert retain(store, place.folder, NOW_MS)["plans"] == 1
    assert "free/000000001" not in left(store, PLANS)
    assert left(store, SCHEDULES) == ["week/000000001", "week/000000002"]
    put(store, ASSIGNMENTS, Assignment("c0"))
    put(store, SCHEDULE_USES, ScheduleUse("su-1", "week", 1, ("c0",), "eve", LONG_AGO_MS, ended_utc_ms=NOW_MS))
    put(store, RESPONSES, response_item(2, NOW_MS))
    assert retain(store, place.folder, NOW_MS)["plans"] == 2, "those of the cabinet; the use ended just now"
    later_ms = NOW_MS + YEARS_5_MS + 1
    gone = retain(store, place.folder, later_ms)
    assert (gone["schedule_uses"], gone["schedules"], gone["responses"], gone["plans"]) == (1, 1, 1, 2)
    assert [key for key in left(store, PLANS) if key.endswith("1")] == ["changed/000000001"], "its change is staging"


def test_a_schedule_that_is_followed_stays_however_old_it_is(store: SqlStore, place: Any) -> None:
    day = plan_item("day", 1)
    put(store, PLANS, day)
    put(store, SCHEDULES, *(schedule_item(k, day) for k in (1, 2, 3)))
    put(store, SCHEDULE_USES, ScheduleUse("su-1", "week", 2, ("c0",), "eve", LONG_AGO_MS))
    assert retain(store, place.folder, NOW_MS)["schedules"] == 1
    assert left(store, SCHEDULES) == ["week/000000002", "week/000000003"]
    assert [use.use_id for use in store.read(lambda r: r.shelf(SCHEDULE_USES).find())] == ["su-1"]


def test_acknowledgements_go_in_time(store: SqlStore, place: Any) -> None:
    for k, at_ms in enumerate((NOW_MS - ACKS_KEPT_MS - 1, NOW_MS - ACKS_KEPT_MS)):
        ack = StoredAck("c0", 1, 1 + k, "active", "a" * 32, "d" * 64, at_ms)
        store.write(lambda t, ack=ack: t.links.put_ack(ack))
    assert retain(store, place.folder, NOW_MS)["link_acks"] == 1
    there = [store.read(lambda r, k=k: r.links.ack("c0", 1, k, "active")) for k in (1, 2)]
    assert [ack is not None for ack in there] == [False, True]


def test_starts_long_past_go_and_those_that_still_say_something_stay(store: SqlStore, place: Any) -> None:
    began_ms = NOW_MS - STARTS_KEPT_MS - 1000
    boots = [f"{k:032x}" for k in range(MAX_BEFORE + 6)]

    def work(t: Any) -> None:
        for k, boot in enumerate(boots):
            t.links.put_start(Start("c0", boot, began_ms + k, contiguous=3, banned=k == 1))
            t.links.put_gap(Lost("c0", Gap(boot, 1, 2, 9)))
        t.links.put_start(Start("c1", boots[0], began_ms))
        t.links.put_batch(StoredBatch("c0", boots[2], 7, "d" * 64, b"{}", b"{}", NOW_MS, old=False, late=True))

    store.write(work)
    assert retain(store, place.folder, NOW_MS)["link_starts"] == 3
    left_boots = {start.boot for start in store.read(lambda r: r.links.starts()) if start.cabinet == "c0"}
    assert left_boots == set(boots) - {boots[0], boots[3], boots[4]}
    assert store.read(lambda r: r.links.gaps("c0", boots[0])) == ()
    assert len(store.read(lambda r: r.links.gaps("c0", boots[5]))) == 1
    assert {start.cabinet for start in store.read(lambda r: r.links.starts())} == {"c0", "c1"}


def test_no_shelf_of_the_centre_grows_without_end() -> None:
    kept = {one.spec.name for one in SHELVES_KEPT}
    of_the_centre = {name for name, table in SHELF_TABLES.items() if table.metadata is METADATA}
    assert kept | set(BOUNDED) == of_the_centre, "each shelf has its time, or a reason why it needs none"
    assert not kept & set(BOUNDED)


def test_what_safety_says_of_times_is_kept() -> None:
    year_ms = 365 * DAY_MS
    times_ms = {one.spec.name: one.kept_ms for one in SHELVES_KEPT}
    assert 2 * year_ms <= AUDIT_MS
    assert times_ms[FLOWS.name] >= 3 * year_ms
    assert times_ms[OVERRIDES.name] >= 5 * year_ms
    assert times_ms[PAST_PIECES.name] == 30 * DAY_MS
    from signal_ctrl.centre.faults import KEPT_PER_CABINET
    from signal_ctrl.centre.link import RAW_KEPT_MS

    assert RAW_KEPT_MS == 30 * DAY_MS
    assert KEPT_PER_CABINET >= 3_000


def test_a_use_counts_from_its_end(store: SqlStore, place: Any) -> None:
    use = ScheduleUse("su-1", "week", 1, ("c0",), "eve", LONG_AGO_MS)
    put(store, SCHEDULE_USES, use, replace(use, use_id="su-2", ended_utc_ms=LONG_AGO_MS))
    put(store, SCHEDULE_USES, replace(use, use_id="su-3", ended_utc_ms=NOW_MS))
    assert retain(store, place.folder, NOW_MS)["schedule_uses"] == 1
    assert {one.use_id for one in store.read(lambda r: r.shelf(SCHEDULE_USES).find())} == {"su-1", "su-3"}
