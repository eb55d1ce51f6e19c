"""How fast green waves are found and how good they are proven to be: `python -m bench.waves`.

Each wave is driven afterwards: a vehicle leaves every tenth of a second and looks at each lamp on its way. That shares
no code with the program that found the wave, nor with the check that measured it.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bench.wave_cases import grid_case, street_case
from optimiser.green_wave.engines import ENGINES, Answer, Effort, solve
from optimiser.green_wave.model import AM_BAND, MULTIBAND, WaveRules, build_model
from optimiser.green_wave.network import Course, WaveNetwork
from optimiser.green_wave.solution import CourseWave, wave_of
from optimiser.green_wave.start import quick_start
from optimiser.green_wave.whole_seconds import WaveTiming, in_whole_seconds
from optimiser.green_wave.widths import Timed

STREET: Final = Effort(time_s=60.0, gap=1e-3)
GRID: Final = Effort(time_s=300.0, gap=2e-2)
_STEP_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Case:
    """A network, the kind of band, and the effort that it may take."""

    name: str
    make: Callable[[], WaveNetwork]
    rules: WaveRules
    effort: Effort
    warm: bool = False


def cases(short: bool, engines: Sequence[str]) -> list[Case]:
    """Return the cases: streets of 20 signals and a grid of 6 by 6; the short form has 8 signals and 3 by 3."""
    signals, size = (8, 3) if short else (20, 6)
    found = []
    for engine in engines:
        street = Effort(STREET.time_s, STREET.gap, engine)
        grid = Effort(GRID.time_s, GRID.gap, engine)
        for number in (1,) if short else (1, 2, 3):
            found.append(_street(f"street {signals}, no. {number}", number, signals, WaveRules(), street))
        for kind in (MULTIBAND, AM_BAND):
            found.append(_street(f"street {signals}, {kind}", 1, signals, WaveRules(kind), street))
        found.append(Case(f"grid {size}x{size}", lambda: grid_case(1, size), WaveRules(), grid))
        if not short:
            found.append(
                Case("grid 6x6, one speed", lambda: grid_case(1, 6, speed_kmh=(50.0, 50.0)), WaveRules(), grid)
            )
            found.append(Case("grid 6x6, both ways alike", lambda: grid_case(1, 6, ratio=1.0), WaveRules(), grid))
    return found


def _street(name: str, number: int, n_signals: int, rules: WaveRules, effort: Effort) -> Case:
    return Case(name, lambda: street_case(number, n_signals), rules, effort)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case came to. [s], [cycles]"""

    answer: Answer
    solved_s: float
    cpu_s: float
    timing: WaveTiming
    rounded_s: float
    worst_s: float


def run(case: Case) -> Outcome:
    """Solve one case, put it into whole seconds, and drive it."""
    network = case.make()
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    model = build_model(network, case.rules)
    start = quick_start(model, case.effort) if case.warm else None
    answer = solve(model.program, case.effort, start)
    solved_s = time.perf_counter() - began_s
    cpu_s = time.process_time() - began_cpu_s
    wave = wave_of(model, answer)
    timing = in_whole_seconds(wave, case.rules, Effort(20.0, 1e-3))
    rounded_s = time.perf_counter() - began_s - solved_s
    worst_s = 0.0
    for course, driven, widths in zip(network.courses, timing.wave.courses, timing.widths, strict=True):
        worst_s = max(worst_s, abs(driven_width_s(course, timing.timed, driven) - widths.through_s))
    return Outcome(answer, solved_s, cpu_s, timing, rounded_s, worst_s)


def driven_width_s(course: Course, timed: Timed, wave: CourseWave) -> float:
    """Return the longest row of departures, one every tenth of a second, that meet green at every stop line. [s]"""
    n = round(timed.cycle_s / _STEP_S)
    free = [_meets_green(course, timed, wave, (k + 0.5) * _STEP_S) for k in range(n)]
    if all(free):
        return timed.cycle_s
    longest, row = 0, 0
    for each in free * 2:
        row = row + 1 if each else 0
        longest = max(longest, row)
    return longest * _STEP_S


def _meets_green(course: Course, timed: Timed, wave: CourseWave, leaves_s: float) -> bool:
    """Drive one vehicle: it leaves the first stop line at a time and needs green when it leaves and when it arrives."""
    at_s = leaves_s
    for k, stop in enumerate(course.stops):
        begin_s, end_s = timed.greens_s[stop.signal][stop.line]
        arrives_s = at_s if k == 0 else at_s + wave.travel_s[k - 1]
        at_s = arrives_s if k == 0 else arrives_s - stop.clearance.at(timed.cycle_s)
        since_s = (at_s - timed.offsets_s[stop.signal] - begin_s) % timed.cycle_s
        if since_s + (arrives_s - at_s) > end_s - begin_s:
            return False
    return True


def main() -> int:
    """Run all cases and print a row each; 1 if a wave is not what was said of it, or is not proven closely enough."""
    parser = argparse.ArgumentParser(prog="python -m bench.waves", description=__doc__)
    parser.add_argument("--short", action="store_true", help="8 signals and a grid of 3 by 3 in place of 20 and 6 by 6")
    parser.add_argument("--engines", default="highs", help=f"of {', '.join(ENGINES)}, with commas between")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--time-limit", type=float, help="in place of 60 s (street), 300 s (grid)")
    parser.add_argument("--warm", action="store_true", help="start from a wave at the middle of cycle and speeds")
    asked = parser.parse_args()
    failed = False
    _put("case", "engine", "cycle", "found", "bound", "gap", "time", "CPU", "in whole seconds", "time", "driven")
    for case in cases(asked.short, asked.engines.split(",")):
        if asked.only not in case.name:
            continue
        effort = replace(case.effort, time_s=asked.time_limit or case.effort.time_s)
        found = run(replace(case, effort=effort, warm=asked.warm))
        gap = found.answer.gap
        failed |= found.worst_s > 2 * _STEP_S or not gap <= case.effort.gap + 1e-9
        _put(
            *(case.name, case.effort.engine, f"{found.timing.cycle_s} s"),
            *(
                f"{found.answer.found:.4f}",
                f"{found.answer.bound:.4f}",
                f"{100 * gap:.2f} %",
                f"{found.solved_s:.1f} s",
            ),
            f"{found.cpu_s:.1f} s",
            *(f"{found.timing.measured:.4f}", f"{found.rounded_s:.1f} s", f"{found.worst_s:.2f} s apart"),
        )
    return int(failed)


def _put(*cells: str) -> None:
    widths = (28, 9, 7, 8, 8, 8, 8, 8, 17, 8, 14)
    sys.stdout.write("".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
