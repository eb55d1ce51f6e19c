"""What the centre asks of its store. The implementation is `signal_ctrl.stores`; `open_memory` there is the fake.

A topic (users, plans, cabinets' sequences, ...) joins the store in five steps, here for a topic `lamps`:

1. `signal_ctrl/centre/lamp_port.py`: two small protocols, `LampReading` (its questions) and `Lamps(LampReading)` (its
   changes too), which speak in values of `domain` or `centre`. A module of its own: services import this one.
2. Below, one property in `Reading` (`def lamps(self) -> LampReading`) and one in `Transaction` (`-> Lamps`).
3. `signal_ctrl/stores/tables/lamps.py`: `Table(...)`s on `METADATA` of `stores/tables/base.py`, and their names in
   `FIRST_TABLES` of `stores/migrations.py`, which imports the module. Whole numbers are `BigInteger`; bytes are
   `LargeBinary`; text is `Text`; no server defaults, no triggers.
4. `signal_ctrl/stores/lamps.py`: `class SqlLamps`, made from a `Connection`, with SQLAlchemy Core statements and bound
   parameters only; it never commits.
5. `signal_ctrl/stores/repositories.py`: one line, `self.lamps = SqlLamps(connection)`.

Errors of the database become ours on the way out (`stores/failures.py`): a key that is taken is `ConflictError`.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from signal_ctrl.centre.audit_port import AuditReading
from signal_ctrl.centre.link_port import Links, LinksReading
from signal_ctrl.centre.people_port import People, PeopleReading
from signal_ctrl.centre.shelves import OpenShelf, Shelf, ShelfSpec, V
from signal_ctrl.domain.storing import Condition, Importance

__all__ = ["Condition", "Importance", "Reading", "Store", "Transaction"]

T = TypeVar("T")


class Reading(Protocol):
    """Repositories by topic, all as of one moment."""

    @property
    def audit(self) -> AuditReading:
        """The records of who did what."""
        ...

    @property
    def people(self) -> PeopleReading:
        """Accounts of people and their sessions."""
        ...

    @property
    def links(self) -> LinksReading:
        """The links to cabinets: keys, starts, batches of reports."""
        ...

    def shelf(self, spec: ShelfSpec[V]) -> Shelf[V]:
        """Return the shelf of a topic that keeps whole values: cabinets, plans, orders, overrides, alarms, ..."""
        ...


class Transaction(Reading, Protocol):
    """The same repositories with their writing verbs. All or nothing of what one work does becomes durable."""

    @property
    def people(self) -> People:
        """Accounts of people and their sessions."""
        ...

    @property
    def links(self) -> Links:
        """The links to cabinets."""
        ...

    @property
    def epoch(self) -> int:
        """The fencing counter under which this is written: the first half of every version."""
        ...

    def shelf(self, spec: ShelfSpec[V]) -> OpenShelf[V]:
        """Return the same shelf with what changes it."""
        ...

    def record(self, actor: str, action: str, obj: str, result: str, at_utc_ms: int, late: bool = False) -> int:
        """Add the audit record of what is done here, in the same commit, and return its number.

        Args: actor, the login or `cabinet:ID` or `centre`; action, a verb; obj, what it is done to; result, `done` or
            why not; at_utc_ms, when it happened [ms]; late, that it happened before it could be recorded.
        """
        ...


class Store(Protocol):
    """Where everything is kept that must survive."""

    @property
    def epoch(self) -> int:
        """The fencing counter of this opening; it rises with every take-over and every restore."""
        ...

    @property
    def condition(self) -> Condition:
        """How the store is just now."""
        ...

    @property
    def reason(self) -> str:
        """Why the condition is not OPEN, one line for people; empty where it is."""
        ...

    def write(self, work: Callable[[Transaction], T], importance: Importance = Importance.NORMAL) -> T:
        """Carry out a work in the writer's thread and return what it returns, after the durable commit.

        Works that wait together share one commit. An error of `work` undoes this work alone and is raised here. The
        work must be quick and must not call the store itself.
        Raises: what `work` raises; StorageError and its kinds if it could not be made durable.
        """
        ...

    async def awrite(self, work: Callable[[Transaction], T], importance: Importance = Importance.NORMAL) -> T:
        """Do the same from an event loop, which goes on meanwhile. Whoever is cancelled waits no longer; the work may
        still be done."""
        ...

    def read(self, work: Callable[[Reading], T]) -> T:
        """Carry out questions on a read-only connection, in the calling thread, as of one moment.

        Raises: what `work` raises; StorageError if the store cannot be read.
        """
        ...
