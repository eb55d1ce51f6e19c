"""Who is foretold to a signal: guided vehicles that will turn there, road by road, with the time at its stop line.

The document that a cabinet with an adviser asks for besides its orders. It says nothing of who they are, nothing rests
on it but the wish of adaptive control, and one that is late, too long or absurd is not there.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.overrides import LATEST_MS
from signal_ctrl.domain.site_parts import is_whole

FORMAT: Final = "signal-ctrl foretold 1"
MAX_FORETOLD_BYTES: Final = 1 << 15
MOST_VEHICLES: Final = 400
"""At one signal, within `AHEAD_MS`. [veh]"""
AHEAD_MS: Final = 120_000
"""Nobody is foretold who comes later. [ms]"""
PASSED_MS: Final = 10_000
"""Nor who should have been there so long ago. [ms]"""
_MS_PER_DS: Final = 100
AGAIN_S: Final = (5, 300)
"""A cabinet asks again after no less and no more than this. [s]"""
_KEYS: Final = ("format", "utc_ms", "again_s", "coming")


class Foretold(NamedTuple):
    """One vehicle: the road on which it comes to the signal, the one that it turns to, when it is at the stop line."""

    from_road: str
    to_road: str
    utc_ms: int


class ForetoldWord(NamedTuple):
    """What a document says: its time [ms], when to ask again [s], and who is foretold."""

    utc_ms: int
    again_s: int
    vehicles: tuple[Foretold, ...]


def foretold_to_bytes(vehicles: Iterable[Foretold], at_utc_ms: int, again_s: int = AGAIN_S[0]) -> bytes:
    """Return the canonical document of a time [ms]; who comes too late or too early for it is left out. [s]

    >>> foretold_to_bytes([Foretold("a", "b", 1500), Foretold("a", "b", 900)], 1000)
    b'{"again_s":5,"coming":[["a","b",[-1,5]]],"format":"signal-ctrl foretold 1","utc_ms":1000}'
    """
    turns: dict[tuple[str, str], list[int]] = {}
    for each in sorted(vehicles, key=lambda one: one.utc_ms)[:MOST_VEHICLES]:
        if -PASSED_MS <= each.utc_ms - at_utc_ms <= AHEAD_MS:
            turns.setdefault(each[:2], []).append(round((each.utc_ms - at_utc_ms) / _MS_PER_DS))
    rows = [[here, onto, times] for (here, onto), times in sorted(turns.items())]
    return canonical({"format": FORMAT, "utc_ms": at_utc_ms, "again_s": again_s, "coming": rows}).encode()


def foretold_from_bytes(data: bytes) -> ForetoldWord:
    """Return what a document says. Raises: InvalidInputError if it is none."""
    if len(data) > MAX_FORETOLD_BYTES:
        raise InvalidInputError(f"who is foretold takes more than {MAX_FORETOLD_BYTES} bytes")
    try:
        document = read_document(data.decode("ascii"), "foretold", FORMAT)
        exactly(document, _KEYS)
        at_utc_ms = whole(document["utc_ms"])
        if not is_whole(at_utc_ms, (0, LATEST_MS)) or not is_whole(document["again_s"], AGAIN_S):
            raise ValueError("its time is none, or when to ask again")
        found = tuple(one for row in items_of(document["coming"]) for one in _turn(items_of(row), at_utc_ms))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"nobody is foretold by this: {why(error)}") from error
    if len(found) > MOST_VEHICLES:
        raise InvalidInputError(f"more than {MOST_VEHICLES} vehicles are foretold to one signal")
    return ForetoldWord(at_utc_ms, document["again_s"], found)


def _turn(row: list[Any], at_utc_ms: int) -> Iterable[Foretold]:
    here, onto, times = row
    for ds in items_of(times):
        if not -PASSED_MS <= _MS_PER_DS * whole(ds) <= AHEAD_MS:
            raise ValueError(f"{ds} ds is no time within two minutes")
        yield Foretold(text_of(here), text_of(onto), at_utc_ms + _MS_PER_DS * ds)


def turns_of(document: object, most: int, ahead_ds: int) -> Mapping[tuple[str, str], tuple[int, ...]]:
    """Return what a parking service says of guided drivers: by turn, in how many tenths of a second. [ds]

    Args: document, its answer, an object with a list `coming` of `{"from", "to", "in_ds": [...]}`; most, vehicles.
    Raises: InvalidInputError for anything that is not wholly of this kind: half of it would be another picture.
    """
    try:
        rows = items_of(document["coming"])  # type: ignore[index]
        found: dict[tuple[str, str], tuple[int, ...]] = {}
        for row in rows:
            exactly(row, ("from", "to", "in_ds"))
            times = tuple(whole(ds) for ds in items_of(row["in_ds"]))
            if not all(0 <= ds <= ahead_ds for ds in times):
                raise ValueError(f"a driver comes within {ahead_ds // 10} s")
            turn = (text_of(row["from"]), text_of(row["to"]))
            if turn in found:
                raise ValueError(f"turn {turn[0]:.40} to {turn[1]:.40} is there twice")
            found[turn] = times
        if sum(map(len, found.values())) > most:
            raise ValueError(f"more than {most} drivers")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"the inflow of the parking service is none: {why(error)}") from error
    return found
