"""Loops that have failed: how many, which, and what they send."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from detectors.loops.events import LoopEvent
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.loop_faults import KINDS, ChangedLoop, FailedLoop, LoopFault, fault_of
from sumo_scenarios.loop_reader import Broken, LoopReader, broken_loops
from sumo_scenarios.outcome import Report, Stop
from sumo_scenarios.replay import read_settings
from sumo_scenarios.run import execute, replay
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.supervise import Job, supervise
from sumo_scenarios.world import build_world
from tests.detectors.layouts import FAR, LINE, junction

LOOPS = [f"signal {i}/{k}" for i in range(1000) for k in range(1, 5)]


def faults(seed: int, rate: float) -> dict[str, LoopFault]:
    found = {loop: fault_of(seed, loop, rate) for loop in LOOPS}
    return {loop: fault for loop, fault in found.items() if fault is not None}


def channels_on(events: Path, scratch: Path) -> set[int]:
    """Return the loops that went on; read in a child, as the threads of polars would hang a later fork."""

    def read(_report: Report, _stop: Stop) -> set[int]:
        import polars as pl

        return set(pl.read_parquet(events).filter(pl.col("code") == 82)["parameter"])

    (ending,) = supervise([Job(read, scratch / "log")], lambda _index, _progress: None)
    assert ending.outcome is not None, ending
    return ending.outcome


def test_half_stick_off_a_quarter_sticks_on_a_quarter_chatters() -> None:
    found = Counter(faults(1, 0.4).values())
    total = sum(found.values())
    assert 0.37 < total / len(LOOPS) < 0.43
    assert 0.46 < found[LoopFault.STUCK_OFF] / total < 0.54
    assert 0.21 < found[LoopFault.STUCK_ON] / total < 0.29
    assert 0.21 < found[LoopFault.CHATTER] / total < 0.29


def test_rates_of_none_and_all() -> None:
    assert faults(1, 0.0) == {}
    assert len(faults(1, 1.0)) == len(LOOPS)


def test_a_higher_rate_keeps_the_failures_of_a_lower_one() -> None:
    few, many = faults(7, 0.1), faults(7, 0.3)
    assert few.items() < many.items()


def test_the_seed_decides_which_loops_fail() -> None:
    assert faults(1, 0.2) == faults(1, 0.2)
    assert faults(1, 0.2).keys() != faults(2, 0.2).keys()


def test_chatter_alternates_in_order_whatever_the_step() -> None:
    coarse, fine = (FailedLoop(LoopFault.CHATTER, 3, "J/1") for _ in range(2))
    one = [edge for step in range(101, 161) for edge in coarse.edges(float(step))]
    fine.edges(101.0)
    other = [edge for step in range(1011, 1601) for edge in fine.edges(step / 10)]
    assert one == other
    assert [on for _, on in one[:4]] == [True, False, True, False]
    assert all(a[0] < b[0] and a[1] is not b[1] for a, b in pairwise(one))
    assert 30 < sum(on for _, on in one) < 80  # an erratic loop: more than 30 counts a minute


def test_a_failed_loop_tells_nothing_of_the_traffic() -> None:
    layout = junction()
    logged: list[Any] = []
    passages = {loop.loop_id: [(1.2, 1.8)] for loop in layout.loops}
    simulation = SimpleNamespace(loop_passages=lambda loop_id: passages[loop_id])
    unit = SimpleNamespace(site=SimpleNamespace(signal_id="J"), layout=layout)
    events = SimpleNamespace(detector=lambda *row: logged.append(row))
    failed = {
        layout.loops[LINE].loop_id: FailedLoop(LoopFault.STUCK_OFF, 1, "a"),
        layout.loops[FAR].loop_id: FailedLoop(LoopFault.STUCK_ON, 1, "b"),
    }
    reader = LoopReader(cast(Any, simulation), cast(Any, unit), cast(Any, events), Broken(failed))
    found = reader.read(2.0)
    assert [event for event in found if event.loop == LINE] == []
    assert [event for event in found if event.loop == FAR] == [LoopEvent(FAR, 2.0, True)]
    assert {event.loop for event in found} == {loop for loop, _ in enumerate(layout.loops)} - {LINE}
    assert [event for event in reader.read(3.0) if event.loop == FAR] == []
    assert len(logged) == len(found) + 2 * (len(layout.loops) - 2)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"failure_rate": 1.5}, "0 to 1"),
        ({"failure_rate": float("nan")}, "0 to 1"),
        ({"failure_rate": 0.1, "sensing": "positions"}, "sensing positions"),
        ({"failure_rate": 0.1, "controller": "actuated"}, "SUMO gives actuated"),
    ],
)
def test_failures_that_cannot_be_had_are_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        RunSettings("cologne1", **changes)


def told(fault: LoopFault, edges: list[tuple[float, bool]]) -> list[tuple[float, bool]]:
    loop = ChangedLoop(fault, 1, "a")
    return [
        edge
        for time_s in range(0, 400)
        for edge in loop.told([e for e in edges if time_s - 1 < e[0] <= time_s], time_s)
    ]


PULSES = [edge for k in range(20) for edge in ((10.0 * k + 1, True), (10.0 * k + 2, False))]


def test_kinds_of_their_own_leave_the_mix_as_it_is() -> None:
    assert {fault_of(1, loop, 1.0) for loop in LOOPS} == {LoopFault.STUCK_OFF, LoopFault.STUCK_ON, LoopFault.CHATTER}
    assert {fault_of(1, loop, 1.0, "late") for loop in LOOPS} == {LoopFault.LATE}
    for kind in KINDS[1:]:
        failing = {loop for loop in LOOPS if fault_of(7, loop, 0.2, kind) is not None}
        assert failing == faults(7, 0.2).keys()


def test_what_loops_make_of_the_traffic() -> None:
    assert sorted(told(LoopFault.TWICE, PULSES)) == sorted(PULSES * 2)
    assert told(LoopFault.AHEAD, PULSES) == [(time_s + 120.0, on) for time_s, on in PULSES]
    assert told(LoopFault.LATE, PULSES) == PULSES
    late = ChangedLoop(LoopFault.LATE, 1, "a")
    assert (late.told(PULSES[:2], 2.0), late.told([], 31.0), late.told([], 32.0)) == ([], PULSES[:1], PULSES[1:2])


def test_counts_are_off_by_half_and_pulses_stay_whole() -> None:
    fewer, more = told(LoopFault.FEWER, PULSES), told(LoopFault.MORE, PULSES)
    assert 4 <= len(fewer) / 2 <= 16 and 22 <= len(more) / 2 <= 38
    for found in (fewer, more):
        assert [on for _, on in found] == [True, False] * (len(found) // 2)
        assert all(a[0] < b[0] for a, b in pairwise(found))


def test_lanes_are_swapped_in_pairs_of_one_section() -> None:
    layout = junction(2)
    unit = cast(Any, SimpleNamespace(layout=layout))
    broken = broken_loops(unit, 1, 1.0, "swapped-lanes")
    assert not broken.deaf and not broken.changed and broken.speaks_for
    role = {loop.loop_id: (loop.role, loop.lane_id.rpartition("_")[0]) for loop in layout.loops}
    for one, other in broken.speaks_for.items():
        assert broken.speaks_for[other] == one != other and role[one] == role[other]


@pytest.mark.parametrize("kind", ["Mix", "", "late,twice"])
def test_unknown_kinds_are_refused(kind: str) -> None:
    with pytest.raises(InvalidInputError, match="kind of failure"):
        RunSettings("cologne1", failure_kind=kind)


@pytest.mark.sumo
@pytest.mark.parametrize("kind", ["swapped-lanes", "late"])
def test_a_kind_of_failure_is_recorded_and_repeated(tmp_path: Path, kind: str) -> None:
    settings = RunSettings("cologne1", "adaptive", 2, end_s=25290.0, failure_rate=0.5, failure_kind=kind)
    assert execute(settings, tmp_path / "run", False, lambda _: None).status == "complete"
    assert read_settings(tmp_path / "run" / "settings.json").settings.failure_kind == kind
    again = replay(tmp_path / "run", tmp_path / "again", False, lambda _: None)
    assert again.differences == 0
    assert (tmp_path / "again" / "events.parquet").read_bytes() == (tmp_path / "run" / "events.parquet").read_bytes()


@pytest.mark.sumo
def test_controllers_see_the_failures_and_a_replay_repeats_them(tmp_path: Path) -> None:
    settings = RunSettings("cologne1", "adaptive", 2, end_s=25320.0, failure_rate=0.5)
    result = execute(settings, tmp_path / "run", False, lambda _: None)
    (unit,) = build_world(catalogue.resolve("cologne1"), settings.profile, None, None).units
    failed = broken_loops(unit, 2, 0.5).deaf
    silent = [loop.channel for loop in unit.layout.loops if fault_of(2, loop.loop_id, 0.5) is LoopFault.STUCK_OFF]
    assert 0 < len(silent) < len(failed) < len(unit.layout.loops)
    assert read_settings(tmp_path / "run" / "settings.json").settings.failure_rate == 0.5
    again = replay(tmp_path / "run", tmp_path / "again", False, lambda _: None)
    assert (result.status, again.differences) == ("complete", 0)
    for name in ("events.parquet", "decisions.jsonl"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "run" / name).read_bytes()
    whole = execute(RunSettings("cologne1", "adaptive", 2, end_s=25320.0), tmp_path / "whole", False, lambda _: None)
    assert whole.document["delay_s_per_vehicle"] != result.document["delay_s_per_vehicle"]
    seen = channels_on(tmp_path / "run" / "events.parquet", tmp_path)
    assert seen.isdisjoint(silent) and len(seen) > 3
