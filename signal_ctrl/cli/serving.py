"""The centre served: its application, its background work, its first start, its end."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from signal_ctrl.centre.accounts import FIRST_ADMIN
from signal_ctrl.centre.ports import Condition
from signal_ctrl.cli.aside import Aside
from signal_ctrl.cli.centre_parts import CentreParts, opened_centre
from signal_ctrl.cli.failures import BROKEN
from signal_ctrl.cli.garbage import keep_what_is_there, settle_collector
from signal_ctrl.cli.parking_link import ParkingAt, parking_inflow, parking_view, told
from signal_ctrl.cli.standby import Standby
from signal_ctrl.cli.stopping import tidy_end
from signal_ctrl.cli.store_chores import store_chores
from signal_ctrl.cli.versions import versions
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.key_files import write_secret
from signal_ctrl.stores.sqlite import library_line
from signal_ctrl.stores.upkeep import UpkeepSettings
from signal_ctrl.web.app import make_app
from signal_ctrl.web.audit_view import FindingOut, VerdictOut
from signal_ctrl.web.background import Chore
from signal_ctrl.web.context import Seams, new_context
from signal_ctrl.web.feed_front import FeedFront
from signal_ctrl.web.link_front import LinkFront
from signal_ctrl.web.link_routes import who_signed
from signal_ctrl.web.logs import start_logs
from signal_ctrl.web.server import Place, Server, make_server
from signal_ctrl.web.settings import Settings

FIRST_SECRET: Final = "first-admin"
"""File in the data folder that has the secret of the first start where there is no terminal to show it on."""
SWITCH_S: Final = 0.000_05
"""A thread gives way to another one after so long. With Python's own 5 ms each request would wait so long for the
thread that writes, as often as it needs the interpreter. [s]"""

log: Final = structlog.get_logger("signal_ctrl.serve")


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served where.

    `copies`, folders for copies of the audit's anchors; `announce`, told the port; `backups`, folder for a backup every
    hour, sealed with `backup_secret`; `lease`, the name of this one of two centres on one PostgreSQL; `parking`, the
    parking service that the centre looks at.
    """

    data: Path
    database: str
    place: Place
    settings: Settings
    copies: tuple[Path, ...] = ()
    announce: Callable[[str], None] = print
    backups: Path | None = None
    backup_secret: bytes = field(default=b"", repr=False)
    lease: str = ""
    parking: ParkingAt | None = None


def serve(serving: Serving) -> int:
    """Serve until somebody asks to stop, and return the exit code.

    Raises: InvalidInputError; StorageError if the store cannot be opened or is damaged.
    """
    start_logs(sys.stderr)
    sys.setswitchinterval(SWITCH_S)
    settle_collector()
    with ExitStack() as open_now:
        standby = Standby(serving.data, serving.database, serving.lease) if serving.lease else None
        if standby is not None:
            serving.announce(f"{serving.lease}: waiting for the lease")
            open_now.enter_context(standby.held())
        parts = open_now.enter_context(opened_centre(serving.data, serving.database))
        if standby is not None:
            standby.guard(parts.store)
        log.info("starting", store=parts.store.place, sqlite=library_line(), **versions())
        show_first_secret(parts, serving.announce)
        parts.centre.start()
        parts.watch.start()
        server = _server(serving, parts)
        if standby is not None:
            standby.when_lost(server)
        keep_what_is_there()
        with tidy_end():
            server.run()
        failed = parts.store.condition is Condition.FAILED or (standby is not None and standby.is_lost)
        log.info("stopped", store=parts.store.condition.value)
    return BROKEN if failed or not server.started else 0


def show_first_secret(parts: CentreParts, announce: Callable[[str], None]) -> None:
    """At the first start, show the secret that sets the administrator's password, or put it into a file."""
    secret = parts.identity.accounts.first_admin()
    if secret is None:
        return
    if sys.stdout.isatty():
        announce(f"first start: account '{FIRST_ADMIN}', one-time secret {secret} (24 h)")
    else:
        path = parts.data / FIRST_SECRET
        write_secret(path, f"{secret}\n".encode())
        announce(f"first start: account '{FIRST_ADMIN}', its one-time secret (24 h) is in {path}")
    announce(f"set its password with: signal-ctrl user password {FIRST_ADMIN} --centre ADDRESS")


def _server(serving: Serving, parts: CentreParts) -> Server:
    view = None if serving.parking is None else parking_view(serving.parking, parts.watch, parts.clock)
    seams = Seams(who_signed, partial(_verdict, parts), parking=view)
    context = new_context(parts.clock, parts.watch, parts.identity, serving.settings, seams)
    stopping: list[Server] = []
    chores = _chores(serving, parts, lambda: stopping[0])
    if serving.parking is not None and view is not None:
        inflow = parking_inflow(serving.parking, parts.watch, parts.clock, view)
        chores += (Chore("parking", Aside(told(view)).look), Chore("inflow", Aside(told(inflow)).look))
    app = make_app(context, chores)
    app.state.link_admin = parts.links
    inner = FeedFront(app, parts.watch.feeds.gate, parts.clock)
    front = LinkFront(inner, parts.link, parts.clock, context.rates, context.metrics)
    scheme = "https" if serving.place.certificate else "http"

    def listening(port: int) -> None:
        log.info("listening", host=serving.place.host, port=port)
        serving.announce(f"listening on {scheme}://{serving.place.host}:{port}")

    server = make_server(front, serving.place, listening, context.hub.close)
    stopping.append(server)
    return server


def _chores(serving: Serving, parts: CentreParts, server: Callable[[], Server]) -> tuple[Chore, ...]:
    where = UpkeepSettings(parts.data, parts.database, serving.copies, serving.backups, serving.backup_secret)

    def watch() -> tuple[str, ...]:
        parts.watch.tick()
        return ()

    return (
        Chore("centre", parts.centre.tick),
        Chore("link", parts.link.tick),
        Chore("watch", Aside(watch).look),
        Chore("foresight", Aside(parts.watch.foresight.learn_due).look),
        *store_chores(parts.store, where, parts.clock, server),
    )


def _verdict(parts: CentreParts) -> VerdictOut:
    found = verify(parts.data, address=parts.database)
    verdict = found.verdict
    return VerdictOut(
        sound=found.is_sound,
        records=verdict.records,
        anchors=verdict.anchors,
        last=verdict.head.n,
        hash=verdict.head.hash,
        findings=[FindingOut(n=finding.n, text=finding.text) for finding in verdict.findings],
        complaints=list(found.complaints),
    )
