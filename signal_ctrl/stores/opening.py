"""How a store is opened: the database, whether it is sound, its schema, its epoch, the writer's thread."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from signal_ctrl.domain.errors import StorageDamagedError, StorageFailedError
from signal_ctrl.stores.database import Database
from signal_ctrl.stores.disk import BALLAST_BYTES, DiskGuard
from signal_ctrl.stores.dumping import dump_before_migration
from signal_ctrl.stores.folder import DATABASE, prepare
from signal_ctrl.stores.integrity import start_findings
from signal_ctrl.stores.migrations import MIGRATIONS, Migration
from signal_ctrl.stores.postgres import PostgresDatabase
from signal_ctrl.stores.seal import MARKER, mark_made, set_aside
from signal_ctrl.stores.sqlite import CHECKPOINT_COMMITS, SqliteDatabase
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.writer import Writer


def open_store(folder: Path, address: str = "", migrations: Sequence[Migration] = MIGRATIONS) -> SqlStore:
    """Open the store of a data folder, in SQLite or at an address `postgresql://USER@HOST/NAME`.

    Args: migrations, the schema of the service whose store it is.
    Raises: InvalidInputError if another process has it or it is newer than this program; StorageError if it is broken.
    """
    if address:
        return open_postgres(folder, address, migrations=migrations)
    return open_folder(folder, migrations=migrations)


def open_folder(
    folder: Path,
    ballast_bytes: int = BALLAST_BYTES,
    checkpoint_commits: int = CHECKPOINT_COMMITS,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> SqlStore:
    """Open the SQLite store of a data folder, which is made where it is not there.

    Args: ballast_bytes, what is kept back for the last records of a full disk; checkpoint_commits, after how many
        commits the log is written back.
    Raises: as `open_store`. What is damaged is set aside, and the folder is not opened again.
    """
    try:
        store = _open_in(folder, SqliteDatabase(folder / DATABASE, checkpoint_commits), ballast_bytes, migrations)
    except StorageDamagedError as error:
        if (folder / MARKER).exists():
            raise
        raise StorageDamagedError(set_aside(folder, str(error))) from error
    try:
        mark_made(folder)
    except OSError as error:
        store.close()
        raise StorageFailedError(f"cannot write into {folder}: {error.strerror}") from error
    return store


def open_postgres(
    folder: Path, address: str, ballast_bytes: int = BALLAST_BYTES, migrations: Sequence[Migration] = MIGRATIONS
) -> SqlStore:
    """Open the store in a database of PostgreSQL; keys, anchors and ballast are in the data folder.

    Raises: as `open_store`.
    """
    return _open_in(folder, PostgresDatabase(address), ballast_bytes, migrations, address)


def open_memory(migrations: Sequence[Migration] = MIGRATIONS) -> SqlStore:
    """Open a store in memory, gone when it is closed: the fake for tests and simulations, through the same code."""
    return _started(Writer(SqliteDatabase(None), DiskGuard(None), migrations=migrations))


def open_database(database: Database, disk: DiskGuard) -> SqlStore:
    """Open a store over a database that nobody inspects. Raises: as `open_store`."""
    return _started(Writer(database, disk))


def _open_in(
    folder: Path, database: Database, ballast_bytes: int, migrations: Sequence[Migration], address: str = ""
) -> SqlStore:
    prepare(folder)
    disk = DiskGuard(folder, ballast_bytes=ballast_bytes)
    disk.lay_ballast()
    writer = Writer(database, disk, migrations=migrations)
    writer.inspect = partial(start_findings, folder)
    writer.before_migration = partial(dump_before_migration, folder, address)
    return _started(writer)


def _started(writer: Writer) -> SqlStore:
    writer.start()
    return SqlStore(writer.database, writer)
