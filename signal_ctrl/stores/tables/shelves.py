"""One table for each shelf of centre and watching: key, time, the columns to find by, the document and its hash."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from signal_ctrl.centre.shelf_list import SHELVES
from signal_ctrl.centre.shelves import Spec
from signal_ctrl.stores.tables.base import METADATA
from signal_ctrl.watch.shelf_list import PAST_SHELVES, WATCH_SHELVES

ALL_SHELVES: Final[tuple[Spec, ...]] = (*SHELVES, *WATCH_SHELVES, *PAST_SHELVES)


def _table(spec: Spec) -> Table:
    return Table(
        spec.name,
        METADATA,
        Column("key", Text, primary_key=True),
        Column("at_utc_ms", BigInteger, nullable=False),
        *(Column(name, Text, nullable=False) for name in spec.columns),
        Column("document", Text, nullable=False),
        Column("document_sha256", Text, nullable=False),
        Index(None, "at_utc_ms"),
        *(Index(None, name, "at_utc_ms") for name in spec.columns),
    )


SHELF_TABLES: Final[Mapping[str, Table]] = MappingProxyType({spec.name: _table(spec) for spec in ALL_SHELVES})
