"""Facts about the store itself: version of the schema, epoch, base of the audit chain."""

from typing import Final

from sqlalchemy import Column, Table, Text

from signal_ctrl.stores.tables.base import METADATA

META: Final = Table("meta", METADATA, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))
