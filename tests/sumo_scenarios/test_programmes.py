"""Programmes as they stand in files."""

from xml.etree import ElementTree

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.nema import composed
from sumo_scenarios.programmes import Programme, read_programme, writes


def programme(rows: str, head: str = 'type="static" programID="0" offset="0"') -> Programme:
    return read_programme(ElementTree.fromstring(f'<tlLogic id="C" {head}>{rows}</tlLogic>'), "town.net.xml")


def test_times_letters_and_following_rows() -> None:
    found = programme(
        '<phase duration="0:00:30" minDur="5" maxDur="50" state="GuyYosOrg" next="1 0"/><phase duration="3" state="rrrrrrrrr"/>',
        'type="actuated" programID="day" offset="-10"',
    )
    first, second = found.steps
    assert (first.duration_s, first.shortest_s, first.longest_s, first.following) == (30.0, 5.0, 50.0, (1, 0))
    assert (first.is_actuated, second.is_actuated, first.has_green, first.is_stage) == (True, False, True, False)
    assert (found.kind, found.programme_id, found.offset_s, found.n_links) == ("actuated", "day", -10.0, 9)
    assert (found.following(0), found.following(1)) == ((1, 0), (0,))
    assert found.padded(11).steps[0].state == "GuyYosOrgrr"


def test_an_offset_alone_and_a_missing_name_are_read_as_sumo_does() -> None:
    assert programme("", 'type="static" programID="0" offset="begin"').steps == ()
    assert programme("", "").programme_id == "<unknown>"


@pytest.mark.parametrize(
    "rows",
    [
        '<phase duration="x" state="Gr"/>',
        '<phase duration="nan" state="Gr"/>',
        '<phase duration="1e99" state="Gr"/>',
        '<phase duration="9" maxDur="inf" state="Gr"/>',
        '<phase duration="9" minDur="-1" state="Gr"/>',
        '<phase duration="9" state="G r"/>',
    ],
)
def test_times_that_cannot_be_are_refused(rows: str) -> None:
    with pytest.raises(InvalidInputError):
        programme(rows)


@pytest.mark.parametrize(("value", "expected"), [("NUL", False), ("", False), ("out.xml", True)])
def test_detector_files_of_a_programme_are_known(value: str, expected: bool) -> None:
    element = ElementTree.fromstring(f'<tlLogic id="C"><param key="file" value="{value}"/></tlLogic>')
    assert writes(element) is expected


RINGS = '<param key="ring1" value="1,2,0,4"/><param key="ring2" value="5,6,0,8"/>'
BARRIERS = '<param key="barrierPhases" value="4,8"/><param key="barrier2Phases" value="2,6"/>'
NUMBERS = {"1": "Grrr", "2": "rGgr", "4": "rrrG", "5": "rrGr", "6": "Grrr", "8": "rrrg"}


def nema(parameters: str, numbers: dict[str, str] | None = None) -> Programme | None:
    rows = "".join(
        f'<phase duration="99" minDur="5" maxDur="30" name="{n}" yellow="4" red="{1 if n == "2" else 0}" state="{s}"/>'
        for n, s in (NUMBERS if numbers is None else numbers).items()
    )
    return composed(programme(parameters + rows, 'type="NEMA" programID="n" offset="0"'))


def test_rings_give_a_stage_for_each_pair_between_barriers() -> None:
    found = nema(RINGS + BARRIERS)
    assert found is not None
    stages = [(step.state, step.shortest_s, step.longest_s) for step in found.steps if step.is_stage]
    assert [state for state, _, _ in stages] == ["GrGr", "Grrr", "rGGr", "GGgr", "rrrG"]
    assert {(shortest_s, longest_s) for _, shortest_s, longest_s in stages} == {(5.0, 99.0)}
    ambers = [(step.state, step.duration_s) for step in found.steps if "y" in step.state]
    assert ambers[0] == ("yryr", 4.0)
    assert found.kind == "static" and found.programme_id == "n composed"
    reds = [step.duration_s for step in found.steps if set(step.state) == {"r"}]
    assert reds == [1.0, 1.0]


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        RINGS.replace("1,2,0,4", "1,2,3,4") + BARRIERS,
        RINGS.replace("1,2,0,4", "1,2") + BARRIERS,
        RINGS + BARRIERS.replace("2,6", "2"),
        RINGS.replace("5,6,0,8", "0,0,0,0") + BARRIERS,
    ],
)
def test_rings_that_do_not_fit_their_rows_are_not_read(parameters: str) -> None:
    assert nema(parameters) is None


def test_one_ring_alone_is_enough() -> None:
    found = nema(RINGS.replace("5,6,0,8", "0") + BARRIERS, {n: NUMBERS[n] for n in "124"})
    assert found is not None
    assert [step.state for step in found.steps if step.is_stage] == ["Grrr", "rGgr", "rrrG"]
