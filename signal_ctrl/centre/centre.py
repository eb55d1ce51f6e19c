"""The centre: its services over one store, one clock and one source of random bytes.

What each service is for:

- `registry`: cabinets, who is heard, what each says that it runs. The link calls `heard`, `says`, `acknowledged`.
- `orders`: what each cabinet is offered; `orders.book.answer` answers polls from memory, `orders.acknowledged` takes
  acknowledgements within the transaction that stores them.
- `alarms`, `faults`, `tickets`: what somebody has to look at, and repairs. The link calls `faults.began` and `ended`.

`start` loads what is served from memory; `tick` is called once a second by whoever runs the centre.
"""

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.desk import Desk, RandomBytes
from signal_ctrl.centre.fault_desk import FaultDesk
from signal_ctrl.centre.orders import OrderBook, OrderDesk
from signal_ctrl.centre.ports import Store
from signal_ctrl.centre.registry import Registry
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.centre.ticket_desk import TicketDesk
from signal_ctrl.domain.clock import Clock


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

    @property
    def store(self) -> Store:
        """Where everything is kept."""
        return self.desk.store

    def start(self) -> None:
        """Serve what was made before the start."""
        self.orders.load()

    def tick(self) -> None:
        """Do what is due; called once a second."""
        self.registry.watch()
        self.orders.renew()
