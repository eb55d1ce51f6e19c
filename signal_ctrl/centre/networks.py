"""The network that the page draws: imported by an engineer, kept whole, the newest one in force.

It is a picture for people. Nothing is controlled by it: sites are made at the cabinets and plans name sites.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.geojson import checked_network
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError

KEPT: Final = 3
"""Networks that are kept, the one in force among them."""


@dataclass(frozen=True, slots=True)
class NetworkPicture:
    """One network as GeoJSON. [ms]"""

    sha256: str
    geojson: str
    imported_utc_ms: int
    imported_by: str

    def __post_init__(self) -> None:
        if not self.sha256 or not self.imported_by:
            raise InvalidInputError("a network needs its hash and who imported it")


NETWORKS: Final = ShelfSpec(
    "networks", NetworkPicture, key=lambda n: n.sha256, at_utc_ms=lambda n: n.imported_utc_ms, columns={}
)


def import_network(desk: Desk, actor: Actor, text: str) -> NetworkPicture:
    """Take in a network; it is in force at once.

    Raises: ForbiddenError; InvalidInputError that names the feature that cannot be used.
    """
    now_ms = desk.now_ms()
    require(actor, Right.IMPORT_NETWORK, now_ms)
    kept = checked_network(text)
    picture = NetworkPicture(hashlib.sha256(kept.encode()).hexdigest(), kept, now_ms, actor.login)

    def work(t: Transaction) -> NetworkPicture:
        t.shelf(NETWORKS).put(picture)
        t.shelf(NETWORKS).trim(KEPT, {})
        t.record(actor.login, "import network", f"network {picture.sha256}", f"{len(kept)} bytes", now_ms)
        return picture

    return desk.act(actor.login, "import network", f"network {picture.sha256}", work)


def network_in_force(reading: Reading) -> NetworkPicture | None:
    """Return the newest network; None if none was imported."""
    return next(iter(reading.shelf(NETWORKS).find(limit=1)), None)
