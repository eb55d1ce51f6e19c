"""Hand-written mutants of the ladder and of the watch over a controller (K11): each is caught by the test it names."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import pytest

from signal_ctrl.engine import ladder, watch
from tests.signal_ctrl.engine import test_ladder, test_watch


class Mutant(NamedTuple):
    """One fault. `test` is the one that has to catch it; the old text occurs once."""

    name: str
    module: ModuleType
    old: str
    new: str
    test: str


MUTANTS: Final = tuple(
    Mutant(*row)
    for row in (
        ("flapping without hysteresis", ladder,
         "UP_AFTER_DS: Final = 600", "UP_AFTER_DS: Final = 0",
         "test_a_controller_that_comes_and_goes_does_not_flap"),
        ("health a second short", ladder,
         "UP_AFTER_DS: Final = 600", "UP_AFTER_DS: Final = 590",
         "test_up_after_sixty_seconds_of_health_and_not_before"),
        ("a fault in between forgotten", ladder,
         "self._sound_ds.pop(rung, None)", "self._sound_ds.get(rung)",
         "test_one_fault_begins_the_sixty_seconds_anew"),
        ("a rung skipped without a reason", ladder,
         "            if rung < self.rung:\n                continue",
         "            if rung < self.rung or rung is Rung.PLAN:\n                continue",
         "test_down_in_the_same_second_with_the_reason"),
        ("reasons not told", ladder,
         "\"; \".join(reasons))", "\"-\")", "test_every_rung_that_is_passed_over_has_its_reason"),
        ("a rung that is faulty", ladder,
         "            if rung not in faults or rung is self._rungs[-1]:", "            if rung > self.rung:",
         "test_never_on_a_faulty_rung_never_up_early_never_without_a_reason"),
        ("health by a clock that went back", ladder,
         "            self._sound_ds.clear()", "            self._last_ds = None",
         "test_a_clock_that_goes_back_has_measured_no_health"),
        ("staleness by the wall clock", watch,
         "not -1.0 <= situation.now_s - decision.at_s", "not -1.0 <= __import__('time').time() - decision.at_s",
         "test_stale_is_two_cycles_where_that_is_less"),
        ("the last good answer kept for ever", watch,
         "situation.now_s - decision.at_s <= self._stale_s", "situation.now_s - decision.at_s <= math.inf",
         "test_stale_is_two_cycles_where_that_is_less"),
        ("no answer for ever", watch,
         "now_s - self._sound_s > self._stale_s", "now_s - self._sound_s > math.inf",
         "test_no_answer_for_too_long_is_stale_though_it_was_asked_seldom"),
        ("a deadline missed four times", watch,
         "MISSES: Final = 3", "MISSES: Final = 4",
         "test_a_missed_deadline_is_no_fault_until_the_third_in_a_row"),
        ("misses never forgotten", watch,
         "        self._missed, self._sound_s = 0, situation.now_s", "        self._sound_s = situation.now_s",
         "test_a_missed_deadline_is_no_fault_until_the_third_in_a_row"),
        ("an answer for another junction", watch,
         "if decision.signal not in (\"\", self._signal):", "if decision.signal is None:",
         "test_what_is_wrong_goes_no_further"),
        ("costs that are no numbers", watch,
         "math.isfinite(delay_s) and math.isfinite(cost)", "True", "test_what_is_wrong_goes_no_further"),
        ("whoever raises is let through", watch,
         "        except Exception as error:", "        except ArithmeticError as error:",
         "test_who_raises_has_failed_until_it_answers"),
    )
)  # fmt: skip
TESTS: Final = {ladder: test_ladder, watch: test_watch}


def with_fault(mutant: Mutant, folder: Path) -> ModuleType:
    """Return the module of the mutant, with the enumerations and rows of the real one, which tests compare."""
    source = Path(str(mutant.module.__file__)).read_text(encoding="utf-8")
    assert source.count(mutant.old) == 1, f"{mutant.name}: its text occurs {source.count(mutant.old)} times"
    (folder / "faulty.py").write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        faulty = importlib.import_module("faulty")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("faulty", None)
    for name in ("Rung", "Step"):
        if hasattr(faulty, name):
            setattr(faulty, name, getattr(mutant.module, name))
    if mutant.module is ladder:
        faulty.Ladder.__init__.__defaults__ = (ladder.WITHOUT_SCHEDULE,)
    return faulty


def complaints(tests: ModuleType, name: str) -> Iterator[str]:
    """Yield what a test has to say, with each of its parameters."""
    test: Any = getattr(tests, name)
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    cases: list[dict[str, Any]] = [{}]
    for mark in marks:
        names = mark.args[0].split(",") if isinstance(mark.args[0], str) else list(mark.args[0])
        cases = [dict(zip(names, row if len(names) > 1 else (row,), strict=True)) for row in mark.args[1]]
    for case in cases:
        try:
            test(**case)
        except (AssertionError, *RAISED) as error:
            yield f"{case}: {error!r}"


RAISED: Final = (ValueError, ZeroDivisionError, RecursionError, MemoryError, KeyError, OSError)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_mutant_is_caught(mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = TESTS[mutant.module]
    assert list(complaints(tests, mutant.test)) == []
    faulty = with_fault(mutant, tmp_path)
    for name in ("Ladder", "Watch"):
        if hasattr(faulty, name):
            monkeypatch.setattr(tests, name, getattr(faulty, name))
    assert list(complaints(tests, mutant.test)) != [], f"{mutant.name} passes {mutant.test}"
