"""One of two centres on one PostgreSQL: waits for the lease, keeps it, and ends when another one has it.

The one that waits holds nothing in memory that could be out of date: it opens the centre when it has the lease, which
takes some seconds. The one that lost it ends, and whoever supervises it starts it again, to wait.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from signal_ctrl.centre.lease import LeaseKeeper, Part
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.leases import PostgresArbiter
from signal_ctrl.stores.opening import open_postgres
from signal_ctrl.stores.store import SqlStore

TICK_S: Final = 0.25


class Stoppable(Protocol):
    """What ends when this is set."""

    should_exit: bool


class Standby:
    """The lease of one centre. Args: name, that of this process, another one for each of the two."""

    def __init__(self, data: Path, address: str, name: str) -> None:
        open_postgres(data, address).close()  # its tables are there from now on
        self._keeper = LeaseKeeper(f"{name}/{time.time_ns()}", PostgresArbiter(address), SystemClock())
        self._server: Stoppable | None = None
        self._ended = threading.Event()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait until this is the active centre, and keep the lease while the block lasts; give it back at its end."""
        while self._keeper.tick() is not Part.ACTIVE:
            time.sleep(TICK_S)
        thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            self._keeper.give_back()

    @property
    def is_lost(self) -> bool:
        """Whether another centre has taken over."""
        return self._keeper.part is Part.FENCED

    def guard(self, store: SqlStore) -> None:
        """Let a store write only while the lease lasts, and under its epoch."""
        store.under(self._keeper.epoch_in_force)

    def when_lost(self, server: Stoppable) -> None:
        """Let a server end when another centre has taken over."""
        self._server = server

    def _keep(self) -> None:
        while not self._ended.wait(TICK_S):
            if self._keeper.tick() is Part.FENCED and self._server is not None:
                self._server.should_exit = True
