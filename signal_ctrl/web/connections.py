"""How many connections there may be: in all, from one address as long as nobody is known, and of one device."""

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from signal_ctrl.domain.errors import TooManyError

CONNECTION: Final = "signal_ctrl.connection"
"""Where the connection of a request stands in its scope."""

MOST_OF_ONE: Final = 20
MOST_IN_ALL: Final = 25_000


@dataclass(slots=True)
class ConnectionBook:
    """Who has how many connections. A connection counts for its address until it is known whose it is."""

    most_of_one: int = MOST_OF_ONE
    most_of_address: int = MOST_OF_ONE
    most_in_all: int = MOST_IN_ALL
    held: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def open(self, address: str) -> str | None:
        """Count a new connection and return under which key; None if it is refused."""
        key = f"address {address}"
        if self.held.total() >= self.most_in_all or self.held[key] >= self.most_of_address:
            self.refused += 1
            return None
        self.held[key] += 1
        return key

    def move(self, key: str, owner: str) -> str | None:
        """Count a connection for its owner from now on, and return under which key; None if they have too many."""
        wanted = f"owner {owner}"
        if wanted == key:
            return key
        if self.held[wanted] >= self.most_of_one:
            self.refused += 1
            return None
        self.close(key)
        self.held[wanted] += 1
        return wanted

    def close(self, key: str) -> None:
        """Count a connection no longer."""
        self.held[key] -= 1
        if self.held[key] <= 0:
            del self.held[key]


class Connection(Protocol):
    """What a request may say to its connection."""

    def belongs_to(self, owner: str) -> bool:
        """Say whose the connection is. Return whether they may have one more; if not, it is closed."""
        ...


def claim(scope: MutableMapping[str, Any], owner: str) -> None:
    """Count the connection of a request for its owner. Raises: TooManyError if they have too many."""
    connection: Connection | None = scope.get(CONNECTION)
    if connection is not None and not connection.belongs_to(owner):
        raise TooManyError("too many connections of one device", 10)
