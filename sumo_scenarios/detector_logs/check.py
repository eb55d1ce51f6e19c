"""A log of detectors judged: read, compared with earlier days and with the neighbours, and told as a document."""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from detectors.health.feed import SHORTEST_S, Feed
from detectors.health.judge import Judge, Verdict
from detectors.health.profile import DayCounts, Profile, profile_of
from detectors.health.reported import CODES
from detectors.health.review import GOOD_SHARE, Calendar, Edge, Review, review, slots_of
from detectors.health.slots import Slot, counted_slot
from detectors.health.surroundings import Place, Surroundings, surroundings_of
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.detector_layout import read_layout
from signal_ctrl.gateways.detector_log import Bins, Name, read_log
from sumo_scenarios.detector_logs.run_log import read_run_log

SLOT_S: Final = 60.0
PARQUET: Final = ".parquet"
SPEEDING: Final = 1.7
SHORTEST_VEHICLE_M: Final = 2.0
EPOCH: Final = dt.datetime(1970, 1, 1)
Told = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done (0-1)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The log that is to be judged, where its detectors lie, and the logs of earlier days."""

    log: Path
    layout: Path | None = None
    history: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A log as it was read; `around` and `shortest_s` [s] if it knows where its detectors lie."""

    names: tuple[Name, ...]
    calendar: Calendar
    edges: tuple[Edge, ...] = ()
    bins: Bins | None = None
    around: Surroundings | None = None
    shortest_s: tuple[float, ...] | None = None

    @property
    def slot_s(self) -> float:
        """Length of the slots in which it is judged. [s]"""
        return SLOT_S if self.bins is None else self.bins.length_s


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What came of a check."""

    log: Path
    source: Source
    found: Review
    score: tuple[float, ...]
    codes: tuple[int, ...]
    repaired: int
    notices: tuple[str, ...]


def check_log(asked: Asked, told: Told = lambda _what, _share: None) -> Checked:
    """Return what is thought of the detectors of a log.

    Raises: InvalidInputError if a file cannot be used.
    """
    told("reading", 0.0)
    source, notices = _placed(_read(asked.log), asked)
    profile, more = _profile(asked, source, told)
    around = source.around or Surroundings(tuple(name[0] for name in source.names))
    feed = Feed(around.controllers, SLOT_S, shortest_s=source.shortest_s)
    judge = Judge(around, source.slot_s, profile)
    found = review(_slots(source, feed, lambda share: told("judging", share)), judge, source.calendar)
    told("judging", 1.0)
    score = tuple(found.score(source.calendar).tolist())
    codes = tuple(judge.record.codes.tolist())
    return Checked(asked.log, source, found, score, codes, feed.repaired, (*notices, *more))


def _read(path: Path) -> Source:
    if path.is_dir() or path.suffix.lower() == PARQUET:
        log = read_run_log(path)
        return Source(log.names, log.calendar, log.edges, None, log.around, log.shortest_s)
    found = read_log(path)
    return Source(found.names, found.calendar, found.edges, found.bins)


def _placed(source: Source, asked: Asked) -> tuple[Source, tuple[str, ...]]:
    """Return the log with the places of its detectors, and what a user has to know of them."""
    if asked.layout is not None:
        places = read_layout(asked.layout, source.names)
        shortest_s = tuple(_shortest_s(place) for place in places)
        return replace(source, around=surroundings_of(places), shortest_s=shortest_s), ()
    if source.around is not None or len(source.names) == 1:
        return source, ()
    return source, (
        "no --layout: nobody knows which detectors lie on one lane or side by side; drift is judged by history alone, "
        "swapped lanes not at all",
    )


def _shortest_s(place: Place) -> float:
    if place.speed_mps is None:
        return SHORTEST_S
    return (place.length_m + SHORTEST_VEHICLE_M) / (SPEEDING * place.speed_mps)


def _slots(source: Source, feed: Feed, told: Callable[[float], None]) -> Iterator[Slot]:
    if source.bins is None:
        yield from slots_of(source.edges, feed, SLOT_S, told)
        return
    bins = source.bins
    for k, begin_s in enumerate(bins.begins_s.tolist()):
        told(k / len(bins.begins_s))
        yield counted_slot(begin_s, bins.length_s, bins.count[k], bins.occupancy[k], bins.valid[k], bins.code[k])


def _profile(asked: Asked, source: Source, told: Told) -> tuple[Profile | None, tuple[str, ...]]:
    """Return the profile of the earlier days, and what a user has to know of it."""
    if not asked.history:
        return None, ("no --history: silence is judged by the other detectors alone, drift by the begin of the log",)
    days: list[DayCounts] = []
    for k, path in enumerate(asked.history):
        told("learning from history", k / len(asked.history))
        days += _days(_read(path), source.names, path)
    return profile_of(days), ()


def _days(earlier: Source, names: Sequence[Name], path: Path) -> list[DayCounts]:
    """Return the days of an earlier log, for the detectors of the one that is judged."""
    column = {name: k for k, name in enumerate(earlier.names)}
    if not set(names) & set(column):
        raise InvalidInputError(f"{path} has none of the detectors of the log; is it of another place?")
    places = [column.get(name, -1) for name in names]
    counts, occupied, begins_s = [], [], []
    for slot in _slots(earlier, Feed([name[0] for name in earlier.names], SLOT_S), lambda _share: None):
        begins_s.append(slot.begin_s)
        counts.append(np.append(slot.count, np.nan)[places])
        occupied.append(np.append(slot.on_s, np.nan)[places])
    plain = np.zeros((len(begins_s), len(names)), dtype=np.int64)
    count, on_s = np.stack(counts), np.stack(occupied)
    return list(Review(np.array(begins_s), earlier.slot_s, count, on_s, plain, (), ()).days(earlier.calendar))


def document_of(checked: Checked) -> dict[str, Any]:
    """Return what was found, as JSON takes it."""
    source, found = checked.source, checked.found
    dated = source.calendar.weekday is not None
    rows = [_row(checked, k, dated) for k in range(len(source.names))]
    states = [verdict.state for verdict in found.verdicts]
    return {
        "log": str(checked.log),
        "kind": "events" if source.bins is None else f"bins of {source.bins.length_s:g} s",
        "from": _moment(float(found.begins_s[0]), dated),
        "to": _moment(float(found.begins_s[-1]) + found.slot_s, dated),
        "detectors": rows,
        "failed": states.count(DetectorState.FAILED),
        "suspect": states.count(DetectorState.SUSPECT),
        "ok": states.count(DetectorState.OK),
        "bad_days": sum(share < GOOD_SHARE for share in checked.score),
        "repaired_pairs": checked.repaired,
        "notices": list(checked.notices),
    }


def _row(checked: Checked, k: int, dated: bool) -> dict[str, Any]:
    found = checked.found
    device, detector = checked.source.names[k]
    changes = [change for change in found.changes if change.detector == k]
    count = found.count[:, k]
    return {
        "device": device,
        "detector": detector,
        **_verdict(found.verdicts[k], dated, checked.codes[k]),
        "good_share": round(checked.score[k], 4),
        "counted_veh": round(float(np.sum(count[~np.isnan(count)]))),
        "changes": [{"at": _moment(c.at_s, dated), **_verdict(c.verdict, dated, 0)} for c in changes],
    }


def _verdict(verdict: Verdict, dated: bool, code: int) -> dict[str, Any]:
    words = verdict.fault.value if verdict.fault is not None else ""
    if code in CODES and words:
        words = f"{words}: {code}, {CODES[code]}"
    wrong = verdict.fault is not None
    return {
        "state": verdict.state.value,
        "fault": verdict.fault.name.lower() if verdict.fault is not None else None,
        "reason": words,
        "since": _moment(verdict.since_s, dated) if wrong else None,
        "found": _moment(verdict.found_s, dated) if wrong else None,
    }


def _moment(time_s: float, dated: bool) -> str | None:
    """Return a time as the log would write it: a date and a time, or the time of day with the hours counted on."""
    if not math.isfinite(time_s):
        return None
    if dated:
        return (EPOCH + dt.timedelta(seconds=round(time_s))).isoformat(sep=" ")
    whole = round(time_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
