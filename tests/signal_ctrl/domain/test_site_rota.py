from dataclasses import replace

import pytest

from signal_ctrl.domain.errors import InvalidTimingError
from signal_ctrl.domain.site import Right, SignalGroup, Site, Stage, Trailing, shortest_max_red_ds
from signal_ctrl.domain.site_rota import feeders_first, rota_for
from tests.signal_ctrl.kernel.small_sites import crossroads

_N, _G = Right.NONE, Right.PROTECTED


def bound_of(site: Site, frame_ds: int = 1) -> int:
    return shortest_max_red_ds(site.groups, site.stages, site.intergreen_ds, site.trailing, frame_ds)


def with_max_red(site: Site, max_red_ds: int) -> Site:
    return replace(site, groups=tuple(replace(group, max_red_ds=max_red_ds) for group in site.groups))


def test_rota_of_the_crossroads() -> None:
    """Main serves three groups, side the fourth. Hold and way: 70 + 130 by main, 50 + 60 by side."""
    rota = crossroads().rota()
    assert rota.home == (0, 2, 0, 0)
    assert rota.out_ds == (200, 100, 110)
    assert (rota.any_ds, rota.frame_ds) == (200, 1)
    assert rota.bound_ds == 200 + 2 + (201 + 111) - 111


def test_the_shortest_promise_is_kept_to_the_frame() -> None:
    site = crossroads()
    bound_ds = bound_of(site)
    assert bound_ds == site.rota().bound_ds == 403
    assert with_max_red(site, bound_ds).groups[0].max_red_ds == 403
    with pytest.raises(InvalidTimingError, match="takes up to 403 ds; raise max_red_ds"):
        with_max_red(site, bound_ds - 1)


def test_a_longer_frame_and_a_longer_revert_raise_the_bound() -> None:
    site = crossroads()
    assert bound_of(site, 10) == 430  # 200 + 2 * 10 + 210, in whole frames
    longer = shortest_max_red_ds(site.groups, site.stages, site.intergreen_ds, (), 1, 90)
    assert longer == 403 + 2 * 70


def test_never_less_than_the_least_maximum_red() -> None:
    site = crossroads()
    stages = (Stage("all", (_G, _N, _N, _G)),)
    assert shortest_max_red_ds(site.groups, stages, site.intergreen_ds) == 300
    assert shortest_max_red_ds(site.groups, (Stage("none", (_N,) * 4),), site.intergreen_ds) == 300


def test_inner_storage_counts() -> None:
    site = crossroads()
    trailing = (Trailing(3, 0, 60), Trailing(0, 2, 50))
    rota = rota_for(site.groups, site.stages, site.intergreen_ds, trailing, 20, 1)
    assert rota.out_ds == (70 + 60 + 50 + 130, 70 + 60 + 50 + 50, 110)


def test_homes_are_few() -> None:
    """Three stages serve one group each, the fourth all of them: it is the home of all."""
    groups = tuple(replace(group, name=f"{k}") for k, group in enumerate(crossroads().groups[:3]))
    singles = tuple(Stage(f"{k}", tuple(_G if k == g else _N for g in range(3))) for k in range(3))
    rota = rota_for(groups, (*singles, Stage("all", (_G,) * 3)), ((-1,) * 3,) * 3, (), 20, 1)
    assert rota.home == (3, 3, 3)


def test_a_home_that_others_make_needless_is_dropped() -> None:
    """Greedily "ab" and "bc" come after "bd...": what is left of the first is served by the others."""
    groups: tuple[SignalGroup, ...] = tuple(replace(crossroads().groups[0], name=f"{k}") for k in range(6))
    members = ({0, 1, 2, 3}, {0, 1, 4}, {2, 3, 5})
    stages = tuple(
        Stage(f"{s}", tuple(_G if g in served else _N for g in range(6))) for s, served in enumerate(members)
    )
    rota = rota_for(groups, stages, ((-1,) * 6,) * 6, (), 20, 1)
    assert set(rota.home) == {1, 2}


def test_feeders_come_before_what_they_feed() -> None:
    rules = [Trailing(2, 3, 1), Trailing(1, 2, 1), Trailing(0, 1, 1), Trailing(3, 0, 1), Trailing(0, 3, 1)]
    kept = feeders_first(rules)
    assert {(rule.feeder, rule.inner) for rule in kept} == {(2, 3), (1, 2), (0, 1), (0, 3)}
    place = {rule.inner: k for k, rule in enumerate(kept)}
    assert place[1] < place[2] < place[3]
