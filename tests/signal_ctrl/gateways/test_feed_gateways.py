"""Rows of files as they are read, and the sender: batches that never change, sent until each has its receipt."""

import json
from typing import Any

import pytest

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import BackendError, BackendLostError, InvalidInputError
from signal_ctrl.domain.link.mac import ANSWER_MAC, ANSWER_TIME, Answered, answer_mac
from signal_ctrl.gateways.event_rows_file import events_of
from signal_ctrl.gateways.feed_rows import rows_of
from signal_ctrl.gateways.feed_sender import MOST_WAITING, FeedSender
from signal_ctrl.watch.intake.batch import FORM

KEY = bytes(range(32))


def test_csv_is_read_with_its_kinds_and_empty_fields_are_not_said() -> None:
    text = "\ufeffdetector,from_utc_ms,to_utc_ms,vehicles,occupied,speed_mps\nd1,1,2,3,0.5,\n\n d2 ,1,2,0,0,9.5\n"
    assert list(rows_of(text.splitlines(), "f")) == [
        {"detector": "d1", "from_utc_ms": 1, "to_utc_ms": 2, "vehicles": 3, "occupied": 0.5},
        {"detector": "d2", "from_utc_ms": 1, "to_utc_ms": 2, "vehicles": 0, "occupied": 0.0, "speed_mps": 9.5},
    ]


def test_json_lines_are_read_as_they_are() -> None:
    lines = ['{"vehicle":"a","utc_ms":1,"lon":11.4,"lat":48.7}', "", '{"vehicle":"b"}']
    assert list(rows_of(lines, "f")) == [json.loads(lines[0]), {"vehicle": "b"}]


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["detector,colour", "d1,red"], "line 1.*colour"),
        (["detector,detector"], "line 1"),
        (["detector,vehicles", "d1,three"], "line 2: vehicles is 'three'"),
        (["detector,vehicles", "d1"], "line 2: 1 fields"),
        (['{"vehicle":"a"}', "d1,3"], "line 2"),
        (['{"vehicle":"a","vehicle":"b"}'], "line 1.*twice"),
        (['{"occupied":NaN}'], "line 1.*NaN"),
        (["x" * 10_001], "line 1: longer"),
        (["ice", "maybe"], "line 2: ice"),
    ],
)
def test_a_line_that_is_none_is_named(lines: list[str], where: str) -> None:
    with pytest.raises(InvalidInputError, match=where):
        list(rows_of(lines, "f"))


def test_events_are_read_from_csv_and_json_lines() -> None:
    csv = "event,title,from_utc_ms,to_utc_ms,persons,roads,car_share\nm,Match,1,2,300,r1 r2,0.5\n"
    wanted = {"event": "m", "title": "Match", "from_utc_ms": 1, "to_utc_ms": 2, "persons": 300}
    assert events_of(csv, "f") == [{**wanted, "roads": ["r1", "r2"], "car_share": 0.5}]
    assert events_of(json.dumps(wanted), "f") == [wanted]
    with pytest.raises(InvalidInputError, match="line 2: persons is 'many'"):
        events_of("event,title,from_utc_ms,to_utc_ms,persons\nm,Match,1,2,many\n", "f")


class Centre:
    """A wire with a centre behind it, that fails as it is told."""

    def __init__(self, clock: ManualClock, *fails: Any) -> None:
        self.clock, self.fails = clock, list(fails)
        self.bodies: list[bytes] = []
        self.nonces: list[str] = []

    def carry(self, ask: Ask) -> Answer:
        assert ask.headers["Signal-Ctrl-Feed"] == "bus" and "Signal-Ctrl-Cabinet" not in ask.headers
        self.bodies.append(ask.body)
        self.nonces.append(ask.nonce)
        fail = self.fails.pop(0) if self.fails else 200
        if fail is None:
            raise BackendLostError("gone")
        batch = FORM.from_bytes(ask.body)
        document = {"sequence": batch.sequence, "taken": len(batch.items) - 1, "left_out": {"late": 1}}
        body = json.dumps(document if fail in (200, "forged") else {"detail": "no"}).encode()
        status = 200 if fail == "forged" else fail
        now_ms = self.clock.utc_ms()
        code = answer_mac(KEY, ask.nonce, Answered(status, now_ms, "", "", body))
        headers = {ANSWER_TIME.lower(): str(now_ms), ANSWER_MAC.lower(): "0" * 64 if fail == "forged" else code}
        return Answer(status, headers | ({"retry-after": "7"} if status == 503 else {}), body)


def sender(*fails: Any, together: int = 3) -> tuple[FeedSender, Centre, list[float]]:
    clock, waits = ManualClock(1_790_000_000_000, 1), list[float]()
    centre, numbers = Centre(clock, *fails), iter(range(1, 1000))
    signer = Signer("bus", KEY, "ab" * 16, clock, lambda n: next(numbers).to_bytes(n, "big"))
    return FeedSender(centre, signer, lambda: 1.0, waits.append, together), centre, waits


def test_everything_is_sent_in_numbered_batches() -> None:
    made, centre, waits = sender()
    for k in range(7):
        made.put({"utc_ms": k})
    made.flush()
    batches = [FORM.from_bytes(body) for body in centre.bodies]
    assert [each.sequence for each in batches] == [1, 2, 3]
    assert [item["utc_ms"] for each in batches for item in each.items] == list(range(7))
    assert (made.sent.taken, made.sent.left_out["late"], made.sent.tries, waits) == (4, 3, 3, [])


def test_a_batch_is_sent_again_unchanged_until_it_has_its_receipt() -> None:
    made, centre, waits = sender(None, 503, 500, 200, 429, 200)
    for k in range(4):
        made.put({"utc_ms": k})
    made.flush()
    assert centre.bodies == [centre.bodies[0]] * 4 + [centre.bodies[4]] * 2
    assert len(set(centre.nonces)) == 6
    assert waits == [0.5, 7.0, 2.0, 0.5]
    assert (made.sent.batches, made.sent.tries) == (2, 6)


@pytest.mark.parametrize("status", [401, 404, 409, 413, 422])
def test_what_is_refused_for_good_is_told(status: int) -> None:
    made, _, _ = sender(status)
    made.put({"utc_ms": 1})
    with pytest.raises(InvalidInputError, match=f"batch 1: {status}, no"):
        made.flush()


def test_a_receipt_of_somebody_else_is_none() -> None:
    made, _, _ = sender("forged")
    made.put({"utc_ms": 1})
    with pytest.raises(BackendError, match="not the centre's"):
        made.flush()


def test_the_oldest_are_given_up_and_counted() -> None:
    made, centre, _ = sender(together=5000)
    for k in range(MOST_WAITING + 3):
        made.put({"utc_ms": k})
    made.flush(lambda: bool(centre.bodies))
    assert made.sent.given_up == 3
    assert FORM.from_bytes(centre.bodies[0]).items[0]["utc_ms"] == 3


def test_who_asks_to_stop_keeps_the_rest() -> None:
    made, centre, _ = sender(None, None, 200)
    made.put({"utc_ms": 1})
    made.flush(lambda: len(centre.bodies) == 2)
    assert made.sent.batches == 0
    made.flush()
    assert made.sent.batches == 1 and len(set(centre.bodies)) == 1
