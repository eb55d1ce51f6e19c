"""A camera in place of a loop: one pulse a vehicle, also where the picture shows two as one."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sumo_scenarios.film.virtual_loop import LET_GO_S, VirtualLoop

STEP_S = 0.1


def edges(frames: str) -> list[tuple[float, bool]]:
    """Return the edges of frames: `.` free, `#` occupied, `x` occupied and the line crossed, `!` free and crossed."""
    loop, found = VirtualLoop(), []
    for k, frame in enumerate(frames):
        found += loop.take(frame in "#x", int(frame in "x!"), round(k * STEP_S, 3))
    return [(round(at_s, 3), on) for at_s, on in found]


def pulses(frames: str) -> int:
    return sum(on for _, on in edges(frames))


def test_an_occupied_zone_is_a_loop_that_is_on() -> None:
    assert edges("..####......") == [(0.2, True), (0.7, False)]


def test_a_flicker_is_no_gap() -> None:
    assert pulses("..###.##.##.......") == 1
    assert pulses("..###...##.......") == 2


def test_the_first_vehicle_of_a_pulse_does_not_split_it() -> None:
    assert edges("..##x###.....") == [(0.2, True), (0.9, False)]


def test_a_second_vehicle_in_one_pulse_is_a_pulse_of_its_own() -> None:
    assert edges("..##x####x###......") == [(0.2, True), (0.8, False), (0.9, True), (1.5, False)]
    assert pulses("#x####x####x###x##.....") == 4


def test_a_vehicle_that_the_zone_missed_is_a_short_pulse() -> None:
    assert edges("...!.........") == [(0.3, True), (0.8, False)]
    assert pulses("..!........!........") == 2


def test_a_zone_that_sees_a_missed_vehicle_late_makes_no_second_pulse() -> None:
    assert pulses("..!###......") == 1


@given(st.text("....##x!", max_size=80))
def test_edges_alternate_in_time(frames: str) -> None:
    found = edges(frames)
    assert [on for _, on in found] == [k % 2 == 0 for k in range(len(found))]
    assert all(b[0] > a[0] for a, b in pairwise(found))


@given(st.text(".#x!", max_size=80))
def test_it_goes_off_when_the_zone_has_been_free(frames: str) -> None:
    quiet = int(LET_GO_S / STEP_S) + 6
    assert sum(1 if on else -1 for _, on in edges(frames + "." * (quiet + 6))) == 0
