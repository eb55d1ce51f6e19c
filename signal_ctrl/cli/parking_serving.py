"""The parking service put together over its data folder, and served: a process of its own, a store of its own."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from signal_ctrl.cli.aside import Aside
from signal_ctrl.cli.failures import BROKEN
from signal_ctrl.cli.garbage import keep_what_is_there, settle_collector
from signal_ctrl.cli.stopping import tidy_end
from signal_ctrl.cli.store_chores import store_chores
from signal_ctrl.cli.versions import versions
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.link.credential import Credential, credential_to_json
from signal_ctrl.domain.storing import Condition
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.parking.machines import FIRST_OFFICE
from signal_ctrl.parking.service import Parking
from signal_ctrl.stores.centre_keys import key_box
from signal_ctrl.stores.key_files import write_secret
from signal_ctrl.stores.migrations import PARKING_MIGRATIONS
from signal_ctrl.stores.opening import open_store
from signal_ctrl.stores.sqlite import library_line
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.upkeep import UpkeepSettings
from signal_ctrl.web.background import Chore
from signal_ctrl.web.logs import start_logs
from signal_ctrl.web.parking.app import make_app, with_signatures
from signal_ctrl.web.parking.context import ParkingSettings, new_context
from signal_ctrl.web.parking.office_routes import NO_PUBLIC_KEY
from signal_ctrl.web.server import Place, Server, check_place, make_server

FIRST_FILE: Final = f"{FIRST_OFFICE}.json"
"""File in the data folder with the credential of the first start."""
SWITCH_S: Final = 0.000_05
"""As in the centre: a request does not wait 5 ms for the thread that writes. [s]"""

log: Final = structlog.get_logger("signal_ctrl.parking")


@dataclass(frozen=True, slots=True)
class ParkingServing:
    """What is served where; `backups`, folder for a backup every hour, sealed with `backup_secret`."""

    data: Path
    database: str
    place: Place
    settings: ParkingSettings
    announce: Callable[[str], None] = print
    backups: Path | None = None
    backup_secret: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ParkingParts:
    """One parking service over one data folder."""

    data: Path
    clock: Clock
    store: SqlStore
    parking: Parking


@contextmanager
def opened_parking(data: Path, database: str = "") -> Iterator[ParkingParts]:
    """Yield a service that has read what is kept, and write down its state at the end.

    Raises: InvalidInputError if another process has the folder, or it is a centre's; StorageError if it is broken.
    """
    store = open_store(data, database, PARKING_MIGRATIONS)
    try:
        clock = SystemClock()
        parking = Parking(store, clock, secrets.token_bytes, key_box(data))
        parking.start()
        yield ParkingParts(data, clock, store, parking)
        if store.condition is not Condition.FAILED:
            parking.stop()
    finally:
        store.close()


def serve_parking(serving: ParkingServing) -> int:
    """Serve until somebody asks to stop, and return the exit code.

    Raises: InvalidInputError; StorageError; BackendError if the port is taken.
    """
    check_place(serving.place)
    start_logs(sys.stderr)
    sys.setswitchinterval(SWITCH_S)
    settle_collector()
    with opened_parking(serving.data, serving.database) as parts:
        log.info("starting", store=parts.store.place, sqlite=library_line(), **versions())
        show_first_office(parts, serving.announce)
        server = _server(serving, parts)
        keep_what_is_there()
        with tidy_end():
            server.run()
        failed = parts.store.condition is Condition.FAILED
        log.info("stopped", store=parts.store.condition.value)
    return BROKEN if failed or not server.started else 0


def show_first_office(parts: ParkingParts, announce: Callable[[str], None]) -> None:
    """At the first start, write the office's credential into a file that its owner alone may read."""
    key = parts.parking.machines.first_office()
    if key is None:
        return
    path = parts.data / FIRST_FILE
    write_secret(path, f"{credential_to_json(Credential(FIRST_OFFICE, key, NO_PUBLIC_KEY))}\n".encode())
    announce(f"first start: the office's credential is {path}")


def _server(serving: ParkingServing, parts: ParkingParts) -> Server:
    context = new_context(parts.clock, parts.parking, serving.settings, lambda: parts.store.condition)
    stopping: list[Server] = []
    app = with_signatures(make_app(context, _chores(serving, parts, lambda: stopping[0])), context)
    scheme = "https" if serving.place.certificate else "http"

    def listening(port: int) -> None:
        log.info("listening", host=serving.place.host, port=port)
        serving.announce(f"listening on {scheme}://{serving.place.host}:{port}")

    server = make_server(app, serving.place, listening)
    stopping.append(server)
    return server


def _chores(serving: ParkingServing, parts: ParkingParts, server: Callable[[], Server]) -> tuple[Chore, ...]:
    where = UpkeepSettings(
        parts.data,
        serving.database,
        backup_folder=serving.backups,
        backup_secret=serving.backup_secret,
        retention=lambda _store, _folder, _now_ms: None,  # the service takes out its own
    )

    def learn() -> tuple[str, ...]:
        parts.parking.learn_due()
        return ()

    return (Chore("forecast", Aside(learn).look), *store_chores(parts.store, where, parts.clock, server))
