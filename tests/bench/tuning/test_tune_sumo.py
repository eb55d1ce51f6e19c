"""A whole tuning with SUMO: it finds better than it starts with, goes on where it broke off, and is used by a run."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.tuning.ledger import Ledger
from bench.tuning.store import ledger_file, read_tuned, tuned_file
from bench.tuning.trial import run_trials
from bench.tuning.tune import SELECTION, Wanted, least_budget
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios.settings import RunSettings
from tests.patience import until
from tests.sumo_scenarios.networks import cross

pytestmark = pytest.mark.sumo
COMMAND = (sys.executable, "-c", "from signal_ctrl.cli.main import main; main()")
BUDGET = least_budget(1)
TUNE = ("bench", "tune", "town.sumocfg", "--budget", str(BUDGET), "--controllers", "fixed")


def town(folder: Path) -> Path:
    """Write a crossroads with much traffic from the west, and its configuration."""
    net = cross().build(folder)
    ways = (("WC", "CE", 900), ("EC", "CW", 300), ("SC", "CN", 150), ("NC", "CS", 150), ("SC", "CE", 60))
    rows = "".join(
        f'<flow id="{a}{b}" begin="0" end="180" vehsPerHour="{n}"><route edges="{a} {b}"/></flow>' for a, b, n in ways
    )
    (folder / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    path = folder / "town.sumocfg"
    path.write_text(
        f'<configuration><net-file value="{net.name}"/><route-files value="town.rou.xml"/><end value="240"/></configuration>'
    )
    return path


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a town whose tuning was not disturbed, and what the command told."""
    folder = tmp_path_factory.mktemp("whole")
    town(folder)
    done = command(folder, *TUNE, "--json")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.mark.slow
def test_a_tuning_is_kept_reported_and_used(whole: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    fixed = json.loads(whole[1])[0]["controllers"]["fixed"]
    assert fixed["best"]["delay_s"] <= fixed["untuned"]["delay_s"]
    assert set(fixed["best"]["by_seed"]) == {"1001", *map(str, SELECTION)}
    assert fixed["simulations"] <= fixed["budget"] == BUDGET
    assert fixed["net"]["delay_s"] > 0
    assert {start["what"] for start in fixed["starts"]} >= {"computed at once", "the network's own programme"}
    assert [part["signal_id"] for part in fixed["plan"]["signals"]] == ["C"]

    run = command(tmp_path, "run", "town.sumocfg", "--controller", "fixed", "--seed", "1001", "--out", "run", "--json")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert not any("bench tune" in notice for notice in result["notices"])
    assert result["delay_s_per_vehicle"] == pytest.approx(fixed["best"]["by_seed"]["1001"], abs=2e-3)
    kept = json.loads((tmp_path / "run" / "settings.json").read_text())["plan"]
    assert kept == fixed["plan"]

    (tmp_path / "town.rou.xml").write_text((tmp_path / "town.rou.xml").read_text().replace('"900"', '"800"'))
    other = command(tmp_path, "run", "town.sumocfg", "--controller", "fixed", "--out", "other", "--end", "60")
    assert other.returncode == 0, other.stderr
    assert "the tuning of fixed for town.sumocfg is stale (the demand changed)" in other.stderr
    assert "computed from the counted demand" in other.stderr


@pytest.mark.slow
def test_a_tuning_that_was_killed_goes_on_and_ends_the_same(whole: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("town.tuned*"))
    ledger = ledger_file(str(tmp_path / "town.sumocfg"), PUBLISHED)
    process = subprocess.Popen([*COMMAND, *TUNE], cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until(lambda: ledger.exists() and len(Ledger(ledger)) >= 3, "three simulations")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(Ledger(ledger)) >= 3
    assert not tuned_file(str(tmp_path / "town.sumocfg"), PUBLISHED).exists()
    assert command(tmp_path, *TUNE).returncode == 0
    one, other = (read_tuned(folder / "town.tuned.json") for folder in (whole[0], tmp_path))
    assert one == other
    lines = [
        ledger_file(str(folder / "town.sumocfg"), PUBLISHED).read_text().splitlines() for folder in (whole[0], tmp_path)
    ]
    assert sorted(lines[0]) == sorted(lines[1])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("town.sumocfg", "--seeds", "1"), "training seeds are 1001 and above"),
        (("town.sumocfg", "--seeds", "1001,1101"), "without 1101"),
        (("town.sumocfg", "--budget", "5"), "--budget needs"),
        (("town.sumocfg", "--controllers", "adaptive"), "cannot tune 'adaptive'"),
        (("town.sumocfg", "--workers", "0"), "--workers"),
        (("nowhere.sumocfg",), "no configuration file"),
        (("colonge1",), "did you mean cologne1"),
        (("town.sumocfg", "--profile", "none"), "unknown safety profile"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path,
    arguments: tuple[str, ...],
    says: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from signal_ctrl.cli.main import call

    (tmp_path / "town.sumocfg").write_text("<configuration/>")
    monkeypatch.chdir(tmp_path)
    assert call(["bench", "tune", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert says in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["town.sumocfg"]


def test_seeds_of_comparisons_are_no_training_seeds() -> None:
    with pytest.raises(InvalidInputError, match="training seeds"):
        Wanted("cologne1", PUBLISHED, seeds=(1001, 5))


@pytest.mark.slow
def test_the_time_on_the_arterial_is_told_where_it_is_asked_for() -> None:
    settings = RunSettings("cologne3", "fixed", end_s=25500.0)
    (without,), (asked,) = (run_trials([settings], 1, artery) for artery in (False, True))
    assert without.artery_s == 0.0
    assert replace(asked, artery_s=0.0) == without, "watching changes nothing"
    assert 5.0 < asked.artery_s < 300.0
