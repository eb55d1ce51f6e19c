"""A database of every earlier schema becomes one of the newest, with what it holds; nothing else is migrated."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect

from signal_ctrl.centre.alarms import ALARMS, Alarm, Severity
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.backup import make_backup
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.migrations import (
    FIRST_TABLES,
    LATER_TABLES,
    MIGRATIONS,
    PARKING_MIGRATIONS,
    WATCH_TABLES,
    family_of,
)
from signal_ctrl.stores.opening import open_folder, open_postgres
from signal_ctrl.stores.restore import restore
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.tables.shelves import ALL_SHELVES
from signal_ctrl.watch.dispatch.units import UNITS, Unit, UnitKind
from signal_ctrl.watch.feeds.values import FEEDS, Feed, FeedKind
from signal_ctrl.watch.shelf_list import LATER_SHELVES
from tests.signal_ctrl.stores import killed_migrations
from tests.signal_ctrl.stores.conftest import Place

ROOT = Path(__file__).resolve().parents[3]
SCHEMA_2 = Path(__file__).with_name("schema_2.sql")
"""A database as the program wrote it when schema 2 was the newest: its tables and some values of its own making."""
SECRET = bytes(range(32))
NOW_MS = 1_800_000_000_000
ALARM = Alarm("al-1", "offline", "c1", Severity.WARNING, "silent", 1000, 1000)
FEED = Feed("loops", FeedKind.COUNTS, 1000, "root", "city", ("r1",))
UNIT = Unit("p1", UnitKind.PATROL, (120.1, 30.2))


def opened(place: Place, many: int = len(MIGRATIONS)) -> SqlStore:
    """Open the store as a program did that knew so many migrations."""
    if place.address:
        return open_postgres(place.folder, place.address, ballast_bytes=4096, migrations=MIGRATIONS[:many])
    return open_folder(place.folder, ballast_bytes=4096, migrations=MIGRATIONS[:many])


def filled(place: Place, many: int) -> None:
    store = opened(place, many)

    def work(t: Any) -> None:
        t.shelf(ALARMS).add(ALARM)
        if many > 1:
            t.shelf(FEEDS).add(FEED)
        t.record("ann", "note", "something", "done", 2000)

    store.write(work)
    store.close()


def schema_of(store: SqlStore) -> Mapping[str, Any]:
    """Return the columns and indexes of every table, by its name."""

    def look(connection: Connection) -> dict[str, Any]:
        seen = inspect(connection)
        return {
            table: (
                sorted((c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(table)),
                sorted((str(i["name"]), tuple(i["column_names"])) for i in seen.get_indexes(table)),
                seen.get_pk_constraint(table)["constrained_columns"],
            )
            for table in seen.get_table_names()
        }

    return store.read(lambda reading: look(reading.connection))


@pytest.mark.parametrize("many", range(1, len(MIGRATIONS)))
def test_every_earlier_schema_becomes_the_newest_with_its_data(
    place: Place, many: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    filled(place, many)
    store = opened(place)
    address = request.getfixturevalue("new_database")() if place.address else ""
    fresh = opened(Place(tmp_path / "fresh", address))
    assert schema_of(store) == schema_of(fresh)
    fresh.close()
    assert store.read(lambda r: r.meta.number("schema")) == MIGRATIONS[-1].number
    assert store.read(lambda r: r.shelf(ALARMS).find()) == (ALARM,)
    assert store.read(lambda r: r.shelf(FEEDS).find()) == ((FEED,) if many > 1 else ())
    assert store.write(lambda t: t.record("ann", "note", "more", "done", 3000)) == 2
    for spec in LATER_SHELVES:
        assert store.read(lambda r, spec=spec: r.shelf(spec).find()) == ()
    store.close()
    copies = list((place.folder / "before-migration").iterdir())
    assert len(copies) == 1 and json.loads(copies[0].read_text("utf-8").splitlines()[0])["schema"] == many


def test_a_database_that_an_earlier_program_wrote_becomes_the_newest(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    written = sqlite3.connect(data / "centre.db")
    written.executescript(SCHEMA_2.read_text("utf-8"))
    written.close()
    store, fresh = open_folder(data, ballast_bytes=4096), open_folder(tmp_path / "fresh", ballast_bytes=4096)
    assert schema_of(store) == schema_of(fresh)
    assert store.read(lambda r: r.shelf(ALARMS).find()) == (ALARM,)
    assert store.read(lambda r: r.shelf(FEEDS).find()) == (FEED,)
    assert store.read(lambda r: r.shelf(UNITS).find()) == (UNIT,)
    assert [each.record.object for each in store.read(lambda r: r.audit.records())] == ["feed loops", "something"]
    store.close()
    fresh.close()


@pytest.mark.slow
def test_killed_at_any_statement_a_migration_is_there_whole_or_not_at_all(place: Place) -> None:
    filled(place, 1)
    command = [sys.executable, "-m", killed_migrations.__name__, str(place.folder), place.address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    times = [json.loads(line) for line in done.stdout.splitlines()]
    tables = dict(zip((1, 2, 3), accumulate((FIRST_TABLES, WATCH_TABLES, LATER_TABLES)), strict=True))
    assert len(times) > 40 and [each["killed"] for each in times] == [True] * (len(times) - 1) + [False]
    for each in times:
        assert each["tables"] == sorted(table.name for table in tables[each["schema"]])
        assert (each["alarms"], each["records"], each["whole"]) == (1, 1, True)
    schemas = [each["schema"] for each in times]
    assert set(schemas) == {1, 2, 3} and schemas == sorted(schemas)
    store = opened(place)
    assert store.read(lambda r: r.shelf(ALARMS).find()) == (ALARM,)
    assert store.write(lambda t: t.record("ann", "note", "more", "done", 3000)) == 2
    store.close()


def test_every_shelf_has_its_table_in_one_of_the_two_services(tmp_path: Path) -> None:
    tables: set[str] = set()
    for name, migrations in (("centre", MIGRATIONS), ("parking", PARKING_MIGRATIONS)):
        store = open_folder(tmp_path / name, ballast_bytes=4096, migrations=migrations)
        own = set(schema_of(store)) & {spec.name for spec in ALL_SHELVES}
        assert not tables & own
        tables |= own
        store.close()
    assert tables == {spec.name for spec in ALL_SHELVES}


def test_a_backup_of_an_earlier_schema_is_restored_into_the_newest(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    place = Place(tmp_path / "data", "")
    filled(place, 2)
    signing_key(place.folder)
    made = make_backup(place.folder, tmp_path / "backup", SECRET, NOW_MS)
    for again in (Place(tmp_path / "again", ""), Place(tmp_path / "server", new_database())):
        restore(made.file, again.folder, SECRET, NOW_MS, again.address)
        store = opened(again)
        assert store.read(lambda r: r.shelf(FEEDS).find()) == (FEED,)
        assert store.read(lambda r: r.meta.number("schema")) == MIGRATIONS[-1].number
        assert {spec.name for spec in LATER_SHELVES} <= set(schema_of(store))
        store.close()


def test_numbers_of_the_two_services_never_meet(tmp_path: Path) -> None:
    numbers = [each.number for each in (*MIGRATIONS, *PARKING_MIGRATIONS)]
    assert numbers == sorted(set(numbers))
    assert family_of(MIGRATIONS[-1].number) is MIGRATIONS
    assert family_of(PARKING_MIGRATIONS[0].number) is PARKING_MIGRATIONS
    assert not any(family_of(each) for each in (0, MIGRATIONS[-1].number + 1, PARKING_MIGRATIONS[-1].number + 1))
    filled(Place(tmp_path / "data", ""), 2)
    with pytest.raises(InvalidInputError, match="that of another service"):
        open_folder(tmp_path / "data", ballast_bytes=4096, migrations=PARKING_MIGRATIONS)
    store = opened(Place(tmp_path / "data", ""), 2)
    assert store.read(lambda r: r.meta.number("schema")) == 2
    store.close()
