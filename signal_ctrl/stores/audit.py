"""The audit chain in the database."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select

from signal_ctrl.centre.audit import AuditRecord, Head, StoredRecord
from signal_ctrl.stores.tables.audit import AUDIT

_PAGE: Final = 1000
_LEAST: Final = -(2**63)
_HEAD: Final = select(AUDIT.c.n, AUDIT.c.hash).order_by(AUDIT.c.n.desc()).limit(1)
_ADD: Final = insert(AUDIT)
# made once: building a statement costs as much as carrying it out


class SqlAudit:
    """The records, in the order of their numbers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known_head: Head | None = None

    def head(self) -> Head:
        """Return where the chain ends."""
        row = self._connection.execute(_HEAD).first()
        return Head() if row is None else Head(row.n, row.hash)

    def records(self, first_n: int = 1, limit: int = 1000) -> tuple[StoredRecord, ...]:
        """Return at most `limit` records from number `first_n` on."""
        return self._found(select(AUDIT).where(AUDIT.c.n >= first_n).order_by(AUDIT.c.n).limit(limit))

    def last(self, limit: int = 100, actor: str = "", action: str = "", obj: str = "") -> tuple[StoredRecord, ...]:
        """Return at most `limit` records, the youngest first; only those of an actor, an action, an object if given."""
        wanted = select(AUDIT).order_by(AUDIT.c.n.desc()).limit(limit)
        for column, value in ((AUDIT.c.actor, actor), (AUDIT.c.action, action), (AUDIT.c.object, obj)):
            wanted = wanted.where(column == value) if value else wanted
        return self._found(wanted)

    def walk(self, from_n: int = _LEAST) -> Iterator[StoredRecord]:
        """Yield every record from a number on in the order of its number, while the reading lasts; at first all,
        whatever numbers they have.
        """
        page = self.records(from_n, _PAGE)
        while page:
            yield from page
            page = self.records(page[-1].record.n + 1, _PAGE)

    def add(self, record: AuditRecord) -> int:
        """Add a record at the end, whatever number and hash before it were given, and return its number."""
        head = self._known_head or self.head()
        chained = replace(record, n=head.n + 1, prev_hash=head.hash)
        written = chained.hash()
        self._connection.execute(_ADD, {**asdict(chained), "hash": written})
        self._known_head = Head(chained.n, written)
        return chained.n

    def forget_head(self) -> None:
        """Ask the database again where the chain ends: what was added has been undone."""
        self._known_head = None

    def _found(self, wanted: Select[Any]) -> tuple[StoredRecord, ...]:
        return tuple(_stored(row) for row in self._connection.execute(wanted))


def _stored(row: Row[Any]) -> StoredRecord:
    record = AuditRecord(row.n, row.at_utc_ms, row.actor, row.action, row.object, row.result, row.late, row.prev_hash)
    return StoredRecord(record, row.hash)
