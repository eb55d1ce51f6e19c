"""Faults of the network by seed: `python -m bench.link_faults --seeds 1-1000`; resumable, with a ledger.

Each seed draws a wire (loss, delay, duplicates and with them reorder, answers cut off, requests that nobody answers),
orders, overrides, changes of a corridor, restarts of centre and cabinets, clocks that are off and drift. The lamps of
every start are judged by the oracles of `tests/oracles`. Then the wire heals: within 120 s every cabinet has the newest
orders, and what it reported is there once. Seeds that the ledger holds for this code are not run again.
"""

import argparse
import importlib.util
import logging
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from rich.console import Console

from bench.folder import code_hash
from bench.ledger import append_lines, known_lines
from bench.link.site import trial_plan
from bench.link.world import Cabin, Conditions, LinkWorld
from bench.referees import ORACLES
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError
from signal_ctrl.domain.link.overrides import OverrideKind, OverrideOrder
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.web.logs import logs_from

LEDGER: Final = Path("bench/results/link_faults.jsonl")
CODE: Final = (
    "signal_ctrl/cabinet",
    "signal_ctrl/centre",
    "signal_ctrl/kernel",
    "signal_ctrl/engine",
    "signal_ctrl/domain",
    "bench/link",
)
"""Both ends of the link and what moves them: a change of it makes the seeds of the ledger those of another engine."""
HEALED_S: Final = 120
TROUBLED_S: Final = 240
_SPLITS: Final = ((30, 14, 16), (26, 16, 18), (20, 18, 22), (22, 20, 18))
_STAGES: Final = ("main", "left", "side")


