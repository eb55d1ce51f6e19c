"""What the parking service asks of its store, which no other service has; `signal_ctrl.stores` is it."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from signal_ctrl.domain.shelves import OpenShelf, Shelf, ShelfSpec, V
from signal_ctrl.domain.storing import Importance

T = TypeVar("T")


class Reading(Protocol):
    """Shelves to read, all as of one moment."""

    def shelf(self, spec: ShelfSpec[V]) -> Shelf[V]:
        """Return the shelf of a topic."""
        ...


class Transaction(Protocol):
    """Shelves to write; all or nothing of what one work does becomes durable."""

    def shelf(self, spec: ShelfSpec[V]) -> OpenShelf[V]:
        """Return the shelf of a topic, with what changes it."""
        ...

    def record(self, actor: str, action: str, obj: str, result: str, at_utc_ms: int, late: bool = False) -> int:
        """Add the audit record of what is done here, in the same commit, and return its number. [ms]"""
        ...


class Store(Protocol):
    """Where everything is kept that must survive."""

    def write(self, work: Callable[[Transaction], T], importance: Importance = Importance.NORMAL) -> T:
        """Carry out a work and return what it returns, after the durable commit.

        Raises: what `work` raises; StorageError and its kinds if it could not be made durable.
        """
        ...

    def read(self, work: Callable[[Reading], T]) -> T:
        """Carry out questions as of one moment. Raises: what `work` raises; StorageError."""
        ...
