"""One table for each shelf of centre, watching and parking: key, time, columns to find by, document, its hash."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

from signal_ctrl.centre.shelf_list import SHELVES
from signal_ctrl.centre.shelves import Spec
from signal_ctrl.parking.shelf_list import PARKING_SHELVES
from signal_ctrl.stores.tables.base import METADATA, PARKING_METADATA
from signal_ctrl.watch.shelf_list import LATER_SHELVES, WATCH_SHELVES

ALL_SHELVES: Final[tuple[Spec, ...]] = (*SHELVES, *WATCH_SHELVES, *LATER_SHELVES, *PARKING_SHELVES)


def _table(spec: Spec, metadata: MetaData = METADATA) -> Table:
    return Table(
        spec.name,
        metadata,
        Column("key", Text, primary_key=True),
        Column("at_utc_ms", BigInteger, nullable=False),
        *(Column(name, Text, nullable=False) for name in spec.columns),
        Column("document", Text, nullable=False),
        Column("document_sha256", Text, nullable=False),
        Index(None, "at_utc_ms"),
        *(Index(None, name, "at_utc_ms") for name in spec.columns),
    )


SHELF_TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {spec.name: _table(spec) for spec in (*SHELVES, *WATCH_SHELVES, *LATER_SHELVES)}
    | {spec.name: _table(spec, PARKING_METADATA) for spec in PARKING_SHELVES}
)
