"""`signal-ctrl plan green-wave`: what it writes and prints, and what it refuses in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from signal_ctrl.cli import main
from signal_ctrl.domain.plan import plan_from_json
from tests.optimiser.green_wave.test_corridor_file import crossing, document

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)
    Path("ring.json").write_text(json.dumps(document()))
    Path("cross.json").write_text(json.dumps(crossing()))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.call(("plan", "green-wave", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_file_becomes_a_plan_with_diagrams(call: Call) -> None:
    code, out, _ = call("ring.json", "--out", "new/p.json", "--diagram", "a.png", "--diagram", "a.svg")
    assert code == 0
    assert "proven gap 0." in out and "measured in whole seconds" in out and "attainability" in out
    plan = plan_from_json(Path("new/p.json").read_text())
    assert [s.signal_id for s in plan.signals] == ["A", "B", "C"]
    assert Path("a.png").read_bytes().startswith(b"\x89PNG") and "<svg" in Path("a.svg").read_text()


@pytest.mark.parametrize("kind", ["maxband", "multiband", "am-band", "grid"])
def test_documents_for_programs(call: Call, kind: str) -> None:
    code, out, err = call("cross.json", "--out", "p.json", "--kind", kind, "--cycle", "80", "--ratio", "free", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    (part,) = found["parts"]
    assert found["cycle_s"] == part["cycle_s"] == 80
    assert 0 <= part["proven_gap"] <= 1e-3
    assert part["bound"] >= part["found"] - 1e-6
    assert [s["street"] for s in part["streets"]] == ["Main", "Cross"]
    for street in part["streets"]:
        assert 0 < street["efficiency"] < 1 and 0 < street["attainability"] <= 1.0001
        for direction in street["directions"]:
            assert direction["bands_s"] and direction["before_s"] is None
            assert all(40 <= kmh <= 55 for kmh in direction["speeds_kmh"])


def test_options_go_before_the_file(call: Call) -> None:
    options = ("--cycle-range", "75-85", "--speed", "48-50", "--ratio", "0.7", "--patterns", "fixed")
    code, out, _ = call("ring.json", "--out", "p.json", *options, "--json")
    assert code == 0
    (part,) = json.loads(out)["parts"]
    assert 75 <= part["cycle_s"] <= 85
    assert [s["order"] for s in part["signals"]] == ["lead-lag", "lag-lead", "lag-lag"]
    speeds = [kmh for d in part["streets"][0]["directions"] for kmh in d["speeds_kmh"]]
    assert all(47.9 <= kmh <= 50.1 for kmh in speeds)
    assert part["streets"][0]["ratio"] == 0.7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ring.json", "--kind", "wide"), "unknown --kind 'wide'"),
        (("ring.json", "--cycle", "80", "--cycle-range", "70-90"), "--cycle or --cycle-range"),
        (("ring.json", "--cycle-range", "90-70"), "--cycle-range needs numbers above 0 in order"),
        (("ring.json", "--cycle", "-5"), "--cycle"),
        (("ring.json", "--cycle", "5"), "cycles lie from 30 to 300 s"),
        (("ring.json", "--speed", "fast"), "--speed wants a number or A-B"),
        (("ring.json", "--ratio", "0"), "--ratio needs numbers above 0"),
        (("ring.json", "--patterns", "sideways"), "none of the left-turn orders 'sideways'"),
        (("ring.json", "--diagram", "a.pdf"), ".png or .svg"),
        (("ring.json", "--time-limit", "0"), "time limit above 0"),
        (("ring.json", "--gap", "2"), "gap of 0 to 1"),
        (("ring.json", "--engine", "abacus"), "unknown engine 'abacus'"),
        (("ring.json", "--plan", "p.json"), "--plan is for scenarios"),
        (("ring.json", "--clearance", "5"), "--clearance is for scenarios"),
        (("ring.json", "--arterial-first", "0.9"), "--arterial-first is for scenarios"),
        (("ring.json", "--profile", "published"), "--profile is for scenarios"),
        (("ring.json", "--least-side", "0.3"), "--least-side is for --kind am-band; leave it out"),
        (("ring.json", "--power", "2"), "--power is for bands a link"),
        (("ring.json", "--ratio", "0.5-0.9"), "--ratio wants one number or free, got '0.5-0.9'"),
        (("ring.json", "--power", "-1"), "--power needs 0 to 10"),
        (("cologne1", "--clearance", "long"), "--clearance wants 0 to 60 s, or counted"),
        (("none.json",), "cannot read the corridor file none.json"),
        (("nowhere",), "unknown scenario 'nowhere'"),
        (("cologne1", "--patterns", "lead-lag"), "free or fixed"),
    ],
)
def test_bad_input_is_one_line(call: Call, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = call(*arguments, "--out", "p.json")
    assert (code, out) == (2, "")
    assert words in err.splitlines()[-1]
    assert not Path("p.json").exists()


def test_a_plan_that_cannot_be_written_is_one_line(call: Call) -> None:
    Path("folder").mkdir()
    code, out, err = call("ring.json", "--out", "folder", "--cycle", "80")
    assert (code, out) == (2, "")
    assert "folder is a folder; name a file" in err.splitlines()[-1]


def test_rules_at_odds_are_named(call: Call) -> None:
    found = crossing()
    found["streets"][0]["least_band_s"] = 70
    Path("cross.json").write_text(json.dumps(found))
    code, _, err = call("cross.json", "--out", "p.json", "--cycle", "80")
    assert code == 2
    line = err.splitlines()[-1]
    assert "no green wave satisfies these together" in line and "band of 70 s Main out" in line
    assert "Cross" not in line


@pytest.mark.sumo
def test_a_scenario_becomes_a_plan_that_runs(call: Call) -> None:
    code, out, err = call("cologne3", "--out", "p.json", "--cycle", "60", "--diagram", "k.svg")
    assert code == 0
    assert "delay in the link model" in out and "planning the wave, cycle 60 s" in err
    assert len(plan_from_json(Path("p.json").read_text()).signals) == 3
    assert (
        main.call(("run", "cologne3", "--controller", "fixed", "--plan", "p.json", "--end", "25260", "--out", "r")) == 0
    )
