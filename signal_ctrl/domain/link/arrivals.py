"""Arrivals as a cabinet reports them: when each vehicle reaches the stop line if nothing stops it, by signal group.

A report of kind `detector` with code `arrivals`. Its text names each signal group by its index in the site and, after a
colon, its arrivals in tenths of a second after the time of the report; below 0 before it. They are looked at, and no
decision rests on them.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site_parts import MAX_GROUPS

ARRIVALS: Final = "arrivals"
"""The code of such a report."""
MOST_CHARACTERS: Final = 480
_MS_PER_DS: Final = 100
_GROUP: Final = re.compile(r"([0-9]{1,2}):(-?[0-9]{1,5}(?:,-?[0-9]{1,5})*)")


class Arrival(NamedTuple):
    """One vehicle at a stop line: the index of its signal group, and when. [ms]"""

    group: int
    utc_ms: int


def arrivals_texts(arrivals: Iterable[Arrival], at_utc_ms: int) -> list[str]:
    """Return the texts of reports made at a time, as many as it takes. [ms]

    >>> arrivals_texts([Arrival(3, 900), Arrival(3, 1_400), Arrival(0, 1_000)], 1_000)
    ['0:0 3:-1,4']
    """
    by_group: dict[int, list[int]] = {}
    for group, utc_ms in sorted(arrivals):
        by_group.setdefault(group, []).append(round((utc_ms - at_utc_ms) / _MS_PER_DS))
    texts = [""]
    for index, ds in [(index, ds) for index, several in by_group.items() for ds in several]:
        same = texts[-1].rpartition(" ")[2].startswith(f"{index}:")
        more = f",{ds}" if same else f" {index}:{ds}"
        if len(texts[-1]) + len(more) > MOST_CHARACTERS:
            texts.append(f"{index}:{ds}")
        else:
            texts[-1] = (texts[-1] + more).lstrip()
    return [text for text in texts if text]


def arrivals_of(text: str, at_utc_ms: int) -> tuple[Arrival, ...]:
    """Return the arrivals of a report. [ms] Raises: InvalidInputError if its text is none."""
    found = []
    for word in text.split(" "):
        parts = _GROUP.fullmatch(word)
        if parts is None or int(parts[1]) >= MAX_GROUPS:
            raise InvalidInputError("arrivals are signal groups with tenths of a second, as '3:-12,4'")
        found += [Arrival(int(parts[1]), at_utc_ms + _MS_PER_DS * int(ds)) for ds in parts[2].split(",")]
    return tuple(found)
