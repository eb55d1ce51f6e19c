"""From an error of a database to ours. Codes: SQLite result codes; PostgreSQL SQLSTATE, appendix A of its manual."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DataError as SqlDataError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from signal_ctrl.domain.errors import (
    ConflictError,
    InvalidInputError,
    SignalCtrlError,
    StorageBusyError,
    StorageDamagedError,
    StorageError,
    StorageFailedError,
    StorageFullError,
    StorageLostError,
)

RESTART: Final = "the store is read-only now; find the cause, then start the process anew"

SQLITE: Final[dict[int, type[StorageError]]] = {
    5: StorageBusyError,  # BUSY
    6: StorageBusyError,  # LOCKED
    8: StorageFailedError,  # READONLY
    10: StorageFailedError,  # IOERR and all its kinds, FSYNC among them
    11: StorageDamagedError,  # CORRUPT
    13: StorageFullError,  # FULL: a write met ENOSPC; a sync that met it is an IOERR
    14: StorageFailedError,  # CANTOPEN
    26: StorageDamagedError,  # NOTADB
}
"""By primary result code, the lowest eight bits."""

POSTGRESQL: Final[tuple[tuple[str, type[StorageError]], ...]] = (
    ("53100", StorageFullError),  # disk_full
    ("53", StorageBusyError),  # insufficient resources
    ("40", StorageBusyError),  # serialization failure, deadlock
    ("55P03", StorageBusyError),  # lock not available
    ("57014", StorageBusyError),  # statement took too long
    ("XX001", StorageDamagedError),  # data corrupted
    ("XX002", StorageDamagedError),  # index corrupted
    ("58", StorageFailedError),  # system error, io_error
    ("25006", StorageFailedError),  # the server takes no writes
)
"""By the beginning of SQLSTATE, most specific first."""

LOST: Final = ("08", "57P", "25P03")
"""Connection exceptions, the server shutting down, idle in a transaction for too long."""


def translated(error: DBAPIError) -> SignalCtrlError | None:
    """Return our error for one of a database; None for a statement that is wrong, which is a fault of this program."""
    if isinstance(error, IntegrityError):
        return ConflictError(_line(error))
    if isinstance(error, SqlDataError):
        return InvalidInputError(_line(error))
    kind = _kind(error)
    return None if kind is None else kind(_line(error))


@contextmanager
def ours() -> Iterator[None]:
    """Raise our error from one of the database, or of SQLite below it."""
    try:
        yield
    except sqlite3.Error as error:
        kind = SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, StorageFailedError)
        raise kind(f"SQLite: {error}") from error
    except DBAPIError as error:
        mine = translated(error)
        if mine is None:
            raise
        raise mine from error


def _kind(error: DBAPIError) -> type[StorageError] | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return SQLITE.get(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state.startswith(LOST):
        return StorageLostError
    found = next((kind for start, kind in POSTGRESQL if state.startswith(start)), None)
    return StorageLostError if found is None and not state and isinstance(error, OperationalError) else found


def _line(error: DBAPIError) -> str:
    name = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    text = " ".join(str(error.orig).split())
    return f"{text} ({name})" if name else text
