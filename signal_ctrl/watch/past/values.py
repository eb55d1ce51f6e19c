"""What is shown of the city as one value, what changes of it, and the pieces that are kept.

A picture is what everybody who reads the status is shown at one moment: topics (`junctions`, `roads`, ...), in each of
them names, and under each name a value of JSON. A piece holds some seconds of changes, packed.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError

Topic = Mapping[str, Any]
Picture = Mapping[str, Topic]
"""By topic and name, values of JSON; none of them is None."""
Changes = Mapping[str, Topic]
"""The same for what changed alone; None: it is gone."""

PIECE_MS: Final = 10_000
"""A piece is kept so often: so much may be lost by a crash. [ms] [P]"""
GAP_MS: Final = 60_000
"""Who has not looked for so long begins anew: what was shown in between is not known. [ms] [P]"""
WHOLE_MS: Final = 300_000
"""So often a piece holds everything: no more than this is read to know one moment. [ms] [P]"""
PAST_KEPT_DAYS: Final = 30
"""How long pieces are kept at most; raw data, SAFETY part D, retention. [d]"""
MOST_PAST_BYTES: Final = 4 << 30
"""How many bytes all pieces together take at most; then the oldest go before their time. [P]"""
_LEVEL: Final = 6
_OPENED: Final = 160


class Moment(NamedTuple):
    """What changed at a time. [ms] `anew`: what was before is not known, so these are no changes of it."""

    at_utc_ms: int
    changes: Changes
    anew: bool = False


class Opened(NamedTuple):
    """What a piece holds: everything at its begin, where it is a whole one, and its moments."""

    whole: Picture | None
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """What was seen from its begin to its end, both included, packed. [ms] `whole`: it begins with everything."""

    from_utc_ms: int
    until_utc_ms: int
    whole: bool
    packed: str

    def __post_init__(self) -> None:
        if not 0 <= self.from_utc_ms <= self.until_utc_ms or not self.packed:
            raise InvalidInputError("a piece of the past needs its begin, an end after it, and what it holds")


PAST_PIECES: Final = ShelfSpec(
    "past_pieces",
    Piece,
    key=lambda p: f"{p.from_utc_ms:016d}",
    at_utc_ms=lambda p: p.from_utc_ms,
    columns={"whole": lambda p: "yes" if p.whole else "no", "bytes": lambda p: f"{len(p.packed):09d}"},
    large=True,
)


def changes_between(before: Picture, now: Picture) -> dict[str, dict[str, Any]]:
    """Return what changed.

    >>> changes_between({"a": {"x": 1, "y": 2}}, {"a": {"x": 3}, "b": {"z": 4}}) == {
    ...     "a": {"x": 3, "y": None}, "b": {"z": 4}}
    True
    """
    found: dict[str, dict[str, Any]] = {}
    for topic in before.keys() | now.keys():
        old, new = before.get(topic, {}), now.get(topic, {})
        if old is new:
            continue
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        changed |= dict.fromkeys(old.keys() - new.keys())
        if changed:
            found[topic] = changed
    return found


def changed(picture: dict[str, dict[str, Any]], changes: Changes) -> None:
    """Bring a picture up to date with changes, in place."""
    for topic, values in changes.items():
        own = picture.setdefault(topic, {})
        for name, value in values.items():
            if value is None:
                own.pop(name, None)
            else:
                own[name] = value


class Packer:
    """Packs a piece while it goes on.

    What it begins with is packed at once, value by value: a picture that were held until the end of the piece would
    keep a second city in memory, since all of it changes meanwhile.
    """

    def __init__(self, whole: Picture | None) -> None:
        """Args: whole, everything at the first moment, or None."""
        self._is_whole = whole is not None
        self._stream = zlib.compressobj(_LEVEL)
        self._parts: list[bytes] = []
        self._add('{"whole":')
        if whole is None:
            self._add("null")
        else:
            self._add_whole(whole)

    def _add(self, text: str) -> None:
        self._parts.append(self._stream.compress(text.encode()))

    def _add_whole(self, whole: Picture) -> None:
        for number, (topic, values) in enumerate(whole.items()):
            self._add(("," if number else "{") + json.dumps(topic) + ":{")
            for at, (name, value) in enumerate(values.items()):
                self._add(("," if at else "") + json.dumps(name) + ":" + _json(value))
            self._add("}")
        self._add("}" if whole else "{}")

    def piece(self, moments: Sequence[Moment], until_utc_ms: int) -> Piece:
        """Return the piece; the packer is used up. Args: moments, at least one; until_utc_ms, its end [ms]."""
        self._add(',"moments":' + _json([[each.at_utc_ms, each.changes, each.anew] for each in moments]) + "}")
        text = base64.b64encode(b"".join((*self._parts, self._stream.flush()))).decode()
        return Piece(moments[0].at_utc_ms, until_utc_ms, self._is_whole, text)


def packed(whole: Picture | None, moments: Sequence[Moment], until_utc_ms: int) -> Piece:
    """Return a piece. Args: as of `Packer` and its `piece`."""
    return Packer(whole).piece(moments, until_utc_ms)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


@lru_cache(maxsize=_OPENED)
def opened(piece: Piece) -> Opened:
    """Return what a piece holds; nobody changes what is returned."""
    document = json.loads(zlib.decompress(base64.b64decode(piece.packed)))
    return Opened(document["whole"], tuple(Moment(*each) for each in document["moments"]))
