"""The audit chain in the database."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, insert, or_, select

from signal_ctrl.centre.audit import AuditRecord, Head, StoredRecord
from signal_ctrl.centre.audit_port import AuditWish
from signal_ctrl.centre.cabinets import CABINETS
from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.stores.tables.audit import AUDIT
from signal_ctrl.stores.tables.people import USERS
from signal_ctrl.stores.tables.shelves import SHELF_TABLES

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

    def found(
        self, wish: AuditWish, first_n: int, end_n: int, limit: int, youngest: bool = False
    ) -> tuple[StoredRecord, ...]:
        """Return at most `limit` records that fit, of numbers from `first_n` to before `end_n`, in their order; the
        last ones of them if `youngest`."""
        order = AUDIT.c.n.desc() if youngest else AUDIT.c.n
        within = select(AUDIT).where(AUDIT.c.n >= first_n, AUDIT.c.n < end_n, *_fits(wish))
        found = self._found(within.order_by(order).limit(limit))
        return found[::-1] if youngest else found

    def n_at(self, utc_ms: int) -> int:
        """Return the number of the last record that is not younger than a time, 0 if there is none. [ms]

        Times rise with the numbers, but for records that are late: so the numbers are halved again and again.
        """
        first = self._connection.execute(select(AUDIT.c.n).order_by(AUDIT.c.n).limit(1)).scalar()
        low, high = (first or 1) - 1, self.head().n
        while low < high:
            middle = (low + high + 1) // 2
            at_utc_ms = self._connection.execute(select(AUDIT.c.at_utc_ms).where(AUDIT.c.n == middle)).scalar()
            if at_utc_ms is not None and at_utc_ms <= utc_ms:
                low = middle
            else:
                high = middle - 1
        return low

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


def _fits(wish: AuditWish) -> list[ColumnElement[bool]]:
    """Return what a record has to be; a district is that of today, and looked up by the database itself."""
    wanted = ((AUDIT.c.actor, wish.actor), (AUDIT.c.action, wish.action), (AUDIT.c.object, wish.object))
    fits: list[ColumnElement[bool]] = [column == value for column, value in wanted if value]
    if wish.district is not None:
        table = SHELF_TABLES[CABINETS.name]
        logins = select(USERS.c.login).where(USERS.c.district == wish.district)
        cabinets = select(table.c.key).where(table.c.district == wish.district)
        own = [
            _names(column, kind, cabinets)
            for column, kind in ((AUDIT.c.actor, "cabinet:"), (AUDIT.c.object, "cabinet "))
        ]
        fits.append(or_(AUDIT.c.actor.in_(logins), *own, _goes_on(logins)))
    return fits


def _goes_on(logins: Select[Any]) -> ColumnElement[bool]:
    """Return whether the centre itself acts on something by its name that people have acted on."""
    before = AUDIT.alias()
    acted = exists().where(before.c.object == AUDIT.c.object, before.c.actor.in_(logins))
    return and_(AUDIT.c.actor == CENTRE, AUDIT.c.object.contains(" "), acted)


def _names(column: ColumnElement[str], kind: str, among: Select[Any]) -> ColumnElement[bool]:
    """Return whether a text is a kind and one of some names behind it."""
    return and_(
        func.substr(column, 1, len(kind)) == kind,
        func.substr(column, len(kind) + 1).in_(among),
    )


def _stored(row: Row[Any]) -> StoredRecord:
    record = AuditRecord(row.n, row.at_utc_ms, row.actor, row.action, row.object, row.result, row.late, row.prev_hash)
    return StoredRecord(record, row.hash)
