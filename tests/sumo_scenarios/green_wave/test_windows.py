"""Greens of a plan by table against the kernel itself, tenth by tenth."""

from functools import lru_cache

import pytest

from optimiser.network_plan import Timing
from signal_ctrl.domain.profile import PUBLISHED, STREET
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, Request, Source
from sumo_scenarios import catalogue
from sumo_scenarios.green_wave.windows import green_windows, longest
from sumo_scenarios.world import SignalUnit, build_world

CASES = [("cologne3", "published"), ("cologne3", "street"), ("ingolstadt7", "published"), ("grid4x4", "street")]


@lru_cache
def units(name: str, profile: str) -> tuple[SignalUnit, ...]:
    world = build_world(catalogue.resolve(name), {"published": PUBLISHED, "street": STREET}[profile], None, None)
    return tuple(unit for unit in world.units if len(unit.stages_from[0][1]) > 1)[:4]


def shown_by_kernel(kernel: Kernel, timing: Timing, group: int) -> set[int]:
    """Run three cycles and return in which tenths of the last one a group is green. [ds]"""
    cycle_ds, starts, at = 10 * timing.cycle_s, [], 0
    for stage, split_s in zip(timing.stages, timing.splits_s, strict=True):
        starts.append((at, stage))
        at += 10 * split_s
    state = kernel.in_service(0, timing.stages[-1])
    found, sequence = set(), 0
    for now_ds in range(3 * cycle_ds):
        for start_ds, stage in starts:
            if now_ds % cycle_ds == start_ds:
                sequence += 1
                state = kernel.submit(
                    state, Request(Source.SCHEDULE, sequence, now_ds, FOREVER_DS, stage=stage), now_ds
                )
        state = kernel.step(state, 0, now_ds)
        if now_ds >= 2 * cycle_ds and state.core.groups[group].right.is_green:
            found.add(now_ds % cycle_ds)
    return found


@pytest.mark.parametrize(("name", "profile"), CASES)
def test_windows_are_those_of_the_kernel(name: str, profile: str) -> None:
    for unit in units(name, profile):
        kernel = Kernel(unit.site)
        stages = unit.stages_from[0][1]
        timing = Timing(stages, tuple(22 + 3 * k for k in range(len(stages))))
        tables = stage_tables(kernel)
        for group in range(len(unit.site.groups)):
            windows = green_windows(tables, timing.stages, timing.splits_s, group)
            cycle_ds = 10 * timing.cycle_s
            told = {t % cycle_ds for a, b in windows for t in range(round(10 * a), round(10 * b))}
            assert told == shown_by_kernel(kernel, timing, group), (unit.site.signal_id, group)


def test_the_longest_window() -> None:
    assert longest([(0.0, 5.0), (20.0, 31.5)]) == (20.0, 31.5)
    assert longest([]) is None
