"""What `detectors listen` and `detectors replay` have in common: loops to judge, files to write, when to stop."""

import contextlib
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from detectors.live.judges import LoopJudge
    from signal_ctrl.domain.network import JunctionLayout
    from signal_ctrl.gateways.live_session import LiveSession

NO_LAMPS: Final = "on through green: no lamps are known"
NO_HISTORY: Final = "silence and drift against usual days: there is no history in a live stream"
NO_PLACES: Final = "loops before and behind, queues: nobody knows where the loops lie (--scenario tells)"


def session_of(
    layout: Path | None,
    scenario: str | None,
    files: tuple[Path | None, Path | None],
    period: int,
    hold: float,
    overwrite: bool,
) -> tuple["LiveSession", tuple[str, ...]]:
    """Return a session with its files begun, and which checks of loops are left out.

    Args: files, for events and bins. Raises: InvalidInputError for bad input.
    """
    from detectors.live.bins import EFFECTIVE_M, VEHICLE_M, BinKeeper
    from detectors.live.stream import LiveStream
    from signal_ctrl.gateways.live_session import LiveSession, Outputs
    from signal_ctrl.gateways.whole_file import check_free

    for path in files:
        if path is not None:
            check_free(path, overwrite)
    if None not in files and files[0] == files[1]:
        raise InvalidInputError("--out and --bins name the same file")
    layouts, left_out = layouts_of(layout, scenario)
    judge = judge_of(layouts) if layouts else None
    effective_m = {(one.signal_id, loop.channel): VEHICLE_M + loop.length_m for one in layouts for loop in one.loops}
    keeper = BinKeeper(
        period,
        (lambda _device, _channel: "ok") if judge is None else judge.quality,
        lambda device, channel: effective_m.get((device, channel), EFFECTIVE_M),
    )
    return LiveSession(Outputs.at(*files), LiveStream(hold), keeper, judge), left_out


def layouts_of(layout: Path | None, scenario: str | None) -> tuple[tuple["JunctionLayout", ...], tuple[str, ...]]:
    """Return the loops to be judged and which checks are left out: all where neither a file nor a scenario is given."""
    if scenario is not None:
        return _in_network(layout, scenario), (NO_LAMPS, NO_HISTORY)
    if layout is not None:
        return _alone(layout), (NO_LAMPS, NO_HISTORY, NO_PLACES)
    return (), ()


def judge_of(layouts: tuple["JunctionLayout", ...]) -> "LoopJudge":
    """Return the judges of a run and of a log, as one."""
    from detectors.live.detector_watch import DetectorWatch, Station
    from detectors.live.judges import Judges
    from detectors.live.loop_watch import LoopWatch
    from sumo_scenarios.detector_logs.places import shortest_pulses_s, surroundings_of_layouts

    stations = [
        Station(
            one.signal_id,
            tuple(loop.channel for loop in one.loops),
            tuple(loop.loop_id for loop in one.loops),
            surroundings_of_layouts([one]),
            shortest_pulses_s([one]),
        )
        for one in layouts
        if one.loops
    ]
    return Judges([LoopWatch(layouts), DetectorWatch(stations)])


def _in_network(layout: Path | None, scenario: str) -> tuple["JunctionLayout", ...]:
    from signal_ctrl.domain.profile import profile_by_name
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.world import build_world

    world = build_world(resolve(scenario), profile_by_name("published"), None, None, layout)
    return tuple(unit.layout for unit in world.units)


def _alone(path: Path) -> tuple["JunctionLayout", ...]:
    from detectors.live.loop_watch import loops_alone
    from sumo_scenarios.xml_input import elements

    found: defaultdict[str, list[tuple[str, int, float]]] = defaultdict(list)
    for _, element in elements(path):
        if element.tag in ("inductionLoop", "e1Detector"):
            name = element.get("id", "")
            device, _, channel = name.rpartition("/")
            where = f"{path}: loop '{name}'"
            if not device or not (channel.isascii() and channel.isdecimal() and len(channel) <= 4):
                raise InvalidInputError(f"{where} has to be called SIGNAL/NUMBER")
            if any(int(channel) == known for _, known, _ in found[device]):
                raise InvalidInputError(f"{where} is given twice")
            found[device].append((name, int(channel), _length_m(element.get("length", "2"), where)))
    if not found:
        raise InvalidInputError(f"{path} holds no loops; 'scenarios import' writes such a file")
    return tuple(loops_alone(device, loops) for device, loops in found.items())


def _length_m(text: str, where: str) -> float:
    try:
        length_m = float(text)
    except ValueError:
        length_m = 0.0
    if not 0 < length_m <= 100:
        raise InvalidInputError(f"{where} needs a length in metres")
    return length_m


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set, so that files are ended whole; a second Ctrl-C breaks off."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
