"""Facts about the store itself, by key."""

from typing import Final

from sqlalchemy import Connection, insert, select, update

from signal_ctrl.domain.errors import FencedError, StorageDamagedError
from signal_ctrl.stores.tables.meta import META

SCHEMA: Final = "schema"
EPOCH: Final = "epoch"
AUDIT_BASE: Final = "audit_base"
_HOLD_EPOCH: Final = select(META.c.value).where(META.c.key == EPOCH).with_for_update()


class SqlMeta:
    """Texts by key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> str | None:
        """Return the text of a key, or None where it was never set."""
        return self._connection.execute(select(META.c.value).where(META.c.key == key)).scalar()

    def number(self, key: str) -> int:
        """Return the whole number of a key. Raises: StorageDamagedError if it is none."""
        found = self.get(key)
        if found is None or not found.isascii() or not found.isdigit():
            raise StorageDamagedError(f"the store's '{key}' is {found!r}, no number; restore a backup")
        return int(found)

    def check_epoch(self, epoch: int) -> None:
        """Hold the row of the epoch for this transaction: no take-over comes between check and commit, and the audit
        chain grows in one transaction at a time.

        Raises: FencedError if another centre has taken over since `epoch` was read.
        """
        found = self._connection.execute(_HOLD_EPOCH).scalar()
        if found != str(epoch):
            raise FencedError(
                f"this centre writes under epoch {epoch}, the store is at {found}; another has taken over"
            )

    def raise_epoch(self) -> int:
        """Raise the epoch by one and return it: whoever writes under the one before is refused from this commit on."""
        self._connection.execute(_HOLD_EPOCH)
        epoch = self.number(EPOCH) + 1
        self.put(EPOCH, str(epoch))
        return epoch

    def put(self, key: str, value: str) -> None:
        """Set the text of a key."""
        changed = self._connection.execute(update(META).where(META.c.key == key).values(value=value))
        if changed.rowcount == 0:
            self._connection.execute(insert(META).values(key=key, value=value))
