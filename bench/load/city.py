"""A city of cabinets and its people, put into the store of a centre before that is served."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.link.site import trial_site
from signal_ctrl.centre.accounts import new_token
from signal_ctrl.centre.cabinets import Cabinet, Place, enrolled
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.identity_services import Keepers, identity_services, login_alarm
from signal_ctrl.centre.link_keys import sealed_key
from signal_ctrl.centre.people import TOKEN_LASTS_MS, Session, sha256_of
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.second_factor import new_secret
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.mac import KEY_BYTES
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.centre_keys import centre_secret, key_box
from signal_ctrl.stores.key_box import KeyBox
from signal_ctrl.stores.opening import open_store

AT_ONCE: Final = 250
"""So many cabinets are enrolled in one transaction."""
WHO: Final = "bench"
DISTRICT: Final = "north"
ADDRESS: Final = "127.0.0.1"


@contextmanager
def opened(data: Path, database: str) -> Iterator[tuple[Centre, KeyBox]]:
    """Yield the centre of a data folder that nobody serves meanwhile. Raises: as `open_store`."""
    store = open_store(data, database)
    try:
        box = key_box(data)
        yield Centre(store, SystemClock(), secrets.token_bytes, CentreKey(centre_secret(data))), box
    finally:
        store.close()


def names_of(count: int) -> tuple[str, ...]:
    """Return the names of so many cabinets."""
    return tuple(f"cab-{k:05d}" for k in range(count))


def enrol(data: Path, database: str, names: Sequence[str]) -> tuple[Credential, ...]:
    """Take cabinets into a centre, some hundreds in each transaction, and return their credentials."""
    found: list[Credential] = []
    with opened(data, database) as (centre, box):
        now_ms = centre.desk.now_ms()
        for first in range(0, len(names), AT_ONCE):
            new = [_cabinet(name, now_ms) for name in names[first : first + AT_ONCE]]
            keys = [secrets.token_bytes(KEY_BYTES) for _ in new]
            found += [Credential(each.cabinet, key, centre.key.public) for each, key in zip(new, keys, strict=True)]

            def work(t: Transaction, new: list[Cabinet] = new, keys: list[bytes] = keys) -> None:
                for each, key in zip(new, keys, strict=True):
                    centre.registry.enrol_within(t, WHO, each)
                    t.links.put_key(sealed_key(box, each.cabinet, key, now_ms))

            centre.store.write(work)
    return tuple(found)


def _cabinet(name: str, now_ms: int) -> Cabinet:
    return enrolled(name, site_to_json(trial_site(name)), Place(DISTRICT), now_ms)


def people(data: Path, database: str, role: Role, count: int) -> tuple[str, ...]:
    """Make accounts that are logged in with a fresh second factor, and return their tokens, good for 15 minutes."""
    with opened(data, database) as (centre, box):
        keepers = Keepers(box, frozenset, login_alarm(centre.alarms))
        accounts = identity_services(centre.store, centre.desk.clock, secrets.token_bytes, keepers).accounts
        tokens = []
        for k in range(count):
            login = f"{role.value}-{k}"
            accounts.add(login, role, None, WHO)
            tokens.append(_logged_in(centre, box, login))
        return tuple(tokens)


def _logged_in(centre: Centre, box: KeyBox, login: str) -> str:
    token, now_ms, sealed = (
        new_token(secrets.token_bytes),
        centre.desk.now_ms(),
        box.seal(new_secret(secrets.token_bytes)),
    )
    session = Session(
        session_id=secrets.token_hex(8),
        login=login,
        token_sha256=sha256_of(token),
        token_ends_utc_ms=now_ms + TOKEN_LASTS_MS,
        begun_utc_ms=now_ms,
        address=ADDRESS,
        browser=False,
        second_factor_utc_ms=now_ms,
    )

    def work(t: Transaction) -> None:
        user = t.people.user(login)
        if user is not None:
            t.people.put_user(replace(user, totp=sealed, invitation_sha256=""))
        t.people.add_session(session)

    centre.store.write(work)
    return token
