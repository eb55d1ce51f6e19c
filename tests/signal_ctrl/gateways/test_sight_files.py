"""Layouts as documents, and loops as a file that grows: what is no layout and no edge is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.crossings.approaches import with_crossings
from detectors.loops.events import LoopEvent
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.adviser import check_layout
from signal_ctrl.gateways.layout_file import layout_from_json, layout_to_json, read_layout
from signal_ctrl.gateways.loop_tail import LoopTail, LoopTails

SITE = trial_site("cab-1")
LAYOUT = trial_layout(SITE)
NOW_MS = 1_800_000_000_000


def test_a_layout_there_and_back(tmp_path: Path) -> None:
    text = layout_to_json(LAYOUT)
    assert layout_from_json(text) == LAYOUT
    (tmp_path / "layout.json").write_text(text)
    assert read_layout(tmp_path / "layout.json") == LAYOUT
    check_layout(SITE, LAYOUT)
    with pytest.raises(InvalidInputError, match="cab-2"):
        check_layout(trial_site("cab-2"), LAYOUT)


def broken(change: str) -> str:
    document = json.loads(layout_to_json(LAYOUT))
    if change == "format":
        document["format"] = "signal-ctrl site 1"
    elif change == "missing":
        del document["loops"]
    elif change == "more":
        document["more"] = 1
    elif change == "deep":
        document["lanes"][0]["more"] = 1
    elif change == "kind":
        document["lanes"][0]["length_m"] = "long"
    elif change == "nowhere":
        document["movements"][0]["exit"] = 99
    return json.dumps(document)


@pytest.mark.parametrize("change", ["format", "missing", "more", "deep", "kind", "nowhere"])
def test_what_is_no_layout_is_refused(change: str) -> None:
    with pytest.raises(InvalidInputError):
        layout_from_json(broken(change))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"signal-ctrl layout 1","format":"x"}'])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        layout_from_json(text)


def tail(path: Path) -> tuple[LoopTail, ManualClock]:
    clock = ManualClock(NOW_MS, 50_000)
    return LoopTail(path, LAYOUT, clock), clock


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_edges_come_by_the_monotonic_clock_when_they_are_due(tmp_path: Path) -> None:
    path = tmp_path / "loops"
    add(path, f"{NOW_MS} 82 1\n")  # written before the cabinet was there
    loops, clock = tail(path)
    loops.poll()
    assert loops.read(51.0) == []
    add(path, f"{NOW_MS - 300} 82 2\n{NOW_MS - 100} 81 2\n{NOW_MS + 500} 82 1\n{NOW_MS - 50} 82")
    loops.poll()
    assert loops.read(50.0) == [LoopEvent(1, 49.7, True), LoopEvent(1, 49.9, False)]
    clock.pass_ms(500)
    add(path, " 3\n")
    loops.poll()
    assert [event.loop for event in loops.read(51.0)] == [2, 0]
    assert loops.refused == 0


def test_a_file_that_was_cut_is_read_from_its_begin_and_one_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "loops"
    loops, _ = tail(path)
    loops.poll()
    add(path, f"{NOW_MS} 82 1\n{NOW_MS} 81 1\n")
    loops.poll()
    path.write_text(f"{NOW_MS} 82 3\n")
    loops.poll()
    assert [event.loop for event in loops.read(60.0)] == [0, 0, 2]


@pytest.mark.parametrize(
    "line",
    ["", "x 82 1", "1 82", f"{NOW_MS} 83 1", f"{NOW_MS} 82 9", f"{NOW_MS + 5000} 82 1", f"{NOW_MS - 99_000} 82 1"],
)
def test_lines_that_are_no_edges_are_counted(tmp_path: Path, line: str) -> None:
    loops, _ = tail(tmp_path / "loops")
    add(tmp_path / "loops", line + "\n")
    loops.poll()
    assert loops.read(60.0) == []
    assert loops.refused == 1


@given(st.binary(max_size=300))
def test_no_bytes_break_it(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("tail") / "loops"
    loops, _ = tail(path)
    path.write_bytes(data + b"\n")
    loops.poll()
    loops.read(60.0)


WHOLE = with_crossings(LAYOUT, SITE)
BUTTON, CHANNEL = len(LAYOUT.loops), len(LAYOUT.loops) + 1


def test_buttons_share_the_file_of_the_loops_or_have_one_of_their_own(tmp_path: Path) -> None:
    clock, roads, kerbs = ManualClock(NOW_MS, 50_000), tmp_path / "loops", tmp_path / "buttons"
    tails = LoopTails(LoopTail(roads, WHOLE, clock), LoopTail(kerbs, WHOLE, clock))
    add(roads, f"{NOW_MS - 300} 82 1\n{NOW_MS - 200} 82 {CHANNEL}\n")
    add(kerbs, f"{NOW_MS - 250} 82 {CHANNEL}\n{NOW_MS - 240} 81 {CHANNEL}\n{NOW_MS} 82 99\n")
    tails.poll()
    assert [(event.loop, event.on) for event in tails.read(50.0)] == [
        (0, True), (BUTTON, True), (BUTTON, False), (BUTTON, True),
    ]  # fmt: skip
    assert tails.refused == 1
    assert tails.read(60.0) == []


def test_without_crossings_the_channel_of_a_button_is_no_loop(tmp_path: Path) -> None:
    loops, _ = tail(tmp_path / "loops")
    add(tmp_path / "loops", f"{NOW_MS} 82 {CHANNEL}\n")
    loops.poll()
    assert (loops.read(60.0), loops.refused) == ([], 1)
