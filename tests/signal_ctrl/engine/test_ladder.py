"""K11: down at once and with a reason, up only after 60 s of health, and never to and fro."""

from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.engine.ladder import UP_AFTER_DS, WITHOUT_SCHEDULE, Ladder, Rung, Step

A, S, P, F = Rung
EVERY = tuple(Rung)


def test_a_sound_ladder_stays_on_its_best_rung() -> None:
    ladder = Ladder()
    assert [ladder.step({}, 10 * n) for n in range(100)] == [None] * 100
    assert ladder.rung is A


def test_down_in_the_same_second_with_the_reason() -> None:
    ladder = Ladder()
    assert ladder.step({A: "it failed"}, 50) == Step(50, P, "adaptive: it failed")
    assert ladder.step({A: "it failed"}, 60) is None


def test_every_rung_that_is_passed_over_has_its_reason() -> None:
    ladder = Ladder()
    assert ladder.step({A: "stale", P: "there is none"}, 0) == Step(0, F, "adaptive: stale; plan: there is none")
    assert ladder.step({A: "stale", P: "there is none"}, 10) is None, "flash is the last rung"


def test_a_rung_that_is_left_later_names_only_what_it_leaves() -> None:
    ladder = Ladder()
    ladder.step({A: "stale"}, 0)
    assert ladder.step({A: "stale", P: "damaged"}, 10) == Step(10, F, "plan: damaged")


def test_up_after_sixty_seconds_of_health_and_not_before() -> None:
    ladder = Ladder()
    ladder.step({A: "stale"}, 0)
    assert all(ladder.step({}, now_ds) is None for now_ds in range(10, 10 + UP_AFTER_DS, 10))
    assert ladder.step({}, 10 + UP_AFTER_DS) == Step(10 + UP_AFTER_DS, A, "adaptive sound for 60 s")


def test_one_fault_begins_the_sixty_seconds_anew() -> None:
    ladder = Ladder()
    ladder.step({A: "stale"}, 0)
    ladder.step({}, 10)
    ladder.step({A: "stale"}, 500)
    assert ladder.step({}, 510) is None
    assert ladder.step({}, 500 + UP_AFTER_DS) is None
    assert ladder.step({}, 510 + UP_AFTER_DS) is not None


def test_from_flash_the_plan_comes_first_if_it_is_sound_first() -> None:
    ladder = Ladder()
    ladder.step({A: "x", P: "y"}, 0)
    ladder.step({A: "x"}, 10)
    step = ladder.step({A: "x"}, 10 + UP_AFTER_DS)
    assert step is not None and step.rung is P


def test_a_clock_that_goes_back_has_measured_no_health() -> None:
    ladder = Ladder()
    ladder.step({A: "x"}, 100_000)
    ladder.step({}, 100_010)
    assert ladder.step({}, 10) is None
    assert ladder.step({}, UP_AFTER_DS) is None
    assert ladder.step({}, 10 + UP_AFTER_DS) is not None


faults = st.dictionaries(st.sampled_from([A, S, P]), st.sampled_from(["x", "y"]))


@given(st.sampled_from((WITHOUT_SCHEDULE, EVERY)), st.lists(st.tuples(faults, st.integers(1, 200)), max_size=200))
def test_never_on_a_faulty_rung_never_up_early_never_without_a_reason(
    rungs: tuple[Rung, ...], rows: list[tuple[dict[Rung, str], int]]
) -> None:
    ladder, now_ds, before = Ladder(rungs), 0, A
    faulty_ds = dict.fromkeys(Rung, -(10**9))
    for found, gap_ds in rows:
        now_ds += gap_ds
        faulty_ds |= dict.fromkeys(found, now_ds)
        step = ladder.step(found, now_ds)
        assert (step is not None) == (ladder.rung is not before)
        assert ladder.rung not in found
        if step is not None:
            assert step.rung is ladder.rung and step.at_ds == now_ds and step.reason
        if ladder.rung < before:
            assert now_ds - faulty_ds[ladder.rung] > UP_AFTER_DS - 200, "steps come with every call"
            assert now_ds - faulty_ds[ladder.rung] >= UP_AFTER_DS
        if ladder.rung > before:
            assert all(rung in found for rung in rungs if before <= rung < ladder.rung)
        before = ladder.rung


def test_the_plan_by_time_of_day_comes_before_the_local_one() -> None:
    ladder = Ladder(EVERY)
    assert ladder.step({A: "stale"}, 0) == Step(0, S, "adaptive: stale")
    assert ladder.step({A: "stale", S: "damaged"}, 10) == Step(10, P, "schedule: damaged")
    for now_ds in range(20, 20 + UP_AFTER_DS, 10):
        assert ladder.step({A: "stale"}, now_ds) is None
    assert ladder.step({A: "stale"}, 20 + UP_AFTER_DS) == Step(20 + UP_AFTER_DS, S, "schedule sound for 60 s")


def test_without_a_schedule_nobody_hears_of_that_rung() -> None:
    ladder = Ladder()
    assert ladder.step({A: "stale", S: "x"}, 0) == Step(0, P, "adaptive: stale")


@given(st.integers(1, 59))
def test_a_controller_that_comes_and_goes_does_not_flap(period_s: int) -> None:
    ladder, steps = Ladder(), 0
    for second in range(3600):
        broken = (second // period_s) % 2 == 0
        steps += ladder.step({A: "x"} if broken else {}, 10 * second) is not None
    assert steps == 1
