"""`plan cycle-split` on a scenario: counts by turn, routes, saturation flows, and one line for what does not fit."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from signal_ctrl.cli import main
from tests.sumo_scenarios.small_nets import write_town

Call = Callable[..., tuple[int, str, str]]
TURNS = [("WC", "CE"), ("WC", "CN"), ("SC", "CN"), ("SC", "CE")]
HEADER = "begin_s,end_s,signal,from_edge,to_edge,vehicles\n"
FULL = HEADER + "".join(f"{b},{b + 900},C,{x},{y},{v}\n" for b, v in ((0, 90), (900, 60)) for x, y in TURNS)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that carries out a command line beside a town of one signal."""
    monkeypatch.chdir(tmp_path)
    write_town(tmp_path)
    rows = '<flow id="f" begin="0" end="60" number="9"><route edges="WC CE"/></flow>'
    Path("town.rou.xml").write_text(f"<routes>{rows}</routes>")
    Path("counts.csv").write_text(FULL)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.call(("plan", "cycle-split", "town.sumocfg", "--out", "plan.json", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_counts_have_their_own_periods_or_those_that_are_asked_for(call: Call) -> None:
    code, out, _ = call("--counts", "counts.csv", "--json")
    found = json.loads(out)
    assert code == 0
    assert [(p["begin_s"], p["end_s"]) for p in found["periods"]] == [(0.0, 900.0), (900.0, 1800.0)]
    assert [p["signals"][0]["junction"]["flow_veh_h"] for p in found["periods"]] == [1440.0, 960.0]
    assert found["counts"] == "counts by turn, counts.csv"
    code, out, _ = call("--counts", "counts.csv", "--json", "--periods", "00:00-00:30", "--overwrite")
    assert [p["signals"][0]["junction"]["flow_veh_h"] for p in json.loads(out)["periods"]] == [1200.0]
    assert main.call(("plan", "check", "plan.json", "--scenario", "town.sumocfg")) == 0


def test_without_counts_the_routes_count(call: Call) -> None:
    code, out, _ = call("--json", "--period", "60")
    (period,) = json.loads(out)["periods"]
    assert code == 0
    assert 0 < period["signals"][0]["junction"]["flow_veh_h"] <= 540.0


def test_saturation_flow_and_arrival_type_change_the_figures(call: Call) -> None:
    Path("s.csv").write_text("signal,group,saturation_veh_h\nC,g1,900\n")
    delays_s = []
    for options in ((), ("--saturation-flow", "s.csv"), ("--arrival-type", "5"), ("--lost-time", "0")):
        code, out, _ = call("--counts", "counts.csv", "--json", "--cycle-range", "60-60", "--overwrite", *options)
        assert code == 0
        delays_s.append(json.loads(out)["periods"][0]["signals"][0]["junction"]["delay_s"])
    assert delays_s[1] > delays_s[0] > max(delays_s[2], delays_s[3])


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (FULL + "0,900,X,WC,CE,9\n", "--counts bad.csv", ["signal X", "not in this network"]),
        (FULL + "0,900,C,WC,SC,9\n", "--counts bad.csv", ["signal C", "no turn from WC to SC"]),
        (
            FULL.replace("0,900,C,SC,CE,90\n", ""),
            "--counts bad.csv",
            ["signal C", "no count from SC to CE", "0 to 900"],
        ),
        (FULL.replace("C,WC,CE,90", "C,WC,CE,-90"), "--counts bad.csv", ["bad.csv, line 2", "signal C", "0 or more"]),
        (FULL, "--counts bad.csv --periods 1800-2700", ["cover 0 s", "1800 to 2700"]),
        ("", "--periods 3600-7200", ["nobody comes to a signal from 3600 to 7200 s"]),
        ("", "--run nowhere", ["nowhere", "settings.json"]),
        ("", "--period 900 --periods 0-900", ["not both"]),
        ("", "--period 0", ["no periods of 0 s"]),
        ("signal,group,saturation_veh_h\nC,g1,0\n", "--saturation-flow bad.csv --period 60", ["signal C", "'0' veh/h"]),
        ("", "--signal D", ["signal D", "it has C"]),
        ("", "--stages C=s1,s9", ["signal C", "no stage s9"]),
        ("", "--profile race", ["race", "published"]),
    ],
)
def test_what_does_not_fit_is_one_line_and_exit_code_2(call: Call, text: str, options: str, words: list[str]) -> None:
    Path("bad.csv").write_text(text)
    code, shown, err = call(*options.split())
    assert (code, shown) == (2, "")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert not Path("plan.json").exists()
