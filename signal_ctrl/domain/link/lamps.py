"""The lamps of a cabinet as each of its polls tells them, in its query: stage, since when, one letter a signal group.

They are what people look at, and nothing more: no decision rests on them, and a poll that is lost takes them with it.
12 groups take 25 bytes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site_parts import MAX_GROUPS

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "r": "red",
        "u": "red-amber",
        "G": "green",
        "g": "green flash",
        "y": "amber",
        "W": "walk",
        "c": "pedestrian clearance",
        "d": "don't walk",
        "a": "flashing amber",
        "f": "flashing red",
        "o": "dark",
    }
)
"""The letter of each aspect, and its word."""
_LETTER: Final = {word: letter for letter, word in WORDS.items()}
_KEY: Final = "lamps="
_QUERY: Final = re.compile(rf"lamps=([0-9]{{1,3}}|-)\.([0-9]{{1,9}})\.([{''.join(WORDS)}]{{1,{MAX_GROUPS}}})")
_MOST_DS: Final = 10**9 - 1
MOST_CHARACTERS: Final = len(_KEY) + 3 + 1 + 9 + 1 + MAX_GROUPS
"""The longest query that tells lamps."""


@dataclass(frozen=True, slots=True)
class Lamps:
    """The lamps of one moment. `stage` is an index, None while none is shown; it was begun `since_ds` ago. [ds]

    `aspects`, a letter of `WORDS` a signal group, in the order of the site.
    """

    stage: int | None
    since_ds: int
    aspects: str

    def __post_init__(self) -> None:
        if _QUERY.fullmatch(lamps_query(self)) is None:
            raise InvalidInputError("lamps are a stage, tenths of a second since its begin, and a letter a group")

    @property
    def words(self) -> tuple[str, ...]:
        """The aspect of each signal group in words."""
        return tuple(WORDS[letter] for letter in self.aspects)


def lamps_of(stage: int | None, since_ds: int, aspects: Sequence[str]) -> Lamps:
    """Return the lamps of aspects in words. [ds] Raises: InvalidInputError if there is no such aspect."""
    try:
        letters = "".join(_LETTER[aspect] for aspect in aspects)
    except KeyError as error:
        raise InvalidInputError(f"there is no aspect {error}") from error
    return Lamps(stage, min(max(since_ds, 0), _MOST_DS), letters)


def lamps_query(lamps: Lamps) -> str:
    """Return what a poll has as its query.

    >>> lamps_query(lamps_of(1, 134, ("red", "green", "don't walk")))
    'lamps=1.134.rGd'
    """
    stage = "-" if lamps.stage is None else str(lamps.stage)
    return f"{_KEY}{stage}.{lamps.since_ds}.{lamps.aspects}"


def lamps_from_query(query: str) -> Lamps | None:
    """Return the lamps of a query, None if it has none.

    >>> lamps_from_query("lamps=-.20.aa")
    Lamps(stage=None, since_ds=20, aspects='aa')
    """
    found = _QUERY.fullmatch(query)
    if found is None:
        return None
    return Lamps(None if found[1] == "-" else int(found[1]), int(found[2]), found[3])
