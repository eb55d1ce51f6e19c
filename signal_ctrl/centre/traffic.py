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
MOST_OF_ONE: Final = 400
"""The same of one cabinet: whoever reports counts of ever new groups pushes out none but their own. [P]"""


class Traffic:
    """The counts of all cabinets, and in memory the last of each group."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, dict[str, GroupFlow]] = OrderedDict()
        """By cabinet and group, whoever counted last at the end."""
        self._groups = 0
        self._is_loaded = False
        self._lock = Lock()

    def counted(self, t: Transaction, *flows: GroupFlow) -> None:
        """Take counts, within the transaction that stores their reports; the same time again replaces one."""
        t.shelf(FLOWS).put_all(flows)
        with self._lock:
            for flow in flows:
                self._keep(flow)
                self._last.move_to_end(flow.cabinet)
            while self._groups > MOST_GROUPS:
                self._groups -= len(self._last.popitem(last=False)[1])

    def last(self, reading: Reading) -> tuple[GroupFlow, ...]:
        """Return the last count of each group, for people to look at; what came before the start is read once."""
        before = () if self._is_loaded else reading.shelf(FLOWS).find(limit=_READ)
        with self._lock:
            for flow in before:
                is_new = flow.cabinet not in self._last
                self._keep(flow)
                if is_new:
                    self._last.move_to_end(flow.cabinet, last=False)
            self._is_loaded = True
            return tuple(flow for groups in self._last.values() for flow in groups.values())

    def _keep(self, flow: GroupFlow) -> None:
        groups = self._last.setdefault(flow.cabinet, {})
        held = groups.get(flow.group)
        if held is None or held.to_utc_ms <= flow.to_utc_ms:
            groups[flow.group] = flow
        self._groups += held is None
        if len(groups) > MOST_OF_ONE:
            groups.pop(next(iter(groups)))
            self._groups -= 1
