"""How many durable writes and how many reads a store does: one audit record a write, on the disk of this machine."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from bench.storage.server import cluster
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.stores.opening import open_folder, open_postgres
from signal_ctrl.stores.store import SqlStore

STORES: Final = ("sqlite", "postgresql")
TOGETHER: Final = (1, 16, 256)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.store_speed", description=__doc__)
    parser.add_argument("--store", choices=STORES, help="else both")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each figure")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    try:
        rows = [row for kind in ([given.store] if given.store else STORES) for row in measured(kind, given.seconds)]
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.store_speed: {error}\n")
        return 3
    if given.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return 0
    for row in rows:
        sys.stdout.write(f"{row['store']:10}  {row['what']:26}  {row['per_s']:8,.0f}/s  {row['mean_ms']:8.2f} ms\n")
    return 0


def measured(kind: str, lasts_s: float) -> list[dict[str, str | float]]:
    """Return the figures of one store."""
    with (
        cluster() if kind == "postgresql" else nullcontext() as server,
        tempfile.TemporaryDirectory(prefix="signal-ctrl-speed-") as folder,
    ):
        path = Path(folder) / "data"
        store = open_folder(path) if server is None else open_postgres(path, server.create("speed"))
        try:
            rows = [_row(kind, f"writes, {n} at a time", asyncio.run(_writes(store, n, lasts_s)), n) for n in TOGETHER]
            return [*rows, _row(kind, "reads, one thread", _reads(store, lasts_s), 1)]
        finally:
            store.close()


async def _writes(store: SqlStore, together: int, lasts_s: float) -> float:
    """Return how many writes a second were durable with so many under way. [1/s]"""
    end_s = time.monotonic() + lasts_s
    counts = [0] * together

    async def client(k: int) -> None:
        while time.monotonic() < end_s:
            await store.awrite(_note)
            counts[k] += 1

    await asyncio.gather(*(client(k) for k in range(together)))
    return sum(counts) / lasts_s


def _reads(store: SqlStore, lasts_s: float) -> float:
    """Return how many times a second the head of the audit was read. [1/s]"""
    end_s = time.monotonic() + lasts_s
    count = 0
    while time.monotonic() < end_s:
        store.read(lambda reading: reading.audit.head())
        count += 1
    return count / lasts_s


def _note(transaction: Transaction) -> int:
    return transaction.record("bench", "write", "store", "done", 0)


def _row(kind: str, what: str, per_s: float, together: int) -> dict[str, str | float]:
    return {"store": kind, "what": what, "per_s": round(per_s, 1), "mean_ms": round(1000 * together / per_s, 3)}


if __name__ == "__main__":
    sys.exit(main())
