"""The repositories of all topics over one connection. A topic adds one line to `SqlRepositories`."""

from sqlalchemy import Connection

from signal_ctrl.centre.audit import new_record
from signal_ctrl.centre.shelves import ShelfSpec, V
from signal_ctrl.stores.audit import SqlAudit
from signal_ctrl.stores.links import SqlLinks
from signal_ctrl.stores.meta import SqlMeta
from signal_ctrl.stores.people import SqlPeople
from signal_ctrl.stores.shelves import SqlShelf


class SqlRepositories:
    """Every topic's repository; on a read-only connection the writing verbs fail."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.meta = SqlMeta(connection)
        self.audit = SqlAudit(connection)
        self.people = SqlPeople(connection)
        self.links = SqlLinks(connection)

    def shelf(self, spec: ShelfSpec[V]) -> SqlShelf[V]:
        """Return the shelf of a topic."""
        return SqlShelf(self.connection, spec)


class SqlTransaction(SqlRepositories):
    """What a work is handed: the repositories of the writing connection, and the audit's pen."""

    def __init__(self, connection: Connection, epoch: int) -> None:
        super().__init__(connection)
        self.epoch = epoch

    def record(self, actor: str, action: str, obj: str, result: str, at_utc_ms: int, late: bool = False) -> int:
        """Add the audit record of what is done here, in the same commit, and return its number."""
        return self.audit.add(new_record(actor, action, obj, result, at_utc_ms, late))
