"""What the store needs of a database: connections, and the little that SQLite and PostgreSQL do differently."""

from typing import Protocol

from sqlalchemy import Connection, Engine


class Database(Protocol):
    """One database that is open; `open_writer` is called once."""

    @property
    def place(self) -> str:
        """Where it is, for people; without a password."""
        ...

    @property
    def readers(self) -> Engine:
        """Read-only connections, to be borrowed."""
        ...

    def open_writer(self) -> Connection:
        """Return the only writing connection; a transaction on it begins by itself.

        Raises: StorageError if it cannot be had; InvalidInputError if another process writes here.
        """
        ...

    def committed(self) -> None:
        """Do what is to be done between two commits. Raises: DBAPIError or StorageError if it fails."""
        ...

    def close(self, sound: bool = True) -> None:
        """Close everything; where it is not `sound`, without another write or sync."""
        ...
