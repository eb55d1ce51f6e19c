"""What was counted at signal groups, as cabinets report it: taken in, and forgotten in time."""

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow

KEPT_MS = 3 * 366 * 24 * 3_600_000
"""Totals of 5 minutes are kept for three years. SAFETY part D. [ms]"""


class Traffic:
    """The counts of all cabinets."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def counted(self, t: Transaction, flow: GroupFlow) -> None:
        """Take a count, within the transaction that stores the report; the same time again replaces it."""
        t.shelf(FLOWS).put(flow)

    def forget(self, t: Transaction) -> int:
        """Forget what is older than three years; return how much that was."""
        return t.shelf(FLOWS).forget(self._desk.now_ms() - KEPT_MS)
