"""A feed: a source of observations outside the house, as a loop concentrator or a bus company, or who sets signs."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import is_name

KEY_PREFIX: Final = "feed:"
"""Before the name of a feed where keys are kept: no cabinet has a name with a colon in it."""


class FeedKind(Enum):
    """What a feed sends, and nothing else; one of signs fetches what they show, and sends nothing."""

    COUNTS = "counts"
    POSITIONS = "positions"
    READS = "reads"
    WEATHER = "weather"
    SIGNS = "signs"
    SPECIAL = "special"
    """The device of a special vehicle: it sends no observations, but asks for its corridor (`watch/special`)."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed that was enrolled; `owner` says in words whose it is. [ms]

    `only`: it speaks for detectors, readers or signs whose names begin with one of these; none: for all of them.
    """

    feed: str
    kind: FeedKind
    enrolled_utc_ms: int
    enrolled_by: str
    owner: str = ""
    only: tuple[str, ...] = ()
    revoked_utc_ms: int | None = None

    def __post_init__(self) -> None:
        if not is_name(self.feed) or not self.enrolled_by:
            raise InvalidInputError(f"'{self.feed}' cannot name a feed: letters, digits, '.', '_' and '-'")
        if len(self.owner) > 200:
            raise InvalidInputError(f"feed {self.feed}: its owner has more than 200 characters")
        if len(self.only) > 100 or not all(0 < len(each) <= 64 for each in self.only):
            raise InvalidInputError(f"feed {self.feed}: at most 100 beginnings of names, of 1 to 64 characters")

    def may_report(self, name: str) -> bool:
        """Tell whether it may report for a detector or reader, or set a sign."""
        return not self.only or name.startswith(self.only)

    @property
    def key_name(self) -> str:
        """Under which name its keys are kept."""
        return KEY_PREFIX + self.feed


FEEDS: Final = ShelfSpec(
    "feeds",
    Feed,
    key=lambda f: f.feed,
    at_utc_ms=lambda f: f.enrolled_utc_ms,
    columns={"kind": lambda f: f.kind.value},
)
