"""What a signal showed, from a record written by hand."""

from pathlib import Path

import pytest

from bench.lamps import Shown, bars, letter_of, link_groups, longest_red_s, read_lamps, stages, within
from signal_ctrl.domain.errors import BackendError, InvalidInputError

STATES = ["Grg"] * 10 + ["yrg"] * 3 + ["rGr"] * 4 + ["rGG"] * 2 + ["rrr"] * 5


def write_states(folder: Path) -> Path:
    rows = "".join(
        f'<tlsState time="{100 + k}" id="a" state="{state}"/><tlsState time="{100 + k}" id="b" state="G"/>'
        for k, state in enumerate(STATES)
    )
    path = folder / "tls_states.xml"
    path.write_text(f"<tlsStates>{rows}</tlsStates>")
    return path


@pytest.fixture
def lamps(tmp_path: Path) -> tuple[Shown, ...]:
    return read_lamps(write_states(tmp_path), "a")


def test_equal_states_become_one_interval(lamps: tuple[Shown, ...]) -> None:
    assert [(s.from_s, s.to_s, s.state) for s in lamps] == [
        (100, 110, "Grg"),
        (110, 113, "yrg"),
        (113, 117, "rGr"),
        (117, 119, "rGG"),
        (119, 124, "rrr"),
    ]


def test_a_window_cuts_its_ends(lamps: tuple[Shown, ...]) -> None:
    assert [(s.from_s, s.to_s) for s in within(lamps, 108, 114)] == [(108, 110), (110, 113), (113, 114)]


def test_bars_join_what_one_link_shows(lamps: tuple[Shown, ...]) -> None:
    assert bars(lamps, 1) == ((100, 113, "r"), (113, 119, "G"), (119, 124, "r"))


def test_the_longest_red_is_that_of_a_link_that_has_green_at_times(tmp_path: Path) -> None:
    """Link 0 is without green from 110 on, link 1 until 113, signal b never."""
    path = write_states(tmp_path)
    assert longest_red_s(path) == longest_red_s(path, 123.0) == 14.0
    assert longest_red_s(path, 124.0) == 0.0
    path.write_text(path.read_text().replace('state="Grg"', 'state="rrg"'))
    assert longest_red_s(path) == 13.0


def test_only_what_stands_without_change_is_a_stage(lamps: tuple[Shown, ...]) -> None:
    known = stages({"net": lamps})
    assert [(stage.letter, stage.state) for stage in known] == [("A", "Grg"), ("B", "rGr")]
    assert known[0].shares["net"] == pytest.approx(10 / 24)
    assert [letter_of(shown, known) for shown in lamps] == ["A", "", "B", "", ""]


def test_links_share_a_group_if_they_never_differ() -> None:
    record = [Shown(0, 5, "GGrG"), Shown(5, 9, "rrGr")]
    assert link_groups([record], ["n", "n", "n", "s"]) == ((0, 1), (2,), (3,))


def test_unusable_records_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="does not record"):
        read_lamps(write_states(tmp_path), "c")
    with pytest.raises(BackendError, match="cannot read"):
        read_lamps(tmp_path / "none.xml", "a")
