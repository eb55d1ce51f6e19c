"""The service killed with SIGKILL under the load of feeds: every receipt stands for a batch that is there, once, whole.

After the kill the same batches are sent again; then the store is opened on a clock that is moved on, and the minutes
that come out hold every count that was receipted before and after the kill.
"""

import random
import threading
import time
from pathlib import Path

import pytest

from bench.intake.check import batch_findings, counted_twice, kept_in
from bench.intake.city import MINUTE_MS, city_of, counts_of, drivers_of
from bench.intake.street import Journal, Street
from bench.intake.trial import prepared
from bench.load.service import Service, end, start, stop
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.stores.key_box import KeyBox
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.watch.city_minute import Source
from signal_ctrl.watch.watch import Watch

KILLS = 2
ROADS = 60


class Town:
    """A service that is killed, and feeds that go on whatever becomes of it."""

    def __init__(self, folder: Path) -> None:
        self.data, self._log = folder / "data", folder / "log"
        self.network, self.journal = city_of(ROADS), Journal()
        credentials = prepared(self.data, self.network)
        self._service: Service = start(self.data, "", self._log)
        self.streets = {
            name: Street(each, lambda: self._service.address, self.journal, 10) for name, each in credentials.items()
        }
        self._drivers = drivers_of(self.network, 40, 5)
        self._ended = threading.Event()
        self._driving = threading.Thread(target=self._drive)
        self._driving.start()

    def _drive(self) -> None:
        while not self._ended.wait(0.2):
            self.streets["taxi"].give([each.fix(time.time_ns() // 1_000_000) for each in self._drivers[:10]])

    def kill(self) -> None:
        end(self._service.process)
        self._service = start(self.data, "", self._log)

    def stop(self) -> None:
        """Let everything be sent, and stop the service."""
        self._ended.set()
        self._driving.join()
        for street in self.streets.values():
            street.end()
        stop(self._service.process, self._log)

    def close(self) -> None:
        self._ended.set()
        end(self._service.process)


@pytest.mark.slow
def test_a_centre_that_is_killed_loses_no_receipted_observation(tmp_path: Path) -> None:
    town, dice = Town(tmp_path), random.Random(5)
    minute_ms = time.time_ns() // 1_000_000 // MINUTE_MS * MINUTE_MS - MINUTE_MS
    counts = counts_of(town.network, minute_ms)
    try:
        for kill in range(KILLS):
            part = counts[kill::KILLS]
            town.streets["loops-1"].give(part[::2])
            town.streets["loops-2"].give(part[1::2])
            time.sleep(dice.uniform(0.05, 0.4))
            town.kill()
        town.stop()
    finally:
        town.close()
    assert town.journal.wrong == []
    kept, _ = kept_in(town.data)
    assert batch_findings(kept, town.journal) == []
    assert counted_twice(kept.values()) == []
    assert sum(key[0].startswith("loops") for key in town.journal.receipted) == len(counts) // 10
    assert minute_made_of(town.data, minute_ms) == ROADS


def minute_made_of(data: Path, minute_ms: int) -> int:
    """Return how many roads have counts of their own in a minute that a centre makes of what was kept."""
    store = open_folder(data)
    try:
        clock = ManualClock(minute_ms + 3 * MINUTE_MS, 5_000)
        watch = Watch(Centre(store, clock, bytes, CentreKey(bytes(32))), KeyBox(data / "keys" / "identity.key"))
        watch.start()
        watch.tick()
        minute = next(each for each in watch.minutes(0) if each.minute_utc_ms == minute_ms)
        return int((((minute.sources & Source.LOOPS) > 0) & (minute.age_s < 1)).sum())
    finally:
        store.close()


def test_the_checks_find_what_is_lost_or_doubled(tmp_path: Path) -> None:
    journal = Journal()
    journal.receipted[("loops-1", "ab" * 16, 1)] = (b"{}", b"{}")
    assert batch_findings({}, journal) == [f"batch {('loops-1', 'ab' * 16, 1)} was receipted and is not there"]
