"""The arbiter of two centres: a row of the PostgreSQL that both write to, by the clock of that server.

It is on the same server as the data, not on a third one: what is fenced and what fences change in one transaction, and
where that server is not reached nobody could write anyway.
"""

from typing import Final

from sqlalchemy import Connection, Engine, create_engine, func, insert, select, update
from sqlalchemy.pool import NullPool

from signal_ctrl.domain.errors import StorageDamagedError
from signal_ctrl.stores.failures import ours
from signal_ctrl.stores.meta import SqlMeta
from signal_ctrl.stores.postgres import ALIVE, url_of
from signal_ctrl.stores.tables.leases import LEASES

NAME: Final = "centre"
_OPTIONS: Final = (
    "-c synchronous_commit=on -c lock_timeout=3000 -c statement_timeout=5000 "
    "-c idle_in_transaction_session_timeout=3000 -c tcp_user_timeout=3000"
)
"""Settings of the session. [ms]"""


class PostgresArbiter:
    """The `Arbiter` of `signal_ctrl.centre.lease`. Each question has a connection of its own."""

    def __init__(self, address: str) -> None:
        arguments = {"options": _OPTIONS, "connect_timeout": 3, "application_name": "signal-ctrl lease", **ALIVE}
        self._engine: Engine = create_engine(url_of(address), connect_args=arguments, poolclass=NullPool)

    def take(self, holder: str, lasts_ms: int) -> int | None:
        """Give the lease to a holder if nobody has it, raise the epoch and return it; None if somebody has it."""
        with ours(), self._engine.begin() as connection:
            lease = connection.execute(select(LEASES).where(LEASES.c.name == NAME).with_for_update()).first()
            now_ms = _now_ms(connection)
            if lease is not None and lease.until_utc_ms > now_ms:
                return None
            epoch = SqlMeta(connection).raise_epoch()
            _put(connection, lease is None, holder, epoch, now_ms + lasts_ms)
            return epoch

    def renew(self, holder: str, epoch: int, lasts_ms: int) -> bool:
        """Let the lease last from now on if the holder has it under this epoch still."""
        return self._change(holder, epoch, lasts_ms)

    def give_back(self, holder: str, epoch: int) -> None:
        """End the lease now if the holder has it under this epoch."""
        self._change(holder, epoch, 0)

    def _change(self, holder: str, epoch: int, lasts_ms: int) -> bool:
        with ours(), self._engine.begin() as connection:
            until_ms = _now_ms(connection) + lasts_ms
            mine = (LEASES.c.name == NAME) & (LEASES.c.holder == holder) & (LEASES.c.epoch == epoch)
            changed = connection.execute(update(LEASES).where(mine).values(until_utc_ms=until_ms))
            return changed.rowcount == 1


def _now_ms(connection: Connection) -> int:
    """Return the server's time when it is asked, not when the transaction began: it may have waited for a lock."""
    seconds = connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar()
    if seconds is None:
        raise StorageDamagedError("the server does not say what time it is")
    return int(seconds * 1000)


def _put(connection: Connection, is_new: bool, holder: str, epoch: int, until_ms: int) -> None:
    values = {"holder": holder, "epoch": epoch, "until_utc_ms": until_ms}
    if is_new:
        connection.execute(insert(LEASES).values(name=NAME, **values))
    else:
        connection.execute(update(LEASES).where(LEASES.c.name == NAME).values(**values))
