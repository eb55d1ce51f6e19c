"""The command line: what it prints, where, and with which exit code."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from signal_ctrl.cli import main
from signal_ctrl.cli.failures import EXIT_CODES, agree, exit_code_of, line_of
from signal_ctrl.domain import errors
from tests.lag import timed

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that carries out a command line in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.call(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("frobnicate", ["frobnicate", "--help"]),
        ("run cologne8", ["--out", "run --help"]),
        ("run --out x", ["SCENARIO", "scenarios list"]),
        ("run cologn8 --out x", ["cologn8", "cologne8"]),
        ("run no/such.sumocfg --out x", ["no/such.sumocfg"]),
        ("run cologne8 --out x --controller greddy", ["greddy", "greedy"]),
        ("run cologne8 --out x --sensing radar", ["radar", "loops"]),
        ("run cologne8 --out x --profile race", ["race", "published"]),
        ("run cologne8 --out x --seed -1", ["--seed", "-1"]),
        ("run cologne8 --out x --seed one", ["--seed"]),
        ("run cologne8 --out x --sead 1", ["--sead", "--seed"]),
        ("run cologne8 --out x --begin 26000 --end 25900", ["--end", "--begin"]),
        ("run cologne8 --out x --begin 29000", ["--begin", "28800"]),
        ("run cologne8 --out x --end 25200", ["--end", "25200"]),
        ("run cologne8 --out x --scale 0", ["--scale"]),
        ("run cologne8 --out x --scale nan", ["--scale"]),
        ("run cologne8 --out x --set horizon", ["--set", "key=value"]),
        ("run cologne8 --out x --close e@5", ["--close", "@FROM-TO"]),
        ("run cologne8 --out x --close e@9-5", ["--close", "FROM before TO"]),
        ("run --replay nothing --out x", ["nothing", "result.json"]),
        ("run cologne8 --replay nothing --out x", ["SCENARIO"]),
        ("run cologne8 --out .", ["current folder"]),
        ("run cologne8 --out file", ["is a file"]),
        ("run cologne8 --out file/below", ["choose another --out"]),
        ("run cologne8 --out full", ["no run wrote", "choose another --out"]),
        ("run broken.sumocfg --out x", ["broken.sumocfg"]),
        ("run netless.sumocfg --out x", ["gone.net.xml"]),
        ("scenarios frobnicate", ["frobnicate"]),
        ("scenarios show grid", ["grid4x4"]),
        ("scenarios show", ["missing argument", "--help"]),
        ("scenarios build atlantis --out x", ["atlantis", "tees"]),
        ("scenarios build tees --out full", ["exists"]),
        ("demo --scenario nowhere", ["nowhere"]),
        ("demo --seed -4", ["--seed"]),
        ("demo --city --host 0.0.0.0", ["127.0.0.1", "0.0.0.0"]),
        ("demo --city --speed 0", ["--speed", "0.5"]),
        ("demo --city --minutes -1", ["--minutes"]),
        ("demo --city --port 0 --scenario nowhere", ["nowhere"]),
        ("doctor --patient me", ["--patient"]),
    ],
)
def test_bad_input_is_one_line_and_code_2_and_leaves_nothing(
    call: Call, tmp_path: Path, arguments: str, words: list[str]
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("")
    (tmp_path / "broken.sumocfg").write_text("<configuration><input>")
    (tmp_path / "netless.sumocfg").write_text(
        '<configuration><input><net-file value="gone.net.xml"/></input></configuration>'
    )
    before = sorted(tmp_path.rglob("*"))
    code, out, err = call(*arguments.split())
    assert (code, out) == (2, "")
    assert err.startswith("signal-ctrl: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


def test_errors_can_be_read_by_programs(call: Call) -> None:
    code, out, err = call("run", "cologn8", "--out", "x", "--json")
    found = json.loads(out)
    assert (code, found["exit_code"]) == (2, 2)
    assert err == f"signal-ctrl: {found['error']}\n"


def test_versions_name_sumo(call: Call) -> None:
    code, out, _ = call("--version")
    assert code == 0
    assert out.startswith("signal-ctrl ") and "SUMO 1.28" in out
    found = json.loads(call("--version", "--json")[1])
    assert set(found) == {"signal-ctrl", "sumo", "python"}


@pytest.mark.parametrize("arguments", [(), ("--help",), ("run", "--help"), ("scenarios",), ("demo", "--help")])
def test_help_needs_no_error(call: Call, arguments: tuple[str, ...]) -> None:
    code, out, err = call(*arguments)
    assert (code, err) == (0, "")
    assert "Usage: signal-ctrl" in out


def test_the_catalogue_is_listed(call: Call) -> None:
    assert "cologne8" in call("scenarios", "list")[1]
    found = json.loads(call("scenarios", "list", "--json")[1])
    assert {"cologne8", "ingolstadt21", "grid4x4"} <= {item["name"] for item in found}
    assert all(item["terms"] for item in found)
    made = {"corridor", "newtown"}  # built when they are first asked for
    assert all(Path(item["config"]).is_file() for item in found if item["name"] not in made)


def test_a_network_is_made_and_can_be_shown(call: Call, tmp_path: Path) -> None:
    made = call("scenarios", "build", "roundabout", "--out", str(tmp_path / "town"))[1]
    config = Path(made.strip().rpartition(" ")[2])
    assert config == tmp_path / "town" / "roundabout.sumocfg"
    assert json.loads(call("scenarios", "show", str(config), "--json")[1])["end_s"] == 3600.0


def test_a_scenario_is_shown(call: Call) -> None:
    found = json.loads(call("scenarios", "show", "cologne8", "--json")[1])
    assert (found["begin_s"], found["end_s"], found["from_catalogue"]) == (25200.0, 28800.0, True)
    assert "research" in call("scenarios", "show", "cologne8")[1]


def every_error() -> list[type[errors.SignalCtrlError]]:
    found: list[type[errors.SignalCtrlError]] = []
    waiting = [errors.SignalCtrlError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += [known for known in kind.__subclasses__() if not known.__name__.startswith("_")]
    return found


@pytest.mark.parametrize("kind", every_error())
def test_every_error_of_the_tree_has_its_code(kind: type[errors.SignalCtrlError]) -> None:
    more = {errors.RefusedError: ("K1/x", "y"), errors.TooManyError: ("x\ny", 1)}
    error = kind(*next((words for known, words in more.items() if issubclass(kind, known)), ("x\ny",)))
    expected = 2 if issubclass(kind, errors.InvalidInputError) else 3 if issubclass(kind, errors.BackendError) else None
    assert exit_code_of(error) in ({expected} if expected else {1, 3})
    assert "\n" not in line_of(error)
    assert next(known for known, _ in EXIT_CODES if issubclass(kind, known)) in kind.__mro__


def test_the_table_goes_from_special_to_general() -> None:
    kinds = [kind for kind, _ in EXIT_CODES]
    assert not [
        (first, second) for k, first in enumerate(kinds) for second in kinds[k + 1 :] if issubclass(second, first)
    ]


def test_other_errors_are_one_line_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str, build: bool) -> None:
        raise ZeroDivisionError("x\ny")

    monkeypatch.setattr("sumo_scenarios.catalogue.resolve", fail)
    code, _, err = call("scenarios", "list")
    assert (code, err.count("\n")) == (3, 1)
    assert "internal error: ZeroDivisionError: x y" in err
    monkeypatch.setenv("SIGNAL_CTRL_TRACE", "1")
    assert "Traceback" in call("scenarios", "list")[2]


def test_no_is_an_answer_and_no_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    with pytest.raises(typer.Exit) as left:
        agree("issue it?")
    assert left.value.exit_code == 130
    assert capsys.readouterr().err == "signal-ctrl: nothing was done\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert agree("issue it?")


def test_an_interrupt_outside_of_a_run_is_130(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sumo_scenarios.catalogue.names", interrupt)
    assert call("scenarios", "list") == (130, "", "signal-ctrl: interrupted\n")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_the_command_starts_quickly_and_without_heavy_imports(arguments: list[str]) -> None:
    watch = (
        "import sys; from signal_ctrl.cli import main; code = main.call(sys.argv[1:]); "
        "heavy = {'numba', 'numpy', 'polars', 'scipy', 'libsumo', 'traci', 'sumolib'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    took_s: list[float] = []
    while not took_s or (took_s[-1] >= 2.0 and len(took_s) < 5):  # a machine may be busy; it can start quickly
        with timed() as took:
            done = subprocess.run(
                [sys.executable, "-c", watch, *arguments], capture_output=True, text=True, check=False
            )
        assert (done.returncode, done.stderr) == (0, "")
        took_s.append(took.own_s)
    assert min(took_s) < 2.0


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    script = f"{sys.executable} -c 'from signal_ctrl.cli.main import main; main()' run --help | head -n 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Usage")
    assert done.stderr == ""


def test_a_reader_that_has_seen_enough_is_no_check_that_failed() -> None:
    code = "from signal_ctrl.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as it:
        assert it.stdout is not None and it.stderr is not None
        it.stdout.close()
        assert it.stderr.read() == b""
    assert it.returncode == 141
