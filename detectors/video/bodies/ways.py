"""Which way traffic goes at a place on the ground: learnt from who drove there, at first from zones and lines."""

from typing import Final

import numpy as np

from detectors.video.bodies.shape import Floats

MOST: Final = 2000
NEAR_M: Final = 5.0
AHEAD_M: Final = 4.0
BESIDE_M: Final = 5.0
SURE: Final = 6  # places that have to be known


class Ways:
    """Headings by place."""

    def __init__(self, seeds: list[tuple[Floats, Floats]]) -> None:
        """Args: places [m] and headings (unit vectors) that are known before."""
        self._seeds = np.array([np.concatenate(each) for each in seeds]).reshape(-1, 4)
        self._rows: list[Floats] = []
        self._array = self._seeds

    def learn(self, place: Floats, heading: Floats) -> None:
        """Take that somebody drove so."""
        self._rows.append(np.concatenate((place, heading)))
        if len(self._rows) > MOST:
            del self._rows[: MOST // 2]
        if len(self._rows) % 16 == 1:
            self._array = np.concatenate((self._seeds, np.array(self._rows)))

    def beside_m(self, place: Floats) -> float | None:
        """Return how far a place lies beside the nearest track of traffic there, None if too little is known. [m]"""
        if len(self._array) - len(self._seeds) < SURE:
            return None
        rows = self._array[len(self._seeds) :]
        off = place - rows[:, :2]
        along, across = (off * rows[:, 2:]).sum(axis=1), off[:, 0] * rows[:, 3] - off[:, 1] * rows[:, 2]
        near = np.abs(across[(np.abs(along) < AHEAD_M) & (np.abs(across) < BESIDE_M)])
        return float(np.partition(near, 2)[:3].mean()) if len(near) >= SURE else None

    def at(self, place: Floats) -> Floats | None:
        """Return the heading of traffic near a place, None if nothing is known."""
        if not len(self._array):
            return None
        away = np.hypot(*(self._array[:, :2] - place).T)
        learnt = away[len(self._seeds) :]
        near = np.flatnonzero(learnt < NEAR_M) + len(self._seeds)
        if len(near) >= 3:
            nearest = near[np.argsort(away[near])[:9]]
            mean = self._array[nearest, 2:].mean(axis=0)
            if np.hypot(*mean) > 0.5:
                return np.asarray(mean / np.hypot(*mean))
        heading: Floats = self._array[int(away.argmin()), 2:]
        return heading
