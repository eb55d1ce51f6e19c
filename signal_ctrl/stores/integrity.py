"""Whether what is stored is what was written: at the start and once a day, on a store that may be in use."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from signal_ctrl.centre.anchors import Anchor
from signal_ctrl.centre.audit_check import check_chain
from signal_ctrl.stores.anchor_files import last_anchor
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.folder import ANCHORS, DATABASE, KEYS
from signal_ctrl.stores.key_files import AUDIT_PUBLIC, public_key
from signal_ctrl.stores.offline import looking
from signal_ctrl.stores.repositories import SqlRepositories
from signal_ctrl.stores.sqlite import writing_handles

_SHOWN: Final = 5


def structure_findings(connection: Connection) -> tuple[str, ...]:
    """Return what the database itself finds wrong. PostgreSQL checks its pages whenever it reads them."""
    if not isinstance(connection.connection.driver_connection, sqlite3.Connection):
        return ()
    rows: Sequence[Any] = connection.execute(text("PRAGMA integrity_check")).scalars().all()
    keys = connection.execute(text("PRAGMA foreign_key_check")).all()
    found = [f"SQLite: {row}" for row in rows if row != "ok"]
    found += [f"table {row[0]}, row {row[1]} names a row of {row[2]} that is not there" for row in keys]
    return tuple(found[:_SHOWN])


def start_findings(folder: Path, connection: Connection) -> tuple[str, ...]:
    """Return what is wrong at the start: the structure, and the audit chain from the last anchor of the folder on."""
    found = structure_findings(connection)
    key = folder / KEYS / AUDIT_PUBLIC
    last, complaints = last_anchor(folder / ANCHORS)
    if not key.exists() or last is None:
        return found + complaints
    return found + complaints + _since(connection, last, folder)


def daily_findings(folder: Path, address: str = "", anchors: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return what is wrong in the whole store: the structure, and every record of the audit.

    Of files of anchors the end is read, which has all of the last days: they grow for years.
    """
    with looking(folder, address) as connection:
        found = structure_findings(connection)
    if writing_handles(folder / DATABASE) > 1:
        found += ("more than one connection of this process may write to the database",)
    verification = verify(folder, anchors, address=address, every_anchor=False)
    records = [f"audit record {finding.n} {finding.text}" for finding in verification.verdict.findings]
    return (*found, *records[:_SHOWN], *verification.complaints)


def _since(connection: Connection, last: Anchor, folder: Path) -> tuple[str, ...]:
    stored = SqlRepositories(connection).audit.records(last.head.n, limit=1)
    if not stored or stored[0].hash != last.head.hash:
        return (f"audit record {last.head.n} was anchored and is not there as it was: something was lost or rewritten",)
    records = SqlRepositories(connection).audit.walk(last.head.n + 1)
    verdict = check_chain(records, (last,), public_key(folder / KEYS / AUDIT_PUBLIC), last)
    return tuple(f"audit record {finding.n} {finding.text}" for finding in verdict.findings if finding.n > last.head.n)[
        :_SHOWN
    ]
