"""Numbered batches of what machines tell: one document of a sender, numbered from 1 in each of its starts.

The batch is read strictly; a single item that cannot be used is left out by itself, with its reason.
"""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, no_constant, no_duplicates, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.identity import is_boot_id
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site_parts import is_whole

MAX_BATCH_BYTES: Final = 1 << 20
MAX_ITEMS: Final = 5_000
MAX_SEQUENCE: Final = 1 << 53
MAX_NAME: Final = 64


class Reason(Enum):
    """Why an item is left out."""

    FORM = "form"
    """It is not written as it has to be."""
    UNKNOWN = "unknown"
    """What it tells of is not there, or lies outside."""
    FOREIGN = "foreign"
    """Another sender is there for it."""
    IMPOSSIBLE = "impossible"
    """Nothing in the street can have such a value."""
    FUTURE = "future"
    """It is from a time to come: its sender's clock is wrong."""
    LATE = "late"
    """A later one was taken already, or it is too old to say anything."""
    DUPLICATE = "duplicate"
    """It was taken already."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of a sender; its items are still as they came."""

    feed: str
    boot: str
    sequence: int
    items: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not is_name(self.feed) or not is_boot_id(self.boot) or not is_whole(self.sequence, (1, MAX_SEQUENCE)):
            raise InvalidInputError("a batch needs its feed, the id of its start and a number from 1 on")

    @property
    def key(self) -> str:
        """The name of the batch: sender, start, number."""
        return f"{self.feed}/{self.boot}/{self.sequence}"


@dataclass(frozen=True, slots=True)
class BatchForm:
    """What batches of one kind are: their format, and the word for their items, which is their key too."""

    format: str
    items: str

    def to_bytes(self, feed: str, boot: str, sequence: int, items: list[dict[str, Any]]) -> bytes:
        """Return the canonical document of a batch."""
        document = {"format": self.format, "feed": feed, "boot": boot, "sequence": sequence, self.items: items}
        return canonical(document).encode()

    def from_bytes(self, data: bytes) -> Batch:
        """Return the batch of a document. Raises: InvalidInputError if it is too long or none."""
        none = f"no batch of {self.items}"
        if len(data) > MAX_BATCH_BYTES:
            raise InvalidInputError(f"a batch of more than {MAX_BATCH_BYTES} bytes; send fewer {self.items} at once")
        try:
            document = json.loads(data.decode(), object_pairs_hook=no_duplicates, parse_constant=no_constant)
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"{none}: {why(error)}") from error
        keys = {"format", "feed", "boot", "sequence", self.items}
        if not isinstance(document, dict) or document.keys() != keys or document["format"] != self.format:
            raise InvalidInputError(f"{none}: its keys are {', '.join(sorted(keys))}, its format '{self.format}'")
        items, feed, boot = document[self.items], document["feed"], document["boot"]
        if not isinstance(items, list) or not isinstance(feed, str) or not isinstance(boot, str):
            raise InvalidInputError(f"{none}: a value is of another kind than it has to be")
        batch = Batch(feed, boot, document["sequence"], tuple(items))
        if not 1 <= len(items) <= MAX_ITEMS:
            raise InvalidInputError(f"a batch has 1 to {MAX_ITEMS} {self.items}")
        return batch


def name_of(value: Any) -> str:
    """Return a name of an item. Raises: ValueError for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise ValueError("a name has 1 to 64 characters")
    return value


def whole_of(value: Any) -> int:
    """Return a whole number of at most 53 bits. Raises: ValueError for anything else."""
    if type(value) is not int or abs(value) > MAX_SEQUENCE:
        raise ValueError("not a whole number")
    return value
