"""What is asked of the audit records that are kept; they are added by `Transaction.record` alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from signal_ctrl.centre.audit import Head, StoredRecord


@dataclass(frozen=True, slots=True)
class AuditWish:
    """Which records are asked for: those of an actor, an action, an object, each empty for all of them.

    `district`: those of its people, of its cabinets and of what is done to its cabinets, and what the centre itself
    does to that which its people have acted on, as the end of their overrides; None is everywhere.
    """

    actor: str = ""
    action: str = ""
    object: str = ""
    district: str | None = None


class AuditReading(Protocol):
    """The records, in the order of their numbers."""

    def head(self) -> Head:
        """Return where the chain ends."""
        ...

    def records(self, first_n: int = 1, limit: int = 1000) -> tuple[StoredRecord, ...]:
        """Return at most `limit` records from number `first_n` on."""
        ...

    def last(self, limit: int = 100, actor: str = "", action: str = "", obj: str = "") -> tuple[StoredRecord, ...]:
        """Return at most `limit` records, the youngest first; only those of an actor, an action, an object if given."""
        ...

    def found(
        self, wish: AuditWish, first_n: int, end_n: int, limit: int, youngest: bool = False
    ) -> tuple[StoredRecord, ...]:
        """Return at most `limit` records that fit, of numbers from `first_n` to before `end_n`, in their order.

        No record outside of these numbers is looked at. Args: youngest, whether it is the last ones that are returned,
        where more of them fit, instead of the first ones.
        """
        ...

    def n_at(self, utc_ms: int) -> int:
        """Return the number of the last record that is not younger than a time, 0 if there is none. [ms]

        Some that were recorded late may stand behind it.
        """
        ...

    def walk(self) -> Iterator[StoredRecord]:
        """Yield every record in the order of its number, whatever that is, while the reading lasts."""
        ...
