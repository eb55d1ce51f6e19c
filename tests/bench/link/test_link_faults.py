"""The campaign of network faults, in short; `python -m bench.link_faults` runs thousands of seeds."""

from pathlib import Path

import pytest

from bench.link_faults import is_good, trial


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_seed_comes_out_as_it_has_to(seed: int, tmp_path: Path) -> None:
    line = trial(seed, tmp_path)
    assert is_good(line), line


def test_a_breach_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.link_faults.TROUBLED_S", 20)
    monkeypatch.setattr("bench.link.world.Cabin.record", _all_green)
    assert not is_good(trial(1, tmp_path))


def _all_green(cabin) -> None:  # type: ignore[no-untyped-def]
    from bench.link.world import Shown

    cabin.segments[-1].append(Shown(cabin.clock.mono_ms() // 100, (("green", 3),) * 4, 0, True))
