"""A run over HTTP: on a perfect wire the lamps of a run in one process, on a bad one no violation."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.tuning.store import tuned_plan
from detectors.loops.estimator import LoopEstimator
from optimiser.controller import Controller, Decision, Situation
from optimiser.coupling import Neighbour
from optimiser.fixed_plan import FixedPlanController
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.view import JunctionView
from sumo_scenarios.controllers import Maker
from sumo_scenarios.driver import Driver, KernelDriver
from sumo_scenarios.link_conditions import LinkConditions, parse_link
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World

ORACLE = Path(__file__).resolve().parents[2] / "oracles" / "check_lamps.py"


def run(
    out: Path, link: LinkConditions | None, controller: str = "adaptive", end_s: float = 25_380.0, **more: Any
) -> Path:
    settings = RunSettings(**{"scenario": "cologne1", "controller": controller, "end_s": end_s, "link": link, **more})
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


@pytest.mark.sumo
@pytest.mark.slow
@pytest.mark.parametrize("controller", ["fixed", "green_wave"])
def test_a_plan_issued_to_several_cabinets_is_kept_as_in_one_process(tmp_path: Path, controller: str) -> None:
    more = {"scenario": "cologne3", "plan": tuned_plan("cologne3", PUBLISHED, "fixed", None)}
    assert more["plan"] is not None
    one = run(tmp_path / "one", None, controller, 25_320.0, **more)
    two = run(tmp_path / "two", LinkConditions(), controller, 25_320.0, **more)
    assert len(lamps(one)) >= 3 * 120
    assert lamps(one) == lamps(two)
    figures = json.loads((two / "link.json").read_text())
    assert list(figures["decides"].values()) == ["centre"] * 3
    assert figures["requests"]["304"] > 100
    assert json.loads((two / "result.json").read_text())["kernel"]["violations"] == 0


@pytest.mark.sumo
@pytest.mark.slow
def test_with_advice_the_plan_is_kept_and_counts_and_expected_gain_come_to_the_centre(tmp_path: Path) -> None:
    end_s = 25_520.0
    one = run(tmp_path / "one", None, "fixed", end_s)
    two = run(tmp_path / "two", LinkConditions(), "fixed", end_s, advise="shadow")
    assert lamps(one) == lamps(two)
    figures = json.loads((two / "link.json").read_text())
    assert list(figures["decides"].values()) == ["centre"]
    centre = figures["centre"]
    (report,) = centre["shadow"].values()
    assert report["mode"] == "shadow"
    assert report["decisions"] > 50
    assert 0 < report["differing"] <= report["decisions"]
    assert report["gain_veh_h_per_h"] > 0
    assert centre["advice"] > 0
    assert centre["group_counts"] >= 4
    assert centre["vehicles"] == pytest.approx(report["vehicles"], abs=10)


@pytest.mark.sumo
@pytest.mark.slow
def test_switched_on_adaptive_control_drives_and_on_a_bad_wire_no_lamp_is_wrong(tmp_path: Path) -> None:
    good = run(tmp_path / "good", LinkConditions(), "fixed", 25_420.0, advise="adaptive")
    assert list(json.loads((good / "link.json").read_text())["decides"].values()) == ["adaptive control"]
    assert violations(good) == {}
    wire = parse_link("loss=0.2,delay_ms=300,outage=25400-25480")
    bad = run(tmp_path / "bad", wire, "fixed", 25_480.0, advise="adaptive")
    assert list(json.loads((bad / "link.json").read_text())["decides"].values()) == ["local plan"]
    assert violations(bad) == {}


class PlanFirst:
    """A controller that keeps a plan up to a time, and asks the rollout beside it from the first second on. [s]"""

    def __init__(self, plan: Controller, rollout: Controller, until_s: float) -> None:
        self._plan, self._rollout, self._until_s = plan, rollout, until_s

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        wish = self._rollout.decide(view, situation)
        return self._plan.decide(view, situation) if situation.now_s < self._until_s else wish


@pytest.mark.sumo
@pytest.mark.slow
def test_after_it_has_taken_over_it_does_what_it_would_do_in_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three junctions under a plan, then driven by their advisers: the lamps are those of estimators and rollouts in
    one process that know nothing of each other and take over in the same second.
    """
    plan, end_s = tuned_plan("cologne3", PUBLISHED, "fixed", None), 25_460.0
    assert plan is not None
    more = {"scenario": "cologne3", "plan": plan, "advise": "adaptive"}
    driven = run(tmp_path / "driven", LinkConditions(), "fixed", end_s, **more)
    notes = [json.loads(line) for line in (driven / "decisions.jsonl").read_text().splitlines()]
    at_s = min(note["t_ds"] for note in notes if "cheapest" in note["reason"]) / 10
    assert max(note["t_ds"] for note in notes if "into the cycle" in note["reason"]) / 10 < at_s < end_s - 60

    def made(world: World, *rest: Any) -> Driver:
        sites = {unit.site.signal_id: unit.site for unit in world.units}

        def through(maker: Maker) -> Maker:
            def make(layout: JunctionLayout, tables: StageTables, neighbour: Neighbour | None) -> Controller:
                own = plan.of(layout.signal_id)
                assert own is not None
                kept = FixedPlanController(own, sites[layout.signal_id])
                return PlanFirst(kept, maker(layout, tables, neighbour), at_s)

            return make

        return KernelDriver(world, *rest, through=through)

    join = LoopEstimator.join
    monkeypatch.setattr(LoopEstimator, "join", lambda self, _: join(self, {self.layout.signal_id: self}))
    monkeypatch.setattr("sumo_scenarios.closed_loop.make_driver", made)
    alone = run(tmp_path / "alone", None, "adaptive", end_s, scenario="cologne3", options=(("coupled_m", "0"),))
    assert len(lamps(driven)) >= 3 * 200
    assert lamps(driven) == lamps(alone)


@pytest.mark.parametrize("controller", ["net", "actuated", "delay_based", "sumo_adapted", "sumo_coordinated"])
def test_sumos_own_controllers_have_no_cabinet(controller: str) -> None:
    with pytest.raises(InvalidInputError, match="within SUMO"):
        RunSettings("cologne1", controller, link=LinkConditions())


@pytest.mark.parametrize(
    "more",
    [
        {"advise": "shadow"},
        {"advise": "always", "link": LinkConditions()},
        {"advise": "shadow", "link": LinkConditions(), "controller": "adaptive"},
        {"advise": "shadow", "link": LinkConditions(), "sensing": "positions"},
    ],
)
def test_advice_is_for_cabinets_under_a_plan(more: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        RunSettings("cologne1", **{"controller": "fixed", **more})
