import pytest

from signal_ctrl.domain.errors import IllegalStepError
from signal_ctrl.domain.site import GroupKind
from signal_ctrl.kernel.aspects import GREENS, NEXT, STOPS, Aspect, Event, step


def test_a_vehicle_leaves_green_only_through_amber() -> None:
    assert step(Aspect.GREEN, Event.END, crossing=False) is Aspect.AMBER
    assert step(Aspect.AMBER, Event.ELAPSED, crossing=False) is Aspect.RED
    into_red = {aspect for (kind, aspect, _), after in NEXT.items() if after is Aspect.RED}
    assert not into_red & set(GREENS)


def test_a_crossing_leaves_walk_only_through_clearance() -> None:
    assert step(Aspect.WALK, Event.END, crossing=True) is Aspect.PED_CLEAR
    assert step(Aspect.PED_CLEAR, Event.ELAPSED, crossing=True) is Aspect.DONT_WALK
    assert step(Aspect.DONT_WALK, Event.FLASH, crossing=True) is Aspect.DARK


@pytest.mark.parametrize("green", sorted(GREENS, key=str))
def test_only_stops_turn_green(green: Aspect) -> None:
    assert {aspect for (_, aspect, _), after in NEXT.items() if after is green} <= set(STOPS)


@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize("crossing", [False, True])
def test_a_fault_trip_never_fails(aspect: Aspect, crossing: bool) -> None:
    assert step(aspect, Event.FAULT, crossing) is (Aspect.DARK if crossing else Aspect.FLASH_AMBER)


@pytest.mark.parametrize(
    ("aspect", "event", "crossing"),
    [
        (Aspect.GREEN, Event.START, False),
        (Aspect.AMBER, Event.START, False),
        (Aspect.GREEN, Event.FLASH, False),
        (Aspect.AMBER, Event.TURN_OFF, False),
        (Aspect.FLASH_AMBER, Event.START, False),
        (Aspect.DARK, Event.START, False),
        (Aspect.PED_CLEAR, Event.START, True),
        (Aspect.WALK, Event.ALL_RED, True),
        (Aspect.RED, Event.START, True),
        (Aspect.DONT_WALK, Event.START, False),
    ],
)
def test_other_steps_are_refused(aspect: Aspect, event: Event, crossing: bool) -> None:
    with pytest.raises(IllegalStepError, match=f"{event.name} while {aspect.name}"):
        step(aspect, event, crossing)


def test_both_kinds_are_in_the_table() -> None:
    assert {kind for kind, _, _ in NEXT} == set(GroupKind)
