"""The first shelves of the centre; the store makes a table for each. Later ones: `watch/shelf_list.py`."""

from typing import Final

from signal_ctrl.centre.alarms import ALARMS
from signal_ctrl.centre.cabinets import CABINETS
from signal_ctrl.centre.faults import FAULTS
from signal_ctrl.centre.networks import NETWORKS
from signal_ctrl.centre.order_values import ASSIGNMENTS, CHANGES, DELIVERIES
from signal_ctrl.centre.override_values import OVERRIDES
from signal_ctrl.centre.plan_values import PLANS, SCHEDULE_USES, SCHEDULES
from signal_ctrl.centre.shadow_values import ADVICE, MODES, SHADOW_TOTALS
from signal_ctrl.centre.shelves import Spec
from signal_ctrl.centre.tickets import TICKETS
from signal_ctrl.centre.traffic_values import FLOWS

SHELVES: Final[tuple[Spec, ...]] = (
    CABINETS,
    PLANS,
    SCHEDULES,
    SCHEDULE_USES,
    ASSIGNMENTS,
    DELIVERIES,
    CHANGES,
    OVERRIDES,
    ALARMS,
    FAULTS,
    TICKETS,
    MODES,
    ADVICE,
    SHADOW_TOTALS,
    FLOWS,
    NETWORKS,
)
