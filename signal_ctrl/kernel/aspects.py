"""What a lamp may show, and the only steps it may take. The one table of the kernel."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from signal_ctrl.domain.errors import IllegalStepError
from signal_ctrl.domain.site import GroupKind


class Aspect(Enum):
    """What one group's lamps show. RED_AMBER and GREEN_FLASH are options that no profile here takes yet."""

    RED = "red"
    RED_AMBER = "red-amber"
    GREEN = "green"
    GREEN_FLASH = "green flash"
    AMBER = "amber"
    WALK = "walk"
    PED_CLEAR = "pedestrian clearance"
    DONT_WALK = "don't walk"
    FLASH_AMBER = "flashing amber"
    FLASH_RED = "flashing red"
    DARK = "dark"


class Event(Enum):
    """What may happen to one group."""

    START = "right of way granted"
    END = "right of way ended"
    ELAPSED = "interval elapsed"
    FLASH = "flash"
    TURN_OFF = "planned dark"
    ALL_RED = "all red at start-up"
    FAULT = "fault trip"
    FAULT_DARK = "fault trip without flash"


_VEHICLE: Final = {
    (Aspect.RED, Event.START): Aspect.GREEN,
    (Aspect.GREEN, Event.END): Aspect.AMBER,
    (Aspect.AMBER, Event.ELAPSED): Aspect.RED,
    (Aspect.RED, Event.FLASH): Aspect.FLASH_AMBER,
    (Aspect.RED, Event.TURN_OFF): Aspect.DARK,
    (Aspect.DARK, Event.FLASH): Aspect.FLASH_AMBER,
    (Aspect.DARK, Event.ALL_RED): Aspect.RED,
    (Aspect.FLASH_AMBER, Event.ALL_RED): Aspect.RED,
}
_CROSSING: Final = {
    (Aspect.DONT_WALK, Event.START): Aspect.WALK,
    (Aspect.WALK, Event.END): Aspect.PED_CLEAR,
    (Aspect.PED_CLEAR, Event.ELAPSED): Aspect.DONT_WALK,
    (Aspect.DONT_WALK, Event.FLASH): Aspect.DARK,
    (Aspect.DONT_WALK, Event.TURN_OFF): Aspect.DARK,
    (Aspect.DARK, Event.FLASH): Aspect.DARK,
    (Aspect.DARK, Event.ALL_RED): Aspect.DONT_WALK,
}
_ON_FAULT: Final = {GroupKind.VEHICLE: Aspect.FLASH_AMBER, GroupKind.CROSSING: Aspect.DARK}

NEXT: Final[Mapping[tuple[GroupKind, Aspect, Event], Aspect]] = {
    **{(GroupKind.VEHICLE, *key): after for key, after in _VEHICLE.items()},
    **{(GroupKind.CROSSING, *key): after for key, after in _CROSSING.items()},
    **{(kind, aspect, Event.FAULT): after for kind, after in _ON_FAULT.items() for aspect in Aspect},
    **{(kind, aspect, Event.FAULT_DARK): Aspect.DARK for kind in GroupKind for aspect in Aspect},
}
"""Every step there is. A fault trip has a step from every aspect: it must never be the thing that fails."""

GREENS: Final = (Aspect.GREEN, Aspect.GREEN_FLASH, Aspect.WALK)
STOPS: Final = (Aspect.RED, Aspect.DONT_WALK)
"""Tuples, for they are looked into in every frame: of a set, Python computes the hash of an enumeration each time."""


def step(aspect: Aspect, event: Event, crossing: bool) -> Aspect:
    """Return the aspect after an event.

    Raises: IllegalStepError if the table holds no such step.
    """
    found = NEXT.get((GroupKind.CROSSING if crossing else GroupKind.VEHICLE, aspect, event))
    if found is None:
        raise IllegalStepError(f"{event.name} while {aspect.name}")
    return found
