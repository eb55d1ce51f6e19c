"""All shelves that watching the city keeps; the store makes a table for each."""

from typing import Final

from signal_ctrl.centre.preemptions import PREEMPTIONS
from signal_ctrl.centre.shelves import Spec
from signal_ctrl.watch.buses.desk import BUS_DOCUMENTS
from signal_ctrl.watch.conditions.values import CALENDAR, WEATHER
from signal_ctrl.watch.dispatch.missions import MISSIONS
from signal_ctrl.watch.dispatch.unit_desk import UNIT_DOCUMENTS
from signal_ctrl.watch.dispatch.units import UNIT_POSITIONS, UNITS
from signal_ctrl.watch.diversion.values import DIVERSIONS, GUIDANCE
from signal_ctrl.watch.feeds.values import FEEDS
from signal_ctrl.watch.figures.values import CITY_FIGURES
from signal_ctrl.watch.incidents.usual_days import USUAL_DAYS
from signal_ctrl.watch.incidents.values import INCIDENTS
from signal_ctrl.watch.intake.values import OBSERVATIONS
from signal_ctrl.watch.minutes.learnt import LEARNT
from signal_ctrl.watch.minutes.packing import CITY_MINUTES
from signal_ctrl.watch.past.values import PAST_PIECES
from signal_ctrl.watch.responses.order_values import RESPONSE_ORDERS, RESPONSES
from signal_ctrl.watch.road_desk import ROADS
from signal_ctrl.watch.special.values import CORRIDORS, SPECIAL_VEHICLES

WATCH_SHELVES: Final[tuple[Spec, ...]] = (
    ROADS,
    FEEDS,
    OBSERVATIONS,
    CITY_MINUTES,
    WEATHER,
    CALENDAR,
    LEARNT,
    INCIDENTS,
    USUAL_DAYS,
    DIVERSIONS,
    GUIDANCE,
    UNITS,
    UNIT_POSITIONS,
    UNIT_DOCUMENTS,
    MISSIONS,
    RESPONSES,
    RESPONSE_ORDERS,
)

LATER_SHELVES: Final[tuple[Spec, ...]] = (
    PAST_PIECES,
    CITY_FIGURES,
    BUS_DOCUMENTS,
    SPECIAL_VEHICLES,
    CORRIDORS,
    PREEMPTIONS,
)
"""Those that came after the others had stood in centres, PREEMPTIONS of the centre among them."""
