"""Opens a store of an earlier schema again and again, and is killed one statement or commit later in its change each time.

`python -m tests.signal_ctrl.stores.killed_migrations FOLDER ADDRESS` prints a line for each time: what is in the database
then. It ends with the first opening that nothing kills. A process of its own, as it forks: one that has used a store has
threads.
"""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from signal_ctrl.stores.opening import open_folder, open_postgres

MOST = 2_000


def killed_at(moment: int, folder: Path, address: str) -> bool:
    """Open the store in a process that is killed at a statement or commit of a change, and tell whether it got there."""
    child = os.fork()
    if child == 0:
        _die_at(moment)
        store = open_postgres(folder, address, 4096) if address else open_folder(folder, 4096)
        store.close()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status != 0:
        raise SystemExit(f"the store did not open at moment {moment}: {status}")
    return False


def _die_at(moment: int) -> None:
    left, changing = moment, False

    def count() -> None:
        nonlocal left
        left -= changing
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        nonlocal changing
        changing = changing or text.lstrip().startswith("CREATE TABLE")
        count()

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", lambda _connection: count())


def found(folder: Path, address: str) -> dict[str, Any]:
    """Return the schema's number, the tables, and how much of what was written before is there."""
    if address:
        with psycopg.connect(address) as server:
            return _seen(
                lambda text: server.execute(text).fetchall(),
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            )
    file = sqlite3.connect(folder / "centre.db")
    try:
        whole = file.execute("PRAGMA integrity_check").fetchall()
        seen = _seen(lambda text: file.execute(text).fetchall(), "SELECT name FROM sqlite_master WHERE type = 'table'")
        return seen | {"whole": whole == [("ok",)]}
    finally:
        file.close()


def _seen(ask: Any, tables: str) -> dict[str, Any]:
    return {
        "schema": int(ask("SELECT value FROM meta WHERE key = 'schema'")[0][0]),
        "tables": sorted(name for (name,) in ask(tables)),
        "alarms": ask("SELECT count(*) FROM alarms")[0][0],
        "records": ask("SELECT count(*) FROM audit")[0][0],
        "whole": True,
    }


def moments(folder: Path, address: str) -> Iterator[dict[str, Any]]:
    """Yield what is there after each opening."""
    for moment in range(1, MOST):
        killed = killed_at(moment, folder, address)
        yield {"killed": killed, **found(folder, address)}
        if not killed:
            return


if __name__ == "__main__":
    for line in moments(Path(sys.argv[1]), sys.argv[2]):
        sys.stdout.write(json.dumps(line) + "\n")
