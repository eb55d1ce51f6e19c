"""A store looked at from outside, whether a centre runs on it or not: read-only, nothing locked, nothing migrated."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.database import Database
from signal_ctrl.stores.failures import ours
from signal_ctrl.stores.folder import DATABASE
from signal_ctrl.stores.postgres import PostgresDatabase
from signal_ctrl.stores.sqlite import SqliteDatabase


@contextmanager
def looking(folder: Path, address: str = "") -> Iterator[Connection]:
    """Yield a read-only connection in one transaction.

    Raises: InvalidInputError if there is no database; StorageError if it cannot be read.
    """
    database = database_of(folder, address)
    try:
        with ours(), database.readers.connect() as connection, connection.begin():
            raw = connection.connection.driver_connection
            if isinstance(raw, sqlite3.Connection):  # a damaged text is to be told of, not stumbled over
                raw.text_factory = lambda found: found.decode("utf-8", "surrogateescape")
            yield connection
    finally:
        database.close()


def database_of(folder: Path, address: str) -> Database:
    """Return the database at an address, or that of a data folder. Raises: InvalidInputError if there is none."""
    if address:
        return PostgresDatabase(address)
    path = folder / DATABASE
    if not path.is_file():
        raise InvalidInputError(f"there is no database {path}; name the data folder of a centre with --data")
    return SqliteDatabase(path)
