"""Watched days in a folder, one sub-folder for each network."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.gateways.day_file import ROADS, SUFFIX, read_day, write_day
from signal_ctrl.gateways.whole_file import write_whole
from signal_ctrl.watch.foresight.days import WatchedDay

MOST_DAYS = 70
"""Younger days are kept, ten weeks of them; older ones go."""


class DayFolder:
    """A folder of folders of days."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def days(self, network: RoadNetwork) -> Sequence[WatchedDay]:
        """Return the days of a network, the oldest first. Raises: InvalidInputError for a damaged file."""
        return [read_day(each) for each in self._files(network)]

    def keep(self, day: WatchedDay, network: RoadNetwork) -> None:
        """Keep a day in the place of one of the same name. Raises: InvalidInputError if it cannot be written."""
        place = self._place(network)
        if not (place / ROADS).exists():
            write_whole(place / ROADS, roads_to_json(network))
        write_day(place / f"{day.day}{SUFFIX}", day)
        for old in self._files(network)[:-MOST_DAYS]:
            old.unlink(missing_ok=True)

    def _place(self, network: RoadNetwork) -> Path:
        return self._folder / hashlib.sha256(roads_to_json(network).encode()).hexdigest()[:16]

    def _files(self, network: RoadNetwork) -> list[Path]:
        return sorted(self._place(network).glob(f"*{SUFFIX}"))
