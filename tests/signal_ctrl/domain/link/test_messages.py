"""Acknowledgements, reports and codes: what is written is read, what is changed is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, AckState, ack_from_bytes, ack_to_bytes
from signal_ctrl.domain.link.mac import Answered, Asked, Stamp, answer_mac, request_mac, same_code, stamp_of
from signal_ctrl.domain.link.orders import Version
from signal_ctrl.domain.link.reports import Batch, Gap, Report, ReportKind, batch_from_bytes, batch_to_bytes

BOOT = "ab" * 16
ACK = Acknowledgement("cab-1", BOOT, Version(1, 2), "cd" * 32, AckState.STAGED, 5)
BATCH = Batch("cab-1", BOOT, 7, (Report(ReportKind.FAULT, 9, "K6-latched", "ü", (("n", -3),)),), (Gap(BOOT, 1, 2, 30),))
STAMP = Stamp("cab-1", 1_800_000_000_000, "0" * 32, BOOT)
ASKED = Asked("POST", "/v1/cabinets/cab-1/events", "old=1", b"body")


def test_what_is_written_is_read_again() -> None:
    assert ack_from_bytes(ack_to_bytes(ACK)) == ACK
    assert batch_from_bytes(batch_to_bytes(BATCH)) == BATCH


@pytest.mark.parametrize(
    "change",
    [
        {"cabinet": ""},
        {"boot": "x"},
        {"version": Version(0, 1)},
        {"etag": ""},
        {"at_utc_ms": -1},
        {"reasons": ("why",)},
        {"state": AckState.REJECTED},
    ],
)
def test_acknowledgements_that_would_not_be_valid_do_not_exist(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        replace(ACK, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 0},
        {"reports": (), "gaps": ()},
        {"gaps": (Gap(BOOT, 3, 2, 1),)},
        {"gaps": (Gap("x", 1, 2, 1),)},
        {"boot": ""},
    ],
)
def test_batches_that_would_not_be_valid_do_not_exist(change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        replace(BATCH, **change)  # type: ignore[arg-type]


def test_faults_and_gaps_are_never_given_up() -> None:
    assert BATCH.is_kept
    plain = Report(ReportKind.EVENT, 9, "start")
    assert not Batch("cab-1", BOOT, 7, (plain,)).is_kept
    assert Batch("cab-1", BOOT, 7, (plain,), (Gap(BOOT, 1, 2, 30),)).is_kept


@given(st.binary(max_size=300))
def test_anything_else_is_refused(data: bytes) -> None:
    for read in (ack_from_bytes, batch_from_bytes):
        with pytest.raises(InvalidInputError):
            read(data)


KEY = b"k" * 32


@pytest.mark.parametrize(
    ("stamp", "asked"),
    [
        (replace(STAMP, cabinet="cab-2"), ASKED),
        (replace(STAMP, time_utc_ms=STAMP.time_utc_ms + 1), ASKED),
        (replace(STAMP, nonce="1" * 32), ASKED),
        (replace(STAMP, boot="1" * 32), ASKED),
        (STAMP, ASKED._replace(method="GET")),
        (STAMP, ASKED._replace(path="/v1/cabinets/cab-2/events")),
        (STAMP, ASKED._replace(query="")),
        (STAMP, ASKED._replace(body=b"bodz")),
    ],
)
def test_a_code_covers_every_part_of_a_request(stamp: Stamp, asked: Asked) -> None:
    assert request_mac(KEY, stamp, asked) != request_mac(KEY, STAMP, ASKED)
    assert request_mac(b"j" * 32, STAMP, ASKED) != request_mac(KEY, STAMP, ASKED)


def test_a_code_covers_every_part_of_an_answer() -> None:
    answered = Answered(200, 5, "etag", "signature", b"body")
    codes = {
        answer_mac(KEY, "0" * 32, each)
        for each in (
            answered, answered._replace(status=304), answered._replace(time_utc_ms=6), answered._replace(etag="x"),
            answered._replace(signature=""), answered._replace(body=b""),
        )
    }  # fmt: skip
    assert len(codes | {answer_mac(KEY, "1" * 32, answered), answer_mac(b"j" * 32, "0" * 32, answered)}) == 8


def test_a_worked_code() -> None:
    """RFC 4231 gives HMAC-SHA-256; the lines are those of docs/cabinets.md."""
    import hashlib
    import hmac

    body = hashlib.sha256(b"body").hexdigest()
    lines = [
        "signal-ctrl request 1",
        "POST",
        "/v1/cabinets/cab-1/events",
        "old=1",
        body,
        "1800000000000",
        "0" * 32,
        BOOT,
        "cab-1",
    ]
    wanted = hmac.new(KEY, "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    assert same_code(request_mac(KEY, STAMP, ASKED), wanted)
    assert not same_code(wanted, "ü" * 64)


@pytest.mark.parametrize("text", ["", "-1", "+5", "1e3", "٣", "9" * 14, " 1"])
def test_times_of_stamps_are_plain_digits(text: str) -> None:
    with pytest.raises(InvalidInputError):
        stamp_of("cab-1", text, "0" * 32, BOOT)
