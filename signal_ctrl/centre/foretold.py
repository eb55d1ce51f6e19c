"""Guided drivers as the centre foretells them to its signals: heard from the parking service, judged, and let go soon.

What is heard counts for a few seconds. What is late, absurd or not of this network is refused as a whole, and then
nobody is foretold: a signal decides as it would without a parking service. Nothing here asks or waits for anybody.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from signal_ctrl.centre.desk import Desk
from signal_ctrl.domain.documents import exactly, items_of, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind
from signal_ctrl.domain.roads import RoadNetwork

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
AHEAD_MS: Final = 120_000
"""Nobody is foretold who comes later. [ms]"""
PRESENCE: Final = 0.8
"""How sure it is that somebody who is foretold comes. [0–1] [P]"""
_MS_PER_DS: Final = 100
Turns = Mapping[tuple[str, str], tuple[int, ...]]


class Guided(NamedTuple):
    """One driver: the road on which he comes to the signal, the one that he turns to, when he is at the stop line."""

    from_road: str
    to_road: str
    utc_ms: int


class ForetoldDesk:
    """Who is foretold now. `network` is the centre's; without one nobody is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.network: Callable[[], RoadNetwork | None] = lambda: None
        self._by_signal: Mapping[str, tuple[Guided, ...]] = {}
        self._heard_ms: int | None = None

    @property
    def drivers(self) -> int:
        """How many turns are foretold now."""
        return sum(map(len, self._by_signal.values())) if self._is_fresh() else 0

    def hear(self, document: object) -> int:
        """Take the inflow of the parking service in place of what was heard before; return how many turns count.

        Raises: InvalidInputError with the reason why it does not count; then nobody is foretold.
        """
        self._by_signal, self._heard_ms = {}, None
        now_ms, network = self._desk.now_ms(), self.network()
        if network is None:
            return 0
        at_utc_ms = document.get("utc_ms") if isinstance(document, dict) else None
        if not isinstance(at_utc_ms, int) or isinstance(at_utc_ms, bool) or abs(at_utc_ms - now_ms) > LATE_MS:
            raise InvalidInputError("the inflow of the parking service is late, or its clock is another one")
        turns = _known(turns_of(document, MOST_DRIVERS, AHEAD_MS // _MS_PER_DS), network)
        _check_flow(turns, network)
        found: dict[str, list[Guided]] = {}
        for (here, onto), times in turns.items():
            signal = network.of(here).signal
            if signal:
                found.setdefault(signal, []).extend(Guided(here, onto, now_ms + _MS_PER_DS * ds) for ds in times)
        self._by_signal = {signal: tuple(each) for signal, each in found.items()}
        self._heard_ms = self._desk.clock.mono_ms()
        return self.drivers

    def coming(self, signal: str, at_utc_ms: int) -> list[Foretold]:
        """Return the drivers who come to a signal: a source of those who are foretold to cabinets. [ms]"""
        ahead = (
            [each for each in self._by_signal.get(signal, ()) if each.utc_ms >= at_utc_ms] if self._is_fresh() else []
        )
        return [
            Foretold(
                ForetoldKind.GUIDED, key, each.from_road, each.to_road, ((each.utc_ms - at_utc_ms) / 1000,), 0.0, 0.0,
                presence=PRESENCE,
            )
            for key, each in enumerate(ahead)
        ]  # fmt: skip

    def _is_fresh(self) -> bool:
        return self._heard_ms is not None and self._desk.clock.mono_ms() - self._heard_ms <= FRESH_MS


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
        most = LANE_VEH_S * lanes.get(turn, network.of(turn[0]).lanes) * AHEAD_MS / 1000
        if len(times) > most + BURST_VEH:
            raise InvalidInputError(
                f"the inflow of the parking service is absurd: {len(times)} drivers go from {turn[0]:.40} to "
                f"{turn[1]:.40} within two minutes, where {most:.0f} pass at most"
            )


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
