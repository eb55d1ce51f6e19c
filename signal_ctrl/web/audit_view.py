"""The audit as it is shown, and its check."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signal_ctrl.centre.audit import StoredRecord
from signal_ctrl.centre.audit_check import check_chain
from signal_ctrl.centre.ports import Store
from signal_ctrl.web.bodies import BodyOut


class FindingOut(BodyOut):
    """Something that is not as it was written."""

    n: int
    text: str


class VerdictOut(BodyOut):
    """What the check of the audit came to. Copies of anchors elsewhere are for `signal-ctrl audit verify`."""

    sound: bool
    records: int
    anchors: int
    last: int
    hash: str
    findings: list[FindingOut]
    complaints: list[str]


class RecordOut(BodyOut):
    """One record of the audit."""

    n: int
    time_utc_ms: int
    actor: str
    action: str
    object: str
    result: str
    late: bool
    hash: str


AuditVerify = Callable[[], VerdictOut]
"""Checks the audit, with whatever anchors are at hand."""


def chain_of(store: Store) -> VerdictOut:
    """Return whether the chain of a store hangs together, without anchors."""
    nobody = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    verdict = store.read(lambda reading: check_chain(reading.audit.walk(), (), nobody))
    return VerdictOut(
        sound=not verdict.findings,
        records=verdict.records,
        anchors=0,
        last=verdict.head.n,
        hash=verdict.head.hash,
        findings=[FindingOut(n=finding.n, text=finding.text) for finding in verdict.findings],
        complaints=[],
    )


def shown(stored: StoredRecord) -> RecordOut:
    """Return a record as it is shown."""
    record = stored.record
    return RecordOut(
        n=record.n,
        time_utc_ms=record.at_utc_ms,
        actor=record.actor,
        action=record.action,
        object=record.object,
        result=record.result,
        late=record.late,
        hash=stored.hash,
    )
