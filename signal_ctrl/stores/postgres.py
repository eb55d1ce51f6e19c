"""PostgreSQL: the same store for a city, on a server that keeps what it says (SAFETY part D)."""

from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from signal_ctrl.domain.errors import InvalidInputError, StorageFailedError
from signal_ctrl.stores.failures import ours

WRITER: Final = {
    "synchronous_commit": "on",
    "lock_timeout": "5000",
    "statement_timeout": "30000",
    "idle_in_transaction_session_timeout": "5000",
    "tcp_user_timeout": "5000",
}
"""Settings of the writing session. [ms] A centre that stands still in a transaction loses its session, and with it the
row of the epoch, before its lease of 10 s ends: whoever takes over does not wait for it."""
READER: Final = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": r"repeatable\ read",
    "statement_timeout": "30000",
    "idle_in_transaction_session_timeout": "600000",
}
REQUIRED: Final = (
    ("fsync", "fsync = on in postgresql.conf"),
    ("full_page_writes", "full_page_writes = on in postgresql.conf"),
    ("data_checksums", "pg_checksums --enable on the stopped cluster"),
)
"""What has to be on, and how it is switched on."""
DURABLE: Final = ("on", "remote_apply")
ALIVE: Final = {
    "tcp_user_timeout": 5_000,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}
"""Of our end of each connection [ms, s, s]: behind a network that swallows everything the kernel would wait for the
answer of the server for a quarter of an hour, and who has lost the lease could not end and wait for the next one."""
_CONNECT_S: Final = 5
_POOL: Final = 4


class PostgresDatabase:
    """A database on a server, named by its address `postgresql://USER@HOST/NAME`."""

    def __init__(self, address: str) -> None:
        self._url = url_of(address)
        self._writer: Connection | None = None
        self._writing = self._engine(WRITER, pooled=False)
        self.readers: Engine = self._engine(READER, pooled=True)

    @property
    def place(self) -> str:
        """Return the address without its password."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=True)

    def open_writer(self) -> Connection:
        """Return the writing connection. Raises: StorageError if the server is gone or does not keep what it says."""
        with ours():
            self._writer = self._writing.connect()
            with self._writer.begin():
                _check(self._writer)
        return self._writer

    def committed(self) -> None:
        """Nothing: the server sees to its checkpoints."""

    def close(self, sound: bool = True) -> None:
        """Close readers, then the writer."""
        self.readers.dispose()
        if self._writer is not None and not self._writer.closed:
            self._writer.close()
        self._writer = None

    def _engine(self, settings: dict[str, str], pooled: bool) -> Engine:
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        arguments = {"options": options, "connect_timeout": _CONNECT_S, "application_name": "signal-ctrl", **ALIVE}
        if pooled:
            return create_engine(
                self._url, connect_args=arguments, pool_size=_POOL, max_overflow=16, pool_pre_ping=True
            )
        return create_engine(self._url, connect_args=arguments, poolclass=NullPool)


def url_of(address: str) -> URL:
    """Return the address for the driver. Raises: InvalidInputError if it is none of PostgreSQL."""
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise InvalidInputError("--database is no address; write postgresql://USER@HOST/NAME") from error
    if url.get_backend_name() != "postgresql" or not url.database:
        raise InvalidInputError("--database names no database of PostgreSQL; write postgresql://USER@HOST/NAME")
    return url.set(drivername="postgresql+psycopg")


def _check(connection: Connection) -> None:
    for name, fix in REQUIRED:
        if _setting(connection, name) != "on":
            raise StorageFailedError(f"the server has {name} off and may lose what it acknowledged: {fix}")
    found = _setting(connection, "synchronous_commit")
    if found not in DURABLE:
        raise StorageFailedError(f"synchronous_commit is {found} in this session, not on")


def _setting(connection: Connection, name: str) -> str:
    return str(connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar())
