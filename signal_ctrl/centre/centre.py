"""The centre: its services over one store, one clock and one source of random bytes.

What each service is for:

- `registry`: cabinets, who is heard, what each says that it runs. The link calls `heard`, `says`, `acknowledged`.
- `orders`: what each cabinet is offered; `orders.book.answer` answers polls from memory, `orders.acknowledged` takes
  acknowledgements within the transaction that stores them.
- `plans`, `issuing`, `schedules`: the library, who gets which plan when, and changes of several cabinets at one moment.
- `overrides`: part C of SAFETY, from the preparation to the delay price. `giving_back`: single cabinets of one, early.
- `shadow`: who decides at a junction, and what adaptive control would have done.
- `lamps`: what each cabinet's lamps showed at its last polls. `recent`: what else cabinets told lately.
- `foretelling`: who comes to a cabinet, by whoever knows of it.
- `traffic`: what was counted at signal groups; the link calls `counted`.
- `alarms`, `faults`, `tickets`: what somebody has to look at, and repairs. The link calls `faults.began` and `ended`.

`start` loads what is served from memory; `tick` is called once a second by whoever runs the centre.
"""

from collections.abc import Callable, Iterator

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.fault_desk import FaultDesk
from signal_ctrl.centre.foretelling import ForetellingDesk
from signal_ctrl.centre.giving_back import GivingBack
from signal_ctrl.centre.issuing import IssueDesk
from signal_ctrl.centre.lamp_board import LampBoard
from signal_ctrl.centre.orders import OrderBook, OrderDesk
from signal_ctrl.centre.overrides import OverrideDesk
from signal_ctrl.centre.plans import PlanDesk
from signal_ctrl.centre.ports import Condition, Store
from signal_ctrl.centre.pricing import estimate, measure_ended
from signal_ctrl.centre.recent import Recent
from signal_ctrl.centre.registry import Registry
from signal_ctrl.centre.schedules import ScheduleDesk
from signal_ctrl.centre.shadow import ShadowDesk
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.centre.ticket_desk import TicketDesk
from signal_ctrl.centre.traffic import Traffic
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.doing import do_all
from signal_ctrl.domain.secrecy import RandomBytes


class Centre:
    """All services of the centre."""

    def __init__(self, store: Store, clock: Clock, random: RandomBytes, key: CentreKey) -> None:
        """Args: random, returns so many random bytes; key, what orders are signed with."""
        self.desk = Desk(store, clock, random)
        self.key = key
        self.orders = OrderDesk(self.desk, key, OrderBook())
        self.alarms = AlarmDesk(self.desk)
        self.tickets = TicketDesk(self.desk)
        self.faults = FaultDesk(self.desk, self.alarms, self.tickets)
        self.registry = Registry(self.desk, self.orders, self.alarms)
        self.plans = PlanDesk(self.desk)
        self.issuing = IssueDesk(self.desk, self.orders, self.alarms)
        self.schedules = ScheduleDesk(self.desk, self.issuing, self.alarms)
        self.overrides = OverrideDesk(self.desk, self.orders, lambda r, d: estimate(r, d, self.desk.now_ms()))
        self.giving_back = GivingBack(self.desk, self.orders, self.overrides)
        self.shadow = ShadowDesk(self.desk, self.orders)
        self.foretelling = ForetellingDesk(self.desk)
        self.traffic = Traffic()
        self.lamps = LampBoard()
        self.recent = Recent()

    @property
    def store(self) -> Store:
        """Where everything is kept."""
        return self.desk.store

    def start(self) -> None:
        """Serve what was made before the start."""
        self.orders.load()
        self.overrides.load()

    def tick(self) -> None:
        """Do what is due; called once a second. Ends of overrides come first: they need no store.

        Raises: what failed first, once everything else is done: orders are renewed though a schedule cannot be read.
        """
        do_all(self._due())

    def _due(self) -> Iterator[Callable[[], None]]:
        yield from (self.overrides.tick, self.giving_back.tick)
        if self.store.condition not in (Condition.READ_ONLY, Condition.FAILED):
            yield from (self.registry.watch, self.schedules.tick, self.issuing.tick)
            yield from (self._price, self._overtake, self.orders.renew)

    def _overtake(self) -> None:
        """Catch up with cabinets that know of a release which was lost here: what they were released from stays so."""
        lost = self.orders.lost()
        if lost:
            self.overrides.end_lost(frozenset(lost))
            self.orders.overtake(lost)

    def _price(self) -> None:
        """Store the delay price of what has ended."""
        for override in self.store.read(lambda r: measure_ended(r, self.desk.now_ms())):
            self.overrides.take_price(override)
