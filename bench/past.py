"""What recording a city costs: a city of junctions and roads that change, recorded and read again. CPU times.

Each junction polls once a second and lights six to eight other lamps in 80 s, says something of itself a minute, and
roads have another speed every 20 s. Units drive all the time and tell where they are every 2 s. It is measured how
long a look takes, how many bytes a day has, and how long it takes to answer for one moment and for the minute after it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from bench.centre_app import World, memory_world
from bench.folder import code_hash
from bench.ledger import append_lines
from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place, enrolled
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.dispatch.units import UnitPosition
from signal_ctrl.watch.past.book import moments, past
from signal_ctrl.watch.past.values import PAST_PIECES, opened

LEDGER: Final = Path("bench/results/past.jsonl")
CODE: Final = ("signal_ctrl/watch/past", "signal_ctrl/web")
BEGIN_MS: Final = 1_790_000_040_000
DAY_S: Final = 86_400
STAGE_S: Final = 20
MINUTE_MS: Final = 60_000
GROUPS: Final = ("GrrdrrdG", "yrrdrrdy", "rGGdrrdr", "rrrWGGWr")
ASKED: Final = 5


class Size(NamedTuple):
    """How large a city is."""

    junctions: int
    roads: int
    units: int


class City:
    """A centre in memory whose cabinets poll and whose roads change."""

    def __init__(self, world: World, clock: ManualClock, size: "Size", seed: int) -> None:
        self.world, self.clock, self._rng = world, clock, np.random.default_rng(seed)
        self._names = [f"j{k:04}" for k in range(size.junctions)]
        self._late_ms = self._rng.integers(0, 80_000, size.junctions)
        world.store.write(self._enrol)
        self._network = streets(size.roads)
        engineer = Actor("bench", Role.ENGINEER, second_factor_utc_ms=clock.utc_ms())
        world.watch.roads.import_(engineer, roads_to_json(self._network))
        world.watch.tick()
        self._speed = self._rng.uniform(2, 14, size.roads)
        self._shown = self._minute()
        self._sergeant = Actor("bench", Role.SUPERVISOR, second_factor_utc_ms=clock.utc_ms())
        self._units = [f"unit-{k}" for k in range(size.units)]
        if self._units:
            world.watch.dispatch.units.import_(self._sergeant, units_document(self._units))
        self._places = np.column_stack(
            [self._rng.uniform(11.4, 11.5, size.units), self._rng.uniform(48.7, 48.8, size.units)]
        )
        world.watch.shown = lambda: self._shown  # type: ignore[method-assign]  # the estimator is not what is measured

    def _enrol(self, t: Transaction) -> None:
        for k, name in enumerate(self._names):
            site = site_to_json(trial_site(name))
            place = Place("d0", "", "Some street", 11.4 + k % 30 / 300, 48.7 + k // 30 / 300)
            self.world.centre.registry.enrol_within(t, "bench", enrolled(name, site, place, self.clock.utc_ms()))

    def second(self, second: int) -> None:
        """Let a second go by."""
        self.clock.pass_ms(1_000)
        now_ms, mono_ms, centre = self.clock.utc_ms(), self.clock.mono_ms(), self.world.centre
        for k, name in enumerate(self._names):
            at_ms = now_ms + int(self._late_ms[k])
            stage, since_ms = at_ms // (1000 * STAGE_S) % 4, at_ms % (1000 * STAGE_S)
            letters = GROUPS[stage] if since_ms < 1000 * (STAGE_S - 3) else GROUPS[stage].replace("G", "y")
            centre.registry.heard(name)
            centre.lamps.hear(name, f"lamps={stage}.{since_ms // 100}.{letters}", now_ms, mono_ms)
            if (second + k) % 60 == 0:
                said = {"mode": "2", "rung": "0", "adaptive": "1", "waiting": str(k % 3), "offset_ms": str(k % 40)}
                centre.registry.says(
                    name, said | {"summary": f"running, adaptive, plan {now_ms % 997:012x}, clock good"}
                )
        if second % 2 == 0:
            self._drive(now_ms)
        if second % 20 == 0:
            self._shown = self._minute()

    def _drive(self, now_ms: int) -> None:
        """Move each unit by up to 25 m, and have it tell where it is."""
        self._places += self._rng.uniform(-0.0002, 0.0002, self._places.shape)
        for name, (lon, lat) in zip(self._units, self._places.tolist(), strict=True):
            position = UnitPosition(name, lon, lat, now_ms, "device")
            self.world.watch.dispatch.units.report(self._sergeant, position)

    def _minute(self) -> CityMinute:
        n = len(self._network.roads)
        self._speed = np.clip(self._speed + self._rng.normal(0, 0.4, n), 0.5, 15)
        speed, ones = self._speed.astype(np.float32), np.ones(n, np.float32)
        level = np.clip(6 - (speed // 3), 1, 5).astype(np.uint8)
        queue = np.where(level >= 4, 10 * (5 - speed), 0).astype(np.float32)
        begin_ms = self.clock.utc_ms() // MINUTE_MS * MINUTE_MS
        time_s = (150 / speed).astype(np.float32)
        return CityMinute(begin_ms, 600 * ones, speed, 40 * ones, time_s, ones, queue, ones, level, level)


def streets(n: int) -> RoadNetwork:
    """Return a row of roads."""
    places = [(11.4 + 0.00002 * k, 48.7) for k in range(n + 1)]
    road = Road("r", "a", "b", 150.0, 2, 13.9, 1800.0, RoadClass.ARTERIAL, (places[0], places[1]))
    made = (
        replace(road, road=f"-{4000 + k}#1", from_node=f"n{k}", to_node=f"n{k + 1}", shape=(places[k], places[k + 1]))
        for k in range(n)
    )
    return RoadNetwork(tuple(made))


def units_document(names: Sequence[str]) -> str:
    """Return a document of patrols."""
    rows = (f'[[unit]]\nname = "{name}"\nkind = "patrol"\nhome = [11.4, 48.7]\n' for name in names)
    return 'format = "signal-ctrl units 1"\n' + "".join(rows)


def trial(size: Size, minutes: int, seed: int, folder: Path) -> dict[str, Any]:
    """Record a city for some minutes and return what that took."""
    clock = ManualClock(BEGIN_MS, 5_000)
    world = memory_world(clock, folder)
    city, looks = City(world, clock, size, seed), []
    for second in range(60 * minutes):
        city.second(second)
        begun_s = time.thread_time()
        world.context.recorder.tick()
        looks.append(1000 * (time.thread_time() - begun_s))
    pieces = world.store.read(lambda reading: reading.shelf(PAST_PIECES).find(limit=100_000))
    seconds = (pieces[0].until_utc_ms - pieces[-1].from_utc_ms) / 1000
    asked = [BEGIN_MS + int(at) for at in np.linspace(60_000, 60_000 * (minutes - 2), ASKED)]
    found = {
        "pieces": len(pieces),
        "bytes_a_day": round(sum(len(each.packed) for each in pieces) / seconds * DAY_S),
        "look_ms": {"p50": round(float(np.median(looks)), 1), "max": round(max(looks), 1)},
        "cpu_share": round(sum(looks) / 1000 / len(looks), 4),
        "picture_ms": round(max(_took_ms(world, lambda r, at=at: past(r, at)) for at in asked), 1),
        "changes_ms": round(max(_took_ms(world, lambda r, at=at: moments(r, at, at + 60_000)) for at in asked), 1),
    }
    world.store.close()
    return found


def _took_ms(world: World, work: Any) -> float:
    opened.cache_clear()
    begun_s = time.thread_time()
    world.store.read(work)
    return 1000 * (time.thread_time() - begun_s)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one trial."""
    parser = argparse.ArgumentParser(prog="python -m bench.past", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--junctions", type=int, default=500)
    parser.add_argument("--roads", type=int, default=2_000)
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--minutes", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    options = parser.parse_args(arguments)
    size = Size(options.junctions, options.roads, options.units)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-past-") as folder:
        found = trial(size, options.minutes, options.seed, Path(folder))
    key = f"j{size.junctions}/r{size.roads}/u{size.units}/m{options.minutes}/s{options.seed}"
    row = {"key": key, "engine": code_hash(CODE), "at_utc_s": int(time.time()), **found}
    append_lines(options.ledger, [row])
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
