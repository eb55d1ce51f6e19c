"""The lamps of a cabinet as each of its polls tells them, in its query: stage, since when, one letter a signal group.

Beside them the countdown of crossings: for how much longer WALK or clearance lasts for sure.

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
_COUNT: Final = "[0-9]{1,2}-[0-9]{1,4}"
_COUNTS: Final = rf"{_COUNT}(?:_{_COUNT}){{0,{MAX_GROUPS - 1}}}"
_SHOWN: Final = rf"([0-9]{{1,3}}|-)\.([0-9]{{1,9}})\.([{''.join(WORDS)}]{{1,{MAX_GROUPS}}})"
_QUERY: Final = re.compile(rf"lamps={_SHOWN}(?:\.({_COUNTS}))?")
_MOST_DS: Final = 10**9 - 1
_COUNT_CHARACTERS: Final = len("63-9999_")
MOST_CHARACTERS: Final = len(_KEY) + 3 + 1 + 9 + 1 + MAX_GROUPS * (1 + _COUNT_CHARACTERS)
"""The longest query that tells lamps."""


@dataclass(frozen=True, slots=True)
class Lamps:
    """The lamps of one moment. `stage` is an index, None while none is shown; it was begun `since_ds` ago. [ds]

    `aspects`, a letter of `WORDS` a signal group, in the order of the site. `counts`, the crossings (indices of groups,
    rising) whose countdown runs, and how much longer they show what they show for sure. [ds]
    """

    stage: int | None
    since_ds: int
    aspects: str
    counts: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if _QUERY.fullmatch(lamps_query(self)) is None:
            raise InvalidInputError("lamps are a stage, tenths of a second since its begin, and a letter a group")
        groups = [group for group, _ in self.counts]
        if groups != sorted(set(groups)) or any(group >= len(self.aspects) for group in groups):
            raise InvalidInputError("countdowns are those of groups with a letter, one each, in their order")

    @property
    def words(self) -> tuple[str, ...]:
        """The aspect of each signal group in words."""
        return tuple(WORDS[letter] for letter in self.aspects)


def lamps_of(
    stage: int | None, since_ds: int, aspects: Sequence[str], counts: tuple[tuple[int, int], ...] = ()
) -> Lamps:
    """Return the lamps of aspects in words. [ds] Raises: InvalidInputError if there is no such aspect."""
    try:
        letters = "".join(_LETTER[aspect] for aspect in aspects)
    except KeyError as error:
        raise InvalidInputError(f"there is no aspect {error}") from error
    return Lamps(stage, min(max(since_ds, 0), _MOST_DS), letters, counts)


def lamps_query(lamps: Lamps) -> str:
    """Return what a poll has as its query.

    >>> lamps_query(lamps_of(1, 134, ("red", "green", "don't walk")))
    'lamps=1.134.rGd'
    >>> lamps_query(lamps_of(1, 134, ("red", "green", "walk"), ((2, 52),)))
    'lamps=1.134.rGW.2-52'
    """
    stage = "-" if lamps.stage is None else str(lamps.stage)
    counts = "_".join(f"{group}-{left_ds}" for group, left_ds in lamps.counts)
    return f"{_KEY}{stage}.{lamps.since_ds}.{lamps.aspects}" + (f".{counts}" if counts else "")


def lamps_from_query(query: str) -> Lamps | None:
    """Return the lamps of a query, None if it has none.

    >>> lamps_from_query("lamps=-.20.aa")
    Lamps(stage=None, since_ds=20, aspects='aa', counts=())
    """
    found = _QUERY.fullmatch(query)
    if found is None:
        return None
    pairs = [pair.partition("-") for pair in (found[4] or "").split("_") if pair]
    counts = tuple((int(group), int(left_ds)) for group, _, left_ds in pairs)
    try:
        return Lamps(None if found[1] == "-" else int(found[1]), int(found[2]), found[3], counts)
    except InvalidInputError:
        return None
