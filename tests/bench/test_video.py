"""The bench of video counting measures, judges and prints; its film is a film."""

import json

import numpy as np
import pytest

from bench.video import Figure, main
from bench.video_film import film


def test_the_film_has_cars_that_move() -> None:
    frames = list(film(60))
    assert {each.shape for each in frames} == {(360, 640, 3)}
    assert np.abs(frames[50].astype(int) - frames[20]).max() > 60
    again = list(film(60))
    assert all((a == b).all() for a, b in zip(frames, again, strict=True))


def test_a_figure_knows_whether_it_is_reached() -> None:
    assert Figure("a", 90.0, "1/s", 60.0).passed
    assert Figure("a", 90.0, "1/s", 60.0).ratio == pytest.approx(1.5)
    assert not Figure("a", 59.9, "1/s", 60.0).passed
    assert not Figure("b", 101.0, "%", 100.0, at_least=False).passed
    assert Figure("b", 50.0, "%", 100.0, at_least=False).ratio == pytest.approx(2.0)


@pytest.mark.slow
def test_the_whole_bench_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--frames", "24", "--memory-s", "1", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code in {0, 1}
    assert [each["name"] for each in found["figures"]] == [
        "decode",
        "decode and count",
        "4 cameras at 12.5 frames/s",
        "growth of memory",
    ]
    assert all(each["value"] >= 0.0 for each in found["figures"])
    assert found["memory"]["frames"] > 0


def test_bad_arguments_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--memory-s", "0"]) == 2
    assert "--memory-s above 0" in capsys.readouterr().err
