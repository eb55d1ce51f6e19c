"""What a site is made of: groups, rights, stages, and what two greens may do together."""

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError

COMPATIBLE: Final = 0b1111
CONFLICT: Final = 0
AMBER_DS: Final = (30, 60)
MIN_GREEN_DS: Final = (50, 600)
WALK_DS: Final = (40, 600)
MAX_GREEN_DS: Final = (100, 3000)
MAX_RED_DS: Final = (300, 3000)
CLEARANCE_DS: Final = (1, 3000)
BUFFER_DS: Final = (30, 300)
LEAD_DS: Final = (0, 150)
LONGER_DS: Final = (0, 300)
INTERGREEN_DS: Final = (0, 3600)
LAG_DS: Final = (0, 300)
STARTUP_FLASH_DS: Final = (0, 2550)
STARTUP_ALL_RED_DS: Final = (0, 600)
RED_REVERT_DS: Final = (20, 300)
RESOLUTION_DS: Final = (1, 600)
DEBOUNCE_FRAMES: Final = (0, 3)
MAX_GROUPS: Final = 64
STEADY_LETTERS: Final = frozenset("rsgGoO")


class GroupKind(Enum):
    """What a group's lamps speak to."""

    VEHICLE = "vehicle"
    CROSSING = "crossing"


class Right(IntEnum):
    """The right of way that a stage gives to a group.

    STOP is a red with a stop arrow: go after a halt, yielding to everybody.
    WALK is the PROTECTED of a crossing. `is_green`: whether the group may go without a halt.
    """

    is_green: bool

    NONE = 0
    STOP = 1
    PERMISSIVE = 2
    PROTECTED = 3

    def __init__(self, value: int) -> None:
        """Tell once what the kernel asks in every frame of every group."""
        self.is_green = value >= 2


def together_bit(first: Right, second: Right) -> int:
    """Return the bit of a `together` entry that allows these two greens at once.

    >>> [together_bit(Right.PERMISSIVE, b) for b in (Right.PERMISSIVE, Right.PROTECTED)]
    [1, 2]
    >>> [together_bit(Right.PROTECTED, b) for b in (Right.PERMISSIVE, Right.PROTECTED)]
    [4, 8]
    """
    return 1 << ((first - Right.PERMISSIVE) * 2 + (second - Right.PERMISSIVE))


def transposed(entry: int) -> int:
    """Return the same `together` entry as seen by the other group.

    >>> bin(transposed(0b1010))
    '0b1100'
    """
    return (entry & 0b1001) | ((entry & 0b0010) << 1) | ((entry & 0b0100) >> 1)


def is_whole(value: object, bounds: tuple[int, int]) -> bool:
    """Return whether a value is a whole number (no bool, no float) within bounds.

    >>> is_whole(3, (0, 3)), is_whole(3.0, (0, 3)), is_whole(True, (0, 3))
    (True, False, False)
    """
    return type(value) is int and bounds[0] <= value <= bounds[1]


@dataclass(frozen=True, slots=True)
class SignalGroup:
    """Links that share a lamp. [ds]

    For a crossing `amber_ds` is 0, `min_green_ds` the shortest WALK, and `clearance_ds` (length by walking
    speed) and `buffer_ds` follow the end of WALK before any conflicting green. Vehicles that yield to it start no
    sooner than `lead_ds` after its WALK (leading pedestrian interval). At the site's hours of longer clearance, as when
    children walk to school, the clearance is `longer_ds` longer.
    """

    name: str
    kind: GroupKind
    links: tuple[int, ...]
    amber_ds: int
    min_green_ds: int
    max_green_ds: int
    max_red_ds: int
    clearance_ds: int = 0
    buffer_ds: int = 0
    lead_ds: int = 0
    longer_ds: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InvalidInputError(f"a group needs a name, got {self.name!r}")
        if not self.links:
            raise InvalidInputError(f"group {self.name} has no link")
        vehicle = self.kind is GroupKind.VEHICLE
        self._check("amber_ds", AMBER_DS if vehicle else (0, 0))
        self._check("min_green_ds", MIN_GREEN_DS if vehicle else WALK_DS)
        self._check("clearance_ds", (0, 0) if vehicle else CLEARANCE_DS)
        self._check("buffer_ds", (0, 0) if vehicle else BUFFER_DS)
        self._check("lead_ds", (0, 0) if vehicle else LEAD_DS)
        self._check("longer_ds", (0, 0) if vehicle else LONGER_DS)
        self._check("max_green_ds", MAX_GREEN_DS)
        self._check("max_red_ds", MAX_RED_DS)
        if not self.min_green_ds <= self.max_green_ds:
            raise InvalidTimingError(f"group {self.name}: minimum green {self.min_green_ds} ds passes the maximum")

    def _check(self, field: str, bounds: tuple[int, int]) -> None:
        value = getattr(self, field)
        if not is_whole(value, bounds):
            raise InvalidTimingError(f"group {self.name}: need {bounds[0]} <= {field} <= {bounds[1]} ds, got {value}")

    @property
    def after_green_ds(self) -> int:
        """Longest time that the group itself needs after its green: amber, or clearance and buffer. [ds]"""
        return max(self.amber_ds, self.clearance_ds + self.buffer_ds)

    @property
    def times_ds(self) -> tuple[int, ...]:
        """All intervals of the group. [ds]"""
        bounds_ds = (self.min_green_ds, self.max_green_ds, self.max_red_ds)
        return (self.amber_ds, self.clearance_ds, self.buffer_ds, self.lead_ds, self.longer_ds, *bounds_ds)


@dataclass(frozen=True, slots=True)
class Stage:
    """Groups that are green together: one right per group, in the order of the site's groups."""

    name: str
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Trailing:
    """Inner storage: `inner` may not end before `lag_ds` after `feeder` ended, so that it runs empty. [ds]

    Maximum green goes first, and a rule that would close a ring with those before it does nothing.
    """

    feeder: int
    inner: int
    lag_ds: int


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours of some weekdays (0 Monday to 6 Sunday) by the clock on the wall, from a minute of the day to another."""

    days: tuple[int, ...]
    from_min: int
    to_min: int

    def __post_init__(self) -> None:
        days = all(is_whole(day, (0, 6)) for day in self.days) and list(self.days) == sorted(set(self.days))
        times = is_whole(self.from_min, (0, 1439)) and is_whole(self.to_min, (1, 1440))
        if not (days and self.days and times and self.from_min < self.to_min):
            raise InvalidInputError(f"hours need days 0 to 6 in order, and a minute of the day before another: {self}")

    def holds(self, weekday: int, minute: int) -> bool:
        """Return whether a minute of a weekday (0 Monday) is within."""
        return weekday in self.days and self.from_min <= minute < self.to_min
