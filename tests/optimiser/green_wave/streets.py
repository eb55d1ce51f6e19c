"""Streets for tests: MAXBAND's two-way street from reds, lefts and distances."""

from collections.abc import Sequence

from optimiser.green_wave.arterial import ArterialSignal, wave_signal
from optimiser.green_wave.network import Course, Street, WaveLink, WaveNetwork, WaveStop
from optimiser.green_wave.solution import CourseWave
from optimiser.green_wave.widths import Timed
from tests.oracles import green_band


def street(
    signals: Sequence[ArterialSignal],
    ways_m: Sequence[float],
    speeds_mps: tuple[float, float],
    cycle_s: tuple[float, float],
    ratio: float | None = 1.0,
    change: tuple[float, float] | None = None,
    least_s: tuple[float, float] = (0.0, 0.0),
    weights: Sequence[float] | None = None,
) -> WaveNetwork:
    factors = weights or [1.0] * len(ways_m)
    links = tuple(WaveLink(m, *speeds_mps, w, change) for m, w in zip(ways_m, factors, strict=True))
    out = Course("out", tuple(WaveStop(k, 0, s.clearance) for k, s in enumerate(signals)), links)
    back = tuple(WaveStop(k, 1, s.clearance_back) for k, s in enumerate(signals))
    courses = (out, Course("back", back[::-1], links[::-1]))
    return WaveNetwork(tuple(wave_signal(s) for s in signals), (Street("main", courses, ratio, 1.0, least_s),), cycle_s)


def refereed_s(course: Course, timed: Timed, wave: CourseWave, strict: bool = True, step_s: float = 0.05) -> float:
    """Ask the slow referee for the width of the band through all stop lines. [s]"""
    stops = []
    for stop in course.stops:
        begin_s, end_s = timed.greens_s[stop.signal][stop.line]
        at_s = timed.offsets_s[stop.signal]
        stops.append([(at_s + begin_s, at_s + end_s)])
    held = [stop.clearance.at(timed.cycle_s) for stop in course.stops]
    return float(green_band.band_width(stops, list(wave.travel_s), held, timed.cycle_s, strict, step_s))


def unrounded(network: WaveNetwork, cycle_s: float, offsets_s: tuple[float, ...], orders: tuple[int, ...]) -> Timed:
    greens_s = tuple(
        tuple((g.start * cycle_s, (g.start + g.length) * cycle_s) for g in signal.orders[order].greens)
        for signal, order in zip(network.signals, orders, strict=True)
    )
    return Timed(cycle_s, offsets_s, greens_s)


def too_wide() -> WaveNetwork:
    """Return a street that is asked for a band wider than its greens."""
    signals = [ArterialSignal(f"S{k}", red) for k, red in enumerate((0.45, 0.4, 0.5, 0.4))]
    return street(signals, (300, 450, 250), (12.5, 12.5), (70.0, 110.0), None, least_s=(60.0, 0.0))
