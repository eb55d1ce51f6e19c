"""What the closed loop hands back to the process that started it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

Report = Callable[[float, int, int], None]
"""Called as the loop goes on: simulation time [s], vehicles running, vehicles arrived."""

Stop = Callable[[], bool]
"""Says whether the loop is to end before its next step."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where SUMO's further files of a run go, and whether they are to be kept. `additional`: SUMO reads these too."""

    folder: Path
    detailed: bool
    additional: tuple[Path, ...] = ()


class Further(NamedTuple):
    """What SUMO gets besides: additional files, and words on its command line."""

    files: tuple[Path, ...] = ()
    arguments: tuple[str, ...] = ()


NOTHING_MORE: Final = Further()


@dataclass(frozen=True, slots=True)
class Replayed:
    """The run that is repeated: its folder, and the time at which it ended. [s]"""

    folder: Path
    until_s: float


@dataclass(frozen=True, slots=True)
class QueueSample:
    """Vehicles slower than 0.1 m/s on the approach lanes of one signal at one time. [s], [veh]"""

    time_s: float
    junction: str
    halting_veh: int


@dataclass(frozen=True, slots=True)
class LoopOutcome:
    """One closed-loop run as the loop saw it; the vehicles' figures come from SUMO's own files.

    `end_s` is the time reached [s]; `signals` are under the kernel, `left_alone` are (signal, reason);
    `decision_ms` holds the time of every decision [ms]; `kernel_frames` counts ticks of 0.1 s;
    `wall_*_s` is time of the machine [s]; `queues` are samples every 30 s.
    """

    scenario: str
    begin_s: float
    end_s: float
    step_s: float
    sumo_version: str
    signals: tuple[str, ...]
    left_alone: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    decisions: int = 0
    decision_ms: tuple[float, ...] = ()
    kernel_frames: int = 0
    refusals: int = 0
    violations: int = 0
    wall_total_s: float = 0.0
    wall_sumo_s: float = 0.0
    wall_control_s: float = 0.0
    interrupted: bool = False
    queues: tuple[QueueSample, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """A replayed run: how many lamp frames differ from the recorded ones, and the first that does."""

    loop: LoopOutcome
    differences: int
    first_difference: str | None = None
