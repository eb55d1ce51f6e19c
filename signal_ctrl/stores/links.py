"""The links in the database."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, Row, Select, Table, Update, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from signal_ctrl.centre.link_values import Double, LinkKey, Lost, Start, StoredAck, StoredBatch
from signal_ctrl.domain.link.reports import Gap
from signal_ctrl.stores.tables.links import (
    LINK_ACKS,
    LINK_BATCHES,
    LINK_DOUBLES,
    LINK_GAPS,
    LINK_KEYS,
    LINK_NONCES,
    LINK_STARTS,
)

_OLD: Final = "old_"
"""Before the names of parameters that say which row is meant."""


@cache
def _select_row(table: Table, key: tuple[str, ...]) -> Select[Any]:
    """Return the question for a row by its key. A statement is built once: building it costs more than its answer."""
    return select(table).where(*(table.c[name] == bindparam(name) for name in key))


@cache
def _update_row(table: Table, key: tuple[str, ...]) -> Update:
    return update(table).where(*(table.c[name] == bindparam(_OLD + name) for name in key))


@cache
def _insert_new(table: Table, dialect: str) -> Insert:
    """Return the insertion of a row that leaves one with its key as it is; only the two dialects have a word for it."""
    is_sqlite = dialect == "sqlite"
    return (
        sqlite.insert(table).on_conflict_do_nothing()
        if is_sqlite
        else postgresql.insert(table).on_conflict_do_nothing()
    )


@cache
def _insert_row(table: Table) -> Insert:
    return insert(table)


_SEQUENCES: Final = (
    select(LINK_BATCHES.c.sequence)
    .where(
        LINK_BATCHES.c.cabinet == bindparam("cabinet"),
        LINK_BATCHES.c.boot == bindparam("boot"),
        LINK_BATCHES.c.sequence > bindparam("after"),
    )
    .order_by(LINK_BATCHES.c.sequence)
    .limit(bindparam("most"))
)
_GAPS: Final = (
    select(LINK_GAPS)
    .where(LINK_GAPS.c.cabinet == bindparam("cabinet"), LINK_GAPS.c.boot == bindparam("boot"))
    .order_by(LINK_GAPS.c.first)
)


class SqlLinks:
    """Keys, nonces, starts, batches, gaps, acknowledgements, doubles."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def secrets(self) -> tuple[LinkKey, ...]:
        """Return the keys of all cabinets, those that no longer count too."""
        rows = self._connection.execute(select(LINK_KEYS).order_by(LINK_KEYS.c.cabinet, LINK_KEYS.c.from_utc_ms))
        return tuple(LinkKey(**row._mapping) for row in rows)

    def starts(self) -> tuple[Start, ...]:
        """Return the starts of all cabinets, the oldest first."""
        rows = self._connection.execute(select(LINK_STARTS).order_by(LINK_STARTS.c.first_stamp_utc_ms))
        return tuple(Start(**row._mapping) for row in rows)

    def start(self, cabinet: str, boot: str) -> Start | None:
        """Return a start of a cabinet."""
        row = self._row(LINK_STARTS, cabinet=cabinet, boot=boot)
        return None if row is None else Start(**row._mapping)

    def doubles(self) -> tuple[Double, ...]:
        """Return the cabinets that are there twice."""
        rows = self._connection.execute(select(LINK_DOUBLES).order_by(LINK_DOUBLES.c.cabinet))
        return tuple(Double(row.cabinet, tuple(row.boots.split()), row.since_utc_ms, row.why) for row in rows)

    def batch(self, cabinet: str, boot: str, sequence: int) -> StoredBatch | None:
        """Return a batch."""
        row = self._row(LINK_BATCHES, cabinet=cabinet, boot=boot, sequence=sequence)
        return None if row is None else StoredBatch(**row._mapping)

    def sequences(self, cabinet: str, boot: str, after: int, limit: int) -> tuple[int, ...]:
        """Return the numbers of batches that are here after a number, in order."""
        asked = {"cabinet": cabinet, "boot": boot, "after": after, "most": limit}
        return tuple(self._connection.execute(_SEQUENCES, asked).scalars())

    def batches(self, cabinet: str, since_utc_ms: int = 0, limit: int = 100) -> tuple[StoredBatch, ...]:
        """Return what came of a cabinet since a time, the youngest first. [ms]"""
        column = LINK_BATCHES.c
        wanted = select(LINK_BATCHES).where(column.cabinet == cabinet, column.received_utc_ms >= since_utc_ms)
        rows = self._connection.execute(
            wanted.order_by(column.received_utc_ms.desc(), column.sequence.desc()).limit(limit)
        )
        return tuple(StoredBatch(**row._mapping) for row in rows)

    def gaps(self, cabinet: str, boot: str) -> tuple[Gap, ...]:
        """Return what a cabinet has given up of a start, in order."""
        rows = self._connection.execute(_GAPS, {"cabinet": cabinet, "boot": boot})
        return tuple(Gap(row.boot, row.first, row.last, row.reports) for row in rows)

    def ack(self, cabinet: str, epoch: int, revision: int, state: str) -> StoredAck | None:
        """Return an acknowledgement."""
        row = self._row(LINK_ACKS, cabinet=cabinet, epoch=epoch, revision=revision, state=state)
        return None if row is None else StoredAck(**row._mapping)

    def put_key(self, key: LinkKey) -> None:
        """Keep a key, in place of the one with its id."""
        self._put(LINK_KEYS, ("cabinet", "key_id"), asdict(key))

    def use_nonce(self, cabinet: str, nonce: str, at_utc_ms: int) -> bool:
        """Keep the nonce of a write; return False if it was used before. [ms]"""
        new = _insert_new(LINK_NONCES, self._connection.dialect.name)
        values = {"cabinet": cabinet, "nonce": nonce, "at_utc_ms": at_utc_ms}
        return self._connection.execute(new, values).rowcount == 1

    def forget_nonces(self, before_utc_ms: int) -> int:
        """Forget nonces of before a time and return how many. [ms]"""
        return self._connection.execute(delete(LINK_NONCES).where(LINK_NONCES.c.at_utc_ms < before_utc_ms)).rowcount

    def put_start(self, start: Start) -> None:
        """Keep a start, in place of what was known of it."""
        self._put(LINK_STARTS, ("cabinet", "boot"), asdict(start))

    def put_batch(self, batch: StoredBatch) -> None:
        """Keep a batch that is not here. Raises: ConflictError if it is."""
        self._insert(LINK_BATCHES, asdict(batch))

    def forget_batches(self, before_utc_ms: int) -> int:
        """Forget batches that came before a time and return how many; their numbers stay counted. [ms]"""
        old = LINK_BATCHES.c.received_utc_ms < before_utc_ms
        counted = and_(
            LINK_STARTS.c.cabinet == LINK_BATCHES.c.cabinet,
            LINK_STARTS.c.boot == LINK_BATCHES.c.boot,
            LINK_STARTS.c.contiguous >= LINK_BATCHES.c.sequence,
        )
        return self._connection.execute(
            delete(LINK_BATCHES).where(old, select(LINK_STARTS.c.boot).where(counted).exists())
        ).rowcount

    def put_gap(self, lost: Lost) -> None:
        """Keep a gap; of two that begin alike the wider one stays."""
        known = self._row(LINK_GAPS, cabinet=lost.cabinet, boot=lost.gap.boot, first=lost.gap.first)
        if known is None or known.last < lost.gap.last:
            self._put(LINK_GAPS, ("cabinet", "boot", "first"), {"cabinet": lost.cabinet, **lost.gap._asdict()})

    def put_ack(self, ack: StoredAck) -> None:
        """Keep an acknowledgement, in place of one under its key."""
        self._put(LINK_ACKS, ("cabinet", "epoch", "revision", "state"), asdict(ack))

    def put_double(self, double: Double) -> None:
        """Keep that a cabinet is there twice."""
        self._put(LINK_DOUBLES, ("cabinet",), asdict(double) | {"boots": " ".join(double.boots)})

    def drop_double(self, cabinet: str) -> None:
        """Forget it: an operator has named the true one."""
        self._connection.execute(delete(LINK_DOUBLES).where(LINK_DOUBLES.c.cabinet == cabinet))

    def _row(self, table: Table, **key: str | int) -> Row[Any] | None:
        return self._connection.execute(_select_row(table, tuple(key)), key).first()

    def _put(self, table: Table, key: tuple[str, ...], values: Mapping[str, object]) -> None:
        there = {_OLD + name: values[name] for name in key}
        changed = self._connection.execute(_update_row(table, key), {**there, **values})
        if changed.rowcount == 0:
            self._insert(table, values)

    def _insert(self, table: Table, values: Mapping[str, object]) -> None:
        self._connection.execute(_insert_row(table), values)
