"""The links to cabinets: keys, nonces of writes, starts, batches, gaps, acknowledgements, doubles."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text

from signal_ctrl.stores.tables.base import METADATA

LINK_KEYS: Final = Table(
    "link_keys",
    METADATA,
    Column("cabinet", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("from_utc_ms", BigInteger, nullable=False),
    Column("until_utc_ms", BigInteger, nullable=True),
)
LINK_NONCES: Final = Table(
    "link_nonces",
    METADATA,
    Column("cabinet", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("at_utc_ms", BigInteger, nullable=False),
    Index(None, "at_utc_ms"),
)
LINK_STARTS: Final = Table(
    "link_starts",
    METADATA,
    Column("cabinet", Text, primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("first_stamp_utc_ms", BigInteger, nullable=False),
    Column("contiguous", BigInteger, nullable=False),
    Column("banned", Boolean, nullable=False),
)
LINK_BATCHES: Final = Table(
    "link_batches",
    METADATA,
    Column("cabinet", Text, primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),
    Column("old", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Index(None, "received_utc_ms"),
)
LINK_GAPS: Final = Table(
    "link_gaps",
    METADATA,
    Column("cabinet", Text, primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("reports", BigInteger, nullable=False),
)
LINK_ACKS: Final = Table(
    "link_acks",
    METADATA,
    Column("cabinet", Text, primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, primary_key=True),
    Column("boot", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),
)
LINK_DOUBLES: Final = Table(
    "link_doubles",
    METADATA,
    Column("cabinet", Text, primary_key=True),
    Column("boots", Text, nullable=False),
    Column("since_utc_ms", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)
LINK_TABLES: Final = (LINK_KEYS, LINK_NONCES, LINK_STARTS, LINK_BATCHES, LINK_GAPS, LINK_ACKS, LINK_DOUBLES)
