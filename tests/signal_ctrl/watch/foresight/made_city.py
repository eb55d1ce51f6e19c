"""A street of twelve roads whose jams grow from its seventh road upstream on days with much traffic."""

import numpy as np

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.watch.foresight.days import Factors, Told, WatchedDay
from signal_ctrl.watch.foresight.slots import Slots

N_ROADS = 12
N_SLOTS = 36
NECK = 6


def street(n_roads: int = N_ROADS) -> RoadNetwork:
    """Return roads one behind the other."""
    roads = tuple(
        Road(f"r{k}", f"n{k}", f"n{k + 1}", 300.0, 2, 15.0, 1800.0, RoadClass.ARTERIAL,
             ((round(11.4 + 0.004 * k, 3), 48.7), (round(11.404 + 0.004 * k, 3), 48.7)))
        for k in range(n_roads)
    )  # fmt: skip
    return RoadNetwork(roads, tuple(RoadTurn(f"r{k}", f"r{k + 1}", 2) for k in range(n_roads - 1)))


def made_day(seed: int, told: tuple[Told, ...] = ()) -> WatchedDay:
    """Return a day of three hours. The jam begins once its traffic, which the first road shows, has been high."""
    dice = np.random.default_rng(seed)
    level = dice.uniform(0.6, 1.4)
    wave = np.exp(-0.5 * ((np.arange(N_SLOTS) - 16) / 6.0) ** 2)
    flow = np.clip(level * wave[:, None] * 0.8 + dice.normal(0, 0.02, (N_SLOTS, N_ROADS)), 0.01, 1.0)
    queue = np.zeros(N_SLOTS)
    for slot in range(1, N_SLOTS):
        queue[slot] = max(queue[slot - 1] + 1.6 * (level * wave[slot - 1] * 0.8 - 0.62), 0.0)
    reach = NECK - np.arange(N_ROADS)[None, :]
    jam = (queue[:, None] > 0.25 * (reach + 1)) & (reach >= 0) & (reach < 4)
    ratio = np.where(jam, 0.2, 0.85) * np.exp(dice.normal(0, 0.08, jam.shape))
    fill = np.where(jam, 0.7, 0.15 * flow) + 0.01
    own = Slots(*(each.astype(np.float32) for each in (ratio, fill, np.where(jam, 0.8, 0.05), flow, jam * 1.0)))
    ones = np.ones(jam.shape, dtype=np.float32)
    return WatchedDay(f"{seed:04d}", "mon", 0, 84, own, own, Factors(ones, ones, ones), told)
