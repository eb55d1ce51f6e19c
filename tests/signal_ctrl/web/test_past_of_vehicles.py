"""What moves in the past: corridors and units stand in the record as they were shown, and cost little."""

from typing import Any

import pytest

from signal_ctrl.watch.dispatch.units import UnitPosition
from signal_ctrl.web.moving_look import MOVED_M
from tests.signal_ctrl.watch.dispatch.streets import UNITS, place
from tests.signal_ctrl.watch.special.test_way import ROADS
from tests.signal_ctrl.web.centre_town import Town
from tests.signal_ctrl.web.test_dispatch_routes import town_actor
from tests.signal_ctrl.web.test_special_routes import Device, device, town  # noqa: F401  # fixtures

DEGREE_M = 111_319.49


def passes(town: Town, seconds: int) -> None:  # noqa: F811
    """Let time go by: the centre, the watch and the record do what is due."""
    for _ in range(seconds):
        town.clock.pass_ms(1_000)
        town.world.centre.tick()
        town.world.watch.tick()
        town.world.context.recorder.tick()


def then(town: Town, at_ms: int) -> dict[str, Any]:  # noqa: F811
    """What is shown of a time, once it is kept."""
    found = town.ask("vera", "GET", f"/v1/past/picture?at_utc_ms={at_ms}")
    assert found.status_code == 200, found.text
    picture: dict[str, Any] = found.json()["picture"]
    return picture


def test_a_corridor_is_shown_again_as_it_was(town: Town, device: Device) -> None:  # noqa: F811
    passes(town, 12)
    assert device.post("corridor", 0.5, roads=list(ROADS)).status_code == 201
    times: list[tuple[int, dict[str, Any]]] = []
    for x, after_s in ((0.6, 5), (1.2, 20)):
        passes(town, after_s)
        assert device.post("position", x).status_code == 200
        passes(town, 4)
        (shown,) = town.ask("vera", "GET", "/v1/corridors").json()
        times.append((town.clock.utc_ms(), shown))
    name = times[0][1]["corridor"]["corridor"]
    assert town.ask("olga", "DELETE", f"/v1/corridors/{name}").status_code == 200
    passes(town, 3)
    over_ms = town.clock.utc_ms()
    passes(town, 20)
    for at_ms, shown in times:
        town.clock.pass_ms(600)
        row = then(town, at_ms)["corridors"][name]
        assert row["corridor"] == shown["corridor"]
        assert [(k["cabinet"], k["stage"]) for k in row["kept"]] == [(k["cabinet"], k["stage"]) for k in shown["kept"]]
        assert [each["cabinet"] for each in row["arrivals"]] == [each["cabinet"] for each in shown["arrivals"]]
        for old, now in zip(row["arrivals"], shown["arrivals"], strict=True):
            assert abs(old["expected_s"] - now["expected_s"]) <= 3  # looked at every two seconds, in whole seconds
        assert row["along_m"] == pytest.approx(shown["along_m"], abs=0.5)
    assert times[0][1]["along_m"] + 20 < times[1][1]["along_m"]
    town.clock.pass_ms(600)
    assert then(town, over_ms).get("corridors", {}) == {}


def test_units_are_shown_where_they_were(town: Town) -> None:  # noqa: F811
    assert town.ask("olga", "POST", "/v1/units", {"document": UNITS}).status_code == 200
    unit = town.ask("vera", "GET", "/v1/units").json()[0]["unit"]["unit"]
    passes(town, 12)
    times: list[tuple[int, UnitPosition]] = []
    for k in range(3):
        lon, lat = place(0.3 * k, 0.0)
        at = UnitPosition(unit, lon, lat, town.clock.utc_ms(), "device")
        town.world.watch.dispatch.units.report(town_actor(town, "sam"), at)
        passes(town, 12)
        times.append((town.clock.utc_ms(), at))
    passes(town, 20)
    for at_ms, at in times:
        town.clock.pass_ms(600)
        picture = then(town, at_ms)
        row = picture["unit_places"][unit]
        assert (row["lon"], row["lat"]) == (pytest.approx(at.lon, abs=1e-6), pytest.approx(at.lat, abs=1e-6))
        assert row["utc_ms"] == at.utc_ms
        assert unit in picture["units"]


def test_a_unit_that_stands_is_recorded_once_a_minute(town: Town) -> None:  # noqa: F811
    assert town.ask("olga", "POST", "/v1/units", {"document": UNITS}).status_code == 200
    unit = town.ask("vera", "GET", "/v1/units").json()[0]["unit"]["unit"]
    lon, lat = place(0.0, 0.0)
    passes(town, 12)
    begin_ms = town.clock.utc_ms()
    for k in range(60):  # ten minutes: the device trembles by less than the grain
        shift = (0.4 if k % 2 else -0.4) * MOVED_M / DEGREE_M
        at = UnitPosition(unit, lon, lat + shift, town.clock.utc_ms(), "device")
        town.world.watch.dispatch.units.report(town_actor(town, "sam"), at)
        passes(town, 10)
    end_ms = town.clock.utc_ms()
    passes(town, 15)
    query = f"after_utc_ms={begin_ms}&until_utc_ms={min(end_ms, begin_ms + 600_000)}"
    found = town.ask("vera", "GET", f"/v1/past/changes?{query}").json()["moments"]
    told = [each for each in found if unit in each["changes"].get("unit_places", {})]
    assert 9 <= len(told) <= 12
