"""The turns of a signal that counts have to name, so that nobody is forgotten in silence."""

from collections.abc import Container

from signal_ctrl.domain.counts import Turn
from sumo_scenarios.layout import TURN_BACK
from sumo_scenarios.world import SignalUnit, World

Way = tuple[str, str]
"""From edge, to edge."""


def turns_of(unit: SignalUnit, world: World) -> dict[Way, bool]:
    """Return the turns of a signal, and whether a count has to name them: turning back may be left out."""
    found: dict[Way, bool] = {}
    for move in unit.layout.movements:
        exit_edge = world.net.lanes[unit.layout.exits[move.exit].lane_id].edge_id
        turn = (unit.layout.lanes[move.lane].edge_id, exit_edge)
        found[turn] = found.get(turn, False) or move.direction != TURN_BACK
    return found


def missing_turns(signal: str, ways: dict[Way, bool], counted: Container[Turn]) -> str:
    """Return which turns of a signal are not counted, in words, empty if none is missing. Args: ways, of `turns_of`."""
    missing = [way for way, must in ways.items() if must and (signal, *way) not in counted]
    if not missing:
        return ""
    more = f" and of {len(missing) - 1} more turns" if len(missing) > 1 else ""
    return f"no count from {missing[0][0]} to {missing[0][1]}{more}; write 0 where nobody came"
