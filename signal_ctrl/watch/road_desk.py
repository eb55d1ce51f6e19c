"""The road network in force: imported by an engineer, kept whole, the newest one counts."""

import hashlib
from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import roads_from_json, roads_to_json

KEPT: Final = 3
"""Road networks that are kept, the one in force among them."""
_REFRESH_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class RoadDocument:
    """One road network as its canonical document. [ms]"""

    sha256: str
    document: str
    imported_utc_ms: int
    imported_by: str

    def __post_init__(self) -> None:
        if not self.sha256 or not self.imported_by:
            raise InvalidInputError("a road network needs its hash and who imported it")


ROADS: Final = ShelfSpec(
    "roads", RoadDocument, key=lambda r: r.sha256, at_utc_ms=lambda r: r.imported_utc_ms, columns={}, large=True
)


@dataclass(frozen=True, slots=True)
class InForce:
    """The road network that counts, and its document."""

    document: RoadDocument
    network: RoadNetwork


class RoadDesk:
    """Keeps road networks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._in_force: InForce | None = None
        self._loaded_ms = 0

    @property
    def in_force(self) -> InForce | None:
        """The network that counts; None if none was imported."""
        return self._in_force

    def load(self) -> None:
        """Take the newest network from the shelf. Raises: InvalidInputError if it can no longer be read."""
        self._loaded_ms = self._desk.clock.mono_ms()
        found = next(iter(self._desk.store.read(lambda reading: reading.shelf(ROADS).find(limit=1))), None)
        if found is None or (self._in_force is not None and self._in_force.document.sha256 == found.sha256):
            return
        self._in_force = InForce(found, roads_from_json(found.document))

    def tick(self) -> None:
        """Look once a minute: another machine of the centre may have taken one in."""
        if self._desk.clock.mono_ms() - self._loaded_ms >= _REFRESH_MS:
            self.load()

    def import_(self, actor: Actor, text: str) -> InForce:
        """Take in a road network; it is in force at once. The one in force may be imported again: nothing changes.

        Raises: ForbiddenError; InvalidInputError that names what cannot be used.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.IMPORT_NETWORK, now_ms)
        network = roads_from_json(text)
        kept = roads_to_json(network)
        new = RoadDocument(hashlib.sha256(kept.encode()).hexdigest(), kept, now_ms, actor.login)

        def work(t: Transaction) -> None:
            t.shelf(ROADS).put(new)
            t.shelf(ROADS).trim(KEPT, {})
            t.record(actor.login, "import roads", f"roads {new.sha256}", f"{len(network.roads)} roads", now_ms)

        self._desk.act(actor.login, "import roads", f"roads {new.sha256}", work)
        if self._in_force is None or self._in_force.document.sha256 != new.sha256:
            self._in_force = InForce(new, network)
        return self._in_force
