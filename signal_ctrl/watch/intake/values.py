"""Batches of observations as they are kept, so that what was published can be computed again."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError

OBSERVATIONS_KEPT_MS: Final = 3 * 3_600_000
"""Batches are kept for so long: longer than any observation in them may count, so a batch that comes again after that
is left out for its age, observation by observation. They name vehicles, so no longer than is needed. [ms]"""


@dataclass(frozen=True, slots=True)
class StoredObservations:
    """One batch of a feed as it came: its bytes, packed, their hash, and the receipt that was given. [ms]

    `number` is its place in the order in which batches were taken, over all feeds.
    """

    feed: str
    boot: str
    sequence: int
    number: int
    received_utc_ms: int
    digest: str
    packed: str
    receipt: str

    def __post_init__(self) -> None:
        if not self.feed or not self.boot or self.sequence < 1 or self.number < 1 or not self.digest:
            raise InvalidInputError("a kept batch needs its feed, its start, its numbers and its hash")

    @property
    def key(self) -> str:
        """Its name on the shelf."""
        return key_of(self.feed, self.boot, self.sequence)


def key_of(feed: str, boot: str, sequence: int) -> str:
    """Return the name of a batch on the shelf."""
    return f"{feed}/{boot}/{sequence:016d}"


OBSERVATIONS: Final = ShelfSpec(
    "observations",
    StoredObservations,
    key=lambda b: b.key,
    at_utc_ms=lambda b: b.received_utc_ms,
    columns={"feed": lambda b: b.feed},
    large=True,
)
