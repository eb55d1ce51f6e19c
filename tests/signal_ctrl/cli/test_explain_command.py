"""`signal-ctrl explain` without SUMO: what it lists, what it refuses, and how a decision reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.cli import main
from signal_ctrl.cli.explain_output import put_explanation
from tests.sumo_scenarios.test_logged import row
from tests.sumo_scenarios.test_replay import settings_document

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "r")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.call(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def write_run(folder: Path, **settings: Any) -> None:
    folder.mkdir()
    (folder / "settings.json").write_text(json.dumps(settings_document(**settings), indent=1))
    rows = [row(100, 1), row(110, 0, ask=0, sequence=1), row(200, 0), {"t_ds": 210, "signal": "a", "calls": 1}]
    (folder / "decisions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))


def test_changes_of_stage_are_listed_with_their_reason(call: Call) -> None:
    code, out, err = call("explain", "r", "--junction", "a")
    assert (code, err) == (0, "")
    assert " ".join(out.splitlines()[2].split()) == (
        "11 00:00:11 2 -> 1 change to stage 1 now: keeping stage 2 would cost 20 veh s more"
    )
    code, out, _ = call("explain", "r", "--junction", "a", "--json")
    (change,) = json.loads(out)["changes"]
    assert (code, change["at_s"], change["before"], change["after"], change["reason"]) == (0, 11.0, 1, 0, "as it was")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("explain", ["missing argument"]),
        ("explain r", ["--junction"]),
        ("explain nowhere --junction a", ["nowhere", "--out of a run"]),
        ("explain r --junction b", ["no junction 'b' in r", "it has a"]),
        ("explain r --junction a --time 12", ["nothing at 12 s", "11 s and 20 s"]),
        ("explain r --junction a --time 21", ["nothing at 21 s", "20 s"]),
        ("explain r --junction a --time 61", ["outside the run", "0 to 60.5 s"]),
        ("explain r --junction a --time -3", ["outside the run"]),
        ("explain r --junction a --time nan", ["outside the run"]),
        ("explain r --junction a --time soon", ["--time"]),
        ("explain other --junction a", ["under greedy", "only adaptive"]),
        ("explain failed --junction a", ["failed"]),
        ("explain cut --junction a", ["decisions.jsonl line 4: damaged"]),
        ("explain empty --junction a", ["settings.json"]),
        ("explain changed --junction a --time 11", ["changed since the run was recorded"]),
    ],
)
def test_what_cannot_be_explained_is_one_line_and_code_2(
    call: Call, tmp_path: Path, arguments: str, words: list[str]
) -> None:
    write_run(tmp_path / "other", controller="greedy")
    write_run(tmp_path / "failed")
    (tmp_path / "failed" / "result.json").write_text('{"status": "failed"}')
    write_run(tmp_path / "cut")
    log = tmp_path / "cut" / "decisions.jsonl"
    log.write_text(log.read_text()[:-9])
    (tmp_path / "empty").mkdir()
    write_run(tmp_path / "changed", inputs={"cologne8.net.xml": "00"})
    code, out, err = call(*arguments.split())
    assert (code, out) == (2, "")
    lines = [line for line in err.splitlines() if "compiling the rollout" not in line]
    assert len(lines) == 1, err
    assert all(word in lines[0] for word in words), err


def explanation(**changes: Any) -> dict[str, Any]:
    """Return a decision of a signal with three stages: the first is lit, the second is chosen."""
    vehicles = [{"in_s": 0.0, "presence": 1.0, "late_s": 95.2}, {"in_s": 2.5, "presence": 0.25, "late_s": 0.0}]
    lane = {"lane": "in_0", "groups": ["main", "left"], "loops": 3, "queue_veh": 1.0, "vehicles": vehicles,
            "headway_s": 1.9, "yielding_headway_s": 7.25, "crowded": 0.6, "first_is_stuck": False,
            "movements": [{"group": "main", "exit": "out_0", "share": 0.8, "refused_by_first": True,
                           "waits_inside": False},
                          {"group": "left", "exit": "side_0", "share": 0.2, "refused_by_first": False,
                           "waits_inside": True}]}  # fmt: skip
    stages = [
        {"stage": 0, "may_be_chosen": True, "green": ["main"], "green_gives_way": ["left"]},
        {"stage": 1, "may_be_chosen": True, "green": ["side"], "green_gives_way": []},
        {"stage": 2, "may_be_chosen": False, "green": ["left"], "green_gives_way": []},
    ]
    found = {
        "junction": "J", "at_s": 25230.0, "rung": {"name": "adaptive", "why": ""},
        "inputs": {"recorded": "00ff", "rebuilt": "00ff", "same": True},
        "decisions_before": {"asked_again": 12, "same": 12},
        "lit": {"stage": 0, "complete_s": 7.0, "stages": stages,
                "calls": [{"group": "side", "waits_s": 20.0, "max_red_s": 150.0},
                          {"group": "walk", "waits_s": 0.0, "max_red_s": 120.0}]},
        "lanes": [lane, {**lane, "lane": "side_0", "groups": ["side"], "loops": 0, "vehicles": [], "queue_veh": 0.0,
                         "first_is_stuck": True, "yielding_headway_s": None, "crowded": None, "movements": []}],
        "doubted_loops": [], "weights": [], "buses": [], "owed_s": {}, "priority": None,
        "exits": [{"lane": "out_0", "room_veh": 1.5, "vehicles": 9.0}, {"lane": "b", "room_veh": None, "vehicles": 0.0}],
        "candidates": [{"stage": 1, "after_s": 0.0, "cost_veh_s": 20.0}, {"stage": 1, "after_s": 4.0, "cost_veh_s": 22.5},
                       {"stage": 0, "after_s": 0.0, "cost_veh_s": 61.0}],
        "choice": 1, "chosen_again": True, "reason": "stage 2 now is cheapest", "words": "change to stage 2 now",
        "wish": {"stage": 1, "refused": None},
        "afterwards": {"ahead_s": 16, "change": {"stage": 1, "after_s": 0}, "expected_veh_s": 31.0, "happened_veh_s": 35.2,
                       "newcomers_veh_s": 4.0},
    }  # fmt: skip
    return {**found, **changes}


def test_a_decision_reads_from_what_was_seen_to_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    put_explanation(explanation())
    out = capsys.readouterr().out
    for words in (
        "junction J at 25230 s (07:00:30)", "hash 00ff is the recorded one", "of its 12 decisions before, 12 came out again",
        "lit: stage 1, complete for 7 s", "main, left (gives way)", "not in this programme",
        "side for 20 s (at most 150), walk from now on", "0, 2.5 (0.25)", "first vehicle does not want main",
        "  in_0: somebody waits inside for left, kept for up to 95 s, full out of sight 60% of the time, yields: 7.2 s a vehicle", "first vehicle stuck; no loop",
        "room behind the junction: out_0 1.5 veh",
        "stage 1  keep: 61.0", "stage 2  now: 20.0 *, 4 s: 22.5", "chosen: change to stage 2 now",
        "in the log: stage 2 now is cheapest", "kernel: took up stage 2",
        "in the next 16 s (stage 2 after 0 s)", "31.0 veh s of waiting were expected",
        "35.2 happened, and 4.0 of vehicles that came within reach later",
    ):  # fmt: skip
        assert words in out, words
    assert max(len(line) for line in out.splitlines()) <= 120


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"wish": None}, "kernel: not asked"),
        ({"rung": {"name": "plan", "why": "adaptive: lost"}}, "decided by plan (adaptive: lost)"),
        ({"wish": {"stage": 1, "refused": "K4/forced"}}, "kernel: refused stage 2 by K4/forced"),
        ({"candidates": [], "reason": "nobody is coming"}, "nothing: nobody is coming"),
        ({"afterwards": {"ahead_s": 20, "why_not": "the run ended before"}}, "the run ended before"),
        ({"inputs": {"recorded": "00ff", "rebuilt": "1234", "same": False}}, "hash 1234 is not the recorded one, 00ff"),
        ({"weights": [{"lane": "in_0", "cars": [1.0, 2.5]}]}, "weighed as cars on in_0: 1.0, 2.5"),
        (
            {"doubted_loops": [{"channel": 2, "lanes": ["in_0"], "to_stop_m": 35.0, "state": "failed", "why": "odd"}]},
            "loop 2 (in_0, 35 m before the stop line) failed: odd",
        ),
        ({"owed_s": {"side": 12.0}}, "side is owed 12 s of green that a bus had"),
        (
            {"buses": [{"vehicle": "b1", "cars": 23.0, "times_s": [4.0], "lanes": [{"lane": "in_0", "share": 0.75}]}]},
            "bus b1 counts as 23 cars, in 4 s on in_0 (75%)",
        ),
        (
            {"priority": {"without_buses": 1, "with_buses": 0, "withheld": "held for 10 s"}},
            "without buses: stage 2; with them: stage 1",
        ),
    ],
)
def test_what_is_not_as_usual_is_said(capsys: pytest.CaptureFixture[str], changes: dict[str, Any], words: str) -> None:
    put_explanation(explanation(**changes))
    assert words in capsys.readouterr().out
