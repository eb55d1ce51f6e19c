"""What is taken out at the end of its time, and that the rest can still be verified."""

from typing import Any

import pytest
from sqlalchemy import delete, text

from signal_ctrl.centre.anchors import Anchoring
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.anchor_files import AnchorFolder
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.retention import AUDIT_MS, DAY_MS, TopicRule, retain
from signal_ctrl.stores.tables.meta import META

START_MS = 1_700_000_000_000
MONTH_MS = 30 * DAY_MS


@pytest.fixture
def old(place: Any):
    """A store of 36 months: 300 records each, and an anchor after each."""
    store = place.open()
    key = signing_key(place.folder)
    clock = ManualClock(START_MS)
    anchoring = Anchoring(store, key, clock, [AnchorFolder(place.folder / "anchors", key.public_key())])
    for _ in range(36):
        now_ms = clock.utc_ms()
        store.write(lambda t, now_ms=now_ms: [t.record("ann", "note", "x", "done", now_ms) for _ in range(30)])
        clock.pass_ms(60_000)
        anchoring.tick()
        clock.pass_ms(MONTH_MS - 60_000)
    yield store, place, clock
    store.close()


def test_the_audit_is_cut_at_an_anchor(old) -> None:
    store, place, clock = old
    gone = retain(store, place.folder, clock.utc_ms())
    kept_from_ms = clock.utc_ms() - AUDIT_MS
    months = sum(START_MS + k * MONTH_MS + 60_000 < kept_from_ms for k in range(36))
    assert months > 5
    assert gone["audit"] == months * 30
    records = store.read(lambda reading: [stored.record for stored in reading.audit.walk()])
    assert records[0].n == months * 30 + 1
    assert records[-1].action == "retention"
    found = verify(place.folder, address=place.address)
    assert found.is_sound, found
    assert retain(store, place.folder, clock.utc_ms())["audit"] == 0
    assert store.write(lambda t: t.record("ann", "note", "x", "done", 1)) == 36 * 30 + 2


def test_what_is_cut_too_early_is_found(old) -> None:
    """Whoever has the database cannot pass off a removal as the end of its time."""
    store, place, clock = old
    clock.pass_ms(0)
    with pytest.raises(InvalidInputError, match="184 days at least"):
        retain(store, place.folder, clock.utc_ms(), audit_ms=100 * DAY_MS)
    from signal_ctrl.stores.anchor_files import anchors_in

    anchor = anchors_in(place.folder / "anchors")[0][32]

    def remove(transaction) -> None:
        transaction.meta.put("audit_base", anchor.line())
        transaction.connection.execute(text(f"DELETE FROM audit WHERE n <= {anchor.head.n}"))

    store.write(remove)
    findings = verify(place.folder, address=place.address).verdict.findings
    assert [(finding.n, "within six months" in finding.text) for finding in findings] == [(33 * 30, True)]


def test_a_topic_takes_out_its_own(place: Any) -> None:
    store = place.open()
    for k in range(5):
        store.write(lambda t, k=k: t.meta.put(f"raw {k}", "x"))

    def rule(connection, now_utc_ms: int) -> int:
        assert now_utc_ms == START_MS
        keys = connection.execute(text("SELECT key FROM meta WHERE key LIKE 'raw %' LIMIT 2")).scalars().all()
        return connection.execute(delete(META).where(META.c.key.in_(keys))).rowcount

    assert retain(store, place.folder, START_MS, rules=[TopicRule("raw", rule)]) == {"audit": 0, "raw": 5}
    store.close()
