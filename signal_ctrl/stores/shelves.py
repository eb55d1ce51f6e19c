"""Shelves in the database: each value is one canonical JSON document beside its hash."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Select,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from signal_ctrl.centre.shelves import Names, ShelfSpec, Spec, V, Where
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import StorageDamagedError
from signal_ctrl.stores.tables.shelves import ALL_SHELVES, SHELF_TABLES

_ADAPTERS: Final[Mapping[str, TypeAdapter[Any]]] = {spec.name: TypeAdapter(spec.kind) for spec in ALL_SHELVES}
AT_ONCE: Final = 500
"""Keys that one statement names."""
REMEMBERED: Final = 8_192
"""Values of a shelf that are not read from their documents again."""
REMEMBERED_LARGE: Final = 8
T = TypeVar("T")


class Remembered:
    """Values by the hash of their document: they never change, so one that was made before may be handed out again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, sha256: str) -> Any:
        """Return the value of a document, None if it is not remembered."""
        with self._lock:
            value = self._values.get(sha256)
            if value is not None:
                self._values.move_to_end(sha256)
            return value

    def put(self, sha256: str, value: Any) -> None:
        """Remember a value; the one that was asked for longest ago is forgotten for it."""
        if not self._most:
            return
        with self._lock:
            self._values[sha256] = value
            self._values.move_to_end(sha256)
            if len(self._values) > self._most:
                self._values.popitem(last=False)


def most_remembered(spec: Spec) -> int:
    """Return how many values of a shelf are remembered."""
    return 0 if spec.passing else REMEMBERED_LARGE if spec.large else REMEMBERED


_REMEMBERED: Final[Mapping[str, Remembered]] = {spec.name: Remembered(most_remembered(spec)) for spec in ALL_SHELVES}

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

    def several(self, keys: Collection[str]) -> dict[str, V]:
        """Return the values of many keys, by key; what is not there is left out."""
        table, found = self._table, {}
        for chunk in _chunks(keys):
            wanted = select(table.c.key, table.c.document, table.c.document_sha256).where(table.c.key.in_(chunk))
            found.update({row[0]: self._value(*row) for row in self._connection.execute(wanted)})
        return found

    def newest(self, column: str, names: Collection[str]) -> dict[str, V]:
        """Return the youngest value for each of many texts of a column, by that text; where there is none, nothing."""
        table, found = self._table, {}
        for chunk in _chunks(names):
            asked, other = _names(self._connection, chunk), table.alias()
            fits = select(other.c.key).where(other.c[column] == asked.c.value)
            youngest = fits.order_by(other.c.at_utc_ms.desc(), other.c.key.desc()).limit(1).correlate(asked)
            wanted = select(asked.c.value, table.c.key, table.c.document, table.c.document_sha256)
            joined = wanted.join_from(asked, table, table.c.key == youngest.scalar_subquery())
            rows = self._connection.execute(joined)
            found.update({name: self._value(*row) for name, *row in rows})
        return found

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

    def oldest(self, where: Where | None = None) -> V | None:
        """Return the oldest value, None if there is none."""
        table = self._table
        wanted = select(table.c.key, table.c.document, table.c.document_sha256).where(*self._fits(where))
        row = self._connection.execute(wanted.order_by(table.c.at_utc_ms, table.c.key).limit(1)).first()
        return None if row is None else self._value(*row)

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
        _REMEMBERED[spec.name].put(fields["document_sha256"], value)
        return spec.key(value), fields

    def put_all(self, values: Iterable[V]) -> None:
        """Put many values with a few statements."""
        table = self._table
        for chunk in _chunks(dict(map(self._row, values)).items()):
            there = set(self._connection.scalars(select(table.c.key).where(table.c.key.in_([key for key, _ in chunk]))))
            changed = [{_KEY: key, **fields} for key, fields in chunk if key in there]
            if changed:
                self._connection.execute(_update_row(table), changed)
            self._insert([{"key": key, **fields} for key, fields in chunk if key not in there])

    def add(self, value: V) -> None:
        """Keep a value under a new key. Raises: ConflictError if the key is taken."""
        key, fields = self._row(value)
        self._connection.execute(insert(self._table).values(key=key, **fields))

    def add_all(self, values: Iterable[V]) -> None:
        """Add many values with a few statements. Raises: ConflictError if one of the keys is taken."""
        for chunk in _chunks([{"key": key, **fields} for key, fields in map(self._row, values)]):
            self._insert(chunk)

    def _insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(self._table), rows)

    def trim(self, keep: int, where: Where, unless: Names | None = None) -> int:
        """Take away all but the youngest `keep` of those that fit, and return how many went.

        Args: unless, a shelf and its column: keys that this column names stay, and count for nothing.
        """
        table = self._table
        old = (
            select(table.c.key)
            .where(*self._fits(where), *self._unnamed(unless))
            .order_by(table.c.at_utc_ms.desc(), table.c.key.desc())
            .limit(1 << 31)
            .offset(keep)
        )
        return int(self._connection.execute(delete(table).where(table.c.key.in_(old))).rowcount)

    def remove(self, key: str) -> bool:
        """Take one value away, and tell whether it was there."""
        table = self._table
        return self._connection.execute(delete(table).where(table.c.key == key)).rowcount == 1

    def forget(self, before_utc_ms: int) -> int:
        """Take away what is older than a time, and return how many went. [ms]"""
        table = self._table
        return int(self._connection.execute(delete(table).where(table.c.at_utc_ms < before_utc_ms)).rowcount)

    def _unnamed(self, by: Names | None) -> list[ColumnElement[bool]]:
        if by is None:
            return []
        column = SHELF_TABLES[by[0].name].c[by[1]]
        return [~exists().where(column == self._table.c.key)]

    def _fits(self, where: Where | None) -> list[ColumnElement[bool]]:
        columns = self._table.c
        return [
            columns[name] == wanted if isinstance(wanted, str) else columns[name].in_(list(wanted))
            for name, wanted in (where or {}).items()
        ]

    def _value(self, key: str, document: str, sha256: str) -> V:
        if _hash(document) != sha256:
            raise StorageDamagedError(f"{self._spec.name} {key} is not what was written; restore a backup")
        remembered = _REMEMBERED[self._spec.name]
        value: V | None = remembered.get(sha256)
        if value is None:
            value = _ADAPTERS[self._spec.name].validate_json(document)
            remembered.put(sha256, value)
        if self._spec.key(value) != key:
            raise StorageDamagedError(f"{self._spec.name} {key} holds another value; restore a backup")
        return value


def _names(connection: Connection, names: Sequence[str]) -> TableValuedAlias:
    """Return a table of texts, as one parameter: a statement with hundreds is built anew each time."""
    given = bindparam("names", json.dumps(names), Text)
    if connection.dialect.name == "sqlite":
        return func.json_each(given).table_valued("value", name="asked")
    return func.json_array_elements_text(cast(given, JSON)).table_valued("value", name="asked")


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    every = list(items)
    return (every[k : k + AT_ONCE] for k in range(0, len(every), AT_ONCE))


def _hash(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()
