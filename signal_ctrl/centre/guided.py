"""Guided drivers as one source of who is foretold: heard from the parking service, judged, and let go soon.

What is heard counts for a few seconds. What is late, absurd or not of this network is refused as a whole, and then
nobody is foretold: a signal decides as it would without a parking service. Nothing here asks or waits for anybody.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from signal_ctrl.centre.desk import Desk
from signal_ctrl.domain.documents import exactly, items_of, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind
from signal_ctrl.domain.roads import RoadNetwork

AHEAD_S: Final = 120
"""Nobody is told who comes later. [s]"""
FRESH_MS: Final = 12_000
"""What was heard counts for so long: it is asked for every 5 s. [ms] [P]"""
LATE_MS: Final = 30_000
"""The time of an answer may be so far from the centre's, as of everybody who signs. [ms]"""
MOST_DRIVERS: Final = 20_000
"""Turns of guided drivers in the next two minutes, in the whole city. [P]"""
LANE_VEH_S: Final = 0.6
"""More than so many in a second do not pass one lane: 2,160 an hour. [veh/s]"""
BURST_VEH: Final = 5.0
"""So many more than that may be told of one turn: phones say where they were, some late. [veh]"""
UNKNOWN_SHARE: Final = 0.5
"""Where more of the turns are not of this network, it is the inflow of another town. [P]"""
PRESENCE: Final = 0.8
"""How sure it is that somebody who is guided comes by the turn that he was told. [0–1] [P]"""
_OWN_KEYS: Final = 1 << 52
"""Keys of guided drivers begin here; those of buses end at 2^32."""
_RANKS: Final = 1 << 16
_DS_PER_S: Final = 10
_MS_PER_S: Final = 1000
Turns = Mapping[tuple[str, str], tuple[int, ...]]


class _Heard(NamedTuple):
    """What was heard last, by signal, with times from `utc_ms` on."""

    mono_ms: int
    utc_ms: int
    by_signal: Mapping[str, tuple[Foretold, ...]]


class GuidedDrivers:
    """Who comes by guidance now. `network` is the centre's; without one nobody does.

    One thread hears, others ask: what was heard is one value, taken in and let go at once.
    """

    def __init__(self, desk: Desk, network: Callable[[], RoadNetwork | None]) -> None:
        self._desk = desk
        self._network = network
        self._heard: _Heard | None = None

    @property
    def drivers(self) -> int:
        """How many turns are foretold now."""
        heard = self._fresh()
        return 0 if heard is None else sum(map(len, heard.by_signal.values()))

    def hear(self, document: object) -> int:
        """Take the inflow of the parking service in place of what was heard before; return how many turns count.

        Raises: InvalidInputError with the reason why it does not count; then nobody is foretold.
        """
        self._heard = None
        now_ms, network = self._desk.now_ms(), self._network()
        if network is None:
            return 0
        at_utc_ms = document.get("utc_ms") if isinstance(document, dict) else None
        if not isinstance(at_utc_ms, int) or isinstance(at_utc_ms, bool) or abs(at_utc_ms - now_ms) > LATE_MS:
            raise InvalidInputError("the inflow of the parking service is late, or its clock is another one")
        turns = _known(_turns_of(document), network)
        _check_flow(turns, network)
        found: dict[str, list[Foretold]] = {}
        for turn, times_ds in turns.items():
            signal = network.of(turn[0]).signal
            if signal:
                found.setdefault(signal, []).extend(_foretold(turn, times_ds))
        by_signal = {signal: tuple(each) for signal, each in found.items()}
        self._heard = _Heard(self._desk.clock.mono_ms(), now_ms, by_signal)
        return self.drivers

    def foretold(self, signal: str, at_utc_ms: int) -> list[Foretold]:
        """Return the drivers on their way to a signal, with times from then on; nobody is there in the past. [ms]"""
        heard = self._fresh()
        if heard is None:
            return []
        passed_s = (at_utc_ms - heard.utc_ms) / _MS_PER_S
        drivers = heard.by_signal.get(signal, ())
        return [replace(one, times_s=(one.times_s[0] - passed_s,)) for one in drivers if one.times_s[0] >= passed_s]

    def _fresh(self) -> _Heard | None:
        heard = self._heard
        return None if heard is None or self._desk.clock.mono_ms() - heard.mono_ms > FRESH_MS else heard


def _foretold(turn: tuple[str, str], times_ds: tuple[int, ...]) -> list[Foretold]:
    """Return the drivers of one turn, each with a key of his own. The service says neither where they are nor how fast
    they go, and nobody else knows.
    """
    keys_from = _OWN_KEYS + _RANKS * zlib.crc32("\n".join(turn).encode())
    return [
        Foretold(ForetoldKind.GUIDED, keys_from + rank, *turn, (ds / _DS_PER_S,), 0.0, 0.0, 1.0, PRESENCE)
        for rank, ds in enumerate(sorted(times_ds))
    ]


def _turns_of(document: object) -> Turns:
    """Return what a parking service says of guided drivers: by turn, in how many tenths of a second. [ds]

    Args: document, its answer, an object with a list `coming` of `{"from", "to", "in_ds": [...]}`.
    Raises: InvalidInputError for anything that is not wholly of this kind: half of it would be another picture.
    """
    try:
        rows = items_of(document["coming"])  # type: ignore[index]
        found: dict[tuple[str, str], tuple[int, ...]] = {}
        for row in rows:
            exactly(row, ("from", "to", "in_ds"))
            turn = (text_of(row["from"]), text_of(row["to"]))
            if turn in found:
                raise ValueError(f"turn {turn[0]:.40} to {turn[1]:.40} is there twice")
            found[turn] = _times_ds(row["in_ds"])
        if sum(map(len, found.values())) > MOST_DRIVERS:
            raise ValueError(f"more than {MOST_DRIVERS} drivers")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"the inflow of the parking service is none: {why(error)}") from error
    return found


def _times_ds(value: object) -> tuple[int, ...]:
    times_ds = tuple(whole(ds) for ds in items_of(value))
    if not all(0 <= ds <= _DS_PER_S * AHEAD_S for ds in times_ds):
        raise ValueError(f"a driver comes within {AHEAD_S} s")
    return times_ds


def _known(turns: Turns, network: RoadNetwork) -> Turns:
    """Return the turns that are there. Raises: InvalidInputError if too many are not."""
    known = {turn: times for turn, times in turns.items() if turn[0] in network.index and turn[1] in network.index}
    if len(turns) - len(known) > UNKNOWN_SHARE * len(turns):
        raise InvalidInputError("the inflow of the parking service is of other roads; import the same there")
    return known


def _check_flow(turns: Turns, network: RoadNetwork) -> None:
    """Raises: InvalidInputError if more come through a turn than pass it."""
    lanes = {(turn.from_road, turn.to_road): turn.lanes for turn in network.turns}
    for turn, times in turns.items():
        most = LANE_VEH_S * lanes.get(turn, network.of(turn[0]).lanes) * AHEAD_S
        if len(times) > most + BURST_VEH:
            raise InvalidInputError(
                f"the inflow of the parking service is absurd: {len(times)} drivers go from {turn[0]:.40} to "
                f"{turn[1]:.40} within two minutes, where {most:.0f} pass at most"
            )
