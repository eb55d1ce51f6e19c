"""From flags, a file or a preset to tasks; whatever cannot be run is refused in one line."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.experiment import Task, task_of
from bench.matrix import experiment_of, matrix_of, read_file
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.settings import Closure

SMALL = {"scenarios": "cologne1", "controllers": "net"}


def tasks(**axes: Any) -> list[Task]:
    return list(experiment_of({**SMALL, **axes}).tasks)


def test_the_command_of_a_run_names_how_loops_fail_where_some_do() -> None:
    for rate, named in ((0.0, False), (0.2, True)):
        command = Task("cologne1", "adaptive", 1, failure_rate=rate, failure_kind="late").command()
        assert ("--failure-kind" in command) is named


def test_the_product_of_all_axes() -> None:
    found = tasks(
        scenarios="cologne1,grid4x4", controllers="net,adaptive", seeds="1-3,7", demand_seeds="0,4", scales="0.6,1"
    )
    assert len(found) == len(set(found)) == 2 * 2 * 4 * 2 * 2
    assert {(t.scenario, t.controller, t.seed, t.demand_seed, t.scale) for t in found} >= {
        ("grid4x4", "adaptive", 7, 4, 0.6), ("cologne1", "net", 2, 0, 1.0),
    }  # fmt: skip


def test_five_seeds_unless_told_otherwise() -> None:
    assert [task.seed for task in tasks()] == [1, 2, 3, 4, 5]


def test_names_tell_runs_apart() -> None:
    task = Task("cologne1", "adaptive", 3, 2, 1.2, "loops", 0.25, "street")
    assert task.run_id == "cologne1/adaptive-loops-street-s3-d2-x1.2-f0.25"
    more = Task("cologne1", "adaptive", 3, closures=("a_0",)), Task("cologne1", "adaptive", 3, options=(("k", "1"),))
    names = {each.run_id for each in (*more, Task("cologne1", "adaptive", 3))}
    assert len(names) == 3
    assert all(len(each.run_id.rsplit("-", 1)[1]) == 8 for each in more)


def test_a_task_is_what_it_was_after_a_trip_through_json() -> None:
    task = Task("cologne1", "adaptive", 3, closures=("a@1-2",), options=(("horizon_s", "30"),), end_s=25300.0)
    assert task_of(task.as_row()) == task
    with pytest.raises(InvalidInputError, match="damaged"):
        task_of({"scenario": "cologne1"})


def test_settings_hold_all_that_the_task_asks() -> None:
    untouched, task = tasks(
        controllers="adaptive", seeds="4", demand_seeds=2, scales=0.8, failures=0.1, profile="street",
        close=["a_0@25300-25400"], set=["horizon_s=30"], begin=25200, end=25500,
    )  # fmt: skip
    settings = task.settings()
    assert (settings.scenario, settings.controller, settings.seed, settings.demand_seed) == (
        "cologne1", "adaptive", 4, 2,
    )  # fmt: skip
    assert (settings.scale, settings.failure_rate, settings.profile.name) == (0.8, 0.1, "street")
    assert settings.closures == (Closure("a_0", 25300.0, 25400.0),)
    assert untouched == replace(task, closures=())
    assert (settings.options, settings.begin_s, settings.end_s) == ((("horizon_s", "30"),), 25200.0, 25500.0)
    assert settings.command[settings.command.index("--failures") :][:2] == ("--failures", "0.1")


def test_sensing_of_one_controller_goes_before_that_of_all() -> None:
    found = tasks(controllers="net,max_pressure,adaptive", sensing="max_pressure=positions,loops,oracle", seeds=1)
    assert Counter((task.controller, task.sensing) for task in found) == {
        ("net", "loops"): 1, ("max_pressure", "positions"): 1, ("adaptive", "loops"): 1, ("adaptive", "oracle"): 1,
    }  # fmt: skip


def test_a_setting_goes_to_the_controllers_that_know_it() -> None:
    found = tasks(controllers="net,max_pressure,greedy,adaptive", seeds=1, set=["slot_s=15", "adaptive:horizon_s=30"])
    assert {task.controller: task.options for task in found} == {
        "net": (), "max_pressure": (("slot_s", "15"),), "greedy": (("slot_s", "15"),),
        "adaptive": (("horizon_s", "30"),),
    }  # fmt: skip


def test_the_published_preset() -> None:
    found = list(matrix_of({"preset": "published"}).tasks())
    assert len(found) == 280
    assert {task.scenario for task in found} == set(catalogue.published_names())
    assert {(task.controller, task.sensing) for task in found} == {
        ("net", "loops"), ("actuated", "loops"), ("delay_based", "loops"), ("fixed", "loops"),
        ("max_pressure", "positions"), ("greedy", "positions"), ("adaptive", "loops"),
    }  # fmt: skip
    assert {(task.seed, task.demand_seed, task.profile) for task in found} == {
        (seed, 0, "published") for seed in range(1, 6)
    }


def test_the_failure_curve() -> None:
    found = list(matrix_of({"preset": "failures"}).tasks())
    assert {task.failure_rate for task in found} == {0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4}
    assert {task.controller for task in found} == {"fixed", "adaptive"}
    assert {task.seed for task in found} == set(range(1, 11))


def test_the_demand_curve() -> None:
    assert {task.scale for task in matrix_of({"preset": "demand"}).tasks()} == {0.6, 0.8, 1.0, 1.2, 1.4}


def test_flags_narrow_a_preset() -> None:
    found = list(matrix_of({"preset": "published", "scenarios": "grid4x4", "seeds": "2"}).tasks())
    assert {(task.scenario, task.seed) for task in found} == {("grid4x4", 2)}
    assert len(found) == 7


def test_a_file_says_the_same_as_flags(tmp_path: Path) -> None:
    path = tmp_path / "rush.toml"
    path.write_text(
        'scenarios = ["cologne1"]\ncontrollers = "max_pressure,adaptive"\nseeds = [1, "3-4"]\nscales = [0.8, 1]\n'
        'failures = 0\nend = 25500\nclose = ["a_0"]\n[set]\nslot_s = 15\n[set.adaptive]\nhorizon_s = 30\n'
    )
    found = experiment_of(read_file(path))
    flags = tasks(
        controllers="max_pressure,adaptive", seeds="1,3,4", scales="0.8,1", end=25500.0, close=["a_0"],
        set=["slot_s=15", "adaptive:horizon_s=30"],
    )  # fmt: skip
    assert (found.name, list(found.tasks)) == ("rush", flags)


def test_what_is_closed_is_run_open_too() -> None:
    found = tasks(controllers="net,adaptive", seeds="1-2", close=["a_0", "b@1-2"])
    assert Counter((task.controller, task.closures) for task in found) == {
        (name, closed): 2 for name in ("net", "adaptive") for closed in ((), ("a_0", "b@1-2"))
    }
    assert len({task.run_id for task in found}) == 8


def test_the_first_seed_under_usual_conditions_is_detailed() -> None:
    axes = {"scenarios": "cologne1", "controllers": "net,adaptive", "seeds": "3-5", "scales": "0.5,1", "close": ["a_0"]}
    found = experiment_of({**axes, "sensing": "loops,positions"})
    assert found.detailed() == {
        "cologne1/net-loops-published-s3-d0-x1-f0", "cologne1/adaptive-loops-published-s3-d0-x1-f0",
        "cologne1/adaptive-positions-published-s3-d0-x1-f0",
    }  # fmt: skip
    assert experiment_of({**axes, "close": [], "scales": "0.5,0.8"}).detailed() == {
        "cologne1/net-loops-published-s3-d0-x0.8-f0", "cologne1/adaptive-loops-published-s3-d0-x0.8-f0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("axes", "word"),
    [
        ({"scenarios": "cologn1"}, "did you mean"),
        ({"controllers": "adaptiv"}, "unknown controller"),
        ({"controllers": ""}, "needs --controllers"),
        ({"seeds": "5-1"}, "no range"),
        ({"seeds": "1-99999999999"}, "no range"),
        ({"seeds": "one"}, "whole numbers"),
        ({"seeds": 1.5}, "whole numbers"),
        ({"seeds": True}, "whole numbers"),
        ({"seeds": "-3"}, "--seed"),
        ({"seeds": []}, "names nothing"),
        ({"seeds": "1-90000", "scales": "1,2"}, "too many"),
        ({"scales": "much"}, "a number"),
        ({"scales": "nan"}, "a number"),
        ({"scales": "99"}, "--scale"),
        ({"failures": "1.1"}, "0 to 1"),
        ({"failures": "0,0.1", "controllers": "actuated"}, "SUMO gives actuated"),
        ({"sensing": "nose", "controllers": "adaptive"}, "unknown sensing"),
        ({"sensing": "nobody=loops"}, "unknown controller 'nobody'"),
        ({"profile": "none"}, "profile"),
        ({"close": ["a@9-1"]}, "--close"),
        ({"set": ["horizon_s=30"]}, "none of the controllers"),
        ({"set": ["adaptive:horizon_s=30"]}, "does not run"),
        ({"set": ["horizon_s=soon"], "controllers": "adaptive"}, "needs a number"),
        ({"set": ["horizon_s"]}, "key=value"),
        ({"set": {"adaptive": {"horizon_s": [1]}}}, "a number or a word"),
        ({"end": "late"}, "a number"),
        ({"begin": 10, "end": 5}, "not after"),
        ({"seed": 1}, "did you mean seeds"),
        ({"colour": 1}, "it has: scenarios"),
        ({"preset": "publishd"}, "unknown preset"),
    ],
)
def test_what_cannot_be_run_is_refused(axes: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        tasks(**axes)


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = []
    for folder in "ab":
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "town.sumocfg")
        paths[-1].write_text("<configuration/>")
    with pytest.raises(InvalidInputError, match="rename one"):
        tasks(scenarios=",".join(map(str, paths)))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("seeds = [1", "no TOML"),
        (None, "cannot read"),
        (b"\xff\xfe", "no TOML"),
        pytest.param("seeds = " + "9" * 5000, "no TOML", id="5000 digits"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, text: str | bytes | None, word: str) -> None:
    path = tmp_path / "e.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidInputError, match=word):
        read_file(path)
