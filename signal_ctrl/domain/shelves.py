"""Shelves: values of one kind kept under a key, with a time and a few columns to find them by.

What a shelf holds is one frozen dataclass; the store writes it as one canonical document with its hash, and finds a
document that no longer fits its hash before anybody acts on it (SAFETY part D, corruption).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)
Where = Mapping[str, str | Collection[str]]
"""Columns and what they have to be: one text, or any of several."""


@dataclass(frozen=True, slots=True)
class ShelfSpec(Generic[V]):
    """What a shelf holds: the kind of its values, how each is named and dated, and its columns.

    `large`: its values are tens of kilobytes, so few of them are remembered once they were read. `passing`: they are
    many, are written as they come in and seldom read, so none is remembered.
    """

    name: str
    kind: type[V]
    key: Callable[[V], str]
    at_utc_ms: Callable[[V], int]
    columns: Mapping[str, Callable[[V], str]]
    large: bool = False
    passing: bool = False


class Shelf(Protocol[V_co]):
    """The questions that a shelf answers."""

    def get(self, key: str) -> V_co | None:
        """Return the value of a key, None if there is none."""
        ...

    def several(self, keys: Collection[str]) -> Mapping[str, V_co]:
        """Return the values of many keys, by key; what is not there is left out. A few questions for all of them."""
        ...

    def newest(self, column: str, names: Collection[str]) -> Mapping[str, V_co]:
        """Return the youngest value for each of many texts of a column, by that text; where there is none, nothing."""
        ...

    def find(
        self, where: Where | None = None, since_utc_ms: int = 0, before_utc_ms: int | None = None, limit: int = 1000
    ) -> tuple[V_co, ...]:
        """Return at most `limit` values, the youngest first; of one moment, the greater key first. [ms]"""
        ...

    def oldest(self, where: Where | None = None) -> V_co | None:
        """Return the oldest value, None if there is none."""
        ...

    def count(self, where: Where | None = None) -> int:
        """Return how many there are."""
        ...


class OpenShelf(Shelf[V], Protocol[V]):
    """The same, with what changes it."""

    def put(self, value: V) -> None:
        """Keep a value under its key, in place of the one that is there."""
        ...

    def put_all(self, values: Iterable[V]) -> None:
        """Put many values with a few statements."""
        ...

    def add(self, value: V) -> None:
        """Keep a value under a new key. Raises: ConflictError if the key is taken."""
        ...

    def add_all(self, values: Iterable[V]) -> None:
        """Add many values with a few statements. Raises: ConflictError if one of the keys is taken."""
        ...

    def trim(self, keep: int, where: Where, unless: "Names | None" = None) -> int:
        """Take away all but the youngest `keep` of those that fit, and return how many went.

        Args: unless, a shelf and its column: keys that this column names stay, and count for nothing.
        """
        ...

    def remove(self, key: str) -> bool:
        """Take one value away, and tell whether it was there."""
        ...

    def forget(self, before_utc_ms: int) -> int:
        """Take away what is older than a time, and return how many went. [ms]"""
        ...


class ShelfReading(Protocol):
    """Where shelves are read."""

    def shelf(self, spec: ShelfSpec[V]) -> Shelf[V]:
        """Return a shelf to read."""
        ...


class ShelfWriting(Protocol):
    """Where shelves are written."""

    def shelf(self, spec: ShelfSpec[V]) -> OpenShelf[V]:
        """Return a shelf to read and write."""
        ...


Spec = ShelfSpec[Any]
Names = tuple[Spec, str]
"""A shelf, and the column of it that holds keys of another shelf."""
