"""Options that mean nothing beside others are refused in one line: to ignore them would mislead."""

from pathlib import Path

import pytest

from signal_ctrl.cli.main import call


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run cologne1 --out o --failure-kind late", "--failure-kind is about loops that fail, by --failures"),
        ("run cologne1 --out o --failure-kind mix", "--failure-kind is about loops that fail, by --failures"),
        ("run cologne1 --out o --transition dwell", "--transition is about the plans of a --schedule"),
        ("run --replay r --out o --seed 2", "--seed is of a run that is made, not of a replay"),
        ("run --replay r --out o --controller adaptive", "--controller is of a run that is made, not of a replay"),
        ("run --replay r --out o --evidence e", "--evidence is of a run that is made, not of a replay"),
        ("scenarios build corridor --out o --rows 5", "--rows is for newtown, not for corridor"),
        ("scenarios build all --out o --day weekend", "--day is for newtown, not for all"),
        ("plan network cologne3 --out o --coupling 2", "--coupling is about where --subarea parts the network"),
        ("plan export p.json --scenario cologne1 --to tllogic --out o --units us", "--units is for --to utdf"),
        ("plan export p.json --scenario cologne1 --to utdf --out o --program-id a", "--program-id is for --to tllogic"),
    ],
)
def test_they_are_refused(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(line.split()) == 2
    assert capsys.readouterr().err == f"signal-ctrl: {said}; leave it out\n"
    assert list(tmp_path.iterdir()) == []


def test_a_replay_takes_its_own_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(["run", "--replay", "r", "--out", "o", "--overwrite", "--json"]) == 2
    assert "r holds no run" in capsys.readouterr().err
