"""The lamp oracles over what cabinets have shown, and short ways to look at a world."""

from bench.link.world import Cabin, LinkWorld
from signal_ctrl.centre.order_values import DELIVERIES
from signal_ctrl.domain.site_json import site_to_json
from tests.oracles.trace import Frame, judge


def breaches(cabin: Cabin, k4: bool = True) -> list[str]:
    """Return what the oracles find in every start of a cabinet; without K4 where somebody may pass its limits."""
    document = site_to_json(cabin.kernel.site)
    found = []
    for segment in cabin.segments:
        frames = [Frame(f.at_ds, f.shown, f.calls if k4 else 0, f.in_service) for f in segment]
        found += [f"{b.rule} {b.text}" for b in judge(document, frames) if k4 or b.rule != "K4"]
    return found


def runs(cabin: Cabin) -> str:
    """Return the version whose plan a cabinet follows by its own word."""
    active = cabin.agent.desk.active
    return "" if active is None else str(active.orders.version)


def answers(world: LinkWorld, cabin: Cabin) -> dict[str, str]:
    """Return what the centre knows of each version: offered, received, staged, active, rejected."""
    found = world.world.store.read(lambda t: t.shelf(DELIVERIES).find({"cabinet": cabin.name}))
    return {str(d.version): d.answer.value for d in found}


def rung(cabin: Cabin) -> str:
    return cabin.agent.street.control.rung.name


def splits(cabin: Cabin) -> tuple[int, ...]:
    running = cabin.agent.street.control.running
    return () if running is None else tuple(split_ds // 10 for split_ds in running.splits_ds)
