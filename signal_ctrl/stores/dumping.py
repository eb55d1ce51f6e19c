"""All tables of a store as lines of JSON, as of one moment: one form for SQLite and PostgreSQL, also from one to the
other.

Line 1 says what it is (format, schema, time, epoch, head of the audit). Then for each table a line with its name and
its columns, then its rows; at the end how many lines there were. Bytes are written as `{"base64": ...}`.
"""

import base64
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, insert, select

from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.permits import PASSES
from signal_ctrl.parking.plates import PLATE_KEYS
from signal_ctrl.stores.key_files import sync_folder
from signal_ctrl.stores.meta import EPOCH, SqlMeta
from signal_ctrl.stores.migrations import version_of
from signal_ctrl.stores.offline import looking
from signal_ctrl.stores.repositories import SqlRepositories
from signal_ctrl.watch.past.values import PAST_PIECES

FORMAT: Final = "signal-ctrl/dump-1"
NOT_COPIED: Final = frozenset({PAST_PIECES.name})
"""Tables without which a centre goes on as it was: what was shown is looked at again, and is much."""
PERSONAL: Final = frozenset({PLATE_KEYS.name, PASSES.name})
"""Tables with codes of plates and the keys of such codes: 30 days or less (SAFETY part D), so no dump that is kept for
longer has them."""
_ROWS_AT_ONCE: Final = 1000


def dump_lines(connection: Connection, at_utc_ms: int, personal: bool = False) -> Iterator[str]:
    """Yield the lines of a dump. [ms] The connection is in a transaction that sees one moment.

    Args: personal, the tables of `PERSONAL` and no others; else all but them.
    """
    schema = version_of(connection)
    head = SqlRepositories(connection).audit.head()
    epoch = SqlMeta(connection).number(EPOCH)
    yield canonical(
        {"format": FORMAT, "schema": schema, "time_utc_ms": at_utc_ms, "epoch": epoch, "audit": [head.n, head.hash]}
    )
    count = 1
    for table in (each for each in _tables(connection) if (each.name in PERSONAL) is personal):
        yield canonical({"table": table.name, "columns": [column.name for column in table.columns]})
        count += 1
        for row in connection.execute(select(table).execution_options(yield_per=_ROWS_AT_ONCE)):
            yield json.dumps([_plain(value) for value in row], separators=(",", ":"))
            count += 1
    yield canonical({"end": count})


def has_personal(connection: Connection) -> bool:
    """Tell whether there are tables with what is personal."""
    return any(table.name in PERSONAL for table in _tables(connection))


def load_lines(connection: Connection, lines: Iterator[str]) -> int:
    """Put the tables of a dump, its first line taken off, into tables that are there and empty; return its rows.

    Raises: InvalidInputError if a table or column is not known here, or the dump is cut short.
    """
    tables = {table.name: table for table in _tables(connection)}
    target: Any = None
    names: Sequence[str] = ()
    rows: list[dict[str, Any]] = []
    count, loaded = 1, 0
    for line in lines:
        item = json.loads(line)
        if isinstance(item, list):
            rows.append(dict(zip(names, map(_value, item), strict=True)))
        if rows and (not isinstance(item, list) or len(rows) >= _ROWS_AT_ONCE):
            connection.execute(insert(target), rows)
            loaded += len(rows)
            rows = []
        if isinstance(item, dict) and "end" in item:
            if item["end"] != count:
                raise InvalidInputError(f"the dump has {count} lines, it says {item['end']}")
            return loaded
        if isinstance(item, dict):
            target, names = _target(tables, item)
        count += 1
    raise InvalidInputError("the dump is cut short")


def dump_before_migration(folder: Path, address: str, version: int) -> None:
    """Keep what a database holds before its schema is changed, in the data folder, readable by its owner alone.

    What is personal is left out: the file stays.
    """
    at_utc_ms = time.time_ns() // 1_000_000
    place = folder / "before-migration"
    place.mkdir(mode=0o700, exist_ok=True)
    file = place / f"schema-{version}-{at_utc_ms}.jsonl"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out, looking(folder, address) as connection:
        out.writelines(f"{line}\n" for line in dump_lines(connection, at_utc_ms))
        out.flush()
        os.fsync(out.fileno())
    sync_folder(place)


def _tables(connection: Connection) -> Sequence[Any]:
    """Return the tables that are there and are copied, whatever the schema, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in NOT_COPIED]


def _target(tables: dict[str, Any], item: dict[str, Any]) -> tuple[Any, Sequence[str]]:
    table, names = tables.get(item["table"]), item["columns"]
    if table is None or set(names) != {column.name for column in table.columns}:
        raise InvalidInputError(f"the dump's table {item['table']} is not that of its schema")
    return table, names


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    return value


def _value(item: Any) -> Any:
    return base64.b64decode(item["base64"], validate=True) if isinstance(item, dict) else item
