"""What a cabinet needs from outside: durable storage, a way to check signatures, and what goes over the wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

Verify = Callable[[bytes, str], bool]
"""Says whether a signature (hex) of the centre belongs to these bytes."""


class Shelf(Protocol):
    """Durable storage of small things by name. What `put` and `drop` did has lasted when they return."""

    def put(self, name: str, data: bytes) -> None:
        """Keep bytes under a name, whole or not at all. Raises: BackendError if that fails."""
        ...

    def get(self, name: str) -> bytes | None:
        """Return what is kept under a name, None if nothing is."""
        ...

    def drop(self, name: str) -> None:
        """Forget a name; one that is not there is no error. Raises: BackendError if that fails."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin so, in the order of the alphabet."""
        ...


class MemoryShelf:
    """A shelf for tests and simulated time; it outlives the agents that are made with it, as a disk would."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        """Keep bytes under a name."""
        self._kept[name] = data

    def get(self, name: str) -> bytes | None:
        """Return what is kept under a name, None if nothing is."""
        return self._kept.get(name)

    def drop(self, name: str) -> None:
        """Forget a name."""
        self._kept.pop(name, None)

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin so, in the order of the alphabet."""
        return sorted(name for name in self._kept if name.startswith(prefix))


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to be sent: path and query as they go into the request line."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""

    @property
    def target(self) -> str:
        """Path and query together."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header, empty if it is not there."""
        return self.headers.get(name.lower(), "")
