"""Messages: what is written is read, what is hostile is refused with its reason, nothing else ever happens."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.live.message import (
    MAX_BYTES,
    MAX_CODE,
    MAX_MS,
    MAX_ROWS,
    MAX_SEQUENCE,
    Batch,
    Refusal,
    Row,
    batch_of,
    payload_of,
)
from signal_ctrl.domain.errors import InvalidInputError, RefusedError

GOOD: dict[str, Any] = {
    "format": "signal-ctrl events 1", "boot": "b", "sequence": 7, "sent_ms": 9000, "events": [[8000, "J", 82, 3]],
}  # fmt: skip
NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=64)
ROWS = st.builds(Row, st.integers(0, MAX_MS), NAMES, st.integers(0, MAX_CODE), st.integers(0, MAX_CODE))
BATCHES = st.builds(
    Batch, NAMES, st.integers(1, MAX_SEQUENCE), st.integers(0, MAX_MS), st.lists(ROWS, max_size=20).map(tuple)
)


def reason(payload: bytes) -> Refusal:
    with pytest.raises(RefusedError) as caught:
        batch_of(payload)
    return Refusal[caught.value.rule]


def changed(**items: Any) -> bytes:
    return json.dumps({**GOOD, **items}).encode()


@given(BATCHES)
def test_what_is_written_is_read(batch: Batch) -> None:
    found = batch_of(payload_of(batch))
    assert (found.boot, found.sequence, found.sent_ms, found.rows) == (
        batch.boot, batch.sequence, batch.sent_ms, batch.rows,
    )  # fmt: skip


def test_a_message_is_read_as_documented() -> None:
    found = batch_of(json.dumps(GOOD).encode())
    assert (found.boot, found.sequence, found.sent_ms, found.rows) == ("b", 7, 9000, (Row(8000, "J", 82, 3),))


def test_the_digest_tells_contents_apart() -> None:
    assert batch_of(changed()).digest == batch_of(changed()).digest != batch_of(changed(sent_ms=9001)).digest


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", Refusal.JSON),
        (b"\xff\xfe", Refusal.JSON),
        (b"[" * 60_000, Refusal.JSON),
        (b'{"a":' * 12_000, Refusal.JSON),
        (b'{"format":1,"format":2}', Refusal.JSON),
        (b'{"sequence":NaN}', Refusal.JSON),
        (b"9" * 6000, Refusal.JSON),
        (b" " * (MAX_BYTES + 1), Refusal.SIZE),
        (b"null", Refusal.FORM),
        (b"[]", Refusal.FORM),
        (changed(format="signal-ctrl events 2"), Refusal.FORM),
        (changed(more=1), Refusal.FORM),
        (changed(events={}), Refusal.FORM),
        (changed(sequence=True), Refusal.FORM),
        (changed(sequence=1.0), Refusal.FORM),
        (changed(sent_ms="9000"), Refusal.FORM),
        (changed(events=[[1, "J", 82]]), Refusal.FORM),
        (changed(events=[[1, "J", 82, 3, 4]]), Refusal.FORM),
        (changed(events=[[1.5, "J", 82, 3]]), Refusal.FORM),
        (changed(events=[[1, 7, 82, 3]]), Refusal.FORM),
        (changed(events=[[1, "J", True, 3]]), Refusal.FORM),
        (changed(events=[[1, "J", [[[[]]]], 3]]), Refusal.FORM),
        (changed(events=[[1, "J", 1, 1]] * (MAX_ROWS + 1)), Refusal.ROWS),
        (changed(sequence=0), Refusal.RANGE),
        (changed(sequence=MAX_SEQUENCE + 1), Refusal.RANGE),
        (changed(sent_ms=-1), Refusal.RANGE),
        (changed(sent_ms=10**400), Refusal.RANGE),
        (changed(boot=""), Refusal.RANGE),
        (changed(boot=[1]), Refusal.RANGE),
        (changed(boot="b\n"), Refusal.RANGE),
        (changed(events=[[-1, "J", 82, 3]]), Refusal.RANGE),
        (changed(events=[[1, "J", MAX_CODE + 1, 3]]), Refusal.RANGE),
        (changed(events=[[1, "J\x00", 82, 3]]), Refusal.RANGE),
        (changed(events=[[1, "J" * 65, 82, 3]]), Refusal.RANGE),
    ],
)
def test_a_hostile_message_is_refused_with_its_reason(payload: bytes, why: Refusal) -> None:
    assert reason(payload) is why


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_garbage_is_refused_and_nothing_else(payload: bytes) -> None:
    assert reason(payload) in Refusal


@given(st.data())
def test_a_damaged_message_is_read_or_refused(data: st.DataObject) -> None:
    payload = bytearray(json.dumps(GOOD).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert len(batch_of(bytes(payload)).rows) == 1
    except RefusedError as error:
        assert error.rule in Refusal.__members__


def test_a_batch_that_exists_is_valid() -> None:
    for wrong in (
        ("", 1, 0, ()),
        ("b", 0, 0, ()),
        ("b", 1, -1, ()),
        ("b", 1, 0, (Row(0, "J", 1, 1),) * (MAX_ROWS + 1)),
    ):
        with pytest.raises(InvalidInputError):
            Batch(*wrong)
