"""A run over HTTP: on a perfect wire the lamps of a run in one process, on a bad one no violation."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.link_conditions import LinkConditions, parse_link
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings

ORACLE = Path(__file__).resolve().parents[2] / "oracles" / "check_lamps.py"


def run(out: Path, link: LinkConditions | None, controller: str = "adaptive", end_s: float = 25_380.0) -> Path:
    settings = RunSettings("cologne1", controller, end_s=end_s, link=link)
    result = execute(settings, out, False, lambda _: None)
    assert result.status == "complete", result.error
    return result.folder


def lamps(folder: Path) -> list[str]:
    text = gzip.decompress((folder / "tls_states.xml.gz").read_bytes()).decode()
    return [line for line in text.splitlines() if "<tlsState " in line]


def violations(folder: Path) -> dict[str, int]:
    command = [sys.executable, str(ORACLE), str(folder / "net.xml"), str(folder / "tls_states.xml.gz"), "--json"]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)["violations"])


@pytest.mark.sumo
@pytest.mark.slow
@pytest.mark.parametrize("controller", ["adaptive", "max_pressure"])
def test_on_a_perfect_wire_lamps_and_decisions_are_those_of_one_process(tmp_path: Path, controller: str) -> None:
    one, two = run(tmp_path / "one", None, controller), run(tmp_path / "two", LinkConditions(), controller)
    assert len(lamps(one)) >= 180
    assert lamps(one) == lamps(two)
    assert (one / "decisions.jsonl").read_bytes() == (two / "decisions.jsonl").read_bytes()
    figures = json.loads((two / "link.json").read_text())
    assert figures["missed_decisions"] == 0
    assert figures["requests"]["304"] > 100
    assert not (one / "link.json").exists()


@pytest.mark.sumo
@pytest.mark.slow
def test_on_a_bad_wire_the_ladder_steps_and_no_lamp_is_wrong(tmp_path: Path) -> None:
    bad = run(tmp_path / "bad", parse_link("loss=0.1,delay_ms=300,outage=25260-25330,restart=25350"))
    assert violations(bad) == {}
    figures = json.loads((bad / "link.json").read_text())
    assert figures["missed_decisions"] > 10
    assert figures["requests"]["lost"] > 20
    steps = [json.loads(line) for line in (bad / "decisions.jsonl").read_text().splitlines()]
    assert any(step.get("rung") == "plan" for step in steps)
    assert json.loads((bad / "result.json").read_text())["kernel"]["violations"] == 0


@pytest.mark.parametrize(
    "wrong", ["loss=2", "loss=x", "delay_ms=-1", "outage=9-5", "outage=5", "speed=3", "loss", "delay_ms=20000"]
)
def test_conditions_that_are_none_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_link(wrong)


def test_over_http_is_for_controllers_that_are_asked() -> None:
    with pytest.raises(InvalidInputError):
        RunSettings("cologne1", "fixed", link=LinkConditions())
