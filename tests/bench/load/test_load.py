"""The load of a city in a short form: a real centre and generator, and what the journal's comparison finds."""

from pathlib import Path

import pytest

from bench.load.figures import growth, misses, spread
from bench.load.generator import COUNTS_EACH, GROUPS, reports_of
from bench.load.journal import Kept, compare
from bench.load.trial import Asked, trial

BOOT = "0" * 32


def batches(numbers: range) -> tuple[tuple[str, str, int, str], ...]:
    return tuple(("cab", BOOT, number, f"digest-{number}") for number in numbers)


def test_a_journal_that_is_kept_whole_has_lost_nothing() -> None:
    kept = Kept(batches(range(1, 31)), 4)
    found = compare(batches(range(1, 31)), kept, 30, 4)
    assert (found.lost, found.doubled, found.kept) == (0, 0, 30)


def test_what_is_not_there_or_there_with_other_bytes_is_lost() -> None:
    kept = Kept((*batches(range(1, 4)), ("cab", BOOT, 4, "other")), 0)
    assert compare(batches(range(1, 6)), kept, 30, 4).lost == 2


def test_what_is_there_twice_is_doubled_batches_and_counts_alike() -> None:
    assert compare((), Kept((*batches(range(1, 4)), *batches(range(3, 4))), 0), 30, 4).doubled == 1
    assert compare((), Kept(batches(range(1, 31)), 5), 30, 4).doubled == 1
    assert compare((), Kept(batches(range(1, 31)), 3), 30, 4).lost == 1


def test_times_are_told_by_percentiles_that_somebody_can_count() -> None:
    found = spread([float(k) for k in range(1, 102)])
    assert found == {"count": 101, "p50_ms": 51.0, "p99_ms": 100.0, "max_ms": 101.0}
    assert spread([])["count"] == 0


def test_memory_grows_from_when_it_had_settled() -> None:
    assert growth([(0.0, 50.0), (60.0, 100.0), (120.0, 104.0)], 60.0) == pytest.approx(0.04)
    assert growth([(0.0, 50.0)], 60.0) == 0.0


def test_each_pass_mark_can_be_missed() -> None:
    good = {
        "cabinets": 10, "lasts_s": 10.0, "polls": {"p99_ms": 150.0, "count": 100}, "errors": {}, "lost": 0,
        "doubled": 0, "memory_growth": 0.05,
    }  # fmt: skip
    assert misses(good) == ()
    bad = (
        {"polls": {"p99_ms": 150.1, "count": 100}}, {"polls": {"p99_ms": 1.0, "count": 98}}, {"errors": {"cut": 1}},
        {"lost": 1}, {"doubled": 1}, {"memory_growth": 0.051},
    )  # fmt: skip
    assert [len(misses(good | each)) for each in bad] == [1] * len(bad)


def test_every_thirtieth_batch_tells_what_was_counted() -> None:
    plain, counted = reports_of(1, 1_800_000_000_000), reports_of(COUNTS_EACH, 1_800_000_000_000)
    assert (len(plain), len(counted)) == (11, 11 + len(GROUPS))


@pytest.mark.slow
def test_a_small_city_gets_every_answer_and_loses_no_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    line = trial(Asked(cabinets=20, lasts_s=4.0, seed=1, ramp_s=2.0), tmp_path)
    assert line["errors"] == {}
    assert (line["lost"], line["doubled"]) == (0, 0)
    assert line["polls"]["count"] == 80
    assert line["batches_acknowledged"] == line["batches_sent"] == line["kept"] > 0
    assert {name for name in line["statuses"] if not name.endswith((" 200", " 304"))} == set()
    assert line["statuses"]["acknowledgement 200"] == 60
    assert line["centre_cpu_share"] > 0 and line["memory_mib"][-1] > 10
