from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.site import COMPATIBLE, CONFLICT, DayHours, Right, SignalGroup, Site, Stage, Trailing
from tests.signal_ctrl.kernel.small_sites import LEFT, MAIN, SIDE, WALK, crossroads


def cell(matrix: tuple[tuple[int, ...], ...], a: int, b: int, value: Any) -> tuple[tuple[int, ...], ...]:
    rows = [list(row) for row in matrix]
    rows[a][b] = value
    return tuple(map(tuple, rows))


def entry(a: int, b: int, value: Any) -> Callable[[Site], dict[str, Any]]:
    return lambda site: {"together": cell(site.together, a, b, value)}


def gap(a: int, b: int, value: Any) -> Callable[[Site], dict[str, Any]]:
    return lambda site: {"intergreen_ds": cell(site.intergreen_ds, a, b, value)}


def group(k: int, **changes: Any) -> Callable[[Site], dict[str, Any]]:
    return lambda site: {"groups": (*site.groups[:k], replace(site.groups[k], **changes), *site.groups[k + 1 :])}


def school(zone: str) -> Callable[[Site], dict[str, Any]]:
    """Longer clearances by the clock of a zone."""
    longer = {"longer_hours": (DayHours((0,), 420, 480),), "zone": zone}
    return lambda site: {**longer, "groups": tuple(_longer(g) for g in site.groups)}


def _longer(group: SignalGroup) -> SignalGroup:
    return replace(group, longer_ds=60 if group.clearance_ds else 0, max_red_ds=1500)


def stage(rights: Any, name: Any = "new") -> Callable[[Site], dict[str, Any]]:
    return lambda site: {"stages": (*site.stages, Stage(name, rights))}


_N, _P, _G = Right.NONE, Right.PERMISSIVE, Right.PROTECTED
BROKEN: list[tuple[Callable[[Site], dict[str, Any]] | dict[str, Any], str]] = [
    ({"signal_id": ""}, "needs a signal id"),
    ({"profile": None}, "needs a signal id"),
    ({"groups": ()}, "needs 1 to 64 groups"),
    ({"stages": ()}, "needs 1 to 64 groups"),
    (group(SIDE, name="main"), "the same name"),
    ({"together": ()}, "together is not a 4 by 4"),
    ({"intergreen_ds": ((0,),) * 4}, "intergreen_ds is not a 4 by 4"),
    ({"first_stage": 3}, "first stage 3 does not exist"),
    ({"first_stage": -1}, "first stage -1 does not exist"),
    ({"resolution_ds": 0}, "1 <= resolution_ds"),
    ({"startup_flash_ds": 2551}, "startup_flash_ds <= 2550"),
    ({"startup_all_red_ds": -1}, "0 <= startup_all_red_ds"),
    ({"red_revert_ds": 19}, "20 <= red_revert_ds"),
    ({"red_revert_ds": 20.0}, "20 <= red_revert_ds"),
    ({"n_links": 5}, "every link below 5"),
    ({"n_links": None}, "every link below None"),
    (group(MAIN, links=(1,)), "every link below 4"),
    ({"n_links": 5, "steady": ((4, "y"),)}, "cannot show 'y'"),
    (entry(MAIN, MAIN, CONFLICT), "group main with itself"),
    (gap(MAIN, MAIN, 0), "group main with itself"),
    (entry(MAIN, SIDE, COMPATIBLE), "not symmetric for main -> side"),
    (entry(MAIN, SIDE, 16), "not symmetric for main -> side"),
    (entry(SIDE, MAIN, True), "not symmetric for main -> side"),
    (gap(MAIN, WALK, 30), "main -> walk never meet"),
    (gap(MAIN, SIDE, 29), "intergreen main -> side is 29 ds, needs 30"),
    (gap(WALK, SIDE, 109), "intergreen walk -> side is 109 ds, needs 110"),
    (gap(MAIN, SIDE, -1), "intergreen main -> side"),
    (gap(MAIN, SIDE, 3601), "needs 30 to 3600"),
    (stage((_N,) * 4, ""), "a stage needs a name"),
    (stage((_N,) * 3), "a right for each of 4 groups"),
    (stage((0, 0, 0, 0)), "a right for each of 4 groups"),
    (stage((_G, _P, _N, _N)), "shows main and side green together"),
    (stage((_G, _N, _G, _N)), "shows main and left green together"),
    ({"trailing": (Trailing(0, 4, 10),)}, "trailing rule"),
    ({"trailing": (Trailing(-1, 0, 10),)}, "trailing rule"),
    ({"trailing": (Trailing(1, 1, 10),)}, "trailing rule"),
    ({"trailing": (Trailing(0, 1, 301),)}, "trailing rule"),
    ({"resolution_ds": 10}, "times of start-up or intergreen are no multiples of 10"),
    (group(SIDE, max_red_ds=402), "group side promises green within 402 ds"),
    (school("Mars/Olympus"), "unknown time zone 'Mars/Olympus'"),
    (school("../zone"), "is no name of a time zone"),
]


@pytest.mark.parametrize(("broken", "text"), BROKEN, ids=[text for _, text in BROKEN])
def test_a_site_that_exists_is_valid(broken: Any, text: str) -> None:
    site = crossroads()
    with pytest.raises(InvalidInputError, match=text):
        replace(site, **(broken(site) if callable(broken) else broken))


def test_times_of_groups_are_whole_frames() -> None:
    site = crossroads()
    whole: dict[str, Any] = {
        "intergreen_ds": tuple(tuple(-(-g // 10) * 10 if g > 0 else g for g in row) for row in site.intergreen_ds)
    }
    assert replace(site, resolution_ds=10, **whole).resolution_ds == 10
    odd = group(MAIN, min_green_ds=55)(site)
    with pytest.raises(InvalidTimingError, match="times of group main are no multiples of 10"):
        replace(site, resolution_ds=10, **whole, **odd)


def test_walkers_and_priority_traffic_never_meet() -> None:
    site = crossroads()
    both = cell(cell(site.together, LEFT, WALK, 0b1010), WALK, LEFT, 0b1100)
    with pytest.raises(InvalidInputError, match="have to yield"):
        replace(site, together=both)


def test_both_may_yield_where_one_may() -> None:
    site = crossroads()
    assert site.allows(MAIN, _P, LEFT, _P)
    assert site.allows(MAIN, _G, LEFT, _P)
    assert not site.allows(MAIN, _P, LEFT, _G)
    assert not site.allows(MAIN, _P, SIDE, _P)
    assert site.allows(MAIN, _G, WALK, _G)
    assert [site.conflicts(MAIN, other) for other in (SIDE, LEFT, WALK)] == [True, False, False]


@pytest.mark.parametrize("field", ["startup_flash_ds", "startup_all_red_ds", "red_revert_ds"])
def test_limits_of_start_up_are_within(field: str) -> None:
    low, high = {"startup_flash_ds": (0, 2550), "startup_all_red_ds": (0, 600), "red_revert_ds": (20, 300)}[field]
    for value in (low, high):
        groups = tuple(replace(g, max_red_ds=3000) for g in crossroads().groups)
        assert getattr(crossroads(groups=groups, **{field: value}), field) == value