def trial(seed: int, folder: Path) -> dict[str, Any]:
    """Return what came of a seed: breaches of the lamps, versions that did not come, numbers that are missing."""
    rng = random.Random(seed)
    world = LinkWorld(folder, seed, _wire(rng))
    for k in range(2):
        cabin = world.add(f"cab-{k + 1}", ahead_ms=rng.randint(-1500, 1500), ppm=rng.randint(-200, 200))
        world.order(cabin, trial_plan(cabin.kernel.site, rng.choice(_SPLITS)))
    overridden = False
    for _ in range(TROUBLED_S // 10):
        world.run(10_000)
        overridden |= _act(world, rng)
    world.conditions, world.centre_up = Conditions(), True
    world.blocked.clear()
    healed_s = 0
    while healed_s < HEALED_S and not _converged(world):
        world.run(1_000)
        healed_s += 1
    world.run(30_000)
    missing = sum(_missing(world, cabin) for cabin in world.cabins)
    world.close()
    return {
        "key": str(seed),
        "breaches": [text for cabin in world.cabins for text in lamp_breaches(cabin, k4=not overridden)][:5],
        "converged_s": healed_s,
        "missing": missing,
        "requests": len(world.seen),
        "starts": sum(len(cabin.segments) for cabin in world.cabins),
    }


def _wire(rng: random.Random) -> Conditions:
    delay_ms = rng.choice((0, 0, 200, 1000, 3000))
    return Conditions(
        loss=rng.choice((0.0, 0.05, 0.2, 0.5)),
        duplicate=rng.choice((0.0, 0.1, 0.5)),
        cut=rng.choice((0.0, 0.1, 0.3)),
        half_open=rng.choice((0.0, 0.05, 0.2)),
        delay_ms=(0, delay_ms),
    )


def _act(world: LinkWorld, rng: random.Random) -> bool:
    """Do one of the things that happen; return whether it was an override."""
    act = rng.choice((_plan, _plan, _overridden, _change, _centre, _reboot, _block, _step, None, None))
    if act is not None:
        act(world, rng, rng.choice(world.cabins))
    return act is _overridden


def _plan(world: LinkWorld, rng: random.Random, cabin: Cabin) -> None:
    world.order(cabin, trial_plan(cabin.kernel.site, rng.choice(_SPLITS)), begin_ms=rng.choice((0, 20_000)))


def _overridden(world: LinkWorld, rng: random.Random, cabin: Cabin) -> None:
    world.order(cabin, overrides=[_override(world, rng)])


def _change(world: LinkWorld, rng: random.Random, _: Cabin) -> None:
    splits, change = rng.choice(_SPLITS), f"change-{world.steps}"
    for each in world.cabins:
        world.order(each, trial_plan(each.kernel.site, splits), begin_ms=15_000, commit=change)
        if rng.random() < 0.8:
            world.order(each, trial_plan(each.kernel.site, splits), begin_ms=15_000, commit=change, committed=True)


def _centre(world: LinkWorld, rng: random.Random, _: Cabin) -> None:
    if rng.random() < 0.5:
        world.restart_centre()
    else:
        world.centre_up = not world.centre_up


def _reboot(world: LinkWorld, rng: random.Random, cabin: Cabin) -> None:
    world.restart(cabin, rng.randint(-1500, 1500), rng.randint(-200, 200))


def _block(world: LinkWorld, _: random.Random, cabin: Cabin) -> None:
    world.blocked ^= {cabin.name}


def _step(_: LinkWorld, rng: random.Random, cabin: Cabin) -> None:
    cabin.clock.step_wall(rng.choice((-(10**9), -5_000, 5_000, 10**9)))


def _override(world: LinkWorld, rng: random.Random) -> OverrideOrder:
    kind = rng.choice(tuple(OverrideKind))
    lasts_ms = rng.choice((60_000, 90_000))
    return OverrideOrder(
        f"ov-{world.steps}-{rng.randrange(10**6)}", kind, rng.choice(_STAGES) if kind.names_stage else "",
        world.now_ms, world.now_ms + lasts_ms, lasts_ms,
    )  # fmt: skip


def _converged(world: LinkWorld) -> bool:
    """Return whether every cabinet has the newest orders."""
    for cabin in world.cabins:
        delivery, newest = world.world.centre.orders.book.delivery(cabin.name), cabin.agent.desk.newest
        if newest is None or delivery is None or newest.etag != delivery.etag:
            return False
    return True


def _missing(world: LinkWorld, cabin: Cabin) -> int:
    """Return how many numbers of batches that the cabinet no longer holds the centre has not, or has twice."""
    batches = world.world.store.read(lambda t: t.links.batches(cabin.name, limit=100_000))
    numbers = [(b.boot, b.sequence) for b in batches]
    found = len(numbers) - len(set(numbers))
    held = {(sealed.boot, sealed.sequence) for sealed in cabin.agent.outbox._sealed}
    for boot in {boot for boot, _ in numbers}:
        last = max(sequence for own, sequence in numbers if own == boot)
        found += sum((boot, n) not in numbers and (boot, n) not in held for n in range(1, last + 1))
    return found


def _oracle() -> ModuleType:
    """Return the oracles of the lamps, which are part of the checkout alone."""
    spec = importlib.util.spec_from_file_location("signal_ctrl_trace", ORACLES / "trace.py")
    if spec is None or spec.loader is None:
        raise InvalidInputError("this needs the checkout of the project, with tests/oracles")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def lamp_breaches(cabin: Cabin, k4: bool = True) -> Iterator[str]:
    """Yield what the oracles find in every start of a cabinet; without K4 where the police may pass its limits."""
    oracle, document = _oracle(), site_to_json(cabin.kernel.site)
    for segment in cabin.segments:
        frames = [oracle.Frame(f.at_ds, f.shown, f.calls if k4 else 0, f.in_service) for f in segment]
        yield from (f"{b.rule} {b.text}" for b in oracle.judge(document, frames) if k4 or b.rule != "K4")


def is_good(line: dict[str, Any]) -> bool:
    """Return whether a seed came out as it has to."""
    return not line["breaches"] and not line["missing"] and line["converged_s"] < HEALED_S


def main() -> int:
    """Run the seeds that the ledger does not hold; exit code 1 if one is not as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-100", help="FIRST-LAST")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    chosen = parser.parse_args()
    console = Console(soft_wrap=True)
    try:
        first, last = map(int, chosen.seeds.split("-"))
        engine, known = code_hash(CODE), known_lines(chosen.ledger)
        bad = 0
        for seed in range(first, last + 1):
            if (engine, str(seed)) in known:
                continue
            with tempfile.TemporaryDirectory() as folder, logs_from(logging.CRITICAL):
                line = {"engine": engine, **trial(seed, Path(folder))}
            append_lines(chosen.ledger, [line])
            bad += not is_good(line)
            if not is_good(line) or seed % 50 == 0:
                console.print(f"seed {seed}: {line}", highlight=False)
    except (SignalCtrlError, ValueError) as error:
        console.print(f"bench.link_faults: {error}", markup=False, highlight=False)
        return 2
    console.print(f"seeds {first}-{last}: {bad} not as they have to be", highlight=False)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
