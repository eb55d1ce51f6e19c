"""Restoring: a new centre from a backup, under an epoch that no cabinet has seen, with nothing revived.

What a topic has to do so that nothing comes back to life that ended meanwhile is a function in AFTER_RESTORE: it is
handed the transaction in which the tables were filled, and the time. Overrides whose end has passed are ended there,
nonces that may have been used since the backup are refused there. What is personal lies beside a backup for a day; with
an older one permits and reservations of parking are not there any more, and everything else is.
"""

import base64
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, delete, inspect, text

from signal_ctrl.centre.override_restore import end_restored_overrides
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError, StorageDamagedError
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.backup import backup_lines, check_hash, plates_of
from signal_ctrl.stores.database import Database
from signal_ctrl.stores.dumping import FORMAT, has_personal, load_lines
from signal_ctrl.stores.failures import ours
from signal_ctrl.stores.folder import DATABASE, KEYS, prepare
from signal_ctrl.stores.integrity import structure_findings
from signal_ctrl.stores.key_files import signing_key, write_secret
from signal_ctrl.stores.meta import EPOCH, SqlMeta
from signal_ctrl.stores.migrations import MIGRATIONS, family_of, migrate, version_of
from signal_ctrl.stores.postgres import PostgresDatabase
from signal_ctrl.stores.repositories import SqlTransaction
from signal_ctrl.stores.seal import mark_made
from signal_ctrl.stores.sealed_files import unseal_beside
from signal_ctrl.stores.sqlite import SqliteDatabase
from signal_ctrl.stores.tables.meta import META

AfterRestore = Callable[[SqlTransaction, int], None]
Sources = tuple[Iterator[str], Iterator[str] | None]
"""Lines of a dump, and those of what is personal, where they are there."""
AFTER_RESTORE: Final[tuple[AfterRestore, ...]] = (end_restored_overrides,)
"""What each topic does in the restoring transaction; the second argument is the time. [ms]"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: when the backup was made, its rows, the epoch before and now.

    `has_plates`: codes of plates too, with what hangs on them; None for a service that has none; `files`: how many that
    were sealed beside the backups, and `unread`, why others were not.
    """

    backup_utc_ms: int
    rows: int
    epoch_before: int
    epoch: int
    has_plates: bool | None = None
    files: int = 0
    unread: tuple[str, ...] = ()


def restore(
    file: Path,
    folder: Path,
    secret: bytes,
    at_utc_ms: int,
    address: str = "",
    after: tuple[AfterRestore, ...] = AFTER_RESTORE,
) -> Restored:
    """Make a new data folder, and fill an empty database, from a backup. [ms]

    Raises: InvalidInputError if the folder or the database is in use, the backup is none or damaged, or is newer than
        this program. Nothing is left behind then.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInputError(f"{folder} holds something; name a new folder")
    check_hash(file)
    if address:
        _read_through(file, secret)
    lines = backup_lines(file, secret)
    first, keys = _head(lines)
    plates = _plates(plates_of(file), secret, first)
    prepare(folder)
    try:
        for name, data in keys.items():
            write_secret(folder / KEYS / name, data)
        found = _made(folder, address, first, (lines, plates), (at_utc_ms, after))
        files, unread = unseal_beside(file.parent, folder, secret)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return replace(found, files=files, unread=unread)


def epoch_after(before: int, at_utc_ms: int) -> int:
    """Return the epoch of a store restored at a time: the second since 1970, or one more than that of the backup. [ms]

    Take-overs after the backup have raised the epoch by a few, which the backup cannot know; seconds since 1970 are
    more than that, and differ for two restores of one backup.
    """
    return max(before + 1, at_utc_ms // 1000)


def _head(lines: Iterator[str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the first line of the dump and the keys before it."""
    keys: dict[str, bytes] = {}
    for line in lines:
        item = json.loads(line)
        if "key" not in item:
            break
        if os.path.basename(item["key"]) != item["key"]:
            raise InvalidInputError(f"a key of the backup is named {item['key']!r}")
        keys[item["key"]] = base64.b64decode(item["base64"])
    else:
        raise InvalidInputError("the backup holds no dump")
    if item.get("format") != FORMAT or not family_of(item["schema"]):
        raise InvalidInputError(f"the backup has schema {item.get('schema')}; use a newer program")
    return item, keys


def _read_through(file: Path, secret: bytes) -> None:
    """Read a backup, and what is personal beside it, to the end: a server's database is touched only after that.

    Raises: InvalidInputError if one of them is damaged.
    """
    for each in (file, plates_of(file)):
        if each.exists() or each is file:
            deque(backup_lines(each, secret), maxlen=0)


