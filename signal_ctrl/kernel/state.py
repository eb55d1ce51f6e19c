"""Values of the kernel: what each group shows, what was asked, and what comes in."""

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final, NamedTuple

from signal_ctrl.domain.site import Right
from signal_ctrl.kernel.aspects import Aspect

FOREVER_DS: Final = 10**15
NEVER_DS: Final = -FOREVER_DS


class Mode(Enum):
    """What the kernel is doing; docs/kernel.md says what leads from one to the next."""

    START_FLASH = "start-up flash"
    START_RED = "start-up all red"
    RUNNING = "running"
    CLEARING = "clearing"
    FLASHING = "planned flash"
    DARK = "planned dark"
    FAULT = "fault"


class Source(IntEnum):
    """Who asks; lower numbers go first."""

    CABINET_PANEL = 2
    PREEMPTION = 3
    POLICE = 4
    BUS_PRIORITY = 5
    ADAPTIVE = 6
    SCHEDULE = 7


class Wish(Enum):
    """What a request asks for."""

    STAGE = "stage"
    FLASH = "flash"
    DARK = "dark"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Request:
    """A wish that enters by the gate. `stage` counts for STAGE only; it expires at `expires_ds`. [ds]"""

    source: Source
    sequence: int
    issued_ds: int
    expires_ds: int
    wish: Wish = Wish.STAGE
    stage: int = -1


@dataclass(frozen=True, slots=True)
class GroupState:
    """One group. [ds]

    `since_ds` start of the aspect, `ended_ds` last end of green, `unprotected_ds` last loss of priority,
    within a green or at its end, `waits_ds` start of the unserved demand, `opposed_ds` first conflicting
    demand in this green.
    """

    aspect: Aspect
    right: Right
    since_ds: int
    ended_ds: int = NEVER_DS
    unprotected_ds: int = NEVER_DS
    waits_ds: int | None = None
    opposed_ds: int | None = None


@dataclass(frozen=True, slots=True)
class Core:
    """Everything that decides about lamps. [ds]

    `forced` is the group that K4 is serving against all wishes, or -1; `forced_ds` says since when its
    maximum red rules (None: it is served because a green has reached its maximum). `after` is the mode that
    follows CLEARING, or a planned flash or dark that is to end; `reason` why the kernel last left or took up
    service. Until `wake_ds` nothing changes by itself.
    """

    mode: Mode
    since_ds: int
    stage: int
    groups: tuple[GroupState, ...]
    sequences: tuple[tuple[Source, int], ...] = ()
    calls: int = 0
    forced: int = -1
    forced_ds: int | None = None
    after: Mode = Mode.START_RED
    reason: str = ""
    wake_ds: int = NEVER_DS


class KernelState(NamedTuple):
    """The state: the core, and the time of its last frame. [ds]"""

    core: Core
    frame_ds: int
