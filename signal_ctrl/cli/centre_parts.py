"""The parts of a centre put together over its data folder: for the service, and for commands while it does not run."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity_services import Identity, Keepers, identity_services, login_alarm
from signal_ctrl.centre.link import Link
from signal_ctrl.centre.link_admin import LinkAdmin
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.clock import Clock
from signal_ctrl.gateways.breached_file import BreachedFile
from signal_ctrl.gateways.day_folder import DayFolder
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.centre_keys import centre_secret, key_box
from signal_ctrl.stores.folder import WATCHED_DAYS
from signal_ctrl.stores.opening import open_folder, open_postgres
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.watch.watch import Watch

BREACHED: Final = "breached-passwords.txt"
"""The operator's own list of breached passwords, in the data folder; it need not be there."""


@dataclass(frozen=True, slots=True)
class CentreParts:
    """One centre over one data folder."""

    data: Path
    database: str
    clock: Clock
    store: SqlStore
    centre: Centre
    identity: Identity
    link: Link
    links: LinkAdmin
    watch: Watch


@contextmanager
def opened_centre(data: Path, database: str = "") -> Iterator[CentreParts]:
    """Yield a centre.

    Args: database, address of PostgreSQL; empty for SQLite in the data folder.
    Raises: InvalidInputError if another process has it; StorageError if it is broken.
    """
    store = open_postgres(data, database) if database else open_folder(data)
    try:
        clock, box = SystemClock(), key_box(data)
        centre = Centre(store, clock, secrets.token_bytes, CentreKey(centre_secret(data)))
        keepers = Keepers(box, BreachedFile(data / BREACHED), login_alarm(centre.alarms))
        link = Link(centre, box)
        link.open()
        watch = Watch(centre, box)
        watch.foresight.keeper = DayFolder(data / WATCHED_DAYS)
        yield CentreParts(
            data=data,
            database=database,
            clock=clock,
            store=store,
            centre=centre,
            identity=identity_services(store, clock, secrets.token_bytes, keepers),
            link=link,
            links=LinkAdmin(centre, link, box),
            watch=watch,
        )
    finally:
        store.close()
