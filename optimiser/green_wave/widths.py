"""Widths of bands as they are measured from offsets and greens in seconds, and what they make of a street."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from optimiser.green_wave.band_check import Passed, around_s, widest_s
from optimiser.green_wave.model import MAXBAND, MULTIBAND, WaveRules
from optimiser.green_wave.network import Course, WaveNetwork
from optimiser.green_wave.solution import CourseWave

Greens = tuple[tuple[float, float], ...]
"""From when to when each stop line of a signal is green after the signal's reference. [s]"""


@dataclass(frozen=True, slots=True)
class Timed:
    """What lamps need to know: the cycle, and by signal its offset and the greens of its stop lines. [s]"""

    cycle_s: float
    offsets_s: tuple[float, ...]
    greens_s: tuple[Greens, ...]


@dataclass(frozen=True, slots=True)
class CourseWidths:
    """One direction, measured: the widest band over all stop lines, the bands of the kind asked for, the least green.

    `bands_s` is the one band of MAXBAND, or a band a link; `rooms_s` is the least green that each of them passes. [s]
    """

    through_s: float
    bands_s: tuple[float, ...]
    least_green_s: float
    rooms_s: tuple[float, ...]

    @property
    def mean_room_s(self) -> float:
        """The mean of what the bands could be at most. [s]"""
        return sum(self.rooms_s) / len(self.rooms_s)

    @property
    def mean_s(self) -> float:
        """The mean of the bands. [s]"""
        return sum(self.bands_s) / len(self.bands_s)


def measure(network: WaveNetwork, rules: WaveRules, timed: Timed, courses: Sequence[CourseWave]) -> list[CourseWidths]:
    """Return the widths of each course, measured without the program that found them."""
    return [_widths(course, rules, timed, wave) for course, wave in zip(network.courses, courses, strict=True)]


def passed_stops(course: Course, timed: Timed, wave: CourseWave, in_green: bool, ends: tuple[int, int]) -> list[Passed]:
    """Return the stop lines between two of a course as the check wants them."""
    found, ahead_s = [], 0.0
    for k in range(ends[0], ends[1] + 1):
        stop = course.stops[k]
        held_s = stop.clearance.at(timed.cycle_s) if k > 0 else 0.0
        if k > ends[0]:
            ahead_s += wave.travel_s[k - 1] - held_s
        begin_s, end_s = timed.greens_s[stop.signal][stop.line]
        offset_s = timed.offsets_s[stop.signal]
        found.append(Passed(((offset_s + begin_s, offset_s + end_s),), ahead_s, held_s if in_green else 0.0))
    return found


def _widths(course: Course, rules: WaveRules, timed: Timed, wave: CourseWave) -> CourseWidths:
    last = len(course.stops) - 1
    spans = [timed.greens_s[stop.signal][stop.line] for stop in course.stops]
    greens_s = [end_s - begin_s for begin_s, end_s in spans]
    least_s = min(greens_s)
    through_s = widest_s(passed_stops(course, timed, wave, rules.in_green, (0, last)), timed.cycle_s)
    if rules.kind == MAXBAND:
        return CourseWidths(through_s, (through_s,), least_s, (least_s,))
    bands_s = tuple(_link_s(course, rules, timed, wave, k) for k in range(last))
    return CourseWidths(through_s, bands_s, least_s, tuple(min(pair) for pair in pairwise(greens_s)))


def _link_s(course: Course, rules: WaveRules, timed: Timed, wave: CourseWave, k: int) -> float:
    """Return the width of the band around the progression line on one link. [s]"""
    stop = course.stops[k]
    line_s = timed.offsets_s[stop.signal] + timed.greens_s[stop.signal][stop.line][0] + wave.lines_s[k]
    passed = passed_stops(course, timed, wave, rules.in_green, (k, k + 1))
    before_s, behind_s = around_s(passed, timed.cycle_s, line_s)
    lesser_s = min(before_s, behind_s)
    if rules.kind == MULTIBAND:
        return 2.0 * lesser_s
    most_s = lesser_s / rules.least_side if rules.least_side > 0 else float("inf")
    return min(before_s + behind_s, most_s)


def objective(network: WaveNetwork, rules: WaveRules, widths: Sequence[CourseWidths], cycle_s: float) -> float:
    """Return what is made most, with measured widths. [cycles]"""
    total, k = 0.0, 0
    for street in network.streets:
        for index, course in enumerate(street.courses):
            own = widths[k]
            if rules.kind == MAXBAND:
                total += street.weight * own.through_s * (1.0 if index == 0 else street.ratio or 1.0)
            else:
                weights = [link.weight / len(course.links) for link in course.links]
                total += street.weight * sum(w * b for w, b in zip(weights, own.bands_s, strict=True))
            k += 1
    return total / cycle_s
