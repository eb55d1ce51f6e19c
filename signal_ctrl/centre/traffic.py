"""What was counted at signal groups, as cabinets report it."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow

_READ: Final = 20_000
"""Counts from before the start that are looked at for the last of each group."""
MOST_GROUPS: Final = 120_000
"""Groups whose last count is remembered: 3,000 cabinets with 40 each. [P]"""


class Traffic:
    """The counts of all cabinets, and in memory the last of each group."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], GroupFlow] = OrderedDict()
        self._is_loaded = False
        self._lock = Lock()

    def counted(self, t: Transaction, flow: GroupFlow) -> None:
        """Take a count, within the transaction that stores the report; the same time again replaces it."""
        t.shelf(FLOWS).put(flow)
        key = (flow.cabinet, flow.group)
        with self._lock:
            held = self._last.get(key)
            if held is None or held.to_utc_ms <= flow.to_utc_ms:
                self._last[key] = flow
            self._last.move_to_end(key)
            if len(self._last) > MOST_GROUPS:
                self._last.popitem(last=False)

    def last(self, reading: Reading) -> tuple[GroupFlow, ...]:
        """Return the last count of each group, for people to look at; what came before the start is read once."""
        before = () if self._is_loaded else reading.shelf(FLOWS).find(limit=_READ)
        with self._lock:
            for flow in before:
                key = (flow.cabinet, flow.group)
                held = self._last.get(key)
                if held is None or held.to_utc_ms < flow.to_utc_ms:
                    self._last[key] = flow
                if held is None:
                    self._last.move_to_end(key, last=False)
            self._is_loaded = True
            return tuple(self._last.values())
