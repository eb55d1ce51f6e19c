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
    """Who asks; lower numbers go first. PREEMPTION is that of emergency vehicles. The conflict monitor asks nobody."""

    CABINET_PANEL = 1
    RAILWAY = 2
    PREEMPTION = 3
    POLICE = 4
    BUS_PRIORITY = 5
    ADAPTIVE = 6
    SCHEDULE = 7


class Wish(Enum):
    """What a request asks for: a stage called once or held, all red, no service, or the way back into it."""

    STAGE = "stage"
    HOLD = "hold"
    ALL_RED = "all red"
    FLASH = "flash"
    DARK = "dark"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Request:
    """A wish that enters by the gate. [ds]

    `stage` counts for STAGE and HOLD only. It has to be taken up by `expires_ds`; what is taken up ends at `ends_ds`.
    Without an end: panel, until its door is closed; pre-emption, its time-out; adaptive and schedule, a stage at
    `expires_ds`, flash and dark with RESUME. All others have to name it.
    """

    source: Source
    sequence: int
    issued_ds: int
    expires_ds: int
    wish: Wish = Wish.STAGE
    stage: int = -1
    ends_ds: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A wish that was taken up, live while the time is below `ends_ds`. [ds]

    `done`: a stage called by adaptive or schedule that has had its turn, and only keeps lower sources out.
    """

    source: Source
    sequence: int
    wish: Wish
    stage: int
    ends_ds: int
    done: bool = False


class Extension(NamedTuple):
    """The last extension of a green for a bus: the stage, when, and whether the stage has been left since. [ds]"""

    stage: int
    at_ds: int
    left: bool = False


class Starving(NamedTuple):
    """Raised while a police hold passes the limits of K4: when, and the groups that wait. [ds]"""

    at_ds: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """What the sources ask for. `standing` has one claim a source, the highest first; `all_red` is obeyed now."""

    standing: tuple[Claim, ...] = ()
    all_red: bool = False
    door_open: bool = False
    extension: Extension | None = None
    starving: Starving | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is asked for that has not had its turn, so that the stage stays as it is."""
        if self.all_red or self.extension is not None or self.starving is not None:
            return False
        return all(claim.done for claim in self.standing)


NO_CLAIMS: Final = Claims()


@dataclass(frozen=True, slots=True)
class GroupState:
    """One group. [ds]

    `since_ds` start of the aspect, `ended_ds` last end of green, `unprotected_ds` last loss of priority,
    within a green or at its end, `waits_ds` start of the unserved demand, `opposed_ds` first conflicting
    demand in this green, `more_ds` by how much the clearance of a crossing is longer: settled as long as WALK shows,
    then it stays until the next one.
    """

    aspect: Aspect
    right: Right
    since_ds: int
    ended_ds: int = NEVER_DS
    unprotected_ds: int = NEVER_DS
    waits_ds: int | None = None
    opposed_ds: int | None = None
    more_ds: int = 0


@dataclass(frozen=True, slots=True)
class Core:
    """Everything that decides about lamps. [ds]

    `forced` is the group that K4 is serving against all wishes, or -1; `forced_ds` says since when its
    maximum red rules (None: it is served because a green has reached its maximum). `after` is the mode that
    follows CLEARING; `reason` why the kernel last left or took up service. Until `wake_ds` nothing changes by itself.
    `longer`: it is an hour of longer clearance.
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
    claims: Claims = NO_CLAIMS
    longer: bool = False


class KernelState(NamedTuple):
    """The state: the core, and the time of its last frame. [ds]"""

    core: Core
    frame_ds: int
