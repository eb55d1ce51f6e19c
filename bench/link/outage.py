"""Days without the centre: `python -m bench.link.outage --hours 48`.

A cabinet with a plan for each hour is alone; every minute its plan has to be that of the hour (a cycle's grace after a
change), its reports have to be kept, and to come in order and marked old when the centre is back.
"""

import argparse
import logging
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.link.site import trial_plan, trial_site
from bench.link.world import Cabin, LinkWorld
from signal_ctrl.domain.link.overrides import OverrideKind, OverrideOrder
from signal_ctrl.domain.link.reports import batch_from_bytes
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.web.logs import logs_from

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_GRACE_MS: Final = 5 * _MINUTE_MS
"""A change of plan waits for the end of the cycle, and a transition follows: until then the old one is right. [ms]"""


@dataclass(frozen=True, slots=True)
class Outage:
    """What came of it: minutes with another plan than that of the hour, reports lost, marked old, in order."""

    cabin: Cabin
    minutes: int
    wrong_minutes: int
    lost: int
    old: int
    in_order: bool
    override_over_ms: int


def outage(world: LinkWorld, hours: int, frames: bool = True) -> Outage:
    """Return what came of so many hours alone; an override of three minutes is in force when they begin."""
    world.keeps_frames = frames
    site = trial_site("cab-1")
    plans = [trial_plan(site, splits) for splits in ((20, 18, 22), (22, 20, 18), (26, 16, 18))]

    def plan_at(common_ds: int) -> SignalPlan:
        return plans[common_ds * 100 // _HOUR_MS % len(plans)]

    cabin = world.add("cab-1", schedule=plan_at)
    world.run(130_000)
    end_ms = world.now_ms + 180_000
    hold = OverrideOrder("ov-1", OverrideKind.HOLD_STAGE, "side", world.now_ms, end_ms, 180_000)
    world.order(cabin, overrides=[hold])
    world.run(10_000)
    world.blocked.add(cabin.name)
    minutes = hours * 60
    wrong = sum(_is_wrong(world, cabin, plan_at) for _ in range(minutes))
    over_ms = _over_ms(cabin, end_ms)
    world.blocked.clear()
    for _ in range(60 * hours + 20):
        world.run(_MINUTE_MS)
        if not cabin.agent.outbox.waiting - cabin.agent.outbox.gathered:
            break
    return _judged(world, cabin, minutes, wrong, over_ms)


def _is_wrong(world: LinkWorld, cabin: Cabin, plan_at) -> bool:  # type: ignore[no-untyped-def]
    world.run(_MINUTE_MS)
    utc_ms = cabin.agent.clock.utc_ms()
    running = cabin.agent.street.control.running
    settled = utc_ms % _HOUR_MS >= _GRACE_MS
    return settled and running != plan_at(utc_ms // 100)


def _over_ms(cabin: Cabin, end_ms: int) -> int:
    """Return by how much the override lasted too long, by its own report. [ms]"""
    ends = [r.at_utc_ms for r in _reports(cabin) if r.code == "override-ends"]
    return abs(ends[0] - end_ms) if ends else 10**9


def _reports(cabin: Cabin):  # type: ignore[no-untyped-def]
    names = cabin.shelf.names("report-")
    return [r for name in names for r in batch_from_bytes(cabin.shelf.get(name) or b"").reports]


def _judged(world: LinkWorld, cabin: Cabin, minutes: int, wrong: int, over_ms: int) -> Outage:
    batches = world.world.store.read(lambda t: t.links.batches(cabin.name, limit=100_000))
    found = sorted(batches, key=lambda b: b.received_utc_ms)
    numbers = [b.sequence for b in found]
    lost = len(set(range(1, max(numbers) + 1)) - set(numbers))
    old = sum(b.old for b in found)
    return Outage(cabin, minutes, wrong, lost, old, numbers == sorted(numbers), over_ms)


def main() -> int:
    """Run it; exit code 1 if anything is not as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, logs_from(logging.CRITICAL):
        world = LinkWorld(Path(folder), chosen.seed)
        world.step_ms = 1_000  # lamps are judged elsewhere; the kernel takes a frame a second for what it is
        found = outage(world, chosen.hours, frames=False)
        world.close()
    Console(soft_wrap=True).print(
        f"{found.minutes} minutes alone, seed {chosen.seed}: {found.wrong_minutes} with a wrong plan; override ended "
        f"{found.override_over_ms} ms off; reports lost {found.lost}, batches marked old {found.old}, "
        f"in order: {found.in_order}",
        highlight=False,
    )
    return int(bool(found.wrong_minutes or found.lost) or not found.in_order or found.override_over_ms > 1000)


if __name__ == "__main__":
    sys.exit(main())
