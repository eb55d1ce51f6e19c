"""Where plan commands write: found out before the work, nothing replaced unasked, one line and exit code 2."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from signal_ctrl.cli import main
from signal_ctrl.domain.plan import Plan, plan_to_json
from tests.optimiser.green_wave.test_corridor_file import document
from tests.sumo_scenarios.small_nets import write_town

Call = Callable[..., tuple[int, str, str]]
TURNS = [("WC", "CE"), ("WC", "CN"), ("SC", "CN"), ("SC", "CE")]
COUNTS = "begin_s,end_s,signal,from_edge,to_edge,vehicles\n" + "".join(f"0,900,C,{x},{y},60\n" for x, y in TURNS)
COMMANDS = {
    "cycle-split": ("cycle-split", "town.sumocfg", "--counts", "counts.csv"),
    "green-wave": ("green-wave", "ring.json", "--cycle", "80"),
    "network": ("network", "town.sumocfg", "--counts", "counts.csv", "--no-search"),
}


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that carries out `plan` in a folder with a town, its counts and a ring road."""
    monkeypatch.chdir(tmp_path)
    write_town(tmp_path)
    rows = '<flow id="f" begin="0" end="60" number="9"><route edges="WC CE"/></flow>'
    Path("town.rou.xml").write_text(f"<routes>{rows}</routes>")
    Path("counts.csv").write_text(COUNTS)
    Path("ring.json").write_text(json.dumps(document()))
    Path("file").write_text("mine")
    Path("folder.json").mkdir()

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.call(("plan", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def no_work(*_: object, **__: object) -> None:
    raise AssertionError("the place of --out was looked at after the work had begun")


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every piece of long work fail; first where a module has taken a name, then where the name is from."""
    monkeypatch.setattr("sumo_scenarios.network_plans.build_world", no_work)
    monkeypatch.setattr("sumo_scenarios.world.build_world", no_work)
    monkeypatch.setattr("optimiser.green_wave.planning.plan_wave", no_work)


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("file/plan.json", "is no folder"),
        ("folder.json", "folder"),
        ("/proc/nowhere/plan.json", "cannot write"),
        ("x" * 300 + ".json", "cannot write"),
    ],
)
def test_a_place_that_cannot_be_written_is_found_before_the_work(call: Call, command: str, out: str, said: str) -> None:
    code, _, err = call(*COMMANDS[command], "--out", out)
    assert code == 2
    assert said in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_replaced_unless_asked(call: Call, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (*COMMANDS[command], "--out", "deep/plan.json")
    code, _, err = call(*arguments)
    assert code == 0, err
    first = Path("deep/plan.json").read_text()
    assert call(*arguments, "--overwrite")[0] == 0
    assert Path("deep/plan.json").read_text() == first
    Path("deep/plan.json").write_text("mine")
    with monkeypatch.context() as patched:
        patched.setattr("optimiser.green_wave.planning.plan_wave", no_work)
        patched.setattr("sumo_scenarios.network_plans.build_world", no_work)
        patched.setattr("sumo_scenarios.network_planning.plan_network", no_work)
        code, _, err = call(*arguments)
    assert (code, Path("deep/plan.json").read_text()) == (2, "mine")
    assert "exists" in err and "--overwrite" in err and len(err.splitlines()) == 1
    assert sorted(path.name for path in Path("deep").iterdir() if path.name.startswith(".")) == []


def test_the_table_beside_a_plan_is_not_replaced_either(call: Call) -> None:
    Path("plan.csv").write_text("mine")
    code, _, err = call(*COMMANDS["cycle-split"], "--out", "plan.json")
    assert code == 2 and "plan.csv exists" in err
    code, _, err = call(*COMMANDS["cycle-split"], "--out", "counts.json", "--overwrite")
    assert code == 2 and "counts.csv, which holds the counts" in err
    assert (Path("plan.csv").read_text(), Path("counts.csv").read_text()) == ("mine", COUNTS)


def test_the_plan_of_each_period_is_looked_at(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plan-450-900.json").write_text("mine")
    monkeypatch.setattr("signal_ctrl.engine.split_periods.plan_periods", no_work)
    code, _, err = call(*COMMANDS["cycle-split"], "--period", "450", "--out", "plan.json")
    assert code == 2 and "plan-450-900.json exists" in err


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    "arguments",
    [
        ("green-wave", "ring.json", "--out", "p.json", "--diagram", "PICTURE"),
        ("network", "town.sumocfg", "--out", "p.json", "--profile-of", "WC", "PICTURE"),
        ("transition", "a.json", "b.json", "--at", "0", "--scenario", "town.sumocfg", "--diagram", "PICTURE"),
        ("judge", "a.json", "town.sumocfg", "--picture", "PICTURE"),
    ],
)
def test_pictures_are_looked_at_before_the_work(call: Call, arguments: tuple[str, ...]) -> None:
    Path("old.svg").write_text("mine")
    for picture, said in (("old.svg", "exists"), ("file/a.svg", "no folder"), ("a.pdf", ".png or .svg")):
        code, _, err = call(*(picture if word == "PICTURE" else word for word in arguments))
        assert code == 2 and said in err and len(err.splitlines()) == 1
    assert Path("old.svg").read_text() == "mine"


def test_a_run_that_is_missing_and_a_file_for_a_folder_are_bad_input(call: Call) -> None:
    code, _, err = call("dispersion", "nowhere")
    assert code == 2 and "nowhere" in err and len(err.splitlines()) == 1
    Path("run").mkdir()
    Path("run/settings.json").write_text("{")
    code, _, err = call("dispersion", "run", "--out", "fit.json")
    assert code == 2 and "run/settings.json" in err and len(err.splitlines()) == 1
    code, _, err = call("dispersion", "nowhere", "--out", "file")
    assert code == 2 and "file exists" in err
    code, _, err = call("schedule", "town.sumocfg", "--counts", "counts.csv", "--date", "2026-03-02", "--out", "file")
    assert code == 2 and "file is no folder" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cycle-split", "town.sumocfg", "--out", "p.json", "--common", "--isolated"), "--common or --isolated, not"),
        (("network", "town.sumocfg", "--out", "p.json", "--search", "--no-search"), "--search or --no-search, not"),
        (("network", "town.sumocfg", "--out", "p.json", "--simulate", "1"), "--simulate needs 8 simulations"),
        (("sheet", "p.json", "--scenario", "town.sumocfg", "--out", "s.html", "--date", "abc"), "no date"),
        (("sheet", "p.json", "--scenario", "town.sumocfg", "--out", "s.html", "--date", "2026-02-30"), "no date"),
    ],
)
@pytest.mark.usefixtures("idle")
def test_options_that_say_two_things_or_nothing(call: Call, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = call(*arguments)
    assert code == 2 and said in err and len(err.splitlines()) == 1


def test_counts_are_checked_in_every_period(call: Call) -> None:
    busy = COUNTS.replace(",60\n", ",90\n")
    quiet = "".join(f"900,1800,C,{x},{y},6\n" for x, y in TURNS)
    bad = {
        quiet.replace(",C,WC,CE,", ",D,WC,CE,"): "counts from 900 to 1800 s name signal D",
        quiet.replace(",C,WC,CE,", ",C,CE,WC,"): "from 900 to 1800 s name a turn of signal C from CE to WC",
        quiet.replace("CE,6", "CE,-6"): "line 6",
        quiet.replace("CE,6", "CE,many"): "line 6",
    }
    arguments = ("network", "town.sumocfg", "--counts", "two.csv", "--no-search", "--out", "p.json")
    for more, said in bad.items():
        Path("two.csv").write_text(busy + more)
        code, _, err = call(*arguments)
        assert code == 2 and said in err.splitlines()[-1]
    Path("two.csv").write_text(busy + quiet)
    assert call(*arguments)[0] == 0


def test_a_plan_that_lets_queues_grow_says_where(call: Call) -> None:
    arguments = ("network", "town.sumocfg", "--counts", "counts.csv", "--no-search", "--out", "p.json", "--json")
    code, out, err = call(*arguments, "--scale", "9")
    (row,) = json.loads(out)["oversaturated"]
    assert code == 0
    assert row["signal"] == "C" and row["saturation"] > 1.0
    assert "1 of 1 signals are oversaturated" in err and f"C {row['saturation']:.2f} from {row['from_edge']}" in err
    code, out, err = call(*arguments, "--overwrite")
    assert json.loads(out)["oversaturated"] == [] and "oversaturated" not in err


def test_bands_are_told_in_seconds_and_the_objective_by_name(call: Call) -> None:
    for kind, words in (("maxband", "bands: "), ("am-band", "bands (mean of the links): ")):
        arguments = ("green-wave", "ring.json", "--kind", kind, "--cycle", "80", "--out", "p.json", "--overwrite")
        code, out, _ = call(*arguments)
        (part,) = json.loads(call(*arguments, "--json")[1])["parts"]
        directions = part["streets"][0]["directions"]
        told = ", ".join(f"{direction['name']} {direction['band_s']:.1f} s" for direction in directions)
        assert code == 0
        assert f"{words}{told}" in out.splitlines()[1]
        assert out.splitlines()[2].startswith(f"objective, {part['objective']} [cycles]: {part['found']:.4f} found")
        for direction in directions:
            assert direction["band_s"] == pytest.approx(sum(direction["bands_s"]) / len(direction["bands_s"]), abs=0.01)


def test_a_plan_is_a_whole_file(call: Call) -> None:
    """A plan that cannot be kept as text leaves nothing behind."""
    from sumo_scenarios.plan_file import read_plan, write_plan

    assert call(*COMMANDS["network"], "--out", "p.json")[0] == 0
    plan = read_plan(Path("p.json"))
    write_plan(Path("deep/q.json"), plan)
    assert Path("deep/q.json").read_text() == plan_to_json(Plan(plan.name, plan.signals)) + "\n"
