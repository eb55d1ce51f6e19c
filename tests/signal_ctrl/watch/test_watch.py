"""What feeds bring reaches everybody who watches, all of it once: roads, incidents, units."""

from pathlib import Path

import pytest

from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.observations import Observation, Position
from tests.signal_ctrl.watch.streets import MINUTE_MS, position, streets

UNITS = """
format = "signal-ctrl units 1"

[[unit]]
name = "p1"
kind = "patrol"
home = [11.401, 48.76]
vehicle = "fleet/v1"
"""


def test_what_a_feed_brings_reaches_incidents_and_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with streets(tmp_path) as town:
        town.import_roads()
        town.watch.dispatch.units.import_(town.actor("olga", Role.OPERATOR), UNITS)
        watched: list[Observation] = []
        monkeypatch.setattr(town.watch.incident_watching, "take", watched.extend)
        fleet = town.feeder("fleet", FeedKind.POSITIONS)
        at_ms = town.clock.utc_ms()
        fleet.send(position("v1", at_ms, lon=11.4031), position("v2", at_ms))
        town.passes(30_000)
        assert {each.vehicle for each in watched if isinstance(each, Position)} == {"fleet/v1", "fleet/v2"}
        assert len(watched) == 2
        known = town.watch.dispatch.units.positions
        assert list(known) == ["p1"]
        assert (known["p1"].lon, known["p1"].utc_ms, known["p1"].source) == (11.4031, at_ms, "feed")


def test_a_topic_that_cannot_go_on_keeps_none_of_the_others_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise NotFoundError("the roads are gone")

    with streets(tmp_path) as town:
        town.import_roads()
        monkeypatch.setattr(town.watch.responses.desk, "tick", gone)
        begin_ms = town.clock.utc_ms()
        for _ in range(70):
            town.clock.pass_ms(1000)
            with pytest.raises(NotFoundError, match="the roads are gone"):
                town.watch.tick()
        assert [each.minute_utc_ms for each in town.watch.minutes(begin_ms)] == [begin_ms - begin_ms % MINUTE_MS]
