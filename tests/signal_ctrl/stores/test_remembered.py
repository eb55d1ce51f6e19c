"""Which values a shelf remembers: not those that come by the thousand and are seldom read."""

from typing import Any

from signal_ctrl.centre.alarms import ALARMS, Alarm, Severity
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow
from signal_ctrl.stores.shelves import REMEMBERED, REMEMBERED_LARGE, Remembered, most_remembered
from signal_ctrl.stores.tables.shelves import ALL_SHELVES
from tests.signal_ctrl.stores.conftest import Place

ALARM = Alarm("al-1", "offline", "c1", Severity.WARNING, "silent", 1000, 1000)
FLOW = GroupFlow("c1", "main", 1000, 301_000, 40)


def test_counts_are_read_as_they_were_written_and_kept_nowhere_else(place: Place) -> None:
    store = place.open()

    def work(t: Any) -> None:
        t.shelf(ALARMS).add(ALARM)
        t.shelf(FLOWS).put(FLOW)

    store.write(work)
    (alarm,), (flow,) = store.read(lambda r: (r.shelf(ALARMS).find(), r.shelf(FLOWS).find()))
    assert alarm is ALARM
    assert flow == FLOW and flow is not FLOW
    assert store.read(lambda r: r.shelf(FLOWS).find())[0] is not flow
    store.close()


def test_what_passes_is_named_and_what_is_large_is_few() -> None:
    found = {spec.name: most_remembered(spec) for spec in ALL_SHELVES}
    assert {name for name, most in found.items() if most == 0} == {"group_flows", "advice", "shadow_totals"}
    assert found["city_minutes"] == REMEMBERED_LARGE and found["overrides"] == REMEMBERED


def test_the_one_that_was_asked_for_longest_ago_is_forgotten() -> None:
    values, none = Remembered(2), Remembered(0)
    for name in "abc":
        values.put(name, name)
        none.put(name, name)
        values.get("a")
    assert [values.get(name) for name in "abc"] == ["a", None, "c"]
    assert [none.get(name) for name in "abc"] == [None] * 3
