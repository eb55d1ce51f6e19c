"""An adviser in a process of its own: killed, stopped, hung or talking rubbish, it is started anew and holds up nobody."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from bench.link.sight import ScriptedLoops, trial_layout
from bench.link.site import trial_plan, trial_site
from bench.link.world import LinkWorld
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.cabinet.advising import Sight
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.engine.adviser import Glimpse, JunctionAdviser
from signal_ctrl.gateways.adviser_process import MOST_WAITING, AdviserProcess, Make
from tests.lag import timed
from tests.signal_ctrl.gateways.bad_advisers import Echo

HOW = ("crash", "kill", "stop", "hang", "raise", "rubbish")
LONGEST_S = 60.0
PLAN = trial_plan(trial_site("cab-1"), (30, 14, 16))


@contextmanager
def advising(make: Make, patience_s: float = 0.3) -> Iterator[AdviserProcess]:
    adviser = AdviserProcess(make, patience_s, (0.01, 0.05))
    try:
        yield adviser
    finally:
        adviser.close()


def until(true: Callable[[], bool]) -> None:
    """Wait for a process of the machine: there is no other clock for it."""
    ends_s = time.monotonic() + LONGEST_S
    while not true():
        assert time.monotonic() < ends_s
        time.sleep(0.01)


def answered(adviser: AdviserProcess, now_s: float) -> bool:
    answer = adviser.answer
    return answer is not None and answer.now_s == now_s


@pytest.mark.slow
def test_it_answers_from_another_process_and_knows_the_junction() -> None:
    site = trial_site("cab-1")
    with advising(partial(JunctionAdviser, site, trial_layout(site), RolloutSettings()), 60.0) as adviser:
        until(lambda: adviser.starts == 1 and (adviser.ask(Glimpse(5.0, (), "rrrr")) or answered(adviser, 5.0)))
        answer = adviser.answer
        assert answer is not None
        assert (answer.decision, answer.stage, answer.lost) == (None, -1, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
def test_one_that_is_no_good_is_started_anew_and_asking_never_waits(how: str) -> None:
    longest_s = 0.0
    with advising(partial(Echo, how, 100.0)) as adviser:
        until(lambda: adviser.ask(Glimpse(1.0, (), "")) or answered(adviser, 1.0))
        first = adviser.starts
        adviser.ask(Glimpse(100.0, (), ""))
        with timed() as took:
            for _ in range(5 * MOST_WAITING):
                begun_s = time.perf_counter()
                adviser.ask(Glimpse(101.0, (), ""))
                longest_s = max(longest_s, time.perf_counter() - begun_s)
        until(lambda: adviser.starts > first)
        assert adviser.why
        until(lambda: adviser.ask(Glimpse(2.0, (), "")) or answered(adviser, 2.0))
    assert longest_s - took.lag_s < 0.05


@pytest.mark.slow
def test_whoever_is_too_slow_begins_anew() -> None:
    with advising(Echo, 60.0) as adviser:
        until(lambda: adviser.ask(Glimpse(1.0, (), "")) or answered(adviser, 1.0))
        for k in range(100 * MOST_WAITING):
            adviser.ask(Glimpse(2.0 + k, (), ""))
        until(lambda: adviser.starts > 1)
        assert adviser.why.endswith("too slow")


def frames(folder: Path, adviser: AdviserProcess | None) -> list[object]:
    """Return the frames of a cabinet that is switched to adaptive control."""
    folder.mkdir()
    world = LinkWorld(folder)
    cabin = world.add("cab-1")
    if adviser is not None:
        cabin.sight = Sight(trial_layout(cabin.kernel.site), ScriptedLoops(), adviser)
    world.restart(cabin)
    world.order(cabin, PLAN, control=ControlMode.ADAPTIVE)
    world.run(90_000)
    world.close()
    return list(cabin.segments[-1])


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "stop", "rubbish"])
def test_the_lamps_of_a_cabinet_whose_adviser_dies_are_those_of_one_without(tmp_path: Path, how: str) -> None:
    alone = frames(tmp_path / "alone", None)
    with advising(partial(Echo, how, 1.0)) as adviser:
        until(lambda: adviser.ask(Glimpse(0.5, (), "")) or answered(adviser, 0.5))
        beside = frames(tmp_path / "beside", adviser)
        until(lambda: adviser.starts > 1)
    assert beside == alone
