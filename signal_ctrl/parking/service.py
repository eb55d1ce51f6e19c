"""The parking service: everything put together over one store, and what it does once a second."""

import hashlib
from collections.abc import Sequence
from threading import Lock
from typing import Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.doing import do_all
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import roads_from_json, roads_to_json
from signal_ctrl.domain.secrecy import Box, RandomBytes
from signal_ctrl.parking.book import OccupancyBook
from signal_ctrl.parking.facilities import Facilities
from signal_ctrl.parking.facilities_json import facilities_from_json, facilities_to_json
from signal_ctrl.parking.forecast.learning import LEAST_DAYS, learn
from signal_ctrl.parking.forecast.series import days_of
from signal_ctrl.parking.guidance.values import GuidanceSettings
from signal_ctrl.parking.guidance_desk import GuidanceDesk
from signal_ctrl.parking.intake import Intake
from signal_ctrl.parking.kept import DOCUMENTS, StoredDocument
from signal_ctrl.parking.machines import MachineDesk
from signal_ctrl.parking.permits import PassDesk
from signal_ctrl.parking.plates import PlateCodes
from signal_ctrl.parking.ports import Store, Transaction
from signal_ctrl.parking.samples import SampleBook
from signal_ctrl.parking.signs.desk import SignDesk
from signal_ctrl.parking.signs.rules import SignRule, check_against, signs_from_json, signs_to_json

FACILITIES: Final = "facilities"
SIGNS: Final = "signs"
ROADS: Final = "roads"
HOUR_MS: Final = 3_600_000
LEARN_MS: Final = 24 * HOUR_MS
LEARN_FROM_MS: Final = 28 * 24 * HOUR_MS


