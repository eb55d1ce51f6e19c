"""Numbered changes of the schema: forward only, each in one transaction (SAFETY part D).

A topic imports its tables here and adds them to FIRST_TABLES. From the first release on, FIRST_TABLES stands still, and
a change of the schema is a new entry of MIGRATIONS that says in SQL what it does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Table, func, inspect, select

from signal_ctrl.centre.shelf_list import SHELVES
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.shelf_list import PARKING_SHELVES
from signal_ctrl.stores.meta import EPOCH, SCHEMA, SqlMeta
from signal_ctrl.stores.tables.audit import AUDIT
from signal_ctrl.stores.tables.base import METADATA, PARKING_METADATA
from signal_ctrl.stores.tables.leases import LEASES
from signal_ctrl.stores.tables.links import LINK_TABLES
from signal_ctrl.stores.tables.meta import META
from signal_ctrl.stores.tables.people import LOGIN_FAILURES, SESSIONS, USERS
from signal_ctrl.stores.tables.shelves import SHELF_TABLES
from signal_ctrl.watch.shelf_list import LATER_SHELVES, WATCH_SHELVES

FIRST_TABLES: Final[tuple[Table, ...]] = (
    META,
    AUDIT,
    LEASES,
    USERS,
    SESSIONS,
    LOGIN_FAILURES,
    *(SHELF_TABLES[spec.name] for spec in SHELVES),
    *LINK_TABLES,
)
PARKING_TABLES: Final[tuple[Table, ...]] = tuple(SHELF_TABLES[spec.name] for spec in PARKING_SHELVES)
"""The tables of the parking service, which has a database of its own."""
WATCH_TABLES: Final[tuple[Table, ...]] = tuple(SHELF_TABLES[spec.name] for spec in WATCH_SHELVES)
"""The tables of watching the city; as FIRST_TABLES, they stand still from their first release on."""
LATER_TABLES: Final[tuple[Table, ...]] = tuple(SHELF_TABLES[spec.name] for spec in LATER_SHELVES)
"""Those of the past, of buses, of special vehicles; they stand still as well."""
FIRST_EPOCH: Final = 1
_LOCK: Final = 0x5349474E
"""Any number that nobody else locks."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: its number, what it is for, and what it does."""

    number: int
    title: str
    change: Callable[[Connection], None]


def _first(connection: Connection) -> None:
    METADATA.create_all(connection, tables=FIRST_TABLES, checkfirst=False)
    SqlMeta(connection).put(EPOCH, str(FIRST_EPOCH))


def _watch(connection: Connection) -> None:
    METADATA.create_all(connection, tables=WATCH_TABLES, checkfirst=False)


def _later(connection: Connection) -> None:
    METADATA.create_all(connection, tables=LATER_TABLES, checkfirst=False)


def _parking(connection: Connection) -> None:
    METADATA.create_all(connection, tables=(META, AUDIT), checkfirst=False)
    PARKING_METADATA.create_all(connection, tables=PARKING_TABLES, checkfirst=False)
    SqlMeta(connection).put(EPOCH, str(FIRST_EPOCH))


MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(1, "the first tables", _first),
    Migration(2, "watching the city", _watch),
    Migration(3, "the past, buses, special vehicles", _later),
)
PARKING_MIGRATIONS: Final[tuple[Migration, ...]] = (Migration(1001, "parking", _parking),)
"""Those of the parking service; their numbers are greater, so that no service takes another's database for its own."""


def family_of(version: int) -> Sequence[Migration]:
    """Return the migrations of the service that a schema belongs to; none if this program does not know it."""
    families = (MIGRATIONS, PARKING_MIGRATIONS)
    return next((each for each in families if each[0].number <= version <= each[-1].number), ())


def version_of(connection: Connection) -> int:
    """Return the number of the last migration that a database went through; 0 for an empty one."""
    if not inspect(connection).has_table(META.name):
        return 0
    return SqlMeta(connection).number(SCHEMA)


def migrate(
    connection: Connection,
    before: Callable[[int], None] = lambda _version: None,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> int:
    """Bring a database to the newest schema and return how many steps that took.

    Args: connection, the writing one, in no transaction; before, called with the version before the first step where
        there is data to lose: it makes the backup.
    Raises: InvalidInputError if the database is newer than this program.
    """
    with connection.begin():
        version = _locked_version(connection)
    if version > migrations[-1].number:
        raise InvalidInputError(
            f"the database has schema {version}, this program knows {migrations[-1].number}; use a newer program"
        )
    if 0 < version < migrations[0].number:
        raise InvalidInputError(f"the database has schema {version}, that of another service; name another data folder")
    waiting = [migration for migration in migrations if migration.number > version]
    if waiting and version > 0:
        before(version)
    return sum(_step(connection, migration) for migration in waiting)


def _step(connection: Connection, migration: Migration) -> int:
    """Carry out one step unless another process has done so meanwhile."""
    with connection.begin():
        if _locked_version(connection) >= migration.number:
            return 0
        migration.change(connection)
        SqlMeta(connection).put(SCHEMA, str(migration.number))
        return 1


def _locked_version(connection: Connection) -> int:
    """Return the version when nobody else is changing it: centres of one server may start at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    return version_of(connection)
