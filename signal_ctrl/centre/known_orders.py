"""Which orders cabinets have had, in memory and bounded: who names others may have some that were lost here."""

from collections import OrderedDict
from typing import Final

REMEMBERED: Final = 16
"""ETags of each cabinet. Hardly anybody names older orders than those before the ones on offer; who does costs one look
at the store, which has the last 200 of each cabinet. [P]"""


class KnownOrders:
    """The ETags that each cabinet was offered or has named; those not named for longest are forgotten."""

    def __init__(self) -> None:
        self._known: dict[str, OrderedDict[str, None]] = {}

    def name(self, cabinet: str, etag: str) -> bool:
        """Tell whether an ETag was known; it is known from now on."""
        known = self._known.setdefault(cabinet, OrderedDict())
        was_known = etag in known
        known[etag] = None
        known.move_to_end(etag)
        if len(known) > REMEMBERED:
            known.popitem(last=False)
        return was_known

    def __len__(self) -> int:
        """Return how many are remembered."""
        return sum(map(len, self._known.values()))
