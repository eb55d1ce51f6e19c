"""The published figures: never without their conditions, ours only where they are of the same hour."""

import json
from pathlib import Path

import pytest

from bench.published import BEST_S, CONDITIONS, ours_of, published_document
from signal_ctrl.cli.main import call
from sumo_scenarios.catalogue import published_names
from tests.bench.reports.town import build
from tests.bench.rows import row, runs

HOUR = {"begin_s": 25200.0, "end_s": 28800.0}


def test_the_published_networks_are_those_of_the_catalogue() -> None:
    assert set(BEST_S) == set(published_names())


def test_ours_are_the_valid_runs_of_the_whole_hour_as_it_is() -> None:
    rows = [
        *runs("adaptive", [15.0, 17.0], scenario="cologne8", **HOUR),
        row("adaptive", 3, 5.0, scenario="cologne8", valid=False, invalid=["2 teleports"], **HOUR),
        *runs("adaptive", [9.0], scenario="cologne8", scale=0.5, **HOUR),
        *runs("fixed", [9.0], scenario="cologne8", begin_s=25200.0, end_s=25800.0),
        *runs("greedy", [20.0], scenario="cologne8", sensing="positions", **HOUR),
        *runs("adaptive", [9.0], scenario="cologne8", closures=["a"], **HOUR),
        *runs("adaptive", [700.0], scenario="arterial4x4", begin_s=0.0, end_s=3600.0),
        *runs("adaptive", [1.0], scenario="home"),
    ]
    found = {(r.network, r.controller, r.sensing): r for r in ours_of(rows)}
    assert set(found) == {
        ("cologne8", "adaptive", "loops"),
        ("cologne8", "greedy", "positions"),
        ("arterial4x4", "adaptive", "loops"),
    }
    ours = found["cologne8", "adaptive", "loops"]
    assert (ours.mean_s, ours.best_s, ours.worst_s, ours.runs, ours.invalid) == (16.0, 15.0, 17.0, 3, 1)


def test_the_document_says_that_it_is_not_one_experiment() -> None:
    document = published_document([])
    assert document["comparable"] is False and document["ours"] == []
    assert json.loads(json.dumps(document)) == document
    words = json.dumps(document["differences"])
    for what in ("1.9", "best single episode", "2 s", "seed", "200 m", "never let in"):
        assert what in words
    assert all(each.theirs and each.ours and each.pull for each in CONDITIONS)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["bench", "published"]) == 0
    shown = capsys.readouterr().out
    assert "Ault, G. Sharon" in shown and "654.0" in shown and "two experiments, not one" in shown
    assert call(["bench", "published", str(build(tmp_path / "e"))]) == 0
    assert "no run of a published network" in capsys.readouterr().out
    assert call(["bench", "published", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["published"][0]["network"] == "cologne1"
    assert call(["bench", "published", str(tmp_path / "none")]) == 2
