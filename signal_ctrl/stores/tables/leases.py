"""Who is the active centre, and until when by the clock of the server."""

from typing import Final

from sqlalchemy import BigInteger, Column, Table, Text

from signal_ctrl.stores.tables.base import METADATA

LEASES: Final = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("until_utc_ms", BigInteger, nullable=False),
)
