"""What was counted at signal groups, as cabinets report it."""

from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow


class Traffic:
    """The counts of all cabinets."""

    def counted(self, t: Transaction, flow: GroupFlow) -> None:
        """Take a count, within the transaction that stores the report; the same time again replaces it."""
        t.shelf(FLOWS).put(flow)
