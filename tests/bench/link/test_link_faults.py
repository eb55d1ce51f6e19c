"""The campaign of network faults, in short; `python -m bench.link_faults` runs thousands of seeds."""

from pathlib import Path

import pytest

from bench.link_faults import is_good, main, trial


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


def test_seeds_of_other_code_are_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[int] = []

    def sound(seed: int, _folder: Path) -> dict[str, object]:
        run.append(seed)
        return {"key": str(seed), "breaches": [], "missing": 0, "converged_s": 1}

    monkeypatch.setattr("bench.link_faults.trial", sound)
    arguments = ["link_faults", "--seeds", "1-2", "--ledger", str(tmp_path / "ledger.jsonl")]
    monkeypatch.setattr("sys.argv", arguments)
    assert (main(), main()) == (0, 0) and run == [1, 2]
    monkeypatch.setattr("bench.link_faults.code_hash", lambda _parts: "other code")
    assert main() == 0 and run == [1, 2, 1, 2]
