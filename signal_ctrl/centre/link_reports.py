"""Reports of cabinets as they come in: each batch once, in order or marked, answered after the durable commit."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.link_port import Links, LinksReading
from signal_ctrl.centre.link_values import Lost, Start, StoredBatch
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.errors import ConflictError
from signal_ctrl.domain.link.reports import Batch, Gap, Receipt, receipt_to_bytes

MAX_MISSING: Final = 32
"""Ranges that one answer names at most."""
_LOOK_AHEAD: Final = 2_000
_BEFORE_ALL_MS: Final = 0
"""A start of which nothing but reports of a later one is known was before that one. [ms]"""

Apply = Callable[[Transaction, Batch, bool], None]
"""Does what the reports of a batch ask for, within the transaction that stores it; the last: whether it came out of
order."""


class ReportDesk:
    """Takes batches. `apply` is called once for each batch, whatever comes how often."""

    def __init__(self, apply: Apply) -> None:
        self._apply = apply

    def take(self, t: Transaction, batch: Batch, body: bytes, now_utc_ms: int, old: bool) -> bytes:
        """Store a batch and return the answer; for one that is here, the answer that it got. [ms]

        Raises: ConflictError if another batch is here under its number; then nothing is stored.
        """
        digest = hashlib.sha256(body).hexdigest()
        start = t.links.start(batch.cabinet, batch.boot) or Start(batch.cabinet, batch.boot, _BEFORE_ALL_MS)
        present = t.links.sequences(batch.cabinet, batch.boot, start.contiguous, _LOOK_AHEAD)
        if batch.sequence <= start.contiguous or batch.sequence in present or len(present) == _LOOK_AHEAD:
            known = t.links.batch(batch.cabinet, batch.boot, batch.sequence)
            if known is not None:
                if known.digest != digest:
                    raise ConflictError(f"another batch {batch.sequence} of this start of {batch.cabinet} is here")
                return known.answer
        if batch.sequence <= start.contiguous and not _is_lost(t.links, batch):
            return receipt_to_bytes(receipt_of(t.links, start))  # it was here, and its time to be kept is over
        late = batch.sequence != start.contiguous + 1 or bool(present)  # those present have overtaken it
        for gap in batch.gaps:
            t.links.put_gap(Lost(batch.cabinet, gap))
        self._apply(t, batch, late)
        stored = StoredBatch(
            batch.cabinet, batch.boot, batch.sequence, digest, body, b"", now_utc_ms, old=old, late=late
        )
        return self._stored(t, batch, stored, start, present)

    def _stored(
        self, t: Transaction, batch: Batch, stored: StoredBatch, start: Start, present: tuple[int, ...]
    ) -> bytes:
        """Store a batch with its answer: how far the numbers of its start go without a hole once it is here."""
        gaps = t.links.gaps(batch.cabinet, batch.boot)
        receipt = counted(start.contiguous, (batch.sequence, *present), gaps)
        t.links.put_start(replace(start, contiguous=receipt.contiguous))
        for boot in {gap.boot for gap in batch.gaps} - {batch.boot}:
            other = t.links.start(batch.cabinet, boot)
            if other is not None:
                t.links.put_start(replace(other, contiguous=receipt_of(t.links, other).contiguous))
        answer = receipt_to_bytes(receipt)
        t.links.put_batch(replace(stored, answer=answer))
        return answer


def receipt_of(links: LinksReading, start: Start) -> Receipt:
    """Return how far the numbers of a start go without a hole, and the holes."""
    present = links.sequences(start.cabinet, start.boot, start.contiguous, _LOOK_AHEAD)
    return counted(start.contiguous, present, links.gaps(start.cabinet, start.boot))


def counted(contiguous: int, present: tuple[int, ...], gaps: tuple[Gap, ...]) -> Receipt:
    """Return the receipt for numbers that are here after those that are complete; what was given up counts as here.

    >>> counted(2, (3, 4, 7, 9), ())
    Receipt(contiguous=4, missing=((5, 6), (8, 8)))
    >>> counted(2, (3, 4, 7), (Gap("0" * 32, 5, 6, 20),))
    Receipt(contiguous=7, missing=())
    """
    spans = sorted([(n, n) for n in present] + [(gap.first, gap.last) for gap in gaps])
    missing: list[tuple[int, int]] = []
    reached = contiguous
    for first, last in spans:
        if first > reached + 1:
            missing.append((reached + 1, first - 1))
        reached = max(reached, last)
    complete = missing[0][0] - 1 if missing else reached
    return Receipt(complete, tuple(missing[:MAX_MISSING]))


def _is_lost(links: Links, batch: Batch) -> bool:
    """Return whether a batch was given up and comes all the same."""
    return any(gap.first <= batch.sequence <= gap.last for gap in links.gaps(batch.cabinet, batch.boot))
