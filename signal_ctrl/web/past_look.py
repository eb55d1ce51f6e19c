"""What is shown of the city, as one picture: what is recorded, so that it can be shown again.

Each topic has the names and values that its route gives: a topic that joins adds a line to `_lists` or to `__call__`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.alarms import Alarm
from signal_ctrl.centre.override_checks import overrides
from signal_ctrl.centre.override_values import Override
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.ticket_desk import tickets
from signal_ctrl.centre.tickets import Ticket
from signal_ctrl.watch.dispatch.mission_desk import missions
from signal_ctrl.watch.dispatch.missions import Mission
from signal_ctrl.watch.dispatch.unit_desk import units
from signal_ctrl.watch.dispatch.units import Unit
from signal_ctrl.watch.diversion.values import DIVERSIONS, Diversion
from signal_ctrl.watch.incidents.book import incidents
from signal_ctrl.watch.incidents.values import Incident
from signal_ctrl.watch.past.values import Picture
from signal_ctrl.watch.responses.order_values import ResponseOrder
from signal_ctrl.watch.responses.order_views import response_orders
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.alarm_news import Mark, alarms_mark
from signal_ctrl.web.city_look import CityLook
from signal_ctrl.web.junction_view import JunctionLook
from signal_ctrl.web.lamp_look import LampLook
from signal_ctrl.web.link_look import LinkLook
from signal_ctrl.web.moving_look import MovingLook, dumper
from signal_ctrl.web.road_look import RoadLook

AGAIN_MS: Final = 5_000
"""Lists are read again so often, and after each act and each change of alarms. [ms]"""
MOST: Final = 500
SAYS: Final = "says"


_OVERRIDES: Final = dumper(Override, "override_id")
_ALARMS: Final = dumper(Alarm, "alarm_id")
_TICKETS: Final = dumper(Ticket, "ticket_id")
_INCIDENTS: Final = dumper(Incident, "incident_id")
_DIVERSIONS: Final = dumper(Diversion, "diversion_id")
_MISSIONS: Final = dumper(Mission, "mission_id")
_UNITS: Final = dumper(Unit, "unit")
_ORDERS: Final = dumper(ResponseOrder, "order_id")


def _lists(reading: Reading) -> dict[str, Mapping[str, Any]]:
    """Return what lasts of each kind."""
    open_tickets = (each for state in ("open", "assigned") for each in tickets(reading, state, limit=MOST))
    return {
        "overrides": _OVERRIDES(overrides(reading, "live", MOST)),
        "alarms": _ALARMS(alarms(reading, "live", limit=MOST)),
        "tickets": _TICKETS(open_tickets),
        "incidents": _INCIDENTS(incidents(reading, "live", limit=MOST)),
        "diversions": _DIVERSIONS(reading.shelf(DIVERSIONS).find({"state": "ordered"}, limit=MOST)),
        "missions": _MISSIONS(missions(reading, "live", MOST)),
        "units": _UNITS(units(reading)),
        "response_orders": _ORDERS(response_orders(reading, "live", MOST)),
    }


class _Parts(NamedTuple):
    """A junction as it is shown, and its two parts."""

    shown: dict[str, Any]
    rest: dict[str, Any]
    says: dict[str, str]


class PastLook:
    """Looks at all that is shown; called by one thread, once a second."""

    def __init__(self, watch: Watch, links: LinkLook, city: CityLook) -> None:
        self._watch = watch
        self._links = links
        self._city = city
        self._junctions = JunctionLook(watch.centre)
        self._lamps = LampLook(watch.centre)
        self._parted: dict[str, _Parts] = {}
        self._known: dict[str, Mapping[str, Any]] = {}
        self._act = -1
        self._mark: Mark = ()
        self._read_mono_ms = 0
        self._moving = MovingLook(watch)
        self._roads = RoadLook()

    def __call__(self) -> Picture:
        """Return the picture of now."""
        fresh = self._read_lists()
        junctions = self._junctions(fresh)
        self._parted = {name: self._parts(name, shown) for name, shown in junctions.items()}
        return {
            "junctions": {name: parts.rest for name, parts in self._parted.items()},
            "says": {name: parts.says for name, parts in self._parted.items() if parts.says},
            "lamps": self._lamps(junctions),
            "roads": self._roads(self._links.now(), self._watch.desk.now_ms()),
            "city": self._city.topic(),
            **self._known,
            **self._moving(),
        }

    def _parts(self, name: str, shown: dict[str, Any]) -> "_Parts":
        """Return what a junction says of itself apart from the rest: it changes each minute, the rest hardly ever."""
        known = self._parted.get(name)
        if known is not None and known.shown is shown:
            return known
        return _Parts(shown, {key: value for key, value in shown.items() if key != SAYS}, shown[SAYS])

    def _read_lists(self) -> bool:
        """Read the lists if it is time, and tell whether anything was done since they were read last."""
        store, mono_ms = self._watch.centre.store, self._watch.desk.clock.mono_ms()
        act, mark = store.read(lambda reading: (reading.audit.head().n, alarms_mark(reading)))
        if (act, mark) == (self._act, self._mark) and mono_ms - self._read_mono_ms < AGAIN_MS:
            return False
        found = store.read(_lists)
        self._known = {name: self._same(name, topic) for name, topic in found.items()}
        is_new, self._act, self._mark, self._read_mono_ms = act != self._act, act, mark, mono_ms
        return is_new

    def _same(self, name: str, topic: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is known already where it is the same, so that nobody compares it again."""
        known = self._known.get(name)
        return known if known == topic else topic
