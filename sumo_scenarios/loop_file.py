"""Loops of a user's own: a file of E1 definitions, first written by a run and then edited."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import Loop, LoopRole, ReachLane
from sumo_scenarios.layout import approach_lanes, upstream_reach
from sumo_scenarios.loop_layout import LOOP_M, MAX_PER_LANE, MIDDLE_RANGE_M
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.xml_input import elements

STOP_REACH_M: Final = 15.0
MIDDLE_REACH_M: Final = MIDDLE_RANGE_M[1]
_TAGS: Final = frozenset({"inductionLoop", "e1Detector"})


def read_loops(path: Path, net: Net, links: Mapping[str, Sequence[Connection]]) -> dict[str, tuple[Loop, ...]]:
    """Return the loops of all signals from a file of `<inductionLoop id="SIGNAL/CHANNEL" lane pos length>`.

    Where a loop lies says what it is for: up to 15 m before the stop line it counts who leaves, up to 50 m it is
    a middle loop, farther off an advance loop. A signal without loops in the file has none.
    Raises: InvalidInputError for a damaged file, an unknown signal or lane, a loop off the ways to its signal, a
    channel given twice, or more than three loops on a lane.
    """
    reach = {signal: _reach(net, connections) for signal, connections in links.items()}
    found: dict[str, list[Loop]] = {signal: [] for signal in links}
    for _, element in elements(path):
        if element.tag in _TAGS:
            signal, loop = _loop(path, net, reach, element)
            found[signal].append(loop)
    loops = {signal: tuple(sorted(own, key=lambda loop: loop.channel)) for signal, own in found.items()}
    _check(path, [loop for own in loops.values() for loop in own])
    return loops


def _reach(net: Net, connections: Sequence[Connection]) -> dict[str, ReachLane]:
    return {lane.lane_id: lane for lane in upstream_reach(net, approach_lanes(net, connections))}


def _loop(path: Path, net: Net, reach: Mapping[str, Mapping[str, ReachLane]], element: Element) -> tuple[str, Loop]:
    name, lane_id = element.get("id", ""), element.get("lane", "")
    where = f"{path}: loop '{name}'"
    signal, _, channel = name.rpartition("/")
    if signal not in reach or not (channel.isascii() and channel.isdecimal() and len(channel) <= 4):
        raise InvalidInputError(f"{where} has to be called SIGNAL/NUMBER after a signal under control")
    if lane_id not in reach[signal]:
        raise InvalidInputError(f"{where} lies on lane '{lane_id}', from which no way leads to signal {signal}")
    try:
        position_m, length_m = float(element.attrib["pos"]), float(element.get("length", LOOP_M))
    except (KeyError, ValueError) as error:
        raise InvalidInputError(f"{where} needs pos and length in metres") from error
    lane = reach[signal][lane_id]
    position_m += lane.length_m if position_m < 0 else 0.0
    if not (length_m > 0 and 0 <= position_m <= lane.length_m - length_m + 0.005):
        raise InvalidInputError(f"{where} does not fit on its lane of {lane.length_m:g} m")
    to_stop_m = round(max(lane.length_m - position_m - length_m, 0.0) + lane.beyond_m, 2)
    role = _role(to_stop_m)
    return signal, Loop(name, lane_id, position_m, length_m, role, lane.targets, to_stop_m, int(channel))


def _role(to_stop_m: float) -> LoopRole:
    if to_stop_m <= STOP_REACH_M:
        return LoopRole.STOP
    return LoopRole.MIDDLE if to_stop_m <= MIDDLE_REACH_M else LoopRole.ADVANCE


def _check(path: Path, loops: Sequence[Loop]) -> None:
    lane, count = Counter(loop.lane_id for loop in loops).most_common(1)[0] if loops else ("", 0)
    if count > MAX_PER_LANE:
        raise InvalidInputError(f"{path}: {count} loops on lane {lane}; at most {MAX_PER_LANE} are allowed")
    name, count = Counter(loop.loop_id for loop in loops).most_common(1)[0] if loops else ("", 0)
    if count > 1:
        raise InvalidInputError(f"{path}: loop '{name}' is given twice")
