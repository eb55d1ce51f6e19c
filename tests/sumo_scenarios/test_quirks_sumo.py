"""Closed-loop runs on users' quirks, judged from SUMO's own files by the independent referee."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name
from sumo_scenarios.closed_loop import run_closed_loop
from sumo_scenarios.outcome import LoopOutcome
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.supervise import Ending, Job, supervise
from sumo_scenarios.world import World
from tests.sumo_scenarios.mutations import damaged
from tests.sumo_scenarios.networks import flows, write_config
from tests.sumo_scenarios.quirks import DAY, PLAN, QUIRKS, WAYS, write_town
from tests.sumo_scenarios.small_nets import world_of
from tests.sumo_scenarios.test_switching import CASES

pytestmark = pytest.mark.sumo

REFEREE = Path(__file__).parents[1] / "oracles" / "check_lamps.py"
LONGEST_RED_S = 190.0  # K4 promises 150 s from the first call on, which comes with the first vehicle


@dataclass(frozen=True)
class Run:
    """A run that stands."""

    folder: Path
    outcome: LoopOutcome

    def statistics(self, name: str) -> dict[str, str]:
        found = ElementTree.parse(self.folder / "statistics.xml").getroot().find(name)
        assert found is not None
        return found.attrib

    def programmes(self, signal: str) -> set[str]:
        with gzip.open(self.folder / "tls_states.xml.gz") as stream:
            rows = ElementTree.parse(stream).getroot().iter("tlsState")
            return {row.attrib["programID"] for row in rows if row.get("id") == signal}


def run(config: Path, folder: Path, controller: str, sensing: str = "loops", profile: str = "published") -> Run:
    settings = RunSettings(str(config), controller, sensing=sensing, profile=profile_by_name(profile))
    ending = ending_of(settings, folder)
    assert ending.outcome is not None, (ending.error, ending.log, ending.trace)
    return Run(folder, ending.outcome)


def ending_of(settings: RunSettings, folder: Path) -> Ending[LoopOutcome]:
    """Run in a child, as libsumo holds one simulation a process."""
    folder.mkdir(parents=True)
    job = Job(lambda report, stop: run_closed_loop(settings, folder, report, stop), folder / "log")
    (ending,) = supervise([job], lambda _index, _progress: None)
    return ending


def judged(made: Run, signals: tuple[str, ...], walkers: bool) -> dict[str, Any]:
    command = [str(REFEREE), str(made.folder / "net.xml"), str(made.folder / "tls_states.xml.gz"), "--json"]
    command += ["--signals", ",".join(signals)] + (["--ped-speed", "1.2"] if walkers else [])
    if (made.folder / "programmes.add.xml").exists():
        command += ["--additional", str(made.folder / "programmes.add.xml")]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def town_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the configuration of a quirk; networks are built once a session."""
    root = tmp_path_factory.mktemp("towns")
    made: dict[str, Path] = {}

    def town(name: str) -> Path:
        if name not in made:
            made[name] = write_town(QUIRKS[name], root / str(len(made)), root / "nets")
        return made[name]

    return town


def controlled(world: World) -> tuple[str, ...]:
    return tuple(unit.site.signal_id for unit in world.units)


RUNS = [(name, *how) for name, quirk in QUIRKS.items() for how in quirk.runs]


@pytest.mark.parametrize(("name", "controller", "sensing", "profile"), RUNS)
def test_a_quirk_is_controlled_without_a_fault(
    name: str, controller: str, sensing: str, profile: str, town_of: Callable[[str], Path], tmp_path: Path
) -> None:
    config, quirk = town_of(name), QUIRKS[name]
    before = sorted(config.parent.rglob("*"))
    made = run(config, tmp_path / "run", controller, sensing, profile)
    assert (made.outcome.violations, made.outcome.refusals) == (0, 0)
    assert {signal for signal, _ in made.outcome.left_alone} == quirk.alone
    found = judged(made, made.outcome.signals, bool(quirk.walkers))
    assert found["violations"] == {}
    if name != "one stage":
        assert found["longest_red_s"] <= LONGEST_RED_S
    assert made.statistics("safety")["collisions"] == "0"
    vehicles = made.statistics("vehicles")
    assert int(vehicles["inserted"]) - int(vehicles["running"]) >= 0.25 * int(vehicles["inserted"]) > 0
    assert sorted(config.parent.rglob("*")) == before


@pytest.mark.parametrize("controller", ["actuated", "delay_based"])
@pytest.mark.parametrize("name", [name for name in QUIRKS if not name.startswith("steps")])
def test_sumos_own_controllers_keep_their_programme(
    name: str, controller: str, town_of: Callable[[str], Path], tmp_path: Path
) -> None:
    config, quirk = town_of(name), QUIRKS[name]
    before = sorted(config.parent.rglob("*"))
    world = world_of(config)
    made = run(config, tmp_path / "run", controller)
    for signal in controlled(world):
        assert made.programmes(signal) == {"signal-ctrl"}
    found = judged(made, controlled(world), bool(quirk.walkers))
    assert found["violations"] == {}
    assert made.statistics("safety")["collisions"] == "0"
    assert sorted(config.parent.rglob("*")) == before


