"""Decisions kept until it is known what the lamps did: which change the model is told, and how far it looks."""

from dataclasses import dataclass, field
from typing import Any, cast

from optimiser.foresight import Change, Foresight
from signal_ctrl.domain.view import JunctionView
from sumo_scenarios.hindsight import Hindsight


@dataclass
class Asked:
    """A model that remembers what it was asked; each vehicle is expected to wait a second."""

    asked: list[tuple[Any, int, int, Change | None]] = field(default_factory=list)

    def waiting_veh_s(self, view: Any, stage: int, ahead_s: int, change: Change | None = None) -> float:
        self.asked.append((view, stage, ahead_s, change))
        return float(len(self.asked))


def ask(stages: dict[int, int], noted: dict[int, int], until_s: int) -> tuple[Asked, list[Any]]:
    """Run a signal second by second: `stages` says from when on the kernel is at which, `noted` who decided where."""
    model, found, now = Asked(), [], -1
    hindsight = Hindsight("J", cast(Foresight, model))
    for second in range(until_s + 1):
        now = stages.get(second, now)
        if second in noted:
            hindsight.note(float(second), cast(JunctionView, f"view {second}"), noted[second])
        hindsight.see(float(second), now)
        found += hindsight.due(float(second))
    return model, found


def test_a_stage_that_stays_is_asked_for_when_the_time_has_passed() -> None:
    assert ask({0: 1}, {5: 1}, 24)[1] == []
    model, (found,) = ask({0: 1}, {5: 1}, 25)
    assert model.asked == [("view 5", 1, 20, None)]
    assert (found.signal, found.at_s, found.ahead_s, found.stage, found.next_stage) == ("J", 5.0, 20, 1, -1)
    assert found.expected_veh_s == 1.0


def test_the_change_that_came_is_told_with_its_time_even_if_it_came_at_once() -> None:
    model, found = ask({0: 1, 12: 2}, {5: 1, 12: 1}, 40)
    assert [each[1:] for each in model.asked] == [(1, 20, Change(2, 7)), (1, 20, Change(2, 0))]
    assert [(each.next_stage, each.after_s) for each in found] == [(2, 7), (2, 0)]


def test_the_time_ahead_ends_with_the_second_change() -> None:
    model, _ = ask({0: 1, 12: 2, 20: 0, 30: 1}, {5: 1, 20: 2}, 60)
    assert [each[1:] for each in model.asked] == [(1, 15, Change(2, 7)), (2, 10, Change(0, 0))]


def test_changes_before_the_decision_or_after_its_time_do_not_count() -> None:
    model, _ = ask({0: 1, 4: 2, 26: 0}, {5: 2}, 30)
    assert model.asked == [("view 5", 2, 20, None)]
