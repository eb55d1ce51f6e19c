"""Orders that a cabinet holds: on its shelf with the centre's signature, and checked again when they are read back."""

import json
from dataclasses import dataclass
from typing import Final

from signal_ctrl.cabinet.ports import Shelf, Verify
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.orders import Orders, etag_of, orders_from_bytes

NEWEST: Final = "newest"
STAGED: Final = "staged"
ACTIVE: Final = "active"
CYCLES_ADAPTIVE: Final = 2
_MS_PER_DS: Final = 100


@dataclass(frozen=True, slots=True)
class Held:
    """Orders with the bytes that were signed."""

    orders: Orders
    data: bytes
    signature: str
    etag: str

    @property
    def until_utc_ms(self) -> int:
        """When the plan goes stale: at its end, for adaptive plans after two of its cycles at most (K11). [ms]"""
        orders = self.orders
        if orders.plan is None or not orders.adaptive:
            return orders.valid_until_utc_ms
        stale_ms = orders.not_before_utc_ms + CYCLES_ADAPTIVE * orders.plan.cycle_ds * _MS_PER_DS
        return min(orders.valid_until_utc_ms, stale_ms)

    def is_due(self, utc_ms: int) -> bool:
        """Return whether the plan is to be followed at a time. [ms]"""
        return self.orders.may_activate and self.orders.not_before_utc_ms <= utc_ms < self.until_utc_ms


def held_of(data: bytes, signature: str) -> Held:
    """Return orders with their bytes. Raises: InvalidInputError if they are none."""
    return Held(orders_from_bytes(data), data, signature, etag_of(data))


def keep(shelf: Shelf, name: str, held: Held) -> None:
    """Put orders on the shelf. Raises: BackendError if that fails."""
    document = {"orders": held.data.decode("ascii"), "signature": held.signature}
    shelf.put(name, canonical(document).encode())


def kept(shelf: Shelf, name: str, verify: Verify) -> Held | None:
    """Return the orders of a name, None if there are none or they are not what the centre signed."""
    data = shelf.get(name)
    if data is None:
        return None
    try:
        document = json.loads(data)
        held = held_of(document["orders"].encode("ascii"), document["signature"])
    except (ValueError, KeyError, TypeError, AttributeError, InvalidInputError):
        return None
    return held if verify(held.data, held.signature) else None
