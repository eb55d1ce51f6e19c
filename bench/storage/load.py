"""What campaigns write, and what judges it: a key is two audit records in one work, so that a half would show."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from signal_ctrl.centre.ports import Transaction

HALVES = ("a", "b")


def work_of(key: str, length: int) -> Callable[[Transaction], None]:
    """Return the work of a key, with a text of some length in each half so that it spreads over pages."""

    def work(transaction: Transaction) -> None:
        for half in HALVES:
            transaction.record("load", "write", f"{key}/{half}", "x" * length, 0)

    return work


def length_of(generator: random.Random) -> int:
    """Return how long a text is: mostly short, now and then more than half a page."""
    return generator.choice((10, 40, 200, 3000))


@dataclass(frozen=True, slots=True)
class Judgement:
    """How many keys were acknowledged, and which of them were lost, doubled, half there or never sent."""

    acknowledged: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    half: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.half or self.unknown)


def judge(objects: Iterable[str], acknowledged: Collection[str], sent: Collection[str]) -> Judgement:
    """Compare what is there with the journal of the client, which knows nothing of the store.

    Args: objects, of all records found; acknowledged and sent, keys.
    """
    there = Counter(objects)
    halves: dict[str, set[str]] = {}
    for name in there:
        key, _, half = name.rpartition("/")
        halves.setdefault(key, set()).add(half)
    return Judgement(
        acknowledged=len(acknowledged),
        lost=tuple(sorted(set(acknowledged) - halves.keys())),
        doubled=tuple(sorted(name for name, times in there.items() if times > 1)),
        half=tuple(sorted(key for key, found in halves.items() if found != set(HALVES))),
        unknown=tuple(sorted(halves.keys() - set(sent))),
    )


def objects_in_file(path: Path) -> list[str]:
    """Return the objects of all records of a SQLite file, none without a table, read without any code of the store.

    Raises: sqlite3.Error if the file is not sound.
    """
    connection = sqlite3.connect(path)
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchall()
        if verdict != [("ok",)]:
            raise sqlite3.DatabaseError(f"integrity check: {verdict[:3]}")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit'").fetchone():
            return []
        return [row[0] for row in connection.execute("SELECT object FROM audit")]
    finally:
        connection.close()


def objects_on_server(address: str) -> list[str]:
    """Return the objects of all records of a database of PostgreSQL, read without any code of the store."""
    with psycopg.connect(address) as connection:
        if not connection.execute("SELECT to_regclass('audit')").fetchone()[0]:  # type: ignore[index]
            return []
        return [row[0] for row in connection.execute("SELECT object FROM audit")]
