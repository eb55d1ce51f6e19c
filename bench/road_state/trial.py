"""One trial: days of history, then a day that is judged."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.road_state.rivals import free_time_s, loops_alone_s, positions_alone_s
from bench.road_state.scores import best_said_s, coverage, groups_of, table_of
from signal_ctrl.watch.state.estimator import StateEstimator
from signal_ctrl.watch.state.model import Learnt
from sumo_scenarios.city_feed.folder import Feed, observations, read_feed
from sumo_scenarios.city_feed.order import FeedOrder, Reporting
from sumo_scenarios.city_feed.recording import watch_run
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.supervise import Progress

Doubles = npt.NDArray[np.float64]

MINUTE_MS: Final = 60_000
_SOURCES: Final = ("signal_ctrl/watch", "sumo_scenarios/city_feed", "bench/road_state")


@dataclass(frozen=True, slots=True)
class Trial:
    """A day of a scenario with a seed, after so many other days of it: those of the first other seeds.

    A day of seed 1 has the demand of the scenario, one of another seed a demand drawn anew; `until_s` ends it. [s]
    `wrong`: shares of the positions that are lost, dated wrong, far off, and sent twice.
    """

    scenario: str
    seed: int
    history: int = 0
    controller: str = "net"
    wrong: float = 0.0
    until_s: float | None = None

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        end = "" if self.until_s is None else f"/until {self.until_s:g}"
        wrong = f"/wrong {self.wrong:g}" if self.wrong else ""
        return f"{self.scenario}/{self.controller}/s{self.seed}/h{self.history}{wrong}{end}"

    def days(self) -> list[FeedOrder]:
        """Return the days to be recorded, the one that is judged last."""
        others = [seed for seed in range(1, self.history + 2) if seed != self.seed]
        return [self._day(seed) for seed in (*others[: self.history], self.seed)]

    def _day(self, seed: int) -> FeedOrder:
        settings = RunSettings(self.scenario, self.controller, seed, demand_seed=seed - 1, end_s=self.until_s)
        reporting = Reporting(lost=self.wrong, late=self.wrong, stray=self.wrong, twice=self.wrong)
        return FeedOrder(settings, reporting=reporting, day=seed - 1)

    def folder(self, feeds: Path, day: FeedOrder) -> Path:
        """Return where the recording of a day stands."""
        end = "" if self.until_s is None else f"-{self.until_s:g}"
        name = f"{self.scenario}-{self.controller}-s{day.settings.seed}-w{self.wrong:g}{end}"
        return feeds / recording_code() / name


def recording_code() -> str:
    """Return a hash of what recordings depend on."""
    return _hash(("sumo_scenarios/city_feed",))


def code() -> str:
    """Return a hash of the code that a trial depends on."""
    return _hash(_SOURCES)


def _hash(folders: tuple[str, ...]) -> str:
    root, found = Path(__file__).resolve().parents[2], hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def record(trial: Trial, feeds: Path, told: Callable[[str, Progress], None]) -> None:
    """Record the days of a trial that are not there yet. Raises: as `watch_run`."""
    for day in trial.days():
        folder = trial.folder(feeds, day)
        if not folder.exists():
            watch_run(day, folder, lambda progress, name=folder.name: told(name, progress))  # type: ignore[misc]


def judge(trial: Trial, feeds: Path) -> dict[str, Any]:
    """Return the line of a trial whose days are recorded."""
    learnt: Learnt | None = None
    *before, today = [trial.folder(feeds, day) for day in trial.days()]
    for folder in before:
        learnt = _estimated(read_feed(folder), learnt)[0].learnt
    feed, began_s = read_feed(today), time.perf_counter()
    estimator, said_s, sd_s = _estimated(feed, learnt)
    seconds = time.perf_counter() - began_s
    groups = groups_of(feed.network)
    said = {
        "estimate": said_s,
        "free_time": free_time_s(feed),
        "loops_alone": loops_alone_s(feed),
        "positions_alone": positions_alone_s(feed),
        "knows_the_mean": best_said_s(feed.truth),
    }
    return {
        "roads": {name: int(each.sum()) for name, each in groups.items()},
        "errors": {name: table_of(feed.truth, each, groups) for name, each in said.items()},
        "coverage": {name: coverage(feed.truth, said_s, sd_s, each) for name, each in groups.items()},
        "refused": dict(sorted(estimator.inbox.refused.items())),
        "seconds_a_minute": seconds / feed.n_minutes,
    }


def _estimated(feed: Feed, learnt: Learnt | None) -> tuple[StateEstimator, Doubles, Doubles]:
    estimator, said, errors = StateEstimator(feed.network, learnt), [], []
    for at_ms, arriving in observations(feed):
        for each in arriving:
            estimator.take(each, at_ms + MINUTE_MS)
        minute = estimator.minute(at_ms)
        said.append(minute.travel_time_s)
        errors.append(minute.travel_time_sd_s)
    return estimator, np.array(said, dtype=np.float64), np.array(errors, dtype=np.float64)
