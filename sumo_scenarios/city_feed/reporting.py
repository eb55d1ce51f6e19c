"""Positions as vehicles report them: a share of the vehicles, noise, and whatever may go wrong with such reports."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.watch.observations import VehicleKind
from sumo_scenarios.city_feed.order import Reporting
from sumo_scenarios.city_feed.passages import Tracks
from sumo_scenarios.city_feed.tables import Doubles, PositionTable, ReadTable
from sumo_scenarios.film.roadmap import RoadMap

SLOW_MPS: Final = 1.5
"""Below this speed a receiver knows no heading."""
HEADING_DEG: Final = 8.0
SPEED_MPS: Final = 0.4
OUTAGE_S: Final = 90.0
STRAY_M: Final = (150.0, 3000.0)
WRONG_S: Final = (300.0, 90_000.0)
KINDS: Final[Mapping[str, VehicleKind]] = {
    "bus": VehicleKind.BUS,
    "coach": VehicleKind.BUS,
    "taxi": VehicleKind.TAXI,
    "emergency": VehicleKind.SPECIAL,
    "authority": VehicleKind.SPECIAL,
}
"""What a vehicle of a class of SUMO says that it is; all others say nothing."""
Random = np.random.Generator
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Places:
    """Where on earth the samples of tracks are: the lanes of a network, and its way from metres to degrees."""

    roadmap: RoadMap
    degrees: Callable[[float, float], LonLat]

    def of(self, tracks: Tracks, rows: Rows) -> tuple[Doubles, Doubles]:
        """Return x and y in the network [m], and headings [degrees], of samples; shapes (n, 2), (n,)."""
        found, heading = np.zeros((len(rows), 2)), np.zeros(len(rows))
        for at, row in enumerate(rows):
            lane = self.roadmap.lanes[tracks.lanes[tracks.lane[row]]]
            place, unit = lane.place(lane.long_m - float(tracks.position_m[row]))
            found[at] = place
            heading[at] = math.degrees(math.atan2(unit[0], unit[1])) % 360
        return found, heading


def positions_of(
    tracks: Tracks,
    kinds: Mapping[str, str],
    places: Places,
    reporting: Reporting,
    utc_ms: Callable[[float], int],
    seed: int,
) -> PositionTable:
    """Return the reports of a run in the order in which they arrive.

    Args: kinds, SUMO's class by vehicle; utc_ms, the instant of a time of the simulation.
    """
    draw = np.random.default_rng(seed)
    rows = _reporting_rows(tracks, reporting, draw)
    place_m, heading = places.of(tracks, rows)
    place_m = place_m + draw.normal(0, reporting.noise_m, place_m.shape)
    _stray(place_m, reporting.stray, draw)
    lonlat = np.array([places.degrees(x, y) for x, y in place_m]).reshape(-1, 2)
    speed_mps = np.abs(tracks.speed_mps[rows] + draw.normal(0, SPEED_MPS, len(rows)))
    heading = (heading + draw.normal(0, HEADING_DEG, len(rows))) % 360
    heading[tracks.speed_mps[rows] < SLOW_MPS] = np.nan
    received_ms = np.array([utc_ms(float(at)) for at in tracks.time_s[rows]], dtype=np.int64)
    stated_ms = received_ms.copy()
    wrong = draw.random(len(rows)) < reporting.late
    shift_ms = draw.uniform(*WRONG_S, len(rows)) * 1000 * draw.choice((-1.0, 1.0), len(rows))
    stated_ms[wrong] += shift_ms[wrong].astype(np.int64)
    twice = np.flatnonzero(draw.random(len(rows)) < reporting.twice)
    order = np.argsort(np.concatenate((received_ms, received_ms[twice] + 1000)), kind="stable")
    order = np.concatenate((np.arange(len(rows)), twice))[order]
    names = tuple(f"v{number}" for number in range(len(tracks.vehicles)))
    return PositionTable(
        vehicles=names,
        kinds=tuple(KINDS.get(kinds.get(name, ""), VehicleKind.OTHER).value for name in tracks.vehicles),
        received_ms=received_ms[order],
        utc_ms=stated_ms[order],
        vehicle=tracks.vehicle[rows][order],
        lon=lonlat[order, 0],
        lat=lonlat[order, 1],
        speed_mps=speed_mps[order].astype(np.float32),
        heading_deg=heading[order].astype(np.float32),
    )


def reads_of(
    tracks: Tracks, network: RoadNetwork, utc_ms: Callable[[float], int], tagged_share: float, seed: int
) -> ReadTable:
    """Return what the readers of a network saw of the share of vehicles that has tags."""
    draw = np.random.default_rng(seed + 1)
    tagged = draw.random(len(tracks.vehicles)) < tagged_share
    found: list[tuple[float, int, int]] = []
    same = (tracks.vehicle[1:] == tracks.vehicle[:-1]) & (tracks.road[1:] == tracks.road[:-1])
    for number, reader in enumerate(network.readers):
        on = same & (tracks.road[:-1] == network.index[reader.road]) & tagged[tracks.vehicle[:-1]]
        before_m, behind_m = tracks.position_m[:-1], tracks.position_m[1:]
        passed = np.flatnonzero(on & (before_m < reader.position_m) & (behind_m >= reader.position_m))
        for at in passed:
            share = (reader.position_m - before_m[at]) / (behind_m[at] - before_m[at])
            time_s = tracks.time_s[at] + share * (tracks.time_s[at + 1] - tracks.time_s[at])
            found.append((float(time_s), number, int(tracks.vehicle[at])))
    found.sort()
    return ReadTable(
        readers=tuple(reader.reader for reader in network.readers),
        tags=tuple(f"t{number}" for number in range(len(tracks.vehicles))),
        utc_ms=np.array([utc_ms(row[0]) for row in found], dtype=np.int64),
        reader=np.array([row[1] for row in found], dtype=np.int32),
        tag=np.array([row[2] for row in found], dtype=np.int32),
    )


def _reporting_rows(tracks: Tracks, reporting: Reporting, draw: Random) -> Rows:
    """Return the samples that are reported, in the order of time."""
    n_vehicles = len(tracks.vehicles)
    reports = draw.random(n_vehicles) < reporting.share
    first_s = draw.random(n_vehicles) * reporting.every_s
    turn = np.floor((tracks.time_s - first_s[tracks.vehicle]) / reporting.every_s).astype(np.int64)
    due = np.ones(len(turn), dtype=bool)
    due[1:] = (turn[1:] != turn[:-1]) | (tracks.vehicle[1:] != tracks.vehicle[:-1])
    rows = np.flatnonzero(reports[tracks.vehicle] & due)
    rows = rows[np.argsort(tracks.time_s[rows], kind="stable")]
    spell = np.floor(tracks.time_s[rows] / OUTAGE_S).astype(np.int64) + 1_000_003 * tracks.vehicle[rows]
    spells, place = np.unique(spell, return_inverse=True)
    return rows[~(draw.random(len(spells)) < reporting.lost)[place]] if len(rows) else rows


def _stray(place_m: Doubles, share: float, draw: Random) -> None:
    strays = draw.random(len(place_m)) < share
    angle, far_m = draw.uniform(0, 2 * np.pi, len(place_m)), draw.uniform(*STRAY_M, len(place_m))
    place_m[strays] += (np.stack((np.cos(angle), np.sin(angle)), axis=1) * far_m[:, None])[strays]
