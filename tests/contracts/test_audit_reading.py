"""What is asked of the audit, over every store, against a slow and obvious reading of all records."""

import random
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from signal_ctrl.centre.audit import AuditRecord
from signal_ctrl.centre.audit_port import AuditWish
from signal_ctrl.centre.cabinets import CABINETS, Place, enrolled
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.people import User
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.stores.store import SqlStore
from tests.contracts.test_store import opened
from tests.signal_ctrl.centre.worlds import site_text

PEOPLE: Final = {"ann": "north", "bob": "south", "cab-1": "south", "eve": None}
CABINETS_OF: Final = {"cab-1": "north", "cab-2": "south", "cab-10": "north"}
WHO: Final = ("ann", "bob", "eve", "cab-1", "cabinet:cab-1", "cabinet:cab-2", "centre")
WHAT: Final = ("login", "issue override")
OBJECTS: Final = (
    "cabinet cab-1",
    "cabinet cab-10",
    "cabinet cab-2",
    "Cabinet cab-1",
    "cab-1",
    "plan cab-1",
    "override ov-1",
    "override ov-2",
    "override",
    "",
)
RECORDS: Final = 400


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    one = opened(request.param, tmp_path / "data", request)
    one.write(_filled)
    yield one
    one.close()


def _filled(transaction: Transaction) -> None:
    for login, district in PEOPLE.items():
        transaction.people.add_user(User(login, Role.SUPERVISOR, district, 0))
    for name, district in CABINETS_OF.items():
        transaction.shelf(CABINETS).put(enrolled(name, site_text(name), Place(district), 0))
    draw = random.Random(7)
    for n in range(1, RECORDS + 1):
        who, what, obj = draw.choice(WHO), draw.choice(WHAT), draw.choice(OBJECTS)
        transaction.record(who, what, obj, "done", 1_000 * n)


def is_of(record: AuditRecord, district: str, every: Sequence[AuditRecord]) -> bool:
    """Tell the long way round whether a record is a district's."""
    if record.actor == "centre" and " " in record.object:
        others = [each.actor for each in every if each.object == record.object]
        if any(PEOPLE.get(actor) == district for actor in others):
            return True
    if PEOPLE.get(record.actor) == district:
        return True
    kind, mark, name = record.actor.partition(":")
    if kind == "cabinet" and mark and CABINETS_OF.get(name) == district:
        return True
    kind, mark, name = record.object.partition(" ")
    return kind == "cabinet" and bool(mark) and CABINETS_OF.get(name) == district


def fits(record: AuditRecord, wish: AuditWish, every: Sequence[AuditRecord]) -> bool:
    return (
        (not wish.actor or record.actor == wish.actor)
        and (not wish.action or record.action == wish.action)
        and (not wish.object or record.object == wish.object)
        and (wish.district is None or is_of(record, wish.district, every))
    )


WISHES: Final = (
    AuditWish(),
    AuditWish(district="north"),
    AuditWish(district="south"),
    AuditWish(district="nowhere"),
    AuditWish(district=""),
    AuditWish("ann"),
    AuditWish("ann", "login", "cabinet cab-2", "north"),
    AuditWish(object="cabinet cab-1", district="south"),
    AuditWish("ann' OR '1'='1", district="north' OR '1'='1"),
)
SPANS: Final = ((1, RECORDS + 1, 10_000), (50, 200, 10_000), (50, 200, 7), (1, 10**9, 20), (200, 50, 5))
"""First number, the one behind the last, how many at most."""


@pytest.mark.parametrize("youngest", [False, True])
def test_records_that_fit_are_found_and_no_other(store: SqlStore, youngest: bool) -> None:
    every = [stored.record for stored in store.read(lambda reading: reading.audit.records(limit=10_000))]
    assert len(every) == RECORDS
    for wish, (first_n, end_n, limit) in product(WISHES, SPANS):
        expected = [each for each in every if first_n <= each.n < end_n and fits(each, wish, every)]
        expected = expected[-limit:] if youngest else expected[:limit]
        found = store.read(partial(_found, wish=wish, span=(first_n, end_n, limit), youngest=youngest))
        assert found == expected, wish


def _found(reading: Reading, wish: AuditWish, span: tuple[int, int, int], youngest: bool) -> list[AuditRecord]:
    return [stored.record for stored in reading.audit.found(wish, *span, youngest=youngest)]


def test_a_login_that_is_called_as_a_cabinet_is_a_person(store: SqlStore) -> None:
    """What they do is their district's, not that of the cabinet of this name."""
    found = store.read(lambda reading: reading.audit.found(AuditWish("cab-1", district="north"), 1, 10_000, 10_000))
    assert {stored.record.object for stored in found} == {"cabinet cab-1", "cabinet cab-10"}


def test_the_last_record_of_a_time_is_found(store: SqlStore) -> None:
    for utc_ms, n in ((0, 0), (999, 0), (1_000, 1), (1_999, 1), (77_000, 77), (400_000, 400), (10**15, 400)):
        assert store.read(lambda reading, at=utc_ms: reading.audit.n_at(at)) == n
