"""The detection in the service: it keeps a record of each day and learns from those before."""

from collections.abc import Iterator

import numpy as np
import pytest

from signal_ctrl.watch.incidents.detection.bins import BIN_MS
from signal_ctrl.watch.incidents.detection.usual import DAY_MS, SLOTS, UsualDay
from signal_ctrl.watch.incidents.usual_days import USUAL_DAYS, is_workday, packed_day, unpacked_day
from signal_ctrl.watch.incidents.watching import LEAST_DAYS, IncidentWatching
from signal_ctrl.watch.observations import LoopCount
from tests.signal_ctrl.watch.incidents.places import Place, place

SHA = "e" * 64
FRIDAY = 1
"""Of days since 1970 in weeks: it began on a Thursday."""


@pytest.fixture
def there() -> Iterator[Place]:
    with place() as made:
        yield made


def keep_days(there: Place, number: int) -> None:
    """Keep records of the last days of the same kind as today, three vehicles a bin on each loop."""
    n_loops, n_roads = len(there.network.loops), len(there.network.roads)
    zeros = np.zeros(n_roads)
    record = UsualDay(
        np.full((SLOTS, n_loops), 3.0),
        np.ones(n_loops),
        np.ones(n_loops),
        np.full((4, n_roads), 0.25),
        zeros,
        zeros + 1,
    )
    today = there.now() // DAY_MS
    same = [day for day in range(today - 20, today) if is_workday(day) == is_workday(today)][-number:]
    for day in same:
        there.here.store.write(lambda t, day=day: t.shelf(USUAL_DAYS).put(packed_day(day, record, SHA)))


def plays(there: Place, watching: IncidentWatching, bins: int, blocked: bool = False, late_bins: int = 0) -> list[str]:
    """Let bins go by in which three vehicles pass each loop, or the road a is blocked; counts come so much later."""
    found = []
    for _ in range(bins):
        there.here.clock.pass_ms(BIN_MS)
        now_ms = there.now()
        end_ms = (now_ms // BIN_MS - late_bins) * BIN_MS
        for loop in there.network.loops:
            stuck = blocked and loop.road == "a"
            vehicles, occupied = (0, 1.0 if "entry" in loop.detector else 0.0) if stuck else (3, 0.2)
            watching.take([LoopCount(loop.detector, end_ms - BIN_MS, end_ms, vehicles, occupied)])
        found += [each.road for each in watching.findings(now_ms)]
    return found


def test_too_few_days_teach_nothing_and_enough_find_the_blocked_road(there: Place) -> None:
    for number in (LEAST_DAYS - 1, LEAST_DAYS):
        keep_days(there, number)
        watching = IncidentWatching(there.here.centre.desk)
        watching.begin(there.network, SHA)
        assert plays(there, watching, 14) == []
        found = plays(there, watching, 9, blocked=True)
        assert ("a" in found) == (number == LEAST_DAYS)


def test_days_of_another_network_teach_nothing(there: Place) -> None:
    keep_days(there, LEAST_DAYS)
    watching = IncidentWatching(there.here.centre.desk)
    watching.begin(there.network, "a" * 64)
    assert plays(there, watching, 14) + plays(there, watching, 9, blocked=True) == []


def test_the_record_of_a_day_is_kept_when_it_is_over(there: Place) -> None:
    to_midnight_ms = DAY_MS - there.now() % DAY_MS
    there.here.clock.pass_ms(to_midnight_ms - 15 * BIN_MS)
    watching = IncidentWatching(there.here.centre.desk)
    watching.begin(there.network, SHA)
    plays(there, watching, 13)
    assert there.here.store.read(lambda r: r.shelf(USUAL_DAYS).count()) == 0
    plays(there, watching, 6)
    (kept,) = there.here.store.read(lambda r: r.shelf(USUAL_DAYS).find())
    assert (kept.day, kept.loops, kept.roads) == (there.now() // DAY_MS - 1, 8, 5)


def record_at_midnight(there: Place, watching: IncidentWatching, late_bins: int = 0) -> UsualDay:
    """Watch for the last five minutes of a day, and return what was kept of it."""
    there.here.clock.pass_ms(DAY_MS - there.now() % DAY_MS - 15 * BIN_MS)
    watching.begin(there.network, SHA)
    plays(there, watching, 20, late_bins=late_bins)
    (kept,) = there.here.store.read(lambda r: r.shelf(USUAL_DAYS).find())
    return unpacked_day(kept)


@pytest.mark.parametrize("late_bins", [0, 1, 4])
def test_counts_that_come_late_are_learnt_too(there: Place, late_bins: int) -> None:
    """The service looks at a bin 4 s after its end; most feeds take longer."""
    record = record_at_midnight(there, IncidentWatching(there.here.centre.desk), late_bins)
    assert record.rate[-1].tolist() == [3.0] * len(there.network.loops)


def test_counts_of_a_road_with_an_incident_are_not_learnt(there: Place) -> None:
    watching = IncidentWatching(there.here.centre.desk)
    watching.beside(["a", "no such road"])
    record = record_at_midnight(there, watching)
    learnt = {loop.road for at, loop in enumerate(there.network.loops) if not np.isnan(record.rate[-1, at])}
    assert learnt == {"c"}


def test_minutes_do_not_teach_how_long_a_loop_stands_in_a_day(there: Place) -> None:
    record = record_at_midnight(there, IncidentWatching(there.here.centre.desk))
    assert np.isnan(record.stand).all() and np.isnan(record.silence).all()


def test_what_workdays_taught_does_not_judge_a_weekend(there: Place) -> None:
    to_friday = next(k for k in range(8) if (there.now() // DAY_MS + k) % 7 == FRIDAY)
    there.here.clock.pass_ms(to_friday * DAY_MS - there.now() % DAY_MS + DAY_MS - 40 * BIN_MS)
    keep_days(there, LEAST_DAYS)
    watching = IncidentWatching(there.here.centre.desk)
    watching.begin(there.network, SHA)
    plays(there, watching, 14)
    assert "a" in plays(there, watching, 9, blocked=True)
    plays(there, watching, 30)
    assert not is_workday(there.now() // DAY_MS)
    assert plays(there, watching, 9, blocked=True) == []


def test_before_a_network_is_there_nothing_is_believed(there: Place) -> None:
    watching = IncidentWatching(there.here.centre.desk)
    assert list(watching.findings(there.now())) == []
    assert not watching.usual_again("a", 0)
