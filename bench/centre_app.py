"""A whole centre in one process and in memory, with people logged in: for fuzzing, load and tests."""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from sqlalchemy import Connection, select

from signal_ctrl.centre.accounts import new_token
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.identity_services import Identity, Keepers, identity_services, login_alarm
from signal_ctrl.centre.link import Link
from signal_ctrl.centre.link_admin import LinkAdmin
from signal_ctrl.centre.people import TOKEN_LASTS_MS, Session, sha256_of
from signal_ctrl.centre.ports import Reading, Store, Transaction
from signal_ctrl.centre.second_factor import new_secret
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.clock import Clock
from signal_ctrl.stores.key_box import KeyBox
from signal_ctrl.stores.opening import open_memory
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.tables.base import METADATA
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.app import make_app
from signal_ctrl.web.context import Context, Seams, new_context
from signal_ctrl.web.feed_front import FeedFront
from signal_ctrl.web.link_front import LinkFront
from signal_ctrl.web.link_routes import who_signed
from signal_ctrl.web.settings import Settings

ADDRESS: Final = "127.0.0.1"
"""Where its people log in from."""


@dataclass(frozen=True, slots=True)
class World:
    """A centre, its application, and what is needed to make people for it.

    `front` is the application with what stands before it for cabinets.
    """

    store: SqlStore
    clock: Clock
    box: KeyBox
    centre: Centre
    watch: Watch
    identity: Identity
    context: Context
    app: FastAPI
    link: Link
    links: LinkAdmin
    front: LinkFront
    secrets: dict[str, str] = field(default_factory=dict)
    """The second factors of its people, by login."""

    def person(self, role: Role, login: str = "", district: str | None = None, second_factor: bool = True) -> str:
        """Make an account with a session, and return its token."""
        name = login or f"{role.value}-{len(self.secrets)}"
        secret = new_secret(secrets.token_bytes)
        self.secrets[name] = secret
        self.identity.accounts.add(name, role, district, "test")
        sealed = self.box.seal(secret)

        def enrol(transaction: Transaction) -> None:
            user = transaction.people.user(name)
            if user is not None:
                transaction.people.put_user(replace(user, totp=sealed, invitation_sha256=""))

        self.store.write(enrol)
        return self.session(name, second_factor)

    def session(self, login: str, second_factor: bool = True, address: str = ADDRESS, browser: bool = False) -> str:
        """Begin a session of an account, and return its token."""
        token, now_utc_ms = new_token(secrets.token_bytes), self.clock.utc_ms()
        session = Session(
            session_id=secrets.token_hex(8),
            login=login,
            token_sha256=sha256_of(token),
            token_ends_utc_ms=now_utc_ms + TOKEN_LASTS_MS,
            begun_utc_ms=now_utc_ms,
            address=address,
            browser=browser,
            second_factor_utc_ms=now_utc_ms if second_factor else None,
        )
        self.store.write(lambda transaction: transaction.people.add_session(session))
        return token


def memory_world(
    clock: Clock,
    folder: Path,
    settings: Settings | None = None,
    store: Callable[[], SqlStore] = open_memory,
    key: CentreKey | None = None,
) -> World:
    """Return a centre in memory. Args: folder, where its keys are kept; key, what it signs with, else a new one."""
    opened, box = store(), KeyBox(folder / "identity.key")
    centre = Centre(opened, clock, secrets.token_bytes, key or CentreKey(secrets.token_bytes(32)))
    centre.start()
    watch = Watch(centre, box)
    watch.start()
    identity = identity_services(
        opened, clock, secrets.token_bytes, Keepers(box, frozenset, login_alarm(centre.alarms))
    )
    settings = settings or Settings(production=False, secure=False)
    context = new_context(clock, watch, identity, settings, Seams(who_signed))
    link = Link(centre, box)
    link.open()
    links, app = LinkAdmin(centre, link, box), make_app(context)
    app.state.link_admin = links
    front = LinkFront(FeedFront(app, watch.feeds.gate, clock), link, clock, context.rates, context.metrics)
    return World(opened, clock, box, centre, watch, identity, context, app, link, links, front)


def bearer(token: str) -> dict[str, str]:
    """Return the header that a program shows its token by."""
    return {"Authorization": f"Bearer {token}"}


def contents(store: Store, but: Collection[str] = ("audit", "sessions")) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables but some: for those who look whether anything was changed."""

    def rows(reading: Reading) -> dict[str, list[tuple[Any, ...]]]:
        connection: Connection = reading.people._connection  # type: ignore[attr-defined]  # no verb of the store gives all
        tables = (table for table in METADATA.sorted_tables if table.name not in but)
        return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in tables}

    return store.read(rows)
