"""The audit chain, one row a record."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from signal_ctrl.stores.tables.base import METADATA

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at_utc_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "actor"),
    Index(None, "object"),
)
