"""The journal of what was acknowledged, against what is in the database after the stop: read with plain SQL."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from signal_ctrl.stores.folder import DATABASE

_BATCHES: Final = "SELECT cabinet, boot, sequence, digest FROM link_batches"
_COUNTS: Final = "SELECT count(*) FROM group_flows"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a database holds: (cabinet, boot, sequence, digest) of every batch, and how many counts of groups."""

    batches: tuple[tuple[str, str, int, str], ...]
    counts: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Acknowledged batches that are not there as they were sent, batches that are there twice, batches in all.

    A count that a batch brought and that is not there, or there twice, counts like a batch.
    """

    lost: int
    doubled: int
    kept: int


def kept_in(data: Path, database: str) -> Kept:
    """Return what a centre kept that is not served any more."""
    if database:
        with psycopg.connect(database) as server:
            rows = server.execute(_BATCHES).fetchall()
            return Kept(tuple(map(tuple, rows)), int((server.execute(_COUNTS).fetchone() or (0,))[0]))
    file = sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True)
    try:
        return Kept(tuple(file.execute(_BATCHES)), int(file.execute(_COUNTS).fetchone()[0]))
    finally:
        file.close()


def acknowledged_in(journal: Path) -> tuple[tuple[str, str, int, str], ...]:
    """Return (cabinet, boot, sequence, digest) of every batch that was acknowledged."""
    fields = (line.split() for line in journal.read_text(encoding="ascii").splitlines())
    return tuple((cabinet, boot, int(sequence), digest) for cabinet, boot, sequence, digest in fields)


def compare(
    acknowledged: Iterable[tuple[str, str, int, str]], kept: Kept, counts_each: int, counts_in_one: int
) -> Comparison:
    """Compare. Every `counts_each`th batch of a start brought `counts_in_one` counts of groups, each kept once."""
    there = Counter(kept.batches)
    numbers = Counter(batch[:3] for batch in kept.batches)
    lost = sum(batch not in there for batch in acknowledged)
    twice = sum(count - 1 for count in numbers.values())
    with_counts = sum(sequence % counts_each == 0 for _, _, sequence in numbers)
    surplus = kept.counts - counts_in_one * with_counts
    return Comparison(lost + max(0, -surplus), twice + max(0, surplus), len(kept.batches))