def test_the_networks_own_programme_runs_as_it_is(town_of: Callable[[str], Path], tmp_path: Path) -> None:
    for index, (name, shown) in enumerate(
        {"a switch plan": {"day", "arms"}, "outputs": {"0"}, "rings": {"n"}, "actuated": {"x"}}.items()
    ):
        config = town_of(name)
        before = sorted(config.parent.rglob("*"))
        made = run(config, tmp_path / str(index), "net")
        assert made.programmes("C") == shown
        assert sorted(config.parent.rglob("*")) == before


def test_stages_of_a_plan_count_from_their_switch_on(town_of: Callable[[str], Path], tmp_path: Path) -> None:
    made = run(town_of("a switch plan"), tmp_path / "run", "max_pressure")
    (unit,) = world_of(town_of("a switch plan")).units
    rows = [json.loads(line) for line in (made.folder / "decisions.jsonl").read_text().splitlines()]
    wished = {programme: set() for programme in range(3)}  # type: dict[int, set[int]]
    for row in rows:
        if "ask" in row:
            programme = sum(row["t_ds"] >= at_s * 10 for at_s, _ in unit.stages_from) - 1
            wished[programme].add(row["ask"])
    for programme, (_, stages) in enumerate(unit.stages_from):
        assert wished[programme] and wished[programme] <= set(stages)


WATCH = """
import json, os, sys
import sumo
os.environ["SUMO_HOME"] = os.path.dirname(sumo.__file__)
import libsumo
found = {}
for name, (file, begin_s, end_s) in json.load(open(sys.argv[1])).items():
    libsumo.start(["sumo", "-n", "town.net.xml", "-a", file, "-b", str(begin_s), "-e", str(end_s), "--no-step-log",
                   "true", "--xml-validation", "never"])
    shown = [(begin_s, libsumo.trafficlight.getProgram("C"))]
    while libsumo.simulation.getTime() <= end_s:
        at_s = libsumo.simulation.getTime()
        libsumo.simulationStep()
        if libsumo.trafficlight.getProgram("C") != shown[-1][1]:
            shown.append((at_s, libsumo.trafficlight.getProgram("C")))
    found[name] = shown
    libsumo.close()
print("FOUND" + json.dumps(found))
"""


def test_programmes_in_force_are_those_that_sumo_runs(town_of: Callable[[str], Path], tmp_path: Path) -> None:
    """The expected times of test_switching, asked of SUMO itself."""
    (tmp_path / "town.net.xml").write_bytes((town_of("four arms").parent / "town.net.xml").read_bytes())
    cases = {}
    for index, (name, (text, begin_s, end_s, _)) in enumerate(CASES.items()):
        wide = text.replace('state="Gr"', 'state="rrrGGGgrrrGGGg"').replace('state="rG"', 'state="GGgrrrrGGgrrrr"')
        (tmp_path / f"{index}.add.xml").write_text(f"<additional>{wide}</additional>")
        cases[name] = (f"{index}.add.xml", begin_s, end_s)
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    command = [sys.executable, "-c", WATCH, "cases.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("FOUND")), "")
    assert line, done.stderr
    for name, shown in json.loads(line.removeprefix("FOUND")).items():
        assert [(at_s, None if to == "off" else to) for at_s, to in shown] == CASES[name][3], name


def test_damage_that_the_import_lets_pass_is_survived_or_refused(
    town_of: Callable[[str], Path], tmp_path: Path
) -> None:
    net = (town_of("four arms").parent / "town.net.xml").read_text(encoding="utf-8")
    refused, run_through = 0, 0
    for seed in range(100):
        folder = tmp_path / str(seed)
        folder.mkdir()
        config, done = damaged(folder, seed, net)
        try:
            world_of(config)
        except InvalidInputError:
            continue
        ending = ending_of(RunSettings(str(config), "max_pressure", end_s=20.0), folder / "run")
        if ending.outcome is None:
            assert isinstance(ending.error, InvalidInputError), (seed, done, ending.error, ending.log, ending.trace)
            assert "\n" not in str(ending.error)
            refused += 1
        else:
            run_through += 1
    assert refused > 3 and run_through > 3


COMMAND = (sys.executable, "-c", "from signal_ctrl.cli.main import main; main()")
CROSSING = DAY.replace('programID="day"', 'programID="x"').replace("rrrGGGgrrrGGGg", "GGGGGGgrrrGGGg")


@pytest.mark.parametrize(
    ("additional", "spoil", "word"),
    [
        (CROSSING, "", "cross, but its programme gives both priority green"),
        (DAY + PLAN, "", "'arms', which does not exist"),
        (DAY.replace("GGgrrrrGGgrrrr", "GGg"), "", "uneven"),
        ("<tlLogic id='C'", "", "not well-formed"),
        ("", "town.net.xml", "cannot read"),
        ("", "town.rou.xml", "cannot read"),
        ('<inductionLoop id="d" lane="none_0" pos="1" file="NUL"/>', "", "SUMO does not take this scenario"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    additional: str, spoil: str, word: str, town_of: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "town.net.xml").write_bytes((town_of("four arms").parent / "town.net.xml").read_bytes())
    write_config(tmp_path, routes=flows(WAYS), additional=additional, end_s=60.0)
    if spoil:
        (tmp_path / spoil).write_bytes(gzip.compress((tmp_path / spoil).read_bytes())[:-40])
    before = sorted(tmp_path.iterdir())
    command = [*COMMAND, "run", "town.sumocfg", "--out", "deep/run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert word in done.stderr
    assert sorted(tmp_path.iterdir()) == before
