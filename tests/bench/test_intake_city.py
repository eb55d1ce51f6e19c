"""What the bench of the intake posts is what a street could say: nothing of it is left out by the rules."""

from bench.intake.city import MINUTE_MS, city_of, counts_of, drivers_of
from signal_ctrl.watch.feeds.values import Feed, FeedKind
from signal_ctrl.watch.intake.admission import Admission

BEGIN_MS = 1_790_000_040_000


def test_a_city_has_as_many_roads_as_are_asked_for_and_can_be_driven() -> None:
    for roads in (4, 60, 203):
        network = city_of(roads)
        assert len(network.roads) == len(network.loops) == roads
    assert min(len(each) for each in city_of(120).following.values()) >= 1


def test_counts_and_positions_all_count() -> None:
    network = city_of(120)
    admission = Admission(network)
    loops, taxi = Feed("l", FeedKind.COUNTS, 0, "x"), Feed("t", FeedKind.POSITIONS, 0, "x")
    drivers = drivers_of(network, 50, 3)
    for minute in range(3):
        now_ms = BEGIN_MS + minute * MINUTE_MS
        counts = admission.judge(loops, counts_of(network, now_ms - MINUTE_MS), now_ms)
        admission.remember(counts, now_ms)
        assert (len(counts.accepted), counts.left_out.total()) == (120, 0)
        for second in range(0, 60, 10):
            at_ms = now_ms + 1000 * second
            found = admission.judge(taxi, [each.fix(at_ms) for each in drivers], at_ms)
            admission.remember(found, at_ms)
            assert found.left_out.total() == 0