def _plates(file: Path, secret: bytes, first: dict[str, Any]) -> Iterator[str] | None:
    """Return the lines of what is personal, None where it is not there.

    Raises: InvalidInputError if it is that of another backup, or damaged.
    """
    if not file.exists():
        return None
    lines = backup_lines(file, secret)
    if _head(lines)[0] != first:
        raise InvalidInputError(f"{file} belongs to another backup; take it away to restore without it")
    return lines


def _made(
    folder: Path, address: str, first: dict[str, Any], sources: Sources, begun: tuple[int, tuple[AfterRestore, ...]]
) -> Restored:
    """Fill the empty database and look at what is in it. Args: begun, the time [ms] and what topics do at it."""
    database: Database = PostgresDatabase(address) if address else SqliteDatabase(folder / DATABASE)
    there: frozenset[str] | None = None
    try:
        with _closed_after(database):
            connection, there = _opened_empty(database)
            found = _fill(connection, first, sources, *begun)
        if not address:
            mark_made(folder)
        signing_key(folder)  # a centre that never ran had none yet
        if not verify(folder, address=address).is_sound:
            raise StorageDamagedError("the audit chain in the backup is not sound; see 'signal-ctrl audit verify'")
    except BaseException:
        if address and there is not None:
            _take_back(address, there)
        raise
    return found


@contextmanager
def _closed_after(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close(sound=False)
        raise
    database.close()


def _opened_empty(database: Database) -> tuple[Connection, frozenset[str]]:
    """Return a connection that writes, and the names of the tables that are there. Raises: InvalidInputError."""
    with ours():
        connection = database.open_writer()
        with connection.begin():
            if version_of(connection):
                raise InvalidInputError(f"the database {database.place} is not empty; name an empty one")
            return connection, frozenset(inspect(connection).get_table_names())


def _fill(
    connection: Connection,
    first: dict[str, Any],
    sources: Sources,
    at_utc_ms: int,
    after: tuple[AfterRestore, ...],
) -> Restored:
    lines, plates = sources
    with ours():
        steps = family_of(first["schema"])
        migrate(connection, migrations=[step for step in steps if step.number <= first["schema"]])
        with connection.begin():
            rows = _load(connection, lines, plates)
        migrate(connection, migrations=steps)
        with connection.begin():
            found = _begin_anew(connection, first, rows, at_utc_ms, after if steps is MIGRATIONS else ())
            found = replace(found, has_plates=_known_plates(connection, plates))
            wrong = structure_findings(connection)
        if wrong:
            raise StorageDamagedError("; ".join(wrong))
        return found


def _take_back(address: str, there: frozenset[str]) -> None:
    """Take out of a server's database what was put into it; what went wrong before is what is told."""
    database = PostgresDatabase(address)
    with suppress(SignalCtrlError), ours():
        connection = database.open_writer()
        with connection.begin():
            made = MetaData()
            made.reflect(connection, only=lambda name, _: name not in there)
            made.drop_all(connection)
    database.close(sound=False)


def _known_plates(connection: Connection, plates: Iterator[str] | None) -> bool | None:
    return plates is not None if has_personal(connection) else None


def _load(connection: Connection, lines: Iterator[str], plates: Iterator[str] | None) -> int:
    connection.execute(delete(META))
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    rows = load_lines(connection, lines) + (load_lines(connection, plates) if plates is not None else 0)
    if connection.dialect.name == "postgresql":
        _advance_sequences(connection)
    return rows


def _advance_sequences(connection: Connection) -> None:
    """Let numbers that the server gives go on behind those that were loaded."""
    found = MetaData()
    found.reflect(connection)
    for column in chain.from_iterable(table.columns for table in found.sorted_tables):
        names = {"table": f'"{column.table.name}"', "column": column.name}
        sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), names).scalar()
        if sequence is not None:
            highest = connection.execute(column.table.select().with_only_columns(column).order_by(column.desc()))
            connection.execute(
                text("SELECT setval(:sequence, :value, :used)"),
                {"sequence": sequence, "value": (top := highest.scalar() or 0) or 1, "used": top > 0},
            )


def _begin_anew(
    connection: Connection, first: dict[str, Any], rows: int, at_utc_ms: int, after: tuple[AfterRestore, ...]
) -> Restored:
    before = int(first["epoch"])
    epoch = epoch_after(before, at_utc_ms)
    SqlMeta(connection).put(EPOCH, str(epoch))
    transaction = SqlTransaction(connection, epoch)
    for step in after:
        step(transaction, at_utc_ms)
    transaction.record("centre", "restore", f"backup of {first['time_utc_ms']}", f"epoch {epoch}", at_utc_ms)
    return Restored(int(first["time_utc_ms"]), rows, before, epoch)
