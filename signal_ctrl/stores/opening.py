"""How a store is opened: the database, its schema, its epoch, the writer's thread."""

from pathlib import Path

from signal_ctrl.stores.database import Database
from signal_ctrl.stores.disk import BALLAST_BYTES, DiskGuard
from signal_ctrl.stores.folder import DATABASE, prepare
from signal_ctrl.stores.postgres import PostgresDatabase
from signal_ctrl.stores.sqlite import CHECKPOINT_COMMITS, SqliteDatabase
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.writer import Writer


def open_folder(
    folder: Path, ballast_bytes: int = BALLAST_BYTES, checkpoint_commits: int = CHECKPOINT_COMMITS
) -> SqlStore:
    """Open the SQLite store of a data folder, which is made where it is not there.

    Args: ballast_bytes, what is kept back for the last records of a full disk; checkpoint_commits, after how many
        commits the log is written back.

    Raises: InvalidInputError if another process has it or it is newer than this program; StorageError if it is broken.
    """
    prepare(folder)
    disk = DiskGuard(folder, ballast_bytes=ballast_bytes)
    disk.lay_ballast()
    return open_database(SqliteDatabase(folder / DATABASE, checkpoint_commits), disk)


def open_postgres(folder: Path, address: str, ballast_bytes: int = BALLAST_BYTES) -> SqlStore:
    """Open the store in a database of PostgreSQL; keys, anchors and ballast are in the data folder.

    Raises: as `open_folder`.
    """
    prepare(folder)
    disk = DiskGuard(folder, ballast_bytes=ballast_bytes)
    disk.lay_ballast()
    return open_database(PostgresDatabase(address), disk)


def open_memory() -> SqlStore:
    """Open a store in memory, gone when it is closed: the fake for tests and simulations, through the same code."""
    return open_database(SqliteDatabase(None), DiskGuard(None))


def open_database(database: Database, disk: DiskGuard) -> SqlStore:
    """Open a store over a database. Raises: as `open_folder`."""
    writer = Writer(database, disk)
    writer.start()
    return SqlStore(database, writer)
