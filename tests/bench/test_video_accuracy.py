"""The accuracy campaign in its short form, and its scores against slow counting."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.video_accuracy import main
from bench.video_scores import FilmScore, LineScore, Passing, matches, presence_right, score_lines
from bench.video_views import PLACES, key_of, place_named
from signal_ctrl.domain.errors import InvalidInputError

times = st.lists(st.floats(0.0, 9.0), max_size=5).map(sorted)


def most_pairs(true_s: list[float], counted_s: list[float]) -> int:
    """Return the most pairs within one second, by trying all."""
    pairs = [(i, j) for i, a in enumerate(true_s) for j, b in enumerate(counted_s) if a - 1.0 <= b <= a + 1.0]
    for size in range(min(len(true_s), len(counted_s)), 0, -1):
        for chosen in combinations(pairs, size):
            if len({i for i, _ in chosen}) == len({j for _, j in chosen}) == size:
                return size
    return 0


@given(times, times)
def test_matches_are_the_most_that_there_can_be(true_s: list[float], counted_s: list[float]) -> None:
    assert matches(true_s, counted_s) == most_pairs(true_s, counted_s)


def test_lines_and_directions_are_scored_apart() -> None:
    true = [Passing(1.0, "a", "up"), Passing(5.0, "a", "up"), Passing(2.0, "a", "down")]
    counted = [Passing(1.4, "a", "up"), Passing(9.0, "a", "up"), Passing(9.5, "a", "up"), Passing(2.0, "b", "up")]
    assert score_lines(true, counted) == (
        LineScore("a", "down", 1, 0, 0), LineScore("a", "up", 2, 3, 1), LineScore("b", "up", 0, 1, 0),
    )  # fmt: skip
    score = FilmScore(900.0, score_lines(true, counted), 10, 9)
    assert (score.true, score.counted, score.matched, score.presence) == (3, 4, 1, 0.9)
    assert LineScore("a", "up", 125, 137, 0).geh(900.0) == pytest.approx(2.1, abs=0.01)  # 548 against 500 an hour
    assert LineScore("a", "up", 50, 49, 49).error == pytest.approx(0.02)


def test_presence_is_right_where_both_halves_agree() -> None:
    assert presence_right([0.0, 0.4, 0.5, 1.0], [0.2, 0.6, 0.9, 0.1]) == 2


def test_places_are_five_kinds_at_three_networks() -> None:
    assert len(PLACES) >= 5 and len({place.scenario for place in PLACES}) >= 3
    assert place_named(key_of(PLACES[2])) is PLACES[2]
    with pytest.raises(InvalidInputError, match="no place 'x'; choose of cologne1/east"):
        place_named("x")


@pytest.mark.sumo
@pytest.mark.slow
def test_a_short_film_is_counted_and_written_down_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--places", "cologne1/east", "--conditions", "day", "--seconds", "24", "--rate", "8"]
    ledger = tmp_path / "video.jsonl"
    assert main([*arguments, "--ledger", str(ledger)]) == 0
    (row,) = map(json.loads, ledger.read_text().splitlines())
    assert row["true"] > 5 and abs(row["counted"] - row["true"]) <= 0.5 * row["true"]
    assert row["seconds"] in (2 * 24, 2 * 25) and row["presence"] > 0.7
    assert main([*arguments, "--ledger", str(ledger)]) == 0
    assert len(ledger.read_text().splitlines()) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first == second and first.startswith("cologne1/east")


def test_a_wrong_place_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--places", "nowhere", "--ledger", str(tmp_path / "l.jsonl")]) == 2
    assert capsys.readouterr().err.startswith("video_accuracy: no place 'nowhere'")
