"""The surroundings of a network's loops, and the log of a run."""

from dataclasses import replace
from pathlib import Path

import pytest

from detectors.health.surroundings import lane_mates
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from sumo_scenarios.detector_logs.check import Asked, check_log, document_of
from sumo_scenarios.detector_logs.places import names_of, shortest_pulses_s, surroundings_of_layouts
from sumo_scenarios.detector_logs.run_log import read_run_log
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from tests.detectors.layouts import FAR, LINE, NEAR, junction

WAY = ((NEAR,), (LINE,), (), (3 + NEAR,), (3 + LINE,), ())


def laid(onward: tuple[tuple[int, ...], ...]) -> JunctionLayout:
    """Return two lanes side by side with three loops each, and where vehicles go from each loop."""
    return replace(junction(2), onward=onward)


def test_loops_of_a_lane_balance_one_by_one() -> None:
    layout = laid(WAY)
    found = surroundings_of_layouts([layout])
    pairs = [(b.before, b.behind) for b in found.balances]
    assert pairs == [((FAR,), (NEAR,)), ((NEAR,), (LINE,)), ((3 + FAR,), (3 + NEAR,)), ((3 + NEAR,), (3 + LINE,))]
    assert lane_mates(found)[NEAR] == tuple(sorted((FAR, LINE)))
    assert names_of([layout])[0] == (layout.signal_id, layout.loops[0].channel)


def test_several_signals_stand_one_after_the_other() -> None:
    one, two = laid(WAY), laid(WAY)
    found = surroundings_of_layouts([one, two])
    assert len(found.controllers) == 2 * len(one.loops)
    assert all(max(b.before) < len(one.loops) for b in found.balances[:4])
    assert min(found.balances[4].before) >= len(one.loops)


def test_ways_that_split_balance_as_a_whole() -> None:
    layout = laid(((NEAR, 3 + NEAR), (), (), (3 + NEAR,), (), ()))
    assert [(b.before, b.behind) for b in surroundings_of_layouts([layout]).balances] == [
        (tuple(sorted((FAR, 3 + FAR))), tuple(sorted((NEAR, 3 + NEAR))))
    ]


def test_without_ways_nothing_balances() -> None:
    assert surroundings_of_layouts([laid(())]).balances == ()


def test_the_shortest_pulse_is_that_of_a_short_fast_vehicle() -> None:
    layout = junction()
    loop = layout.loops[0]
    speed_mps = max(layout.lanes[k].speed_mps for k in loop.serves)
    assert shortest_pulses_s([layout])[0] == pytest.approx((loop.length_m + 2.0) / (1.7 * speed_mps))


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        read_run_log(tmp_path)


@pytest.mark.sumo
def test_the_loops_of_a_run_are_judged_with_their_places(tmp_path: Path) -> None:
    settings = RunSettings("cologne1", "max_pressure", 1, end_s=26400.0, failure_rate=0.3, failure_kind="stuck-on")
    assert execute(settings, tmp_path / "run", False, lambda _: None).status == "complete"
    checked = check_log(Asked(tmp_path / "run"))
    document = document_of(checked)
    assert checked.source.around is not None and checked.source.around.balances
    from sumo_scenarios.loop_faults import fault_of

    failed = {f"{row['device']}/{row['detector']}" for row in document["detectors"] if row["state"] == "failed"}
    stuck = {f"{d}/{n}" for d, n in checked.source.names if fault_of(1, f"{d}/{n}", 0.3, "stuck-on") is not None}
    assert stuck and stuck <= failed
