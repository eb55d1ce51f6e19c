"""What services need of secrets: random bytes to make them of, and a box that keeps them sealed."""

from collections.abc import Callable
from typing import Protocol

RandomBytes = Callable[[int], bytes]
"""Returns so many random bytes."""


class Box(Protocol):
    """Keeps secrets that are needed in clear later, sealed with a key that is not in the database."""

    def seal(self, text: str) -> str:
        """Return a text sealed."""
        ...

    def unseal(self, sealed: str) -> str:
        """Return a text as it was. Raises: StorageDamagedError if no key opens it."""
        ...
