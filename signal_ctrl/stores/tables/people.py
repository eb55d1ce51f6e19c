"""Accounts of people, their sessions, and failed logins by the hash of the name that was given."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from signal_ctrl.stores.tables.base import METADATA

USERS: Final = Table(
    "users",
    METADATA,
    Column("login", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("district", Text),
    Column("made_utc_ms", BigInteger, nullable=False),
    Column("password", Text, nullable=False),
    Column("totp", Text, nullable=False),
    Column("totp_offered", Text, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("invitation_sha256", Text, nullable=False),
    Column("invitation_ends_utc_ms", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("session_id", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("token_sha256", Text, nullable=False),
    Column("token_ends_utc_ms", BigInteger, nullable=False),
    Column("begun_utc_ms", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("browser", Boolean, nullable=False),
    Column("second_factor_utc_ms", BigInteger),
    Column("old_sha256", Text, nullable=False),
    Column("old_until_utc_ms", BigInteger, nullable=False),
    Column("astray", Text, nullable=False),
    Column("revoked_utc_ms", BigInteger),
    Index(None, "token_sha256", unique=True),
    Index(None, "old_sha256"),
    Index(None, "login"),
    Index(None, "begun_utc_ms"),
)
LOGIN_FAILURES: Final = Table(
    "login_failures",
    METADATA,
    Column("name_sha256", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_utc_ms", BigInteger, nullable=False),
    Index(None, "last_utc_ms"),
)
