"""Tuned settings on disk: found, named, and told when they are stale."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bench.experiment import Task
from bench.tuning import store
from bench.tuning.inputs import OF, WORDS, inputs_of
from bench.tuning.store import (
    ledger_file,
    notice_of,
    plan_named,
    read_tuned,
    stale,
    tuned_file,
    tuned_notices,
    tuned_options,
    tuned_plan,
    write_tuned,
)
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_document, plan_hash, plan_to_json
from signal_ctrl.domain.profile import PUBLISHED, STREET
from signal_ctrl.domain.site_json import site_hash
from tests.sumo_scenarios.small_nets import crossroads, world_of, write_net, write_town


@dataclass(frozen=True)
class Asked:
    scenario: str
    controller: str
    profile: str = "published"
    begin_s: float | None = None


def tuned_town(folder: Path) -> tuple[str, Plan]:
    """Write a town with a tuning beside it."""
    config = write_town(folder)
    site = world_of(config).units[0].site
    names = tuple(stage.name for stage in site.stages)
    plan = Plan("tuned", (SignalPlan(site.signal_id, site_hash(site), 600, 0, names, (300, 300)),))
    inputs = inputs_of(str(config), PUBLISHED)
    rows: dict[str, Any] = {
        name: {"inputs": {key: inputs[key] for key in OF[name]}, "options": []} for name in store.TUNED
    }
    rows["fixed"]["plan"] = plan_document(plan)
    rows["fixed"]["times_s"] = [0.0, 3600.0]
    del rows["green_wave"]
    rows["max_pressure"]["options"] = [["slot_s", "15"]]
    rows["actuated"]["options"] = [["max_gap_s", "2"], ["max_green_s", "30"]]
    write_tuned(tuned_file(str(config), PUBLISHED), {"scenario": "town", "controllers": rows})
    return str(config), plan


@pytest.fixture(autouse=True)
def fresh() -> None:
    inputs_of.cache_clear()


def test_where_it_is_kept(tmp_path: Path) -> None:
    config = str(write_town(tmp_path))
    assert tuned_file(config, PUBLISHED) == tmp_path / "town.tuned.json"
    assert tuned_file(config, STREET) == tmp_path / "town.street.tuned.json"
    assert ledger_file(config, PUBLISHED) == tmp_path / "town.tuned.ledger.jsonl"
    assert tuned_file("cologne1", PUBLISHED).parts[-3:] == ("bench", "tuned", "cologne1.json")
    assert ledger_file("cologne1", STREET).parts[-3:] == ("results", "tuning", "cologne1.street.jsonl")


def test_tuned_settings_become_the_options_of_a_run(tmp_path: Path) -> None:
    config, plan = tuned_town(tmp_path)
    assert tuned_options(Asked(config, "max_pressure")) == (("slot_s", "15"),)
    assert tuned_options(Asked(config, "actuated")) == (("max_gap_s", "2"), ("max_green_s", "30"))
    assert tuned_options(Asked(config, "adaptive")) == ()
    assert tuned_options(Asked(config, "fixed", "street")) == ()
    options = tuned_options(Asked(config, "fixed"))
    assert options == (("plan", f"tuned@{plan_hash(plan)[:12]}"),)
    settings = Task(config, "fixed", 1, options=options).settings()
    assert (settings.plan, settings.options) == (plan, ())
    assert tuned_plan(config, PUBLISHED) == plan


def test_a_plan_is_for_the_hours_that_it_was_tuned_for(tmp_path: Path) -> None:
    config, plan = tuned_town(tmp_path)
    assert [tuned_plan(config, PUBLISHED, "fixed", s) for s in (0.0, 3599.0)] == [plan, plan]
    assert [tuned_plan(config, PUBLISHED, "fixed", s) for s in (-1.0, 3600.0)] == [None, None]
    assert tuned_options(Asked(config, "fixed", begin_s=3600.0)) == ()


def test_a_wave_is_made_on_the_tuned_splits_until_there_is_a_tuned_one(tmp_path: Path) -> None:
    config, plan = tuned_town(tmp_path)
    assert tuned_notices([Asked(config, "green_wave")]) == []
    assert tuned_options(Asked(config, "hybrid")) == (("base", f"tuned@{plan_hash(plan)[:12]}"),)
    wave = replace(plan, signals=(replace(plan.signals[0], offset_ds=170),))
    document = read_tuned(tuned_file(config, PUBLISHED))
    assert document is not None
    row = {**document["controllers"]["fixed"], "plan": plan_document(wave)}
    document["controllers"]["green_wave"] = row
    write_tuned(tuned_file(config, PUBLISHED), document)
    for controller in ("green_wave", "hybrid"):
        options = tuned_options(Asked(config, controller))
        assert options == (("plan", f"tuned@{plan_hash(wave)[:12]}"),)
        assert Task(config, controller, 1, options=options).settings().plan == wave
    assert tuned_options(Asked(config, "fixed")) == (("plan", f"tuned@{plan_hash(plan)[:12]}"),)


def test_a_task_without_a_tuned_plan_has_none(tmp_path: Path) -> None:
    config = str(write_town(tmp_path))
    assert tuned_options(Asked(config, "fixed")) == ()
    assert Task(config, "fixed", 1).settings().plan is None
    assert tuned_notices([Asked(config, "fixed"), Asked(config, "net"), Asked(config, "fixed")]) == [
        f"fixed is not tuned for {config} under profile published; 'signal-ctrl bench tune' does it"
    ]


def test_a_plan_of_the_users_own_is_read_from_its_file(tmp_path: Path) -> None:
    config, plan = tuned_town(tmp_path)
    (tmp_path / "own.json").write_text(plan_to_json(replace(plan, name="own")))
    assert plan_named(str(tmp_path / "own.json"), config, "published").name == "own"
    with pytest.raises(InvalidInputError, match="cannot read the plan"):
        plan_named(str(tmp_path / "none.json"), config, "published")


def test_a_plan_that_was_tuned_anew_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    config, plan = tuned_town(tmp_path)
    named = tuned_options(Asked(config, "fixed"))[0][1]
    path = tuned_file(config, PUBLISHED)
    document = read_tuned(path)
    assert document is not None
    changed = replace(plan, signals=(replace(plan.signals[0], offset_ds=10),))
    document["controllers"]["fixed"]["plan"] = plan_document(changed)
    write_tuned(path, document)
    with pytest.raises(InvalidInputError, match="not the tuned one any more"):
        plan_named(named, config, "published")


@pytest.mark.parametrize(
    ("name", "controllers"),
    [
        ("demand", {"fixed", "actuated", "delay_based", "max_pressure"}),
        ("sites", {"fixed", "max_pressure"}),
        ("programmes", {"actuated", "delay_based"}),
        ("decisions", {"max_pressure"}),
    ],
)
def test_what_a_tuning_depends_on_makes_it_stale(tmp_path: Path, name: str, controllers: set[str]) -> None:
    config, _ = tuned_town(tmp_path)
    path = tuned_file(config, PUBLISHED)
    document = read_tuned(path)
    assert document is not None
    for row in document["controllers"].values():
        if name in row["inputs"]:
            row["inputs"][name] = "other"
    write_tuned(path, document)
    assert {c for c in store.TUNED if stale(config, PUBLISHED, c)} == controllers
    for controller in controllers:
        assert tuned_options(Asked(config, controller)) == ()
        notice = notice_of(config, PUBLISHED, controller)
        assert notice is not None
        assert f"{WORDS[name]} changed" in notice
        assert f"bench tune {config}" in notice


def test_changed_demand_and_network_are_noticed(tmp_path: Path) -> None:
    config, _ = tuned_town(tmp_path)
    assert stale(config, PUBLISHED, "fixed") == []
    (tmp_path / "town.rou.xml").write_text("<routes/>")
    inputs_of.cache_clear()
    assert stale(config, PUBLISHED, "fixed") == ["the demand"]
    write_net(tmp_path, crossroads((("30", "GGrr"), ("4", "yyrr"), ("20", "rrGG"), ("4", "rryy"))))
    inputs_of.cache_clear()
    assert "the network" in stale(config, PUBLISHED, "fixed")
    assert tuned_plan(config, PUBLISHED) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "signal-ctrl tuned 1"}', '{"format": "x", "controllers": {}}']
)
def test_a_damaged_document_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=r"x\.json .*tune anew"):
        read_tuned(path)


def test_a_damaged_plan_or_row_is_named(tmp_path: Path) -> None:
    config, _ = tuned_town(tmp_path)
    path = tuned_file(config, PUBLISHED)
    good = json.loads(path.read_text())
    good["controllers"]["fixed"]["plan"]["signals"] = []
    good["controllers"]["actuated"]["inputs"] = "none"
    write_tuned(path, good)
    with pytest.raises(InvalidInputError, match="damaged"):
        tuned_plan(config, PUBLISHED)
    with pytest.raises(InvalidInputError, match="actuated has no inputs"):
        tuned_options(Asked(config, "actuated"))


def test_nothing_is_half_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(BackendError, match="cannot write"):
        write_tuned(tmp_path / "folder", {"controllers": {}})
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and not path.name.startswith(".")] == []
