"""Sites made from programmes: groups, stages, yield pairs, intervals, refusals."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import STREET
from signal_ctrl.domain.site import COMPATIBLE, Right, Site
from tests.sumo_scenarios.small_nets import crossroads, world_of, write_town

Rows = list[tuple[str, str]]


def site_of(folder: Path, rows: Rows, **more: str) -> Site:
    return world_of(write_town(folder, crossroads(rows), **more)).units[0].site


def shown(site: Site) -> list[str]:
    letter = {Right.NONE: "r", Right.STOP: "s", Right.PERMISSIVE: "g", Right.PROTECTED: "G"}
    found = []
    for stage in site.stages:
        letters = ["-"] * site.n_links
        for group, right in zip(site.groups, stage.rights, strict=True):
            for link in group.links:
                letters[link] = letter[right]
        for link, steady in site.steady:
            letters[link] = steady
        found.append("".join(letters))
    return found


CHANGE: Rows = [("3", "yyrr"), ("20", "rrGG"), ("3", "rryy")]


def test_intervals_are_the_shortest_that_the_programme_shows(tmp_path: Path) -> None:
    """Links 0 and 1: amber 3 s and 2 s all-red; links 2 and 3: amber 4 s; never below 3 s."""
    site = site_of(tmp_path, [("30", "GGrr"), ("3", "yyrr"), ("2", "rrrr"), ("20", "rrGG"), ("4", "rryy")])
    assert [(g.links, g.amber_ds, g.min_green_ds) for g in site.groups] == [((0, 1), 30, 50), ((2, 3), 40, 50)]
    assert site.intergreen_ds == ((-1, 50), (40, -1))
    short = site_of(tmp_path, [("30", "GGrr"), ("1", "yyrr"), ("20", "rrGG"), ("2", "rryy")])
    assert {g.amber_ds for g in short.groups} == {30}
    assert short.intergreen_ds == ((-1, 30), (30, -1))


def test_a_change_that_no_programme_makes_keeps_the_all_red_of_its_links(tmp_path: Path) -> None:
    rows = [("30", "GGrr"), ("3", "yyrr"), ("2", "rrrr"), ("20", "rrGr"), ("3", "rryr"), ("1", "rrrr")]
    rows += [("20", "rrrG"), ("3", "rrry"), ("1", "rrrr")]
    site = site_of(tmp_path, rows)
    groups = {g.links: i for i, g in enumerate(site.groups)}
    first, second, third = groups[(0, 1)], groups[(2,)], groups[(3,)]
    assert site.intergreen_ds[first][second] == 50
    assert site.intergreen_ds[first][third] == 50  # never directly: as to the other
    assert site.intergreen_ds[second][first] == 40
    assert site.together[second][third] == COMPATIBLE


def test_the_street_profile_takes_speed_and_geometry(tmp_path: Path) -> None:
    site = world_of(write_town(tmp_path), STREET).units[0].site
    assert {(g.amber_ds, g.min_green_ds) for g in site.groups} == {(40, 70)}  # 1 + 13.89 / 6.1 = 3.28 s, whole seconds
    assert site.intergreen_ds[0][1] == 50  # and (12 + 6) / 10 - 1 = 0.8 s all-red
    half = world_of(write_town(tmp_path, options='<step-length value="0.1"/>'), STREET).units[0].site
    assert half.groups[0].amber_ds == 33
    assert half.intergreen_ds[0][1] == 41


def test_crossing_greens_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"signal C: links 0 and 2 cross, but .* 'GrGr'"):
        site_of(tmp_path, [("30", "GrGr"), *CHANGE])


def test_links_that_share_a_lamp_and_cross_are_refused(tmp_path: Path) -> None:
    config = write_town(tmp_path, crossroads([("30", "Gr"), ("3", "yr")]).replace('linkIndex="2"', 'linkIndex="0"')
                        .replace('linkIndex="3"', 'linkIndex="1"'))  # fmt: skip
    with pytest.raises(InvalidInputError, match="share link 0"):
        world_of(config)


def test_permissive_greens_and_merges_are_yield_pairs(tmp_path: Path) -> None:
    config = write_town(tmp_path, crossroads([("30", "GrrG"), ("3", "yrry"), ("20", "rggr"), ("3", "ryyr")]))
    world = world_of(config)
    site = world.units[0].site
    assert any("links 0+3 merge into one lane" in notice for notice in world.notices)
    assert {g.links for g in site.groups} == {(0,), (1,), (2,), (3,)}  # of an approach each
    rows: Rows = [("30", "GrrG"), ("3", "yrrG"), ("9", "rrrG"), ("3", "rrry"), ("20", "rggr"), ("3", "ryyr")]
    pair = site_of(tmp_path, rows)
    groups = {g.links: i for i, g in enumerate(pair.groups)}
    a, b = groups[(0,)], groups[(3,)]
    assert pair.allows(a, Right.PROTECTED, b, Right.PROTECTED)
    assert not pair.conflicts(a, b)


def test_rows_on_the_way_are_no_stages(tmp_path: Path) -> None:
    rows = [("4", "Grrr"), ("30", "GGrr"), ("6", "Grrr"), ("3", "yyrr"), ("1", "rruu"), ("20", "rrGG"), ("3", "rryy")]
    assert shown(site_of(tmp_path, rows)) == ["GGrr", "rrGG"]


def test_who_is_served_by_a_short_row_only_keeps_it(tmp_path: Path) -> None:
    rows = [("30", "Grrr"), ("3", "yrrr"), ("4", "rGrr"), ("3", "ryrr"), ("20", "rrGG"), ("3", "rryy")]
    assert shown(site_of(tmp_path, rows)) == ["Grrr", "rGrr", "rrGG"]


def test_who_is_served_beside_ambers_only_gets_a_stage(tmp_path: Path) -> None:
    rows = [("30", "Grrr"), ("4", "yGrr"), ("3", "ryrr"), ("20", "rrGG"), ("3", "rryy")]
    assert shown(site_of(tmp_path, rows)) == ["Grrr", "rGrr", "rrGG"]


def test_stop_arrows_are_rights(tmp_path: Path) -> None:
    rows: Rows = [("30", "GGrs"), ("3", "yyrs"), ("20", "rrGG"), ("3", "rryy")]
    assert shown(site_of(tmp_path, rows)) == ["GGrs", "rrGG"]


def test_links_that_blink_or_show_nothing_stay_so(tmp_path: Path) -> None:
    rows: Rows = [("30", "Gorr"), ("3", "yorr"), ("20", "rrGO"), ("3", "rryO")]
    config = write_town(tmp_path, crossroads(rows))
    world = world_of(config)
    assert world.units[0].site.steady == ((1, "o"), (3, "O"))
    assert [notice for notice in world.notices if "link 3" in notice]


def test_a_single_stage_is_enough(tmp_path: Path) -> None:
    site = site_of(tmp_path, [("90", "Ggrr")])
    assert shown(site) == ["Ggrr"]
    assert [g.links for g in site.groups] == [(0,), (1,), (2, 3)]


@pytest.mark.parametrize(("step", "resolution_ds", "amber_ds"), [("0.25", 5, 30), ("0.4", 4, 32), ("0.7", 7, 35)])
def test_times_are_multiples_of_the_step(tmp_path: Path, step: str, resolution_ds: int, amber_ds: int) -> None:
    options = f'<step-length value="{step}"/>'
    site = site_of(tmp_path, [("30", "GGrr"), *CHANGE], options=options)
    assert (site.resolution_ds, site.groups[0].amber_ds) == (resolution_ds, amber_ds)


def test_letters_without_a_link_do_no_harm(tmp_path: Path) -> None:
    site = site_of(tmp_path, [("30", "GGrrG"), ("3", "yyrry"), ("20", "rrGGr"), ("3", "rryyr")])
    assert site.n_links == 5


def test_long_programmes_are_read(tmp_path: Path) -> None:
    rows = [
        row for i in range(60) for row in ((str(10 + i), "GGrr"), ("3", "yyrr"), (str(8 + i), "rrGG"), ("3", "rryy"))
    ]
    assert shown(site_of(tmp_path, rows)) == ["GGrr", "rrGG"]
