"""The frame of a green wave: its windows are kept whatever the free controller wishes, and nothing else is touched."""

import random
from dataclasses import replace

import numpy as np
import pytest

from optimiser.controller import Decision, Situation
from optimiser.frame import Frame, FramedController, Window
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.view import JunctionView

N_STAGES = 4
MIN_GREEN_S = 5.0
VIEW = JunctionView(*(np.zeros(0),) * 12)  # type: ignore[arg-type]


class Always:
    """The wave is always to be kept, or never."""

    def __init__(self, on: bool = True) -> None:
        self.on = on

    def holds(self, signal: str, view: JunctionView, now_s: float) -> bool:
        return self.on


class Restless:
    """Wishes for any stage it may begin, each second; keeps what is lit else."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.asked: list[Situation] = []

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        self.asked.append(situation)
        stage = self._random.choice(situation.may_begin) if self._random.random() < 0.3 else situation.stage
        return Decision(stage, (), "restless")


def tables_of(seed: int) -> StageTables:
    generator = random.Random(seed)
    settled = np.array([[0.0 if a == b else generator.choice((3.0, 5.0, 7.0)) for b in range(4)] for a in range(4)])
    green = np.full(N_STAGES, MIN_GREEN_S)
    return StageTables(np.full((4, 1), 3), np.zeros((4, 4, 1)), np.zeros((4, 4, 1)), settled, green)


def lit_stages(controller: FramedController, tables: StageTables, seconds: int) -> list[frozenset[int]]:
    """Return in each second the stage, during a change both: what all of them let go is green. A plain signal."""
    stage, before, complete_s = 0, 0, 0.0
    shown: list[frozenset[int]] = []
    for now_s in range(seconds):
        shown.append(frozenset({stage}) if now_s >= complete_s else frozenset({before, stage}))
        if now_s < complete_s + MIN_GREEN_S:
            continue
        wish = controller.decide(VIEW, Situation(float(now_s), stage, (0, 1, 2, 3), now_s - complete_s)).stage
        if wish != stage:
            complete_s = now_s + float(tables.settled_s[stage, wish])
            before, stage = stage, wish
            shown[-1] = frozenset({before, stage})
    return shown


@pytest.mark.parametrize("seed", range(40))
def test_windows_are_kept_whatever_the_free_controller_wishes(seed: int) -> None:
    tables = tables_of(seed)
    generator = random.Random(1000 + seed)
    first = Window(generator.randrange(90), generator.randrange(10, 40), frozenset({0, generator.randrange(4)}), 0)
    begin_s = (first.begin_s + first.length_s + generator.randrange(10, 30)) % 90.0
    second = Window(begin_s, 8.0, frozenset({1}), 1)
    windows = (first, second) if generator.random() < 0.5 else (first,)
    shown = lit_stages(FramedController(Restless(seed), "a", tables, Frame(90.0, windows), Always()), tables, 1800)
    for now_s in range(90, 1800):
        for window in windows:
            if (now_s - window.begin_s) % 90.0 < window.length_s:
                assert shown[now_s] <= window.stages, (now_s, window)


def test_the_way_into_a_window_leaves_time_for_the_next_one() -> None:
    """Stage 3 serves the first window and is cheapest, but the second one begins 2 s later and only stage 0 serves both."""
    tables = replace(tables_of(7), settled_s=np.full((4, 4), 4.0) - 4.0 * np.eye(4))
    frame = Frame(90.0, (Window(16.0, 10.0, frozenset({0, 3}), 0), Window(18.0, 20.0, frozenset({0, 1}), 0)))

    class Keeps:
        def decide(self, view: JunctionView, situation: Situation) -> Decision:
            return Decision(situation.stage, ((2, 0.0, 9.0), (0, 0.0, 5.0), (3, 0.0, 1.0)), "keeps")

    framed = FramedController(Keeps(), "a", tables, frame, Always())
    assert framed.decide(VIEW, Situation(12.0, 2, (0, 1, 2, 3), 9.0)).stage == 0


def test_between_the_windows_the_free_controller_has_all_stages() -> None:
    tables, free = tables_of(3), Restless(3)
    frame = Frame(90.0, (Window(0.0, 20.0, frozenset({0}), 0),))
    shown = lit_stages(FramedController(free, "a", tables, frame, Always()), tables, 3600)
    assert {stage for stages in shown for stage in stages} == {0, 1, 2, 3}
    assert any(set(situation.may_begin) == {0, 1, 2, 3} for situation in free.asked)


def test_without_need_for_the_wave_the_free_controller_is_asked_as_ever() -> None:
    tables = tables_of(4)
    frame = Frame(90.0, (Window(0.0, 60.0, frozenset({0}), 0),))
    framed, free = Restless(4), Restless(4)
    now = [Situation(float(t), 1, (0, 1, 2), 9.0) for t in range(50)]
    got = [FramedController(framed, "a", tables, frame, Always(False)).decide(VIEW, each) for each in now]
    assert got == [free.decide(VIEW, each) for each in now]
    assert framed.asked == now


def test_the_way_into_a_window_is_its_cheapest_stage() -> None:
    tables = tables_of(5)

    class Keeps:
        def decide(self, view: JunctionView, situation: Situation) -> Decision:
            return Decision(situation.stage, ((3, 0.0, 1.0), (2, 0.0, 9.0), (1, 0.0, 4.0), (2, 5.0, 0.5)), "keeps")

    frame = Frame(90.0, (Window(0.0, 60.0, frozenset({1, 2}), 2),))
    framed = FramedController(Keeps(), "a", tables, frame, Always())
    decision = framed.decide(VIEW, Situation(30.0, 3, (0, 1, 2, 3), 9.0))
    assert (decision.stage, decision.reason) == (1, "stage 2 now for the green wave")
    assert framed.decide(VIEW, Situation(30.0, 3, (0, 2, 3), 9.0)).stage == 2
    assert framed.decide(VIEW, Situation(30.0, 1, (0, 1, 2, 3), 9.0)).stage == 1


def test_a_programme_without_the_waves_stage_leaves_the_frame() -> None:
    frame = Frame(90.0, (Window(0.0, 60.0, frozenset({1}), 1),))
    free = Restless(6)
    FramedController(free, "a", tables_of(6), frame, Always()).decide(VIEW, Situation(30.0, 3, (0, 3), 9.0))
    assert free.asked[0].offered is None


def test_windows_that_cannot_be_kept_are_refused() -> None:
    window = Window(10.0, 20.0, frozenset({1}), 1)
    with pytest.raises(InvalidInputError, match="no stage serves both"):
        Frame(90.0, (window, Window(25.0, 20.0, frozenset({2}), 2)))
    with pytest.raises(InvalidTimingError, match="fit into their cycle"):
        Frame(15.0, (window,))
    with pytest.raises(InvalidTimingError, match="needs a begin and a length"):
        replace(window, length_s=0.0)
    with pytest.raises(InvalidInputError, match="own stage"):
        replace(window, own=2)
