"""The process that is killed: writes what it is told on standard input, and says on standard output what is durable."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.storage.load import work_of
from signal_ctrl.domain.errors import StorageError
from signal_ctrl.stores.opening import open_folder, open_postgres
from signal_ctrl.stores.store import SqlStore

BALLAST_BYTES = 4096
CHECKPOINT_COMMITS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the store, then write a key for each line `KEY LENGTH`: `+KEY` when it is durable, `-KEY` when refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database", default="")
    given = parser.parse_args(arguments)
    if given.database:
        store = open_postgres(given.data, given.database, BALLAST_BYTES)
    else:
        store = open_folder(given.data, BALLAST_BYTES, CHECKPOINT_COMMITS)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    asyncio.run(_serve(store))
    store.close()
    return 0


async def _serve(store: SqlStore) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with asyncio.TaskGroup() as tasks:
        while line := await reader.readline():
            key, length = line.decode().split()
            tasks.create_task(_write(store, key, int(length)))


async def _write(store: SqlStore, key: str, length: int) -> None:
    try:
        await store.awrite(work_of(key, length))
        answer = "+"
    except StorageError:
        answer = "-"
    sys.stdout.write(f"{answer}{key}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
