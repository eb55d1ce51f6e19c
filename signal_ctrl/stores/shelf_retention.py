"""How long the centre's shelves are kept: what is over and older than its time goes (SAFETY part D, retention)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Connection, cast, delete, func, select

from signal_ctrl.centre.alarms import ALARMS, AlarmState
from signal_ctrl.centre.order_values import CHANGES, ChangeState
from signal_ctrl.centre.override_values import OVERRIDES, OverrideState
from signal_ctrl.centre.plan_values import PLANS, SCHEDULE_USES, SCHEDULES
from signal_ctrl.centre.preemptions import OVER, PREEMPTIONS
from signal_ctrl.centre.shadow_values import ADVICE, SHADOW_TOTALS
from signal_ctrl.centre.shelves import Spec
from signal_ctrl.centre.tickets import TICKETS, TicketState
from signal_ctrl.centre.traffic_values import FLOWS
from signal_ctrl.stores.named_documents import Named, named_plans, named_responses, named_schedules
from signal_ctrl.stores.tables.shelves import SHELF_TABLES
from signal_ctrl.watch.conditions.values import CALENDAR, CONDITIONS_KEPT_MS, WEATHER
from signal_ctrl.watch.dispatch.missions import MISSIONS, MissionState
from signal_ctrl.watch.dispatch.unit_desk import UNIT_DOCUMENTS
from signal_ctrl.watch.diversion.values import DIVERSIONS, DiversionState
from signal_ctrl.watch.figures.values import CITY_FIGURES, FIGURES_KEPT_MS
from signal_ctrl.watch.incidents.values import INCIDENTS, IncidentState
from signal_ctrl.watch.intake.values import OBSERVATIONS, OBSERVATIONS_KEPT_MS
from signal_ctrl.watch.minutes.packing import CITY_MINUTES, MINUTES_KEPT_MS
from signal_ctrl.watch.past.values import MOST_PAST_BYTES, PAST_KEPT_DAYS, PAST_PIECES
from signal_ctrl.watch.responses.order_values import RESPONSE_ORDERS, RESPONSES, OrderState
from signal_ctrl.watch.special.values import CORRIDORS, CorridorState

DAY_MS: Final = 86_400_000
AT_ONCE: Final = 5_000
_PIECES_AT_ONCE: Final = 200
_DOCUMENTS_AT_ONCE: Final = 500
_OVER: Final = tuple(state.value for state in OverrideState if not state.live)


@dataclass(frozen=True, slots=True)
class Kept:
    """How long values of a shelf are kept, and which may go: those with one of these values in a column. [ms]"""

    spec: Spec
    kept_ms: int
    over: Mapping[str, tuple[str, ...]]

    def take_out(self, connection: Connection, now_utc_ms: int) -> int:
        """Take out some thousands of rows at most, and return how many went. [ms]"""
        table = SHELF_TABLES[self.spec.name]
        fits = [table.c[column].in_(values) for column, values in self.over.items()]
        old = select(table.c.key).where(table.c.at_utc_ms < now_utc_ms - self.kept_ms, *fits).limit(AT_ONCE)
        return int(connection.execute(delete(table).where(table.c.key.in_(old))).rowcount)


@dataclass(frozen=True, slots=True)
class KeptWithin(Kept):
    """A shelf that has a column `bytes`: beyond so many bytes in all, its oldest values go before their time."""

    most_bytes: int = MOST_PAST_BYTES

    def take_out(self, connection: Connection, now_utc_ms: int) -> int:
        """Take out what is too old, then some of what is too much, and return how many went. [ms]"""
        gone = Kept.take_out(self, connection, now_utc_ms)
        table = SHELF_TABLES[self.spec.name]
        held = connection.execute(select(func.sum(cast(table.c.bytes, BigInteger)))).scalar_one()
        if gone or (held or 0) <= self.most_bytes:
            return gone
        oldest = select(table.c.key).order_by(table.c.at_utc_ms, table.c.key).limit(_PIECES_AT_ONCE)
        return int(connection.execute(delete(table).where(table.c.key.in_(oldest))).rowcount)


@dataclass(frozen=True, slots=True)
class KeptButNewest(Kept):
    """A shelf whose newest value is in force: that one stays, however old it is."""

    def take_out(self, connection: Connection, now_utc_ms: int) -> int:
        """Take out what is too old but for the newest, and return how many went. [ms]"""
        table = SHELF_TABLES[self.spec.name]
        newest = select(table.c.key).order_by(table.c.at_utc_ms.desc(), table.c.key.desc()).limit(1).scalar_subquery()
        too_old = table.c.at_utc_ms < now_utc_ms - self.kept_ms
        old = select(table.c.key).where(too_old, table.c.key != newest).limit(AT_ONCE)
        return int(connection.execute(delete(table).where(table.c.key.in_(old))).rowcount)


@dataclass(frozen=True, slots=True)
class KeptLibrary(Kept):
    """Documents that are numbered by name: one goes when a later one of its name is as old, and nothing names it.

    The last one of a name stays, so that no number is ever given twice.
    """

    named: Named = lambda _connection: frozenset()

    def take_out(self, connection: Connection, now_utc_ms: int) -> int:
        """Take out what was replaced so long ago and is named nowhere, and return how many went. [ms]"""
        table = SHELF_TABLES[self.spec.name]
        later, before_utc_ms = table.alias(), now_utc_ms - self.kept_ms
        replaced = select(later.c.key).where(
            later.c.name == table.c.name, later.c.key > table.c.key, later.c.at_utc_ms < before_utc_ms
        )
        wanted = select(table.c.key).where(table.c.at_utc_ms < before_utc_ms, replaced.exists())
        old = set(connection.scalars(wanted))
        going = sorted(old - self.named(connection))[:_DOCUMENTS_AT_ONCE] if old else []
        return int(connection.execute(delete(table).where(table.c.key.in_(going))).rowcount) if going else 0


SHELVES_KEPT: Final = (
    Kept(FLOWS, 3 * 366 * DAY_MS, {}),
    Kept(OVERRIDES, 5 * 366 * DAY_MS, {"state": _OVER}),
    Kept(ADVICE, 92 * DAY_MS, {}),
    Kept(SHADOW_TOTALS, 3 * 366 * DAY_MS, {}),
    Kept(ALARMS, 731 * DAY_MS, {"state": (AlarmState.CLEARED.value,)}),
    Kept(CITY_MINUTES, MINUTES_KEPT_MS, {}),
    Kept(OBSERVATIONS, OBSERVATIONS_KEPT_MS, {}),
    Kept(WEATHER, CONDITIONS_KEPT_MS, {}),
    Kept(CALENDAR, CONDITIONS_KEPT_MS, {}),
    Kept(INCIDENTS, 5 * 366 * DAY_MS, {"state": (IncidentState.CLEARED.value,)}),
    Kept(TICKETS, 5 * 366 * DAY_MS, {"state": (TicketState.CLOSED.value,)}),
    Kept(MISSIONS, 5 * 366 * DAY_MS, {"state": tuple(state.value for state in MissionState if not state.live)}),
    Kept(PREEMPTIONS, 5 * 366 * DAY_MS, {"state": (OVER,)}),
    Kept(CORRIDORS, 5 * 366 * DAY_MS, {"state": (CorridorState.OVER.value,)}),
    Kept(DIVERSIONS, 5 * 366 * DAY_MS, {"state": (DiversionState.ENDED.value, DiversionState.LAPSED.value)}),
    Kept(CHANGES, 5 * 366 * DAY_MS, {"state": (ChangeState.COMMITTED.value, ChangeState.ABANDONED.value)}),
    KeptButNewest(UNIT_DOCUMENTS, 3 * 366 * DAY_MS, {}),
    KeptWithin(PAST_PIECES, PAST_KEPT_DAYS * DAY_MS, {}),
    Kept(CITY_FIGURES, FIGURES_KEPT_MS, {}),
    Kept(RESPONSE_ORDERS, 5 * 366 * DAY_MS, {"state": tuple(state.value for state in OrderState if not state.live)}),
    Kept(SCHEDULE_USES, 5 * 366 * DAY_MS, {"live": ("no",)}),
    KeptLibrary(RESPONSES, 5 * 366 * DAY_MS, {}, named_responses),
    KeptLibrary(SCHEDULES, 5 * 366 * DAY_MS, {}, named_schedules),
    KeptLibrary(PLANS, 5 * 366 * DAY_MS, {}, named_plans),
)
"""Totals of 5 minutes 3 years, overrides with their prices 5 years [SAFETY part D]; the others by this project [P].

Documents of units outlive by a year the audit records that name them by their hash. Faults are bounded by cabinet, not
by time, as they come in (`centre.fault_desk`). Observations are taken out by the intake itself every ten minutes; here
goes what it left when it did not run. Libraries come last: what names their documents has gone by then.
"""

BOUNDED: Final[Mapping[str, str]] = {
    "assignments": "one for each cabinet",
    "bus_documents": "the last ones, as they come in",
    "cabinets": "one for each cabinet",
    "control_modes": "one for each cabinet",
    "deliveries": "the last ones of each cabinet, as they are made",
    "faults": "the youngest of each cabinet, as they come in",
    "feeds": "one for each feed, and so many feeds",
    "guidance": "the last ones, as they come in",
    "learnt": "one",
    "networks": "the last ones, as they come in",
    "roads": "the last ones, as they come in",
    "special_vehicles": "one for each vehicle, and so many vehicles",
    "unit_positions": "one for each unit",
    "units": "one for each unit",
    "usual_days": "the last ones, as they come in",
}
"""Shelves that no time empties, and why they do not grow without end. Every shelf of the centre is here or above."""
