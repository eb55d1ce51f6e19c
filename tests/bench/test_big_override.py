"""What an override for many cabinets costs: its statements do not grow with the cabinets, and the command says so."""

import json
from pathlib import Path

import pytest

from bench import big_override
from bench.big_override import GOALS_MS, City, Took, counted, main, slow
from signal_ctrl.stores.opening import open_memory

PER_CABINET = 0.1
"""Statements that each further cabinet may cost in the writer; the trimming of old versions is one in fifty orders."""


def steps(n_cabinets: int) -> dict[str, Took]:
    store = open_memory()
    try:
        city = City(store, n_cabinets)
        with counted(city.watched):
            return city.steps()
    finally:
        store.close()


@pytest.mark.slow
def test_a_cabinet_more_costs_no_statement_more() -> None:
    few, many = steps(12), steps(112)
    assert set(few) == set(many) > set(GOALS_MS)
    for name, step in many.items():
        assert step.written - few[name].written <= PER_CABINET * 100, name
        assert step.statements - few[name].statements <= PER_CABINET * 100, name
    assert few["activate"].written > 5  # statements are counted at all
    assert many["activate"].writer_ms > 0


def test_the_command_prints_and_keeps_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    given = ["--store", "sqlite", "--cabinets", "12", "--ledger", str(ledger)]
    assert main(given) == 0
    assert "in the writer" in capsys.readouterr().out
    (line,) = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert (line["store"], line["cabinets"], set(line["steps"]) > set(GOALS_MS)) == ("sqlite", 12, True)
    monkeypatch.setattr(big_override, "GOALS_MS", dict.fromkeys(GOALS_MS, 0.0))
    assert len(slow(line)) == len(GOALS_MS)
    assert main([*given, "--no-ledger", "--json"]) == 1
    assert "release took" in capsys.readouterr().err
