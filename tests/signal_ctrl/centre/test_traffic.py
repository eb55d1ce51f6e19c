"""The last count of each signal group is remembered, and nobody's counts push out those of others without end."""

from collections.abc import Iterator

import pytest

from signal_ctrl.centre import traffic
from signal_ctrl.centre.traffic_values import GroupFlow
from tests.signal_ctrl.centre.worlds import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def flow(cabinet: str, group: str, minute: int, vehicles: int = 5) -> GroupFlow:
    return GroupFlow(cabinet, group, minute * 60_000, (minute + 5) * 60_000, vehicles)


def counted(here: World, *flows: GroupFlow) -> None:
    here.store.write(lambda t: [here.centre.traffic.counted(t, each) for each in flows])


def last(here: World) -> list[tuple[str, str, int]]:
    return [(each.cabinet, each.group, each.vehicles) for each in here.store.read(here.centre.traffic.last)]


def test_the_youngest_of_each_group_is_told_whatever_comes_late(here: World) -> None:
    counted(here, flow("c0", "main", 10, 7), flow("c0", "side", 10), flow("c1", "main", 10))
    counted(here, flow("c0", "main", 5, 99), flow("c0", "side", 15, 8))
    assert sorted(last(here)) == [("c0", "main", 7), ("c0", "side", 8), ("c1", "main", 5)]


def test_who_tells_of_ever_new_groups_pushes_out_none_but_their_own(here: World) -> None:
    last(here)  # what is in the store is read the first time
    counted(here, flow("c0", "main", 10))
    counted(here, *(flow("c1", f"g{k}", 10) for k in range(traffic.MOST_OF_ONE + 3)))
    found = last(here)
    assert len(found) == traffic.MOST_OF_ONE + 1
    assert ("c0", "main", 5) in found and ("c1", "g2", 5) not in found and ("c1", "g3", 5) in found


def test_who_has_not_counted_for_longest_is_forgotten_first(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "MOST_GROUPS", 3)
    last(here)
    counted(here, flow("c0", "main", 10), flow("c1", "main", 10), flow("c2", "main", 10), flow("c0", "main", 15))
    counted(here, flow("c3", "main", 10))
    assert sorted(cabinet for cabinet, _, _ in last(here)) == ["c0", "c2", "c3"]
