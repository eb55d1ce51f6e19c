"""Faults of loops and buttons as a cabinet tells them: begin once, end once, none ended by an adviser that just began."""

from collections.abc import Sequence

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.crossings.waiting import CrossingSense
from signal_ctrl.cabinet.detector_faults import DetectorFaults
from signal_ctrl.domain.link.reports import ReportKind

SITE = trial_site("cab-1")
LAYOUT = trial_layout(SITE)
BUTTON = len(LAYOUT.loops)


def told(sense: CrossingSense | None = CrossingSense.BUTTONS) -> tuple[DetectorFaults, list[tuple[str, str]]]:
    found: list[tuple[str, str]] = []

    def tell(kind: ReportKind, code: str, text: str, values: Sequence[tuple[str, int]]) -> None:
        found.append((kind.value, code))

    return DetectorFaults(SITE, LAYOUT, sense, tell), found


def test_a_stuck_button_is_told_once_and_its_end_once() -> None:
    faults, found = told()
    faults.look(frozenset(), True)
    found.clear()
    for _ in range(3):
        faults.look({BUTTON}, True)
    assert found == [("fault", "K12-button-4")]
    for _ in range(3):
        faults.look(frozenset(), True)
    assert found[1:] == [("cleared", "K12-button-4")]


def test_an_adviser_that_has_just_begun_ends_nothing() -> None:
    faults, found = told(CrossingSense.SENSORS)
    faults.look(frozenset(), True)
    faults.look({0, BUTTON}, True)
    found.clear()
    faults.look(frozenset(), False)  # started anew: it knows of nothing yet
    assert found == []
    faults.look({0}, True)
    assert found == [("cleared", "K12-sensor-4")]


def test_what_may_have_ended_while_the_cabinet_was_off_is_ended_once_it_is_known() -> None:
    faults, found = told()
    faults.look({1}, False)
    assert found == [("fault", "K12-loop-2")]
    faults.look({1}, True)
    assert sorted(found[1:]) == [("cleared", "K12-button-4"), ("cleared", "K12-loop-1"), ("cleared", "K12-loop-3")]


def test_numbers_that_are_no_loop_are_nothing() -> None:
    faults, found = told(None)
    faults.look({-1, BUTTON, 99}, True)
    assert all(kind == "cleared" for kind, _ in found)
