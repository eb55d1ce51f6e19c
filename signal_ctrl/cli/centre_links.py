"""The links of a centre, opened by a command while the centre does not run."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.link import Link
from signal_ctrl.centre.link_admin import LinkAdmin
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.centre_keys import centre_secret, key_box
from signal_ctrl.stores.opening import open_folder, open_postgres


@contextmanager
def opened_links(data: Path, database: str) -> Iterator[LinkAdmin]:
    """Yield what may be done about links. Raises: InvalidInputError if the centre runs or the folder is none."""
    store = open_postgres(data, database) if database else open_folder(data)
    try:
        centre = Centre(store, SystemClock(), secrets.token_bytes, CentreKey(centre_secret(data)))
        box = key_box(data)
        link = Link(centre, box)
        link.open()
        yield LinkAdmin(centre, link, box)
    finally:
        store.close()
