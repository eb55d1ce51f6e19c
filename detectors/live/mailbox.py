"""A bounded queue between who brings and who takes: by number and by size, never more."""

from collections import deque
from enum import Enum
from typing import Generic, TypeVar

from signal_ctrl.domain.errors import InvalidInputError

Item = TypeVar("Item")


class WhenFull(Enum):
    """What becomes of a newcomer that finds no room: the oldest goes, or who brings it has to wait."""

    DROP_OLDEST = "drop-oldest"
    BLOCK = "block"


class Mailbox(Generic[Item]):
    """Items in order of arrival with their sizes. No thread and no lock: whoever shares it brings one."""

    def __init__(self, most_items: int, most_bytes: int, when_full: WhenFull) -> None:
        if not (most_items >= 1 and most_bytes >= 1):
            raise InvalidInputError("a queue holds at least one message and one byte")
        self._most_items, self._most_bytes, self.when_full = most_items, most_bytes, when_full
        self._items: deque[tuple[Item, int]] = deque()
        self.bytes = 0
        self.dropped = 0
        self.fullest = 0

    def __len__(self) -> int:
        return len(self._items)

    def has_room(self, size: int) -> bool:
        """Return whether an item of a size fits; into an empty one any does. [bytes]"""
        return not self._items or (len(self._items) < self._most_items and self.bytes + size <= self._most_bytes)

    def put(self, item: Item, size: int) -> bool:
        """Add an item; return False if it has to wait for room. [bytes]"""
        while not self.has_room(size):
            if self.when_full is WhenFull.BLOCK:
                return False
            self.take()
            self.dropped += 1
        self._items.append((item, size))
        self.bytes += size
        self.fullest = max(self.fullest, len(self._items))
        return True

    def take(self) -> Item:
        """Return the oldest item. Raises: IndexError if there is none."""
        item, size = self._items.popleft()
        self.bytes -= size
        return item
