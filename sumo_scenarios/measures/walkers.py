"""Pedestrians' waits at signalled crossings: from coming to stand at the kerb to the first step onto the crossing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.evidence import SAMPLE_S
from sumo_scenarios.measures.figures import Bools, Document, Floats, Ints, largest, mean, quantile, share
from sumo_scenarios.measures.parquet import Names, Numbers, column_names, read_parquet
from sumo_scenarios.measures.records import Stage, Walker
from sumo_scenarios.net_reader import Net

PATIENT_S: Final = 60.0
STANDING_MPS: Final = 0.1
_TIME: Final = "timestep_time"


@dataclass(frozen=True)
class Walks:
    """Rows of all pedestrians, sorted by person and time; arrays of shape (n_rows,).

    `kerb` marks rows on a walking area, `crossing` those on a signalled crossing; `signal` indexes `signals`, -1 where
    a row is on neither. `person` indexes `persons`.
    """

    person: Ints
    time_s: Floats
    speed_mps: Floats
    kerb: Bools
    crossing: Bools
    signal: Ints
    persons: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()

    @property
    def standing(self) -> Bools:
        """Whether the person of a row stands."""
        return self.speed_mps <= STANDING_MPS


def read_walks(path: Path, net: Net) -> Walks:
    """Return the walks of a file. Raises: BackendError if it is missing or damaged."""
    found = read_parquet(path, ("person_id", "person_edge", _TIME, "person_speed"))
    person, edge = found.get("person_id"), found.get("person_edge")
    time_s, speed_mps = found.get(_TIME), found.get("person_speed")
    if not isinstance(person, Names) or not isinstance(time_s, Numbers) or not isinstance(speed_mps, Numbers):
        return _nobody(path, time_s)
    crossings, kerbs = _places(net)
    signals = tuple(dict.fromkeys([*crossings.values(), *kerbs.values()]))
    number = {signal: k for k, signal in enumerate(signals)} | {"": -1}
    words = edge.words if isinstance(edge, Names) else ()
    codes = edge.codes if isinstance(edge, Names) else np.full(len(person.codes), -1, dtype=np.int32)
    order = np.argsort(person.codes, kind="stable")  # SUMO writes by time
    at = codes[order]
    return Walks(
        person=person.codes[order].astype(np.int64),
        time_s=time_s.values[order],
        speed_mps=speed_mps.values[order],
        kerb=np.array([*(word in kerbs for word in words), False], dtype=np.bool_)[at],
        crossing=np.array([*(word in crossings for word in words), False], dtype=np.bool_)[at],
        signal=np.array([*(number[crossings.get(word) or kerbs.get(word, "")] for word in words), -1], dtype=np.int64)[
            at
        ],
        persons=person.words,
        signals=signals,
    )


def _nobody(path: Path, time_s: Names | Numbers | None) -> Walks:
    """Return no walks: SUMO writes the times alone where nobody walked.

    Raises: BackendError if the file has rows and other columns, but not those of pedestrians.
    """
    if isinstance(time_s, Numbers) and len(time_s.values) and column_names(path) != {_TIME}:
        raise BackendError(f"cannot read {path}: it lacks columns of SUMO's pedestrians")
    flags = np.zeros(0, dtype=np.bool_)
    nobody = np.zeros(0, dtype=np.int64)
    return Walks(nobody, np.zeros(0), np.zeros(0), flags, flags, nobody)


def _places(net: Net) -> tuple[dict[str, str], dict[str, str]]:
    """Return the signal by the edge of each signalled crossing, and by that of each walking area beside one."""
    crossings: dict[str, str] = {}
    kerbs: dict[str, str] = {}
    for signal, links in net.signal_links.items():
        for link in links:
            if net.is_crossing(link):
                ends = {net.lanes[lane].edge_id for lane in (link.from_lane, link.to_lane)}
                crossings |= {edge: signal for edge in ends if net.edges[edge].function == "crossing"}
    for connection in net.connections:
        sides = {net.lanes[lane].edge_id for lane in (connection.from_lane, connection.to_lane)}
        for crossing in crossings.keys() & sides:
            kerbs |= {edge: crossings[crossing] for edge in sides if net.edges[edge].function == "walkingarea"}
    return crossings, kerbs


def pedestrian_waits_s(walks: Walks) -> Floats:
    """Return one wait for each crossing walked over, and for each pedestrian who stands at a kerb at the end. [s]"""
    return pedestrian_waits(walks)[0]


def pedestrian_waits(walks: Walks) -> tuple[Floats, Ints]:
    """Return the waits [s], and for each the signal of the crossing or of the kerb, an index of `walks.signals`."""
    n = len(walks.person)
    if not n:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    same = np.zeros(n, dtype=np.bool_)
    same[1:] = walks.person[1:] == walks.person[:-1]
    stay = np.cumsum(~(same & (walks.kerb == np.concatenate([[False], walks.kerb[:-1]]))))
    since_s = _first_standing_s(walks, stay)
    steps_on = np.flatnonzero(walks.crossing & ~np.concatenate([[False], walks.crossing[:-1] & same[1:]]))
    from_kerb = steps_on[same[steps_on] & walks.kerb[np.maximum(steps_on - 1, 0)]]
    waited_s = walks.time_s[from_kerb] - since_s[from_kerb - 1]
    last = np.flatnonzero(~np.append(same[1:], False))
    at_end = last[walks.kerb[last] & walks.standing[last] & (walks.time_s[last] >= walks.time_s.max())]
    still_s = walks.time_s[at_end] - since_s[at_end]
    waits_s = np.concatenate([np.where(np.isnan(waited_s), 0.0, waited_s), still_s])
    return waits_s, walks.signal[np.concatenate([from_kerb, at_end])]


def _first_standing_s(walks: Walks, stay: Ints) -> Floats:
    """Return by row when its pedestrian came to stand in this stay at a kerb, NaN for one who did not. [s]"""
    first_s = np.full(int(stay.max()) + 1, np.nan)
    rows = np.flatnonzero(walks.standing & walks.kerb)[::-1]
    first_s[stay[rows]] = walks.time_s[rows]  # the earliest is written last
    return first_s[stay]


def pedestrian_table(walks: Walks) -> Document:
    """Return the waits by signal, in columns: crossings walked, mean, 95 % and longest wait [s]."""
    waits_s, signal = pedestrian_waits(walks)
    told = np.unique(signal[signal >= 0])
    of = [waits_s[signal == k] for k in told]
    return {
        "signal": [walks.signals[k] for k in told],
        "crossings": [len(each) for each in of],
        "wait_s": [mean(each) for each in of],
        "wait_p95_s": [quantile(each, 0.95) for each in of],
        "wait_max_s": [largest(each) for each in of],
    }


def walking_losses_s(walks: Walks, walkers: Sequence[Walker]) -> dict[str, float]:
    """Return the time that each person has lost on foot, on walks under way at the end too. [s]

    Each second of a walk loses what it lacks of the person's own unhindered speed; SUMO tells the loss of finished
    walks only.
    """
    index_of = {name: k for k, name in enumerate(walks.persons)}
    found = {}
    for walker in walkers:
        k = index_of.get(walker.person)
        if k is None:
            found[walker.person] = walker.lost_s
            continue
        start, end = np.searchsorted(walks.person, [k, k + 1])
        found[walker.person] = sum(_walk_loss_s(walks, slice(start, end), stage) for stage in walker.stages)
    return found


def _walk_loss_s(walks: Walks, rows: slice, stage: Stage) -> float:
    """Return the time lost on one walk, 0 for a ride and for a walk not begun. [s]"""
    if stage.ride or stage.depart_s < 0 or stage.free_mps <= 0:
        return 0.0
    time_s, speed_mps = walks.time_s[rows], walks.speed_mps[rows]
    last_s = stage.arrive_s if stage.arrive_s >= 0 else np.inf
    mine = (time_s >= stage.depart_s) & (time_s < last_s)
    return float(np.clip(1.0 - speed_mps[mine] / stage.free_mps, 0.0, 1.0).sum()) * SAMPLE_S


def pedestrian_figures(waits_s: Floats) -> Document:
    """Return mean, 95 % and longest wait [s], and the share that waited more than 60 s; None without pedestrians."""
    return {
        "crossings_walked": len(waits_s) or None,
        "pedestrian_wait_s": mean(waits_s),
        "pedestrian_wait_p95_s": quantile(waits_s, 0.95),
        "pedestrian_wait_max_s": largest(waits_s),
        "pedestrian_wait_over_60_s_ratio": share(int(np.count_nonzero(waits_s > PATIENT_S)), len(waits_s)),
    }
