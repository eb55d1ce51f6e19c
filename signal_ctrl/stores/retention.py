"""How long things are kept, and the job that takes out what is older (SAFETY part D, retention).

The audit is cut only at an anchor: the anchor of the last record that goes stays in the store, so that the rest of the
chain can still be verified, and it tells when that record was the last. What was cut is itself recorded.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete

from signal_ctrl.centre.anchors import Anchor, anchor_of
from signal_ctrl.centre.audit_check import KEPT_AT_LEAST_MS
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.anchor_files import anchors_after
from signal_ctrl.stores.folder import ANCHORS
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.link_retention import take_out_acks, take_out_starts
from signal_ctrl.stores.meta import AUDIT_BASE
from signal_ctrl.stores.repositories import SqlTransaction
from signal_ctrl.stores.shelf_retention import SHELVES_KEPT
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.stores.tables.audit import AUDIT

DAY_MS: Final = 86_400_000
AUDIT_MS: Final = 731 * DAY_MS
"""24 months; never less than six."""
_AT_ONCE: Final = 5000
_YOUNG: Final = 10_000
"""After so many anchors in a row that are too young no older one is looked for: a clock was never wrong for a week."""

Rule = Callable[[Connection, int], int]


@dataclass(frozen=True, slots=True)
class TopicRule:
    """What a topic takes out: a function of the writing connection and the time [ms] that says how many rows went.

    It is called again until nothing goes any more; so it takes out some thousands of rows at most.
    """

    name: str
    rule: Rule


RULES: Final[tuple[TopicRule, ...]] = (
    *(TopicRule(kept.spec.name, kept.take_out) for kept in SHELVES_KEPT),
    TopicRule("link_acks", take_out_acks),
    TopicRule("link_starts", take_out_starts),
)
"""What each topic takes out; how long it keeps is said in `shelf_retention` and `link_retention`."""


def retain(
    store: SqlStore, folder: Path, now_utc_ms: int, audit_ms: int = AUDIT_MS, rules: Sequence[TopicRule] = RULES
) -> dict[str, int]:
    """Take out what is older than it is kept, in works of some thousands of rows, and return how many went by topic.

    Args: now_utc_ms, the wall time [ms]; audit_ms, how long audit records are kept [ms].
    Raises: InvalidInputError if that is less than six months; StorageError.
    """
    if audit_ms < KEPT_AT_LEAST_MS:
        raise InvalidInputError(f"the audit is kept for {KEPT_AT_LEAST_MS // DAY_MS} days at least")
    gone = {"audit": _retain_audit(store, folder, now_utc_ms, now_utc_ms - audit_ms)}
    for topic in rules:
        gone[topic.name] = 0
        while took := store.write(_work(topic, now_utc_ms)):
            gone[topic.name] += took
    return gone


def _work(topic: TopicRule, now_utc_ms: int) -> Callable[[SqlTransaction], int]:
    return lambda transaction: topic.rule(transaction.connection, now_utc_ms)


def _retain_audit(store: SqlStore, folder: Path, now_utc_ms: int, before_utc_ms: int) -> int:
    public = signing_key(folder).public_key()
    base = store.read(lambda reading: reading.meta.get(AUDIT_BASE))
    start = 0 if base is None else anchor_of(base).head.n
    due = _due(anchors_after(folder / ANCHORS, start), before_utc_ms)
    old = sorted((anchor for anchor in due if anchor.is_of(public)), key=lambda anchor: anchor.head.n)
    return sum(store.write(_cut(anchor, now_utc_ms)) for anchor in _cuts(old, start))


def _due(anchors: Iterable[Anchor], before_utc_ms: int) -> Iterator[Anchor]:
    """Yield the anchors of before a time [ms]; those far behind it are not read."""
    young = 0
    for anchor in anchors:
        if anchor.at_utc_ms < before_utc_ms:
            young = 0
            yield anchor
        elif (young := young + 1) > _YOUNG:
            return


def _cuts(anchors: Sequence[Anchor], start: int) -> Iterator[Anchor]:
    """Yield the anchors at which the chain is cut, so that not too much goes at once."""
    for anchor, following in pairwise((*anchors, None)):
        is_last_fit = following is None or following.head.n - start > _AT_ONCE
        if anchor is not None and anchor.head.n > start and is_last_fit:
            yield anchor
            start = anchor.head.n


def _cut(anchor: Anchor, now_utc_ms: int) -> Callable[[SqlTransaction], int]:
    def work(transaction: SqlTransaction) -> int:
        stored = transaction.audit.records(anchor.head.n, limit=1)
        if not stored or stored[0].hash != anchor.head.hash:
            return 0  # the chain is not what was anchored: nothing of it is taken out
        transaction.meta.put(AUDIT_BASE, anchor.line())
        took = transaction.connection.execute(delete(AUDIT).where(AUDIT.c.n <= anchor.head.n)).rowcount
        transaction.record("centre", "retention", f"audit up to {anchor.head.n}", f"{took} records", now_utc_ms)
        return took

    return work
