"""The network's own programme as a plan: by hand, and against the lamps that SUMO shows."""

from pathlib import Path

import pytest

from optimiser.network_plan import Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.site_json import site_hash
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.net_plan import net_timing
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import SignalUnit, build_world
from tests.sumo_scenarios.small_nets import crossroads, world_of, write_town
from tests.sumo_scenarios.test_plan_driver import shown

Rows = list[tuple[str, str]]
PLAIN: Rows = [("30", "GGrr"), ("3", "yyrr"), ("2", "rrrr"), ("20", "rrGG"), ("4", "rryy")]


def unit_of(folder: Path, rows: Rows) -> SignalUnit:
    return world_of(write_town(folder, crossroads(rows))).units[0]


def test_a_split_lasts_from_the_end_of_the_green_before_to_its_own(tmp_path: Path) -> None:
    """59 s: the first green ends at 30 s of the programme and the change to it began at -4 s, when the second ended."""
    assert net_timing(unit_of(tmp_path, PLAIN)) == Timing((0, 1), (34, 25), 55)


def test_a_green_over_two_rows_is_one_split(tmp_path: Path) -> None:
    rows = [("10", "GGrr"), ("20", "GGrr"), *PLAIN[1:]]
    assert net_timing(unit_of(tmp_path, rows)) == Timing((0, 1), (34, 25), 55)


def test_what_has_no_fixed_times_is_refused(tmp_path: Path) -> None:
    text = crossroads(PLAIN).replace('type="static"', 'type="actuated"')
    with pytest.raises(InvalidInputError, match="no fixed times"):
        net_timing(world_of(write_town(tmp_path, text)).units[0])


@pytest.mark.sumo
def test_our_kernel_shows_what_sumo_shows_with_it(tmp_path: Path) -> None:
    world = build_world(resolve("ingolstadt1"), PUBLISHED, None, None)
    unit = world.units[0]
    timing = net_timing(unit)
    names = tuple(unit.site.stages[s].name for s in timing.stages)
    splits_ds = tuple(10 * s for s in timing.splits_s)
    part = SignalPlan(
        unit.site.signal_id, site_hash(unit.site), 10 * timing.cycle_s, 10 * timing.offset_s, names, splits_ds
    )
    for name, plan in (("net", None), ("fixed", Plan("net", (part,)))):
        settings = RunSettings("ingolstadt1", name, end_s=57900.0, plan=plan)
        execute(settings, tmp_path / name, False, lambda _progress: None)
    net, fixed = (shown(tmp_path / name)[unit.site.signal_id] for name in ("net", "fixed"))
    late = [t for t in fixed if t > 57600 + timing.cycle_s]
    assert len(late) > 150
    controlled = [link for group in unit.site.groups for link in group.links]
    for at_s in late:
        for k in controlled:
            ours, theirs = fixed[at_s][k], net[at_s][k]
            held = theirs in "yY" and ours in "gG"  # the net shows amber between two greens of one group, we do not
            soon = {net[min(at_s + s, max(net))][k] for s in range(5)} & set("gG")  # who meets nobody whose green ends
            assert held or ours.lower() == theirs.lower() or (ours in "gG" and soon), at_s
    assert any("y" in fixed[t] for t in late)
