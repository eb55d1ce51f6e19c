"""What is known of the links to cabinets and nobody needs any more: old acknowledgements, starts long past.

Nonces and batches go every minute (`centre.link`): they are many.
"""

from typing import Final

from sqlalchemy import Connection, and_, delete, exists, func, select, tuple_

from signal_ctrl.centre.link_starts import MAX_BEFORE
from signal_ctrl.stores.tables.links import LINK_ACKS, LINK_BATCHES, LINK_GAPS, LINK_STARTS

ACKS_KEPT_MS: Final = 92 * 86_400_000
"""A cabinet sends an acknowledgement again until it has an answer; what it says of orders is in their delivery. [ms]"""
STARTS_KEPT_MS: Final = 366 * 86_400_000
"""Beside the last ones of each cabinet, and longer than batches are: their numbers stay counted. [ms]"""
_AT_ONCE: Final = 5_000


def take_out_acks(connection: Connection, now_utc_ms: int) -> int:
    """Take out some thousands of old acknowledgements at most, and return how many went. [ms]"""
    column = LINK_ACKS.c
    key = (column.cabinet, column.epoch, column.revision, column.state)
    old = select(*key).where(column.received_utc_ms < now_utc_ms - ACKS_KEPT_MS).limit(_AT_ONCE)
    return int(connection.execute(delete(LINK_ACKS).where(tuple_(*key).in_(old))).rowcount)


def take_out_starts(connection: Connection, now_utc_ms: int) -> int:
    """Take out starts long past with the gaps of their numbers, some thousands at most, and return how many went. [ms]

    The last ones of each cabinet stay, those that are not the true one, and those that a batch is here of.
    """
    column, later, batch = LINK_STARTS.c, LINK_STARTS.alias(), LINK_BATCHES.c
    after = select(func.count()).where(
        later.c.cabinet == column.cabinet, later.c.first_stamp_utc_ms > column.first_stamp_utc_ms
    )
    has_batch = exists().where(batch.cabinet == column.cabinet, batch.boot == column.boot)
    long_past = and_(
        column.first_stamp_utc_ms < now_utc_ms - STARTS_KEPT_MS, ~column.banned, after.scalar_subquery() > MAX_BEFORE
    )
    old = connection.execute(
        select(column.cabinet, column.boot).where(long_past, ~has_batch).order_by(column.cabinet).limit(_AT_ONCE)
    ).all()
    for cabinet, boot in old:
        connection.execute(delete(LINK_GAPS).where(LINK_GAPS.c.cabinet == cabinet, LINK_GAPS.c.boot == boot))
        connection.execute(delete(LINK_STARTS).where(column.cabinet == cabinet, column.boot == boot))
    return len(old)
