"""The background work of every service over a store: anchors, upkeep, garbage, and the end where the store failed."""

from collections.abc import Callable
from typing import Final

import structlog

from signal_ctrl.cli.aside import Aside
from signal_ctrl.cli.garbage import FullCollection
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.storing import Condition
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.upkeep import Upkeep, UpkeepSettings
from signal_ctrl.web.background import Chore
from signal_ctrl.web.server import Server

log: Final = structlog.get_logger("signal_ctrl.serve")


def store_chores(
    store: SqlStore, where: UpkeepSettings, clock: Clock, server: Callable[[], Server]
) -> tuple[Chore, ...]:
    """Return the chores of a store; `server` is ended where it failed, for a new one begins with what is there."""
    upkeep = Upkeep(store, where, clock)

    def anchor() -> None:
        complaints = upkeep.tick()
        if complaints:
            raise BackendError("; ".join(complaints))

    def watch_store() -> None:
        if store.condition is Condition.FAILED:
            log.error("the store failed", why=store.reason)
            server().should_exit = True

    return (
        Chore("anchors", anchor),
        Chore("upkeep", Aside(upkeep.run_due).look),
        Chore("garbage", FullCollection(clock).look),
        Chore("store", watch_store),
    )
