"""The contract of `signal_ctrl.centre.shelves`, over every store: what is put is found, and damage is noticed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from signal_ctrl.centre.alarms import ALARMS, Alarm, AlarmState, Severity
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.order_values import CHANGES, Change, ChangeState
from signal_ctrl.centre.tickets import TICKETS, Ticket
from signal_ctrl.domain.errors import ConflictError, StorageDamagedError
from signal_ctrl.stores.opening import open_folder, open_memory, open_postgres
from signal_ctrl.stores.retention import AUDIT_MS
from signal_ctrl.stores.shelf_retention import SHELVES_KEPT
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.tables.shelves import ALL_SHELVES, SHELF_TABLES
from signal_ctrl.watch.dispatch.unit_desk import UNIT_DOCUMENTS, UnitDocument
from signal_ctrl.watch.diversion.values import DIVERSIONS, Diversion, DiversionPlan, DiversionState, Limit


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    if request.param == "postgresql":
        opened = open_postgres(tmp_path / "data", request.getfixturevalue("new_database")(), ballast_bytes=4096)
    else:
        opened = open_memory() if request.param == "memory" else open_folder(tmp_path / "data", ballast_bytes=4096)
    yield opened
    opened.close()


def alarm(k: int, **changes: Any) -> Alarm:
    return replace(Alarm(f"al-{k}", "offline", f"c{k % 3}", Severity.WARNING, "silent", 1000 + k, 1000 + k), **changes)


def put(store: SqlStore, *alarms: Alarm) -> None:
    def work(t: Any) -> None:
        for one in alarms:
            t.shelf(ALARMS).put(one)

    store.write(work)


def found(store: SqlStore, *arguments: Any, **more: Any) -> list[str]:
    return [one.alarm_id for one in store.read(lambda r: r.shelf(ALARMS).find(*arguments, **more))]


def test_what_is_put_is_there_and_the_last_one_counts(store: SqlStore) -> None:
    put(store, alarm(1), alarm(2), alarm(1, text="heard", times=7))
    assert store.read(lambda r: r.shelf(ALARMS).get("al-1")) == alarm(1, text="heard", times=7)
    assert store.read(lambda r: r.shelf(ALARMS).get("al-9")) is None
    assert store.read(lambda r: r.shelf(ALARMS).count()) == 2
    assert store.read(lambda r: r.shelf(ALARMS).count({"subject": "c1"})) == 1


def test_the_oldest_is_found(store: SqlStore) -> None:
    assert store.read(lambda r: r.shelf(ALARMS).oldest()) is None
    put(store, *(alarm(k) for k in (5, 3, 4, 8)))
    assert store.read(lambda r: r.shelf(ALARMS).oldest()) == alarm(3)
    assert store.read(lambda r: r.shelf(ALARMS).oldest({"subject": "c2"})) == alarm(5)


def test_a_key_is_added_once(store: SqlStore) -> None:
    store.write(lambda t: t.shelf(ALARMS).add(alarm(1)))
    with pytest.raises(ConflictError):
        store.write(lambda t: t.shelf(ALARMS).add(alarm(1, text="again")))
    assert store.read(lambda r: r.shelf(ALARMS).get("al-1")) == alarm(1)


def test_many_are_put_read_and_added_at_once(store: SqlStore) -> None:
    put(store, *(alarm(k) for k in range(3)))
    many = [alarm(k, text=f"text {k}") for k in range(1, 1203)]
    store.write(lambda t: t.shelf(ALARMS).put_all([alarm(1, text="old"), *many]))
    keys = [f"al-{k}" for k in range(1300)]
    assert store.read(lambda r: r.shelf(ALARMS).several(keys)) == {one.alarm_id: one for one in [alarm(0), *many]}
    store.write(lambda t: t.shelf(ALARMS).add_all(alarm(k) for k in range(1203, 1300)))
    assert set(store.read(lambda r: r.shelf(ALARMS).several(keys))) == set(keys)
    with pytest.raises(ConflictError):
        store.write(lambda t: t.shelf(ALARMS).add_all([alarm(5000), alarm(7)]))
    assert store.read(lambda r: r.shelf(ALARMS).get("al-5000")) is None
    store.write(lambda t: (t.shelf(ALARMS).put_all([]), t.shelf(ALARMS).add_all([])))
    assert store.read(lambda r: r.shelf(ALARMS).count()) == 1300


def test_the_youngest_of_each_is_found_at_once(store: SqlStore) -> None:
    put(store, *(alarm(k) for k in range(9)), alarm(20, subject="c1", raised_utc_ms=1007), alarm(3, subject="c9"))
    names = ["c0", "c1", "c' or '1'='1", *(f"x{k}" for k in range(700)), "c9"]
    found = store.read(lambda r: r.shelf(ALARMS).newest("subject", names))
    assert {name: one.alarm_id for name, one in found.items()} == {"c0": "al-6", "c1": "al-7", "c9": "al-3"}
    assert store.read(lambda r: r.shelf(ALARMS).newest("subject", [])) == {}
    put(store, alarm(21, subject="c1", raised_utc_ms=1007))  # of one moment the greater key
    assert store.read(lambda r: r.shelf(ALARMS).newest("subject", ["c1"]))["c1"].alarm_id == "al-7"


def test_it_is_found_by_columns_and_times_the_youngest_first(store: SqlStore) -> None:
    put(store, *(alarm(k) for k in range(9)))
    assert found(store, {"subject": "c0"}) == ["al-6", "al-3", "al-0"]
    assert found(store, {"subject": ("c0", "c1")}, limit=3) == ["al-7", "al-6", "al-4"]
    assert found(store, None, 1002, 1005) == ["al-4", "al-3", "al-2"]
    assert found(store, {"subject": "c0", "kind": "other"}) == []
    put(store, alarm(0, subject="c2"))
    assert found(store, {"subject": "c0"}) == ["al-6", "al-3"]


def test_a_text_with_quotes_is_a_text(store: SqlStore) -> None:
    put(store, alarm(1, subject="c' or '1'='1"))
    assert found(store, {"subject": "c' or '1'='1"}) == ["al-1"]
    assert found(store, {"subject": "x' or '1'='1"}) == []


def test_the_youngest_stay(store: SqlStore) -> None:
    put(store, *(alarm(k) for k in range(12)))
    assert store.write(lambda t: t.shelf(ALARMS).trim(2, {"subject": "c0"})) == 2
    assert found(store, {"subject": "c0"}) == ["al-9", "al-6"]
    assert len(found(store)) == 10


def test_one_is_taken_away(store: SqlStore) -> None:
    put(store, alarm(1), alarm(2))
    assert store.write(lambda t: t.shelf(ALARMS).remove("al-1"))
    assert found(store) == ["al-2"]
    assert not store.write(lambda t: t.shelf(ALARMS).remove("al-1"))


def test_what_is_older_than_a_time_is_forgotten(store: SqlStore) -> None:
    put(store, *(alarm(k) for k in range(5)))
    assert store.write(lambda t: t.shelf(ALARMS).forget(1003)) == 3
    assert found(store) == ["al-4", "al-3"]
    assert store.write(lambda t: t.shelf(ALARMS).forget(1003)) == 0


@pytest.mark.parametrize("column", ["document", "document_sha256", "key"])
def test_what_was_changed_behind_its_back_is_noticed(store: SqlStore, column: str) -> None:
    put(store, alarm(1))
    changed = {"document": "replace(document, 'silent', 'silenT')", "document_sha256": "'0'", "key": "'al-2'"}[column]
    store.write(lambda t: t.connection.execute(text(f"update alarms set {column} = {changed}")))
    with pytest.raises(StorageDamagedError):
        store.read(lambda r: r.shelf(ALARMS).find())


def test_every_shelf_has_a_table_with_its_columns() -> None:
    assert set(SHELF_TABLES) == {spec.name for spec in ALL_SHELVES}
    for spec in ALL_SHELVES:
        assert set(spec.columns) < set(SHELF_TABLES[spec.name].c.keys())


def test_what_is_over_goes_in_time_and_what_lasts_stays(store: SqlStore) -> None:
    (kept,) = [one for one in SHELVES_KEPT if one.spec is ALARMS]
    over = {"state": AlarmState.CLEARED, "cleared_utc_ms": 5000}
    put(store, alarm(1), alarm(2, **over), alarm(3, **over))
    now_ms = 1002 + kept.kept_ms + 1
    assert store.write(lambda t: kept.take_out(t.connection, now_ms)) == 1
    assert found(store) == ["al-3", "al-1"]
    for other in SHELVES_KEPT:
        assert store.write(lambda t, other=other: other.take_out(t.connection, now_ms)) == 0


def test_documents_of_units_go_in_time_but_for_the_one_in_force(store: SqlStore) -> None:
    (kept,) = [one for one in SHELVES_KEPT if one.spec is UNIT_DOCUMENTS]
    for k in range(4):
        document = UnitDocument(f"{k:064x}", "{}", 1000 + k, "ann")
        store.write(lambda t, document=document: t.shelf(UNIT_DOCUMENTS).put(document))
    assert kept.kept_ms > AUDIT_MS  # the audit names each by its hash
    assert store.write(lambda t: kept.take_out(t.connection, 1002 + kept.kept_ms)) == 2
    assert store.write(lambda t: kept.take_out(t.connection, 9999 + kept.kept_ms)) == 1
    assert store.write(lambda t: kept.take_out(t.connection, 9999 + kept.kept_ms)) == 0
    assert [one.imported_utc_ms for one in store.read(lambda r: r.shelf(UNIT_DOCUMENTS).find())] == [1003]


def test_diversions_that_are_over_go_in_time(store: SqlStore) -> None:
    (kept,) = [one for one in SHELVES_KEPT if one.spec is DIVERSIONS]
    plan = DiversionPlan((), (), (), (), 0.3, 1.0, 2.0, 1.0)
    for k, state in enumerate(DiversionState):
        made = Diversion(f"dv-{k}", state, Limit("r1", 0.5, 0, 600_000, ""), plan, "ann", 1000, "ann", 1000, 9000)
        store.write(lambda t, made=made: t.shelf(DIVERSIONS).put(made))
    assert store.write(lambda t: kept.take_out(t.connection, 1000 + kept.kept_ms)) == 0
    assert store.write(lambda t: kept.take_out(t.connection, 1001 + kept.kept_ms)) == 2
    left = {one.state for one in store.read(lambda r: r.shelf(DIVERSIONS).find())}
    assert left == {DiversionState.PROPOSED, DiversionState.ORDERED}


def test_changes_of_plans_that_are_over_go_in_time(store: SqlStore) -> None:
    (kept,) = [one for one in SHELVES_KEPT if one.spec is CHANGES]
    for k, state in enumerate(ChangeState):
        change = Change(f"ch-{k}", "day", 1, ("c0",), 1000, "ann", 1000, state)
        store.write(lambda t, change=change: t.shelf(CHANGES).put(change))
    assert store.write(lambda t: kept.take_out(t.connection, 1000 + kept.kept_ms)) == 0
    assert store.write(lambda t: kept.take_out(t.connection, 1001 + kept.kept_ms)) == 2
    assert [one.state for one in store.read(lambda r: r.shelf(CHANGES).find())] == [ChangeState.STAGING]


def test_what_another_shelf_names_stays(store: SqlStore) -> None:
    put(store, *(alarm(k) for k in range(6)))
    ticket = Ticket("ti-1", Facility.LAMP, "c0", "h1", "dark", "centre", 1000, fault="al-1")
    store.write(lambda t: t.shelf(TICKETS).put(ticket))
    assert store.write(lambda t: t.shelf(ALARMS).trim(2, {}, unless=(TICKETS, "fault"))) == 3
    assert found(store) == ["al-5", "al-4", "al-1"]
