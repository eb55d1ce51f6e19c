"""Scenarios of seeded streams, judged by the oracles O1 and O2."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_to_json
from tests.oracles.trace import Frame, judge
from tests.signal_ctrl.kernel.small_sites import crossroads
from tests.signal_ctrl.kernel.worlds import Library, Player, Stream, random_site

Complaints = list[str]


def _judged(library: Library, site: Site, seed: int, n_frames: int, stream: Stream) -> Complaints:
    frames = []
    for frame, state in Player(library.kernel_of(site), seed, stream, library).trace(n_frames):
        frames.append(frame)
        if state.core.mode.value == "fault":
            return [f"fault: {state.core.reason}"]
    return [f"{found.rule} frame {found.frame}: {found.text}" for found in judge(site_to_json(site), frames)]


def _first(complaints: Iterator[Complaints]) -> Complaints:
    return next((found for found in complaints if found), [])


def random_wishes(library: Library) -> Complaints:
    """Stages asked for at random, now and then and in every frame."""
    wishes = (0.3, 0.02, 0.01, 0.02, 0.05)
    return _first(_judged(library, random_site(400 + k, 4 + k), k, 700, Stream(wish)) for k, wish in enumerate(wishes))


def tight_limits(library: Library) -> Complaints:
    """Everybody calls all the time, wishes are hostile, and the site promises no more than it can keep."""
    cases = [(0, crossroads(), -1, 1.0), (1, _tight(crossroads()), 1, 0.05)]
    cases += [(seed, _tight(random_site(seed, n)), seed % n, 0.3) for seed, n in ((3, 4), (8, 3))]
    cases += [(47, _tight(random_site(47, 6)), 5, 1.0)]
    return _first(
        _judged(library, site, seed, 1700, Stream(wish, "all", victim=victim)) for seed, site, victim, wish in cases
    )


def _tight(site: Site) -> Site:
    bound_ds = max(300, -(-site.rota().bound_ds // site.resolution_ds) * site.resolution_ds)
    return replace(site, groups=tuple(replace(group, max_red_ds=bound_ds) for group in site.groups))


def held_stage(library: Library) -> Complaints:
    """One stage is held for ever against short calls of everybody else."""
    sites = (crossroads(), random_site(21, 4), random_site(33, 6))
    return _first(_judged(library, site, k, 2500, Stream(0.0, "pulses")) for k, site in enumerate(sites))


def out_of_service(library: Library) -> Complaints:
    """Planned flash, dark and the way back, with calls in between."""
    sites = (crossroads(startup_flash_ds=50), crossroads(), random_site(60, 5), random_site(61, 3))
    stream = Stream(0.02, "random", out_of_service=0.01)
    return _first(_judged(library, site, k, 1500, stream) for k, site in enumerate(sites))


def clock_trouble(library: Library) -> Complaints:
    """A clock that stops, jumps and goes back."""
    sites = (crossroads(startup_flash_ds=50), crossroads(), random_site(70, 5))
    streams = (
        Stream(0.05, "all", clock=0.008),
        Stream(0.02, "random", clock=0.01),
        Stream(0.0, "all", clock=0.003),
    )
    return _first(_judged(library, site, k + 10, 1500, stream) for k, site in enumerate(sites) for stream in streams)


def slow_frames(library: Library) -> Complaints:
    """A site whose lamps are set each second, stepped each second: the clock counts, not the frames."""
    gaps = tuple(tuple(-(-gap // 10) * 10 if gap > 0 else gap for gap in row) for row in crossroads().intergreen_ds)
    site = crossroads(intergreen_ds=gaps, resolution_ds=10, groups=tuple(
        replace(group, max_red_ds=1200) for group in crossroads().groups
    ))  # fmt: skip
    return _judged(library, site, 4, 600, Stream(0.1, "all", frame_ds=10))


def power_cuts(library: Library) -> Complaints:
    """Power cut at many frames of a start and of a crossing in use, up to five times in a row."""
    rng = random.Random(9)
    for site in (
        crossroads(startup_flash_ds=30),
        crossroads(startup_all_red_ds=0),
        crossroads(startup_all_red_ds=150),
    ):
        for _ in range(12):
            kernel, now_ds = library.kernel_of(site), 0
            for cut in range(rng.randint(1, 5) + 1):
                state, frames = kernel.power_on(now_ds), []
                frames.append(_frame(state, now_ds))
                for _ in range(rng.randint(1, 250) if cut else 300):
                    now_ds += 1
                    state = kernel.step(state, 0b1111, now_ds)
                    frames.append(_frame(state, now_ds))
                now_ds += rng.randint(0, 50)
                found = judge(site_to_json(site), frames)
                if found:
                    return [f"{found[0].rule} {found[0].text}"]
    return []


def _frame(state: Any, now_ds: int) -> Frame:
    shown = tuple((group.aspect.value, int(group.right)) for group in state.core.groups)
    return Frame(now_ds, shown, 0b1111, state.core.mode.value == "running")
