"""People and buses over HTTP: on a perfect wire the lamps of one process, at cabinets too; on a bad one no violation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detectors.loops.estimator import LoopEstimator
from optimiser.controller import Controller
from optimiser.coupling import Neighbour
from optimiser.fixed_plan import FixedPlanController
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.plan import Plan, plan_of_document
from signal_ctrl.domain.profile import STREET
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.adviser import WARM_S
from signal_ctrl.engine.junction import JunctionEngine
from sumo_scenarios.bus_options import BusOptions, parse_buses
from sumo_scenarios.buses.run_buses import RunBuses
from sumo_scenarios.buses.weighed import weighing
from sumo_scenarios.controllers import Maker, settings_of
from sumo_scenarios.driver import Driver, KernelDriver
from sumo_scenarios.link_conditions import LinkConditions, parse_link
from sumo_scenarios.logs import EventLog
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World
from tests.sumo_scenarios.over_http.test_over_http_sumo import PlanFirst, lamps, violations
from tests.sumo_scenarios.people_and_buses import town

BUSES = "every=2,usual=60"
TAKES_OVER_S = WARM_S + 61.0
"""An adviser has looked for long enough, and has been sound for a minute since; then it drives. [s]"""


def run(config: Path, out: Path, link: LinkConditions | None, controller: str, **more: Any) -> Path:
    settings = RunSettings(
        str(config), controller, 3, profile=STREET, crossings="buttons", buses=parse_buses(BUSES), link=link, **more
    )
    result = execute(settings, out, False, lambda _: None)
    assert result.status == "complete", (result.error, result.trace)
    return result.folder


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "decisions.jsonl").read_text().splitlines()]


@pytest.mark.sumo
@pytest.mark.slow
def test_where_the_optimiser_is_at_the_centre_lamps_and_decisions_are_those_of_one_process(tmp_path: Path) -> None:
    config = town(tmp_path / "town", 200.0)
    one = run(config, tmp_path / "one", None, "adaptive")
    two = run(config, tmp_path / "two", LinkConditions(), "adaptive")
    assert len(lamps(one)) >= 180
    assert lamps(one) == lamps(two)
    assert (one / "decisions.jsonl").read_bytes() == (two / "decisions.jsonl").read_bytes()
    assert any(row.get("plain", row.get("choice")) != row.get("choice") for row in rows(two))
    assert json.loads((two / "link.json").read_text())["missed_decisions"] == 0


def hearing(plan: Plan) -> Callable[..., Driver]:
    """Return what makes the driver of a run that keeps a plan up to the take-over, and hears of people and buses."""

    def made(
        world: World, settings: RunSettings, simulation: Simulation, folder: Path, begin_s: float, events: EventLog
    ) -> Driver:
        assert settings.buses is not None
        buses = RunBuses(world, settings.buses, simulation, settings.seed, begin_s)
        sites = {unit.site.signal_id: unit.site for unit in world.units}

        def through(maker: Maker) -> Maker:
            weighs = weighing(maker, settings_of(settings.controller, settings.options), buses)

            def make(layout: JunctionLayout, tables: StageTables, neighbour: Neighbour | None) -> Controller:
                own = plan.of(layout.signal_id)
                assert own is not None
                kept = FixedPlanController(own, sites[layout.signal_id])
                return PlanFirst(kept, weighs(layout, tables, neighbour), TAKES_OVER_S)

            return make

        class Hearing(KernelDriver):
            def step(self, time_s: float) -> None:
                buses.step(time_s)
                super().step(time_s)

        driver = Hearing(world, settings, simulation, folder, begin_s, events, through)
        for junction in driver.junctions:
            call_all(junction.engine)
        return driver

    return made


def call_all(engine: JunctionEngine) -> None:
    """Let everybody call while the plan decides, as at a cabinet."""
    decide, everybody = engine.decide, (1 << len(engine.kernel.site.groups)) - 1

    def decided(view: JunctionView, stages: tuple[int, ...], now_ds: int, *rest: Any) -> Any:
        waiting = everybody if now_ds <= 10 * TAKES_OVER_S else None
        return decide(view, stages, now_ds, *rest, waiting=waiting)

    engine.decide = decided  # type: ignore[method-assign]


@pytest.mark.sumo
@pytest.mark.slow
def test_a_cabinet_that_is_told_of_buses_and_has_buttons_does_what_one_process_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan, then the adviser: from its first second on the lamps are those of one process that knows the buses
    itself.
    """
    config = town(tmp_path / "town", 420.0)
    driven = run(config, tmp_path / "driven", LinkConditions(), "fixed", advise="adaptive")
    plan = plan_of_document(json.loads((driven / "settings.json").read_text())["plan"])
    noted = rows(driven)
    kept_s = max(row["t_ds"] for row in noted if "into the cycle" in row.get("reason", "")) / 10
    first_s = min(row["t_ds"] for row in noted if "cheapest" in row.get("reason", "")) / 10
    assert kept_s < TAKES_OVER_S <= first_s < 300.0
    assert any(row.get("plain", row.get("choice")) != row.get("choice") for row in noted)
    assert any(row.get("priority") in ("hold", "early") for row in noted)
    monkeypatch.setattr("sumo_scenarios.buses.driver.make_bus_driver", hearing(plan))
    join = LoopEstimator.join
    monkeypatch.setattr(LoopEstimator, "join", lambda self, _: join(self, {self.layout.signal_id: self}))
    alone = run(config, tmp_path / "alone", None, "adaptive", options=(("coupled_m", "0"),))
    assert len(lamps(driven)) >= 400
    assert lamps(driven) == lamps(alone)


@pytest.mark.sumo
@pytest.mark.slow
def test_on_a_bad_wire_no_lamp_is_wrong_and_nobody_is_kept_for_longer_than_the_limit(tmp_path: Path) -> None:
    config = town(tmp_path / "town", 420.0)
    wire = parse_link("loss=0.1,delay_ms=200,outage=330-350")
    bad = run(config, tmp_path / "bad", wire, "fixed", advise="adaptive", failure_rate=1.0, failure_kind="stuck-on")
    assert violations(bad) == {}
    assert json.loads((bad / "result.json").read_text())["kernel"]["violations"] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"controller": "fixed", "crossings": "buttons"},
        {"controller": "fixed", "buses": BusOptions()},
        {"controller": "max_pressure", "buses": BusOptions()},
    ],
)
def test_who_cannot_hear_over_http_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=r"--advise|--buses is for"):
        RunSettings("cologne1", link=LinkConditions(), **more)
