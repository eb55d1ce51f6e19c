"""Whether an audit chain is what was written: every record, every link, every anchor (`signal-ctrl audit verify`).

What can be found: a record edited, removed, inserted or moved is named by its number, as long as whoever did it did
not compute all hashes behind it anew; if he did, the first anchor behind it no longer fits, and so does none after it.
A tail that was cut is found back to the last anchor. What happens after the last anchor can be rewritten unseen.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signal_ctrl.centre.anchors import Anchor
from signal_ctrl.centre.audit import Head, StoredRecord

KEPT_AT_LEAST_MS: Final = 184 * 86_400_000
"""Records are kept for six months at least (SAFETY part D, retention); a chain that begins later has lost some. [ms]"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written: the number of the record, and what is wrong."""

    n: int
    text: str


@dataclass(slots=True)
class Verdict:
    """What the check came to."""

    records: int = 0
    anchors: int = 0
    head: Head = field(default_factory=Head)
    findings: list[Finding] = field(default_factory=list)


def check_chain(
    records: Iterable[StoredRecord], anchors: Sequence[Anchor], public: Ed25519PublicKey, base: Anchor | None = None
) -> Verdict:
    """Return what is wrong with a chain.

    Args: records, in the order of their numbers; anchors, from every place; base, the anchor of the last record that
        was taken out at the end of its time, if any was.
    """
    verdict = Verdict(anchors=len(anchors))
    sound: list[Anchor] = []
    for anchor in anchors:
        if anchor.is_of(public):
            sound.append(anchor)
        else:
            verdict.findings.append(Finding(anchor.head.n, "its anchor is not signed by the key of the audit"))
    verdict.head = Head() if base is None else base.head
    _walk(verdict, records, _by_number(sound))
    verdict.findings += _beyond(verdict.head, sound)
    if base is not None:
        verdict.findings += _base_findings(base, public, sound)
    return verdict


def _walk(verdict: Verdict, records: Iterable[StoredRecord], anchors: dict[int, list[Anchor]]) -> None:
    accepted, numbers = {verdict.head.hash}, sorted(anchors)
    for stored in records:
        record = stored.record
        findings = verdict.findings
        if record.n != verdict.head.n + 1:
            findings.append(_out_of_row(verdict.head.n, record.n))
        elif stored.hash != record.hash():
            findings.append(Finding(record.n, "is not what was recorded: its hash does not fit its content"))
        elif record.prev_hash not in accepted:
            findings.append(_unlinked(verdict.head.n, record.n))
        findings += _anchor_findings(stored, anchors, numbers)
        verdict.records += 1
        verdict.head = Head(record.n, stored.hash)
        accepted = {stored.hash, record.hash()}


def _out_of_row(before: int, n: int) -> Finding:
    if n <= before:
        return Finding(n, f"comes after record {before}: inserted or moved")
    missing = f"record {before + 1} is" if n == before + 2 else f"records {before + 1} to {n - 1} are"
    return Finding(before + 1, f"{missing} missing, record {n} follows: removed or renumbered")


def _unlinked(before: int, n: int) -> Finding:
    if before == 0:
        return Finding(n, "does not begin the chain: what came before it was removed")
    return Finding(before, f"is not the record after which record {n} was written: replaced or inserted")


def _by_number(anchors: Iterable[Anchor]) -> dict[int, list[Anchor]]:
    found: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        found.setdefault(anchor.head.n, []).append(anchor)
    return found


def _anchor_findings(
    stored: StoredRecord, anchors: dict[int, list[Anchor]], numbers: Sequence[int]
) -> Iterator[Finding]:
    """Return what anchors say against a record. Args: numbers, of the records with anchors, in order."""
    n = stored.record.n
    if any(anchor.head.hash != stored.hash for anchor in anchors.get(n, ())):
        at = bisect_left(numbers, n)
        earlier = numbers[at - 1] if at else 0
        yield Finding(n, f"is not what was anchored: something in the records {earlier + 1} to {n} was rewritten")


def _beyond(head: Head, anchors: Sequence[Anchor]) -> Iterator[Finding]:
    last = max((anchor.head.n for anchor in anchors), default=0)
    if last > head.n:
        yield Finding(head.n + 1, f"is missing, as is all up to record {last}, which was anchored: the tail was cut")


def _base_findings(base: Anchor, public: Ed25519PublicKey, anchors: Sequence[Anchor]) -> Iterator[Finding]:
    if not base.is_of(public):
        yield Finding(base.head.n, "is given as the last one taken out in its time, without the signature of the audit")
    newest_ms = max((anchor.at_utc_ms for anchor in anchors), default=base.at_utc_ms)
    if newest_ms - base.at_utc_ms < KEPT_AT_LEAST_MS:
        yield Finding(base.head.n, "and those before it were taken out within six months: removed")
