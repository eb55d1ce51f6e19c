"""Calls that a city without anybody at its phones would miss: now and then a mission is opened and a unit sent."""

from contextlib import suppress
from typing import Final

import numpy as np

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.domain.roads import RoadClass, RoadNetwork
from signal_ctrl.watch.dispatch.mission_desk import MissionWish
from signal_ctrl.watch.dispatch.missions import Need
from signal_ctrl.watch.dispatch.units import UnitKind
from sumo_scenarios.over_http.centre import RunCentre

FIRST_S: Final = 30.0
APART_S: Final = 240.0
"""The first call comes so long after the page may be opened, the others so long after one another. [s]"""
CALLS: Final = (
    (UnitKind.AMBULANCE, 1, "急救 · person taken ill"),
    (UnitKind.PATROL, 3, "交通事故 · minor accident"),
    (UnitKind.FIRE, 1, "火警 · smoke reported"),
    (UnitKind.TOW, 4, "故障车 · car broken down"),
)
MAIN: Final = frozenset({RoadClass.EXPRESSWAY, RoadClass.ARTERIAL, RoadClass.SECONDARY})
LEAST_M: Final = 80.0
LOGIN: Final = "demo-calls"


class Calls:
    """The calls of a demo, each on a road of the network drawn by the seed."""

    def __init__(self, network: RoadNetwork, centre: RunCentre, seed: int) -> None:
        self._centre = centre
        long = [road for road in network.roads if road.length_m >= LEAST_M] or list(network.roads)
        self._roads = [road for road in long if road.road_class in MAIN] or long
        self._draw = np.random.default_rng([seed, 17])
        self._next_s: float | None = None
        self._taken = 0

    def step(self, time_s: float) -> None:
        """Take a call if one is due. [s]"""
        if self._next_s is None:
            self._next_s = time_s + FIRST_S
        if time_s >= self._next_s:
            self._next_s = time_s + APART_S
            self._take()

    def _take(self) -> None:
        """Open a mission and send who is nearest; where everybody is out it stays open."""
        kind, priority, text = CALLS[self._taken % len(CALLS)]
        self._taken += 1
        road = self._roads[int(self._draw.integers(len(self._roads)))]
        missions = self._centre.watch.dispatch.missions
        actor = Actor(LOGIN, Role.SUPERVISOR, second_factor_utc_ms=self._centre.centre.desk.now_ms())
        with suppress(SignalCtrlError):
            place = road.shape[len(road.shape) // 2]
            opened = missions.open(actor, MissionWish(Need((kind,)), place, text, priority, road.road))
            missions.assign(actor, opened.mission_id)