class Parking:
    """One parking service."""

    def __init__(self, store: Store, clock: Clock, random: RandomBytes, box: Box) -> None:
        self.store = store
        self.clock = clock
        self.machines = MachineDesk(store, clock, random, box)
        self.codes = PlateCodes(store, clock, random, box)
        self.book = OccupancyBook()
        self.passes = PassDesk(store, clock, random, self.codes, self.book)
        self.book.reserved, self.book.reserved_spaces = self.passes.reserved, self.passes.reserved_spaces
        self.intake = Intake(store, clock, self.book, self.machines.get)
        self.history = SampleBook(store, clock, self.book)
        self.guidance = GuidanceDesk(clock, random, self.book, lambda: self.history.passed, GuidanceSettings())
        self.signs = SignDesk(clock, self.book, self.guidance.ahead)
        self.roads: RoadNetwork | None = None
        self._importing = Lock()
        """Documents are checked against each other, so one comes after the other."""
        self._tidied_ms = clock.mono_ms()
        self._learn_at_ms = clock.mono_ms()
        self._minute_ms = clock.mono_ms()

    def start(self) -> None:
        """Read everything that is kept, and go on from it. Raises: StorageError."""
        self.machines.load()
        self.codes.load()
        kept = {name: self.document(name) for name in (FACILITIES, SIGNS, ROADS)}
        if kept[FACILITIES]:
            self.book.begin(facilities_from_json(kept[FACILITIES]))
        if kept[SIGNS]:
            self.signs.begin(signs_from_json(kept[SIGNS]))
        if kept[ROADS]:
            self.roads = roads_from_json(kept[ROADS])
        self.passes.load()
        self.intake.begin()
        self.history.begin()
        self.guidance.begin(self.roads, self.book.facilities)
        self.codes.tidy()  # a backup may have brought back what nobody may know any more
        self.passes.tidy()

    def stop(self) -> None:
        """Write down what is in memory, at an orderly end. Raises: StorageError."""
        self.intake.write_all()

    def import_facilities(self, who: str, facilities: Facilities) -> str:
        """Put facilities in force and return the hash of their document; what is known of those that stay goes on.

        Raises: InvalidInputError if a sign stands for one that would be gone, or an entrance is on no road.
        """
        with self._importing:
            check_against(tuple(self.signs.rules.values()), facilities)
            self._check_entrances(facilities, self.roads)
            found = self._put(who, FACILITIES, facilities_to_json(facilities))
            self.intake.change(facilities)
            self.guidance.begin(self.roads, facilities)
            self._learn_at_ms = self.clock.mono_ms()  # guidance begins anew, without a forecast
        return found

    def import_signs(self, who: str, signs: Sequence[SignRule]) -> str:
        """Put signs in force and return the hash of their document. Raises: InvalidInputError."""
        with self._importing:
            check_against(tuple(signs), self.book.facilities)
            found = self._put(who, SIGNS, signs_to_json(tuple(signs)))
            self.signs.begin(signs)
        return found

    def import_roads(self, who: str, roads: RoadNetwork) -> str:
        """Put roads in force and return the hash of their document. Raises: InvalidInputError."""
        with self._importing:
            self._check_entrances(self.book.facilities, roads)
            found = self._put(who, ROADS, roads_to_json(roads))
            self.roads = roads
            self.guidance.begin(roads, self.book.facilities)
            self._learn_at_ms = self.clock.mono_ms()
        return found

    def tick(self) -> None:
        """Do what is due; once a second. Whatever fails, the rest is done; then the first failure is raised."""
        mono_ms = self.clock.mono_ms()
        due = [self.machines.tick, self.intake.tick, self.history.tick, self.guidance.tick, self.signs.tick]
        if mono_ms - self._minute_ms >= 60_000:
            self._minute_ms = mono_ms
            due.append(self.intake.look_after)
        if mono_ms - self._tidied_ms >= HOUR_MS:
            self._tidied_ms = mono_ms
            due.extend((self.intake.tidy, self.history.tidy, self.codes.tidy, self.passes.tidy))
        do_all(due)  # a full disk must not keep what is shown on signs from being looked at

    def learn_due(self) -> bool:
        """Learn the forecast anew from the days that are kept, once a day, and after facilities or roads were imported;
        tell whether it was done.

        Takes seconds: not for the thread that ticks.
        """
        mono_ms, now_ms = self.clock.mono_ms(), self.clock.utc_ms()
        if mono_ms < self._learn_at_ms:
            return False
        self._learn_at_ms = mono_ms + LEARN_MS
        there = self.book.facilities.index
        samples = [each for each in self.history.all(now_ms - LEARN_FROM_MS, now_ms) if each.facility in there]
        try:
            days = days_of(samples, self.book.facilities.timezone)
        except InvalidInputError:
            return False  # no sample yet that may be trusted
        if len(days.dates) < LEAST_DAYS:
            return False
        if not self.guidance.learnt(learn(days)):
            self._learn_at_ms = mono_ms + HOUR_MS  # of a facility nothing is known yet: it is new
            return False
        return True

    @staticmethod
    def _check_entrances(facilities: Facilities, roads: RoadNetwork | None) -> None:
        if roads is None:
            return
        for each in facilities.facilities:
            for entrance in each.entrances:
                if entrance.road not in roads.index:
                    raise InvalidInputError(f"facility {each.facility}: the network has no road '{entrance.road}'")

    def _put(self, who: str, name: str, text: str) -> str:
        now_ms, sha256 = self.clock.utc_ms(), hashlib.sha256(text.encode()).hexdigest()
        document = StoredDocument(name, now_ms, who, sha256, text)

        def work(t: Transaction) -> None:
            t.shelf(DOCUMENTS).put(document)
            t.record(who, "import", name, sha256, now_ms)

        self.store.write(work)
        return sha256

    def document(self, name: str) -> str:
        """Return the text of a document in force, empty if there is none: facilities, signs, roads."""
        found = self.store.read(lambda r: r.shelf(DOCUMENTS).get(name))
        return "" if found is None else found.text
