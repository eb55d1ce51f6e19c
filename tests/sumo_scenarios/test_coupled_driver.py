"""What a coupled signal tells the other one, and a pair in closed loop: repeated, explained."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from signal_ctrl.kernel.state import Mode
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.controllers import settings_of
from sumo_scenarios.driver import ControlledJunction, couple, partners
from sumo_scenarios.explain import Recorded, explain
from sumo_scenarios.plain_net import Plain
from sumo_scenarios.run import execute, replay
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import build_world
from tests.sumo_scenarios.networks import flows, write_config


def junction(name: str, mode: Mode = Mode.RUNNING, forced: int = -1) -> Any:
    unit = SimpleNamespace(site=SimpleNamespace(signal_id=name), stages_from=((0.0, (0, 1)),))
    engine = SimpleNamespace(core=SimpleNamespace(mode=mode, forced=forced, stage=1))
    return ControlledJunction(unit, engine, SimpleNamespace(view=lambda _time_s, _engine: name))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "forced", "told"),
    [(Mode.RUNNING, -1, ("b", 1, (0, 1), 7.0)), (Mode.RUNNING, 2, ("b", 1, (), 7.0)), (Mode.FLASHING, -1, None)],
)
def test_a_coupled_signal_tells_what_it_may_do(mode: Mode, forced: int, told: tuple[Any, ...] | None) -> None:
    """Nothing while it is not in normal service; no choices while the kernel chooses for it."""
    a, b = junction("a"), junction("b", mode, forced)
    couple([a, b], {"a": "b", "b": "a"})
    assert a.beside is None  # it has not looked yet
    b.look(7.0)
    seen = a.beside
    assert (seen if seen is None else (seen.view, seen.stage, seen.stages, seen.at_s)) == told


def staggered(folder: Path) -> Path:
    """Return two junctions with 20 m of street between them."""
    plain = Plain()
    for name, x in (("A", 0.0), ("B", 34.0)):
        plain.node(name, x, 0.0, "traffic_light")
        plain.node(f"N{name}", x, 300.0)
        plain.node(f"S{name}", x, -300.0)
        plain.road(f"N{name}", name)
        plain.road(name, f"S{name}")
    plain.node("W", -300.0, 0.0)
    plain.node("E", 340.0, 0.0)
    for start, end in (("W", "A"), ("A", "B"), ("B", "E")):
        plain.road(start, end)
    plain.build(folder)
    gates = {"W": "A", "E": "B", "NA": "A", "SA": "A", "NB": "B", "SB": "B"}
    pairs = [(f"{a}{gates[a]}", f"{gates[b]}{b}") for a in gates for b in gates if a != b]
    return write_config(folder, routes=flows(pairs, veh_h=40.0, end_s=400.0), end_s=400.0)


@pytest.mark.sumo
def test_a_pair_is_coupled_and_its_decisions_come_out_again(tmp_path: Path) -> None:
    config = staggered(tmp_path / "town")
    settings = RunSettings(str(config), "adaptive", seed=3)
    run = execute(settings, tmp_path / "run", False, lambda _progress: None)
    assert run.status == "complete" and not run.error
    repeated = replay(tmp_path / "run", tmp_path / "again", False, lambda _progress: None)
    assert repeated.differences == 0
    rows = [json.loads(line) for line in (tmp_path / "run" / "decisions.jsonl").read_text("utf-8").splitlines()]
    asked = [row for row in rows if row["signal"] == "A" and row.get("candidates") and row["t_ds"] > 2000]
    found = explain(Recorded(tmp_path / "run"), "A", asked[0]["t_ds"] / 10, lambda _progress: None)
    assert found["inputs"]["same"] and found["chosen_again"]
    before = found["decisions_before"]
    assert before["same"] == before["asked_again"] > 5


def test_what_is_coupled_can_be_set(tmp_path: Path) -> None:
    config = staggered(tmp_path)
    world = build_world(resolve(str(config)), RunSettings(str(config)).profile, None, None)
    assert partners(world.units, settings_of("adaptive", ())) == {"A": "B", "B": "A"}
    assert partners(world.units, settings_of("adaptive", (("coupled_m", "5"),))) == {}
    assert partners(world.units, settings_of("max_pressure", ())) == {}
