"""SQLite: WAL, a sync at every commit, one connection that writes, readers that cannot (SAFETY part D).

Nobody but SQLite may open the database files in this process: closing any handle on them drops the locks that SQLite
holds (https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

import itertools
import os
import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from signal_ctrl.domain.errors import StorageFailedError
from signal_ctrl.stores.failures import ours
from signal_ctrl.stores.folder import FolderLock
from signal_ctrl.stores.seal import close_seal, open_seal

FIXED_IN: Final = (3, 51, 3)
"""From here on the library has no WAL-reset race between two connections that write or checkpoint."""
BUSY_MS: Final = 5000
CHECKPOINT_COMMITS: Final = 500
CHECKPOINT_ROWS: Final = 20_000
WAL_KEPT_BYTES: Final = 64 << 20
READERS: Final = 4
_MEMORY: Final = itertools.count(1)


def library_line() -> str:
    """Return which SQLite this is, and what follows: told at start-up."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= FIXED_IN:
        return f"SQLite {version}"
    fixed = ".".join(map(str, FIXED_IN))
    return f"SQLite {version}: older than {fixed}, safe with one writing connection only, which is what is opened"


class SqliteDatabase:
    """A database file, or with None one in memory that lasts as long as it is open."""

    def __init__(self, path: Path | None, checkpoint_commits: int = CHECKPOINT_COMMITS) -> None:
        self._path = path
        self._checkpoint_commits = checkpoint_commits
        self._witness: sqlite3.Connection | None = None
        self._lock = None if path is None else FolderLock(path.parent)
        name = f"file:/memory-{os.getpid()}-{next(_MEMORY)}" if path is None else f"file:{quote(str(path.absolute()))}"
        options = ("vfs=memdb", "vfs=memdb") if path is None else ("mode=rwc", "mode=ro")
        self._uris = tuple(f"{name}?{option}" for option in options)
        self._writer: Connection | None = None
        self._raw: sqlite3.Connection | None = None
        self._commits = 0
        self._rows = 0
        self.readers: Engine = create_engine(
            "sqlite+pysqlite://", creator=self._open_reader, poolclass=QueuePool, pool_size=READERS, max_overflow=28
        )
        event.listen(self.readers, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

    @property
    def place(self) -> str:
        """Where the file is."""
        return "memory" if self._path is None else str(self._path)

    def open_writer(self) -> Connection:
        """Return the only writing connection.

        Raises: InvalidInputError if another process has the folder; StorageError if it cannot be opened as it must be.
        """
        if self._writer is not None:
            raise StorageFailedError(f"{self.place} has a writing connection already")
        if self._lock is not None and self._path is not None:
            self._lock.take()
            open_seal(self._path.parent)
        engine = create_engine("sqlite+pysqlite://", creator=self._open_writer, poolclass=NullPool)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with ours():
            self._writer = engine.connect()
            self._witness = self._open_reader()
            self._witness.execute("SELECT count(*) FROM sqlite_master").fetchall()  # from its first look on it is there
        check_single_writer(self._path)
        return self._writer

    def committed(self) -> None:
        """Checkpoint now and then. SQLite's own automatic checkpoint would swallow a sync that fails."""
        self._commits += 1
        raw = self._raw
        if raw is None or self._path is None:
            return
        if self._commits >= self._checkpoint_commits or raw.total_changes - self._rows >= CHECKPOINT_ROWS:
            self._checkpoint(raw, "PASSIVE")

    def close(self, sound: bool = True) -> None:
        """Close readers, then the writer, which leaves a database without a log.

        Where a write or sync has failed the witness goes last instead: a writer that is not the last to close leaves
        the log as it is, and what failed is not tried again.
        """
        self.readers.dispose()
        try:
            if sound and self._raw is not None and self._path is not None:
                self._checkpoint(self._raw, "TRUNCATE")
        except StorageFailedError:
            sound = False  # the log is whole; the next opening reads it
        if sound:
            self._close_witness()
        if self._writer is not None:
            self._writer.close()
        elif self._raw is not None:
            self._raw.close()
        self._close_witness()
        if sound and self._writer is not None and self._path is not None:
            close_seal(self._path.parent)
        self._raw = self._writer = None
        if self._lock is not None:
            self._lock.release()

    def _close_witness(self) -> None:
        if self._witness is not None:
            self._witness.close()
            self._witness = None

    def _checkpoint(self, raw: sqlite3.Connection, kind: str) -> None:
        try:
            raw.execute(f"PRAGMA wal_checkpoint({kind})").fetchall()
        except sqlite3.Error as error:
            raise StorageFailedError(f"checkpoint of {self.place}: {error}") from error
        self._commits, self._rows = 0, raw.total_changes

    def _open_writer(self) -> sqlite3.Connection:
        self._raw = raw = _connect(self._uris[0])
        if self._path is not None:
            self._path.chmod(0o600)
            _expect(raw, "journal_mode", "wal", "wal")
        _expect(raw, "synchronous", "FULL", 2)
        _expect(raw, "wal_autocheckpoint", "0", 0)
        _expect(raw, "journal_size_limit", str(WAL_KEPT_BYTES), WAL_KEPT_BYTES)
        return raw

    def _open_reader(self) -> sqlite3.Connection:
        raw = _connect(self._uris[1])
        _expect(raw, "query_only", "ON", 1)
        return raw


def check_single_writer(path: Path | None) -> None:
    """Raises: StorageFailedError if this process has more than one handle that may write to a database file."""
    found = 0 if path is None else writing_handles(path)
    if found > 1:
        raise StorageFailedError(f"{found} connections of this process may write to {path}; there has to be one")


def writing_handles(path: Path) -> int:
    """Return how many handles of this process may write to a file; 0 on a system without /proc."""
    handles = Path("/proc/self/fd")
    return sum(_may_write(handle, path) for handle in handles.iterdir()) if handles.is_dir() else 0


def _may_write(handle: Path, path: Path) -> bool:
    try:
        if os.readlink(handle) != str(path.resolve()):
            return False
        flags = (Path("/proc/self/fdinfo") / handle.name).read_text(encoding="ascii")
    except OSError:  # it was closed meanwhile
        return False
    mode = next(int(line.split()[1], 8) for line in flags.splitlines() if line.startswith("flags:"))
    return mode & os.O_ACCMODE != os.O_RDONLY


def _connect(uri: str) -> sqlite3.Connection:
    raw = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    _expect(raw, "foreign_keys", "ON", 1)
    raw.execute("PRAGMA mmap_size = 0")
    raw.execute("PRAGMA trusted_schema = OFF")
    return raw


def _expect(raw: sqlite3.Connection, pragma: str, value: str, wanted: Any) -> None:
    """Set a pragma and look whether it holds: SQLite ignores what it cannot do without a word.

    All rows are fetched: an error at the end of the statement, a sync that fails, comes after the first row.
    """
    raw.execute(f"PRAGMA {pragma} = {value}").fetchall()
    found = raw.execute(f"PRAGMA {pragma}").fetchone()[0]
    if found != wanted:
        raise StorageFailedError(f"SQLite keeps {pragma} = {found}, not {value}")
