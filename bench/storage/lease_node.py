"""One of two centres on one PostgreSQL: keeps its lease, writes while it may, and says what it does line by line."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from signal_ctrl.centre.lease import LeaseKeeper, Part
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.errors import FencedError, StorageError
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.leases import PostgresArbiter
from signal_ctrl.stores.opening import open_postgres


def main(arguments: Sequence[str] | None = None) -> int:
    """Write `NAME wrote N under EPOCH` for each durable write; 3 when fenced."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database", required=True)
    given = parser.parse_args(arguments)
    store = open_postgres(given.data, given.database, 4096)
    clock = SystemClock()
    keeper = LeaseKeeper(given.name, PostgresArbiter(given.database), clock)
    store.under(keeper.epoch_in_force)
    number = 0
    while keeper.tick() is not Part.FENCED:
        try:
            store.write(_work(given.name, number, clock.utc_ms()))
            _say(f"{given.name} wrote {number} under {store.epoch}")
            number += 1
        except FencedError as error:
            _say(f"{given.name} refused: {error}")
            return 3
        except StorageError as error:
            _say(f"{given.name} waits: {error}")
        time.sleep(0.05)
    _say(f"{given.name} fenced")
    return 3


def _work(name: str, number: int, at_utc_ms: int) -> Callable[[Transaction], int]:
    return lambda transaction: transaction.record(name, "write", str(number), str(transaction.epoch), at_utc_ms)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
