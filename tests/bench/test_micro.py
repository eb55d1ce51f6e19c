"""Micro-benchmarks: a base is kept, and what has become slower is told."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench.micro import BASE, SLOWER, Timing, main, measure, read_base, run, slower_than, write_base
from bench.micro_work import DECISIONS, EVENTS, FRAMES, Work, all_work

NAMES = {"kernel", "rollout", "detectors", "score"}


def spin(n: int) -> Work:
    def once() -> int:
        sum(k * k for k in range(n))
        return 1

    return Work("spin", "turns/s", once)


def test_every_benchmark_does_its_work(tmp_path: Path) -> None:
    works = {work.name: work for work in all_work(tmp_path)}
    assert set(works) == NAMES
    assert works["kernel"].once() == FRAMES
    assert works["rollout"].once() == DECISIONS
    assert works["detectors"].once() > EVENTS / 2
    assert works["score"].once() == 1


def test_the_stored_base_has_every_benchmark() -> None:
    assert set(read_base(BASE)) == NAMES


def test_one_score_stays_within_its_limit(tmp_path: Path) -> None:
    """0.3 s for the trips of ingolstadt21, counted in processor time."""
    (work,) = (work for work in all_work(tmp_path) if work.name == "score")
    assert measure(work, rounds=3).rate > 1 / 0.3


def test_work_that_takes_longer_is_slower_than_its_base() -> None:
    quick, slow = measure(spin(20_000), 5), measure(spin(100_000), 5)
    assert slow.ratio < SLOWER * quick.ratio
    base = {"spin": quick.ratio}
    assert slower_than(base, [slow]) == ("spin",)
    assert slower_than(base, [quick]) == slower_than({}, [slow]) == ()


def test_the_first_run_makes_the_base_and_the_next_compares(tmp_path: Path) -> None:
    path, said = tmp_path / "micro.json", io.StringIO()
    console = Console(file=said, width=100)
    assert run(path, False, console, lambda _folder: (spin(20_000),)) == 0
    assert "stored as the base" in said.getvalue()
    assert run(path, False, console, lambda _folder: (spin(200_000),)) == 1
    assert "slower than 70% of the base: spin" in said.getvalue()
    assert run(path, True, console, lambda _folder: (spin(200_000),)) == 0


def test_a_damaged_base_names_the_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "micro.json"
    for text in ("{", json.dumps({"timings": [{"name": "kernel"}]}), "[]"):
        path.write_text(text)
        assert main(["--base", str(path)]) == 2
        assert "--store" in capsys.readouterr().err


def test_a_base_is_read_back(tmp_path: Path) -> None:
    write_base(tmp_path / "micro.json", [Timing("kernel", "frames/s", 12.5, 0.25)])
    assert read_base(tmp_path / "micro.json") == {"kernel": 0.25}
    assert read_base(tmp_path / "none.json") == {}
