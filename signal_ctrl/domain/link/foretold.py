"""What the centre foretells a cabinet: who will come to its stop lines whom its own detectors do not see yet.

One form for all who are known of before: a bus by its reports, a driver whom parking guidance sends somewhere. Each is
a vehicle with a way over the signal, from one road to the next, that could be at the stop line at one of several times,
each as likely as the others, comes with a certain probability, and counts as so many cars. The document is an answer of
the link: its code is bound to the request, so that no old one can be played back. Numbers are exact to the last bit.

Nothing of it is believed that cannot be: what is too old is not there, nor is what lies outside the bounds below.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError

FORMAT: Final = "signal-ctrl foretold 1"
MAX_BYTES: Final = 1 << 16
MOST: Final = 200
"""So many who come are told at most: buses first, then the earliest. [P]"""
AGAIN_S: Final = (1, 300)
"""A cabinet asks again after no less and no more than this. [s]"""
MOST_TIMES: Final = 8
FRESH_MS: Final = 10_000
"""What was foretold is not there any more after so long. [ms] [P]"""
FUTURE_MS: Final = 2_000
"""What was foretold later than this from now was not foretold. [ms] [P]"""
LATEST_S: Final = 600.0
FARTHEST_M: Final = 20_000.0
FASTEST_MPS: Final = 50.0
MOST_CARS: Final = 500.0
"""An articulated bus with 150 persons counts as 115 cars, three times as many when it is very late. [P]"""
_KEYS: Final = ("format", "cabinet", "at_utc_ms", "again_s", "coming")
_COMING_KEYS: Final = (
    "kind", "key", "road", "next_road", "times_s", "to_stop_m", "speed_mps", "cars", "presence",
)  # fmt: skip


class ForetoldKind(Enum):
    """Who is foretold."""

    BUS = "bus"
    """A registered bus: it is weighed within the limits of bus priority (SAFETY part C, row 5)."""
    GUIDED = "guided"
    """A driver on the way that guidance has given: one more vehicle that comes."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """Somebody who comes. `key`, a number that stays with it; `road` and `next_road`, by which turn; `times_s` from the
    time of the document on, the earliest first, if nobody stands in its way [s]; `to_stop_m`, how far it had to go and
    `speed_mps`, how fast it went when it was heard last; `cars`, as how many it counts; `presence`, how likely it is.
    """

    kind: ForetoldKind
    key: int
    road: str
    next_road: str
    times_s: tuple[float, ...]
    to_stop_m: float
    speed_mps: float
    cars: float = 1.0
    presence: float = 1.0

    @property
    def can_be(self) -> bool:
        """Whether all of it lies within what can be; NaN does not."""
        times_s = self.times_s
        return (
            0 <= self.key < 1 << 53
            and 1 <= len(times_s) <= MOST_TIMES
            and all(0.0 <= time_s <= LATEST_S for time_s in times_s)
            and list(times_s) == sorted(times_s)
            and 0.0 <= self.to_stop_m <= FARTHEST_M
            and 0.0 <= self.speed_mps <= FASTEST_MPS
            and 0.0 < self.cars <= MOST_CARS
            and 0.0 < self.presence <= 1.0
            and (self.presence == 1.0 or self.kind is not ForetoldKind.BUS)
        )

    def after(self, passed_s: float) -> "Foretold":
        """Return it as it is so much later: nobody is there in the past. [s]"""
        return replace(self, times_s=tuple(max(time_s - passed_s, 0.0) for time_s in self.times_s))


@dataclass(frozen=True, slots=True)
class Foretelling:
    """All who are foretold to a cabinet, as they were known at a time [ms]; it is to ask again after so long. [s]"""

    cabinet: str
    at_utc_ms: int
    coming: tuple[Foretold, ...] = ()
    again_s: int = AGAIN_S[1]

    def at(self, utc_ms: int) -> tuple[Foretold, ...]:
        """Return who comes, as of a time; nobody where it is too old, or of the future. [ms]"""
        passed_ms = utc_ms - self.at_utc_ms
        if not -FUTURE_MS <= passed_ms <= FRESH_MS:
            return ()
        return tuple(each.after(passed_ms / 1000) for each in self.coming)


def foretelling_to_bytes(cabinet: str, at_utc_ms: int, coming: Iterable[Foretold], again_s: int = AGAIN_S[0]) -> bytes:
    """Return the canonical document; of too many some, as `MOST` says, and nobody who cannot be. [ms] [s]"""
    able = [each for each in coming if each.can_be]
    able.sort(key=lambda each: (each.kind is not ForetoldKind.BUS, each.times_s, each.key))
    most = MOST
    while True:
        items = [_document(each) for each in able[:most]]
        document = {"format": FORMAT, "cabinet": cabinet, "at_utc_ms": at_utc_ms, "again_s": again_s, "coming": items}
        data = canonical(document).encode()
        if len(data) <= MAX_BYTES or not items:
            return data
        most = len(items) // 2  # roads with very long names


def foretelling_from_bytes(data: bytes) -> Foretelling:
    """Return what a document foretells, without those who cannot be, each key once.

    Raises: InvalidInputError if it is none; then nothing of it counts.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInputError(f"more than {MAX_BYTES} bytes are foretold")
    try:
        document = read_document(data.decode("ascii"), "foretelling", FORMAT)
        exactly(document, _KEYS)
        found = [_foretold(item) for item in items_of(document["coming"])]
        cabinet, at_utc_ms = text_of(document["cabinet"]), whole(document["at_utc_ms"])
        again_s = whole(document["again_s"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInputError(f"nothing is foretold: {why(error)}") from error
    if len(found) > MOST or not AGAIN_S[0] <= again_s <= AGAIN_S[1]:
        raise InvalidInputError(
            f"at most {MOST} are foretold, and asked for again after {AGAIN_S[0]} to {AGAIN_S[1]} s"
        )
    known = {each.key: each for each in reversed(found) if each.can_be}
    return Foretelling(cabinet, at_utc_ms, tuple(reversed(known.values())), again_s)


def _document(one: Foretold) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "key": one.key,
        "road": one.road,
        "next_road": one.next_road,
        "times_s": list(one.times_s),
        "to_stop_m": one.to_stop_m,
        "speed_mps": one.speed_mps,
        "cars": one.cars,
        "presence": one.presence,
    }


def _foretold(item: dict[str, Any]) -> Foretold:
    exactly(item, _COMING_KEYS)
    return Foretold(
        ForetoldKind(item["kind"]),
        whole(item["key"]),
        text_of(item["road"]),
        text_of(item["next_road"]),
        tuple(_number(time_s) for time_s in items_of(item["times_s"])),
        _number(item["to_stop_m"]),
        _number(item["speed_mps"]),
        _number(item["cars"]),
        _number(item["presence"]),
    )


def _number(value: Any) -> float:
    """Return a number; one with too many digits is infinite, and cannot be. Raises: ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r:.40} is not a number")
    return float(value) if abs(value) < 1e300 else math.inf
