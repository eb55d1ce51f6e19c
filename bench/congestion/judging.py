"""A backtest over folders of days: the first ones to learn from, the others to be judged on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.day_file import read_days, read_roads
from signal_ctrl.watch.foresight.backtest import DayBacktest, backtest_day, lasting_of
from signal_ctrl.watch.foresight.city_arrays import CityArrays, arrays_of
from signal_ctrl.watch.foresight.days import WatchedDay
from signal_ctrl.watch.foresight.learning import LEAST_DAYS, Learned, learn
from signal_ctrl.watch.foresight.scores import report_of
from signal_ctrl.watch.foresight.values import AHEAD_MIN

LEARN_SHARE: Final = 0.67
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A backtest of one network."""

    city: CityArrays
    learned: Learned
    found: tuple[DayBacktest, ...]
    report: dict[str, Any]


def days_of(folders: Sequence[Path]) -> tuple[CityArrays, list[WatchedDay]]:
    """Return the network and the days of folders, in the order of folders and names.

    Raises: InvalidInputError if a folder has none, or is of another network.
    """
    network = read_roads(folders[0])
    days: list[WatchedDay] = []
    for folder in folders:
        if read_roads(folder) != network:
            raise InvalidInputError(f"{folder} is of another network than {folders[0]}; judge them one by one")
        days += read_days(folder)
    return arrays_of(network), days


def judged(city: CityArrays, days: Sequence[WatchedDay], learn_share: float, tell: Tell) -> Judged:
    """Learn from the first days and judge on the others. Raises: InvalidInputError for too few of either."""
    n_learn = int(len(days) * learn_share)
    if n_learn < LEAST_DAYS or len(days) - n_learn < 2:
        raise InvalidInputError(f"{len(days)} days; {LEAST_DAYS} are needed to learn from and 2 to be judged on")
    past, test = days[:n_learn], days[n_learn:]
    learned = learn(past, city, tell)
    lasting = {ahead_min: lasting_of(past, ahead_min) for ahead_min in AHEAD_MIN}
    found = []
    for day in test:
        tell(f"day {day.day}")
        found += backtest_day(day, learned, city, lasting)
    return Judged(city, learned, tuple(found), _report(found, learned, n_learn))


def _report(found: Sequence[DayBacktest], learned: Learned, n_learn: int) -> dict[str, Any]:
    report = report_of(found)
    report["learned_days"] = n_learn
    report["models"] = [
        {"ahead_min": each.ahead_min, "threshold": each.threshold, "missed": each.missed, "weights": each.weights}
        for each in learned.horizons
    ]
    known = learned.fundamental
    report["fundamental"] = known and {
        "shape": known.shape,
        "critical_veh": known.critical_veh,
        "most_veh": known.most_veh,
    }
    return report
