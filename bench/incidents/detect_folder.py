"""Detection offline: a folder of a recorded run played to the detection, other folders teaching what is usual."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.incidents.detection.bins import BIN_MS
from signal_ctrl.watch.incidents.detection.detection import GRACE_MS, Detection
from signal_ctrl.watch.incidents.detection.recorder import DayRecorder
from signal_ctrl.watch.incidents.detection.usual import Usual, UsualDay, usual_of
from signal_ctrl.watch.incidents.wishes import Finding
from sumo_scenarios.city_feed.folder import Feed, observations, read_feed

Told = Callable[[int, int], None]
AGAIN_MS: Final = 10 * MINUTE_MS
WARM_UP_BINS: Final = 30
"""Ten minutes in which a simulated network fills up are neither learnt from nor judged."""
BINS_A_MINUTE: Final = MINUTE_MS // BIN_MS


@dataclass(frozen=True, slots=True, eq=False)
class Detected:
    """What was found in a recording: findings, each once while it lasts, and the highest score of each minute by road,
    shape (n_minutes, n_roads)."""

    feed: Feed
    findings: tuple[Finding, ...]
    scores: npt.NDArray[np.float64]
    suspect: float

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "begin_utc_ms": self.feed.begin_utc_ms,
            "minutes": self.feed.n_minutes,
            "findings": [_document(each) for each in self.findings],
            "incidents": list(self.feed.incidents),
        }


def detect_in(folder: Path, history: Sequence[Path], told: Told) -> Detected:
    """Return what is found in a recording.

    Args: history, recordings of days without incidents on the same roads; without any, only positions tell; told,
        called with the minute and how many there are.
    Raises: InvalidInputError for a folder that is no recording, or a history of other roads.
    """
    feed = read_feed(folder)
    usual = _learnt([_same_roads(read_feed(each), feed, each) for each in history]) if history else None
    detection = Detection(feed.network, usual)
    scores: list[npt.NDArray[np.float64]] = []
    findings: list[Finding] = []
    last: dict[str, int] = {}
    for number, (minute_ms, row) in enumerate(_steps(feed, detection)):
        now_ms = minute_ms + MINUTE_MS + GRACE_MS
        told(number + 1, feed.n_minutes)
        scores.append(row)
        for finding in detection.findings(now_ms) if number * BINS_A_MINUTE >= WARM_UP_BINS else ():
            near = [last[road] for road in _near(detection, finding.road) if road in last]
            if not near or now_ms - max(near) > AGAIN_MS:
                findings.append(finding)
            last[finding.road] = now_ms
    return Detected(feed, tuple(findings), np.array(scores), detection.judge.suspect)


def _near(detection: Detection, road: str) -> list[str]:
    network = detection.layout.network
    behind = [turn.to_road for turn in network.following[road]]
    return [road, *behind, *(turn.from_road for turn in network.leading[road])]


def _steps(feed: Feed, detection: Detection) -> Any:
    """Yield each minute's begin with the highest score of each road in it; counts are known at its end."""
    for minute_ms, told in observations(feed):
        for observation in told:
            detection.take(observation, minute_ms + MINUTE_MS)
        detection.step(minute_ms + MINUTE_MS + GRACE_MS)
        yield minute_ms, detection.scores.copy()


def _same_roads(feed: Feed, wanted: Feed, folder: Path) -> Feed:
    if feed.network.roads != wanted.network.roads or feed.network.loops != wanted.network.loops:
        raise InvalidInputError(f"{folder} is a recording of other roads or loops; nothing can be learnt from it")
    return feed


def _learnt(days: Sequence[Feed]) -> Usual:
    rates = usual_of([_day(each, None) for each in days])
    return usual_of([_day(each, rates) for each in days])


def _day(feed: Feed, usual: Usual | None) -> UsualDay:
    detection = Detection(feed.network, usual)
    recorder = DayRecorder(detection.layout)
    beside = np.zeros(len(feed.network.roads), dtype=bool)
    for number, (minute_ms, _) in enumerate(_steps(feed, detection)):
        for each in range(BINS_A_MINUTE):
            recorder.count(detection.bins, minute_ms // BIN_MS + each, beside)
        if detection.raw is not None and number * BINS_A_MINUTE >= WARM_UP_BINS:
            recorder.compare(detection.raw, beside)
    return recorder.day()


def _document(finding: Finding) -> dict[str, Any]:
    found = asdict(finding) | {"kind": finding.kind.value}
    found["evidence"] = [asdict(each) | {"source": each.source.value} for each in finding.evidence]
    return found


def draw(detected: Detected, path: Path, most: int = 12) -> Path:
    """Draw the scores of the roads that were most unusual, findings and true incidents. Raises: InvalidInputError."""
    from matplotlib.figure import Figure as Picture  # noqa: PLC0415  heavy

    from sumo_scenarios.picture_file import save_picture  # noqa: PLC0415

    index = detected.feed.network.index
    told = [index[each.road] for each in detected.findings] + [index[each["road"]] for each in detected.feed.incidents]
    ranked = [*dict.fromkeys([*told, *np.argsort(-detected.scores.max(axis=0)).tolist()])][:most]
    picture = Picture(figsize=(9, 0.55 * len(ranked) + 1.2), layout="constrained")
    panels = np.atleast_1d(picture.subplots(len(ranked), 1, sharex=True))
    minutes = np.arange(len(detected.scores)) + 1
    for panel, road in zip(panels, ranked, strict=True):
        name = detected.feed.network.roads[road].road
        panel.fill_between(minutes, detected.scores[:, road], step="pre", color="#4477aa", linewidth=0)
        panel.axhline(detected.suspect, color="#777777", linewidth=0.7)
        _mark(panel, detected, name)
        panel.set_ylim(0, max(1.5 * detected.suspect, float(detected.scores.max())))
        panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7)
        panel.set_yticks([])
    panels[-1].set_xlabel("minutes from the begin: score (blue), threshold (line), found (black), true incident (red)")
    save_picture(picture, path, dpi=120)
    return path


def _mark(panel: Any, detected: Detected, road: str) -> None:
    for incident in detected.feed.incidents:
        if incident["road"] == road:
            times = ((incident[each] - detected.feed.begin_utc_ms) / MINUTE_MS for each in ("from_utc_ms", "to_utc_ms"))
            panel.axvspan(*times, color="#ee6677", alpha=0.25, linewidth=0)
    for finding in detected.findings:
        if finding.road == road:
            panel.axvline((finding.at_utc_ms - detected.feed.begin_utc_ms) / MINUTE_MS, color="#000000", linewidth=1.5)
