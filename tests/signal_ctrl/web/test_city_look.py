"""The worst junctions are named as everything else names them: by their cabinets, which lead to their panels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.incidents.signals_out import roads_of_cabinets
from tests.signal_ctrl.centre.worlds import site_text
from tests.signal_ctrl.watch.streets import ROADS, network, streets

SIGNALS = ("x1", "", "x2", "", "x3", "")


def test_the_worst_junction_has_the_name_of_its_cabinet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with streets(tmp_path) as town:
        roads = tuple(replace(each, signal=signal) for each, signal in zip(network().roads, SIGNALS, strict=True))
        made = replace(network(), roads=roads)
        engineer = Actor("engineer", Role.ENGINEER, second_factor_utc_ms=town.clock.utc_ms())
        town.watch.roads.import_(engineer, roads_to_json(made))
        for cabinet, signal in (("north", "x1"), ("south", "x2")):
            town.world.centre.registry.enrol("test", cabinet, site_text(signal), Place("d0", "ring"))
        town.watch.tick()
        ones, speed = np.ones(ROADS, np.float32), np.array([2, 9, 4, 9, 8, 9], np.float32)
        level = np.ones(ROADS, np.uint8)
        begin_ms = town.clock.utc_ms() // 60_000 * 60_000
        seen = CityMinute(begin_ms, 600 * ones, speed, 40 * ones, 146 / speed, ones, 0 * ones, ones, level, level)
        monkeypatch.setattr(town.watch, "shown", lambda: seen)
        worst = [each["junction"] for each in town.get("/v1/figures")["worst_junctions"]]
        assert worst == ["north", "south", "x3"], "a signal without a cabinet keeps its own name"
        found = town.world.store.read(lambda reading: roads_of_cabinets(reading, made))
        assert {cabinet: road.road for cabinet, road in found.items()} == {"north": "r0", "south": "r2"}
