"""Shelves in the database: each value is one canonical JSON document beside its hash."""

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final, Generic

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Select, Table, Update, bindparam, delete, func, insert, select, update

from signal_ctrl.centre.shelf_list import SHELVES
from signal_ctrl.centre.shelves import ShelfSpec, V, Where
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import StorageDamagedError
from signal_ctrl.stores.tables.shelves import SHELF_TABLES

_ADAPTERS: Final[Mapping[str, TypeAdapter[Any]]] = {spec.name: TypeAdapter(spec.kind) for spec in SHELVES}

_KEY: Final = "key_of_row"


@cache
def _select_row(table: Table) -> Select[Any]:
    """Return the question for a row by its key: built once, as that costs more than carrying it out."""
    return select(table.c.key, table.c.document, table.c.document_sha256).where(table.c.key == bindparam(_KEY))


@cache
def _update_row(table: Table) -> Update:
    return update(table).where(table.c.key == bindparam(_KEY))


class SqlShelf(Generic[V]):
    """The values of one kind; on a read-only connection the writing verbs fail."""

    def __init__(self, connection: Connection, spec: ShelfSpec[V]) -> None:
        self._connection = connection
        self._spec = spec
        self._table = SHELF_TABLES[spec.name]

    def get(self, key: str) -> V | None:
        """Return the value of a key, None if there is none."""
        row = self._connection.execute(_select_row(self._table), {_KEY: key}).first()
        return None if row is None else self._value(*row)

    def find(
        self, where: Where | None = None, since_utc_ms: int = 0, before_utc_ms: int | None = None, limit: int = 1000
    ) -> tuple[V, ...]:
        """Return at most `limit` values, the youngest first; of one moment, the greater key first. [ms]"""
        table = self._table
        wanted = select(table.c.key, table.c.document, table.c.document_sha256).where(*self._fits(where))
        if since_utc_ms:
            wanted = wanted.where(table.c.at_utc_ms >= since_utc_ms)
        if before_utc_ms is not None:
            wanted = wanted.where(table.c.at_utc_ms < before_utc_ms)
        wanted = wanted.order_by(table.c.at_utc_ms.desc(), table.c.key.desc()).limit(limit)
        return tuple(self._value(*row) for row in self._connection.execute(wanted))

    def count(self, where: Where | None = None) -> int:
        """Return how many there are."""
        wanted = select(func.count()).select_from(self._table).where(*self._fits(where))
        return int(self._connection.execute(wanted).scalar_one())

    def put(self, value: V) -> None:
        """Keep a value under its key, in place of the one that is there."""
        table, (key, fields) = self._table, self._row(value)
        changed = self._connection.execute(_update_row(table), {_KEY: key, **fields})
        if changed.rowcount == 0:
            self._connection.execute(insert(table).values(key=key, **fields))

    def _row(self, value: V) -> tuple[str, dict[str, Any]]:
        spec = self._spec
        document = canonical(_ADAPTERS[spec.name].dump_python(value, mode="json"))
        fields: dict[str, Any] = {name: column(value) for name, column in spec.columns.items()}
        fields |= {"at_utc_ms": spec.at_utc_ms(value), "document": document, "document_sha256": _hash(document)}
        return spec.key(value), fields

    def add(self, value: V) -> None:
        """Keep a value under a new key. Raises: ConflictError if the key is taken."""
        key, fields = self._row(value)
        self._connection.execute(insert(self._table).values(key=key, **fields))

    def trim(self, keep: int, where: Where) -> int:
        """Take away all but the youngest `keep` of those that fit, and return how many went."""
        table = self._table
        old = (
            select(table.c.key)
            .where(*self._fits(where))
            .order_by(table.c.at_utc_ms.desc(), table.c.key.desc())
            .limit(1 << 31)
            .offset(keep)
        )
        return int(self._connection.execute(delete(table).where(table.c.key.in_(old))).rowcount)

    def _fits(self, where: Where | None) -> list[ColumnElement[bool]]:
        columns = self._table.c
        return [
            columns[name] == wanted if isinstance(wanted, str) else columns[name].in_(list(wanted))
            for name, wanted in (where or {}).items()
        ]

    def _value(self, key: str, document: str, sha256: str) -> V:
        if _hash(document) != sha256:
            raise StorageDamagedError(f"{self._spec.name} {key} is not what was written; restore a backup")
        value: V = _read(self._spec.name, document)
        if self._spec.key(value) != key:
            raise StorageDamagedError(f"{self._spec.name} {key} holds another value; restore a backup")
        return value


@lru_cache(maxsize=8192)
def _read(name: str, document: str) -> Any:
    """Return the value of a document. Values never change, so that one that was read before may be handed out again."""
    return _ADAPTERS[name].validate_json(document)


def _hash(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()
