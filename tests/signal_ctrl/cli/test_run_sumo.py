"""`signal-ctrl run` and `demo` with SUMO itself."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.load.service import cpu_s
from sumo_scenarios.rundir import RUN_FILES
from tests.patience import until

pytestmark = pytest.mark.sumo

ORACLE = Path(__file__).parents[2] / "oracles" / "score_tripinfo.py"
COMMAND = (sys.executable, "-c", "from signal_ctrl.cli.main import main; main()")
EMPTY_NET = """<net version="1.20">
<edge id="e" from="a" to="b" priority="1">
<lane id="e_0" index="0" speed="10" length="100" shape="0,0 100,0"/></edge>
<junction id="a" type="dead_end" x="0" y="0" incLanes="" intLanes="" shape="0,0 0,3"/>
<junction id="b" type="dead_end" x="100" y="0" incLanes="e_0" intLanes="" shape="100,0 100,3"/>
</net>"""


def signal_ctrl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def oracle(run: Path) -> dict[str, Any]:
    command = [
        sys.executable,
        str(ORACLE),
        str(run / "tripinfo.xml.gz"),
        "--statistics",
        str(run / "statistics.xml"),
    ]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def result_of(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "result.json").read_text())
    return found


def left_in(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@pytest.mark.parametrize("controller", ["net", "actuated", "adaptive"])
def test_a_run_agrees_with_the_independent_scorer(tmp_path: Path, controller: str) -> None:
    arguments = ("run", "cologne1", "--controller", controller, "--end", "25500", "--out", "r")
    done = signal_ctrl(tmp_path, *arguments)
    assert (done.returncode, "not a valid run" in done.stderr) == (0, False), done.stderr
    assert left_in(tmp_path / "r") == RUN_FILES - {"programmes.add.xml", "plan_changes.csv", "link.json"}
    ours, theirs = result_of(tmp_path / "r"), oracle(tmp_path / "r")
    for name in ("delay_s_per_vehicle", "stops_per_vehicle", "longest_wait_s"):
        assert ours[name] == pytest.approx(theirs[name], abs=0.001)
    assert (ours["vehicles"], ours["teleports"]) == (theirs["vehicles"], theirs["teleports"])
    assert (ours["begin_s"], ours["end_s"], ours["sumo"]) == (25200.0, 25500.0, "1.28.0")


def begin_long_run(folder: Path) -> "subprocess.Popen[str]":
    """Start an hour of simulation and return once it is under way."""
    process = subprocess.Popen(
        [*COMMAND, "run", "ingolstadt21", "--controller", "net", "--out", "r"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: list(folder.glob(".r.partial-*/tls_states.xml.gz")), "a simulation")
    simulation = simulation_of(process)
    begun_s = cpu_s(simulation)
    until(lambda: cpu_s(simulation) > begun_s + 1.0, "a second of its steps")
    return process


def simulation_of(process: "subprocess.Popen[str]") -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


def test_ctrl_c_leaves_a_run_marked_interrupted(tmp_path: Path) -> None:
    process = begin_long_run(tmp_path)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert left_in(tmp_path) == {"r"}
    found = result_of(tmp_path / "r")
    assert found["status"] == "interrupted"
    assert 57600.0 < found["end_s"] < 61200.0
    assert found["delay_s_per_vehicle"] is not None


def test_sumo_dying_leaves_a_run_marked_failed(tmp_path: Path) -> None:
    process = begin_long_run(tmp_path)
    os.kill(simulation_of(process), signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "the simulation died (SIGKILL)" in err and "Simulation version" in err
    assert left_in(tmp_path) == {"r"}
    assert result_of(tmp_path / "r")["status"] == "failed"


@pytest.mark.parametrize(
    ("net", "routes", "words"),
    [
        (EMPTY_NET, "<routes/>", "signal"),
        ("<net><edge", "<routes/>", "town.net.xml"),
        (EMPTY_NET, '<routes><vehicle id="a"', ""),
    ],
)
def test_files_that_cannot_be_used_leave_nothing(tmp_path: Path, net: str, routes: str, words: str) -> None:
    (tmp_path / "town.net.xml").write_text(net)
    (tmp_path / "town.rou.xml").write_text(routes)
    (tmp_path / "town.sumocfg").write_text(
        '<configuration><input><net-file value="town.net.xml"/><route-files value="town.rou.xml"/></input>'
        '<time><begin value="0"/><end value="60"/></time></configuration>'
    )
    before = left_in(tmp_path)
    done = signal_ctrl(tmp_path, "run", "town.sumocfg", "--out", "r")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr
    assert left_in(tmp_path) == before


@pytest.mark.slow
def test_the_demo_leaves_a_report_with_its_data(tmp_path: Path) -> None:
    done = signal_ctrl(tmp_path, "demo", "--end", "25800", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    out = tmp_path / "out" / "demo"
    assert left_in(out) == {
        "net", "actuated", "adaptive", "delay_over_time.csv", "queues.csv", "summary.json", "report.html",
    }  # fmt: skip
    for run in found["runs"]:
        assert run["delay_s_per_vehicle"] == pytest.approx(
            oracle(out / run["run_dir"])["delay_s_per_vehicle"], abs=0.001
        )
        assert run["worst_junction"]["mean_queue_veh"] >= 0
    page = (out / "report.html").read_text()
    assert all(f'id="{name}"' in page for name in ("delay-1040", "queue-7", "lamps-1040", "stage-A"))
    again = signal_ctrl(tmp_path, "demo", "--end", "25260")
    assert again.returncode == 0
    assert "worst junction" in again.stdout


def test_with_evidence_a_run_tells_the_speed_on_its_arterial(tmp_path: Path) -> None:
    arguments = ("--controller", "net", "--end", "25500", "--out", "run", "--evidence", "more")
    done = signal_ctrl(tmp_path, "run", "cologne3", *arguments)
    assert done.returncode == 0, done.stderr
    assert "not judged: no whole hour" in done.stdout
    found = json.loads((tmp_path / "more" / "measures.json").read_text())
    assert found["invalid"] == [] and len(found["tables"]["artery_hours"]) == 2
    assert signal_ctrl(tmp_path, "run", "--replay", "run", "--out", "b", "--evidence", "c").returncode == 2
