"""Waiting before another try, files that grow, logs that are read, replays by a clock of the test."""

import math
from pathlib import Path

import pytest

from detectors.live.message import Batch, Refusal, Row, payload_of
from detectors.live.sender import Sent, messages_of
from detectors.live.stream import Answer, Receipt
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.backoff import Backoff
from signal_ctrl.gateways.event_log import read_event_log
from signal_ctrl.gateways.live_session import LiveSession, Outputs
from signal_ctrl.gateways.replay import Pace, moved, played
from signal_ctrl.gateways.row_file import RowFile

ROWS = (Row(1000, "J", 82, 3), Row(1300, "J", 81, 3), Row(61_000, "-4_0", 82, 1), Row(61_500, "-4_0", 81, 1))


def test_waits_double_up_to_the_longest_and_begin_anew() -> None:
    backoff = Backoff(1.0, 6.0, lambda: 1.0)
    assert [backoff.wait_s() for _ in range(5)] == [1.0, 2.0, 4.0, 6.0, 6.0]
    backoff.reached()
    assert backoff.wait_s() == 1.0
    assert Backoff(1.0, 6.0, lambda: 0.0).wait_s() == 0.5
    with pytest.raises(InvalidInputError):
        Backoff(2.0, 1.0, lambda: 1.0)


def test_a_file_grows_out_of_sight_and_stands_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "events.csv"
    file = RowFile(path, ("a", "b"))
    file.put([(1, None)])
    assert not path.exists()
    file.close()
    assert (path.read_text(), file.rows) == ("a,b\n1,\n", 1)
    other = RowFile(path, ("a", "b"))
    other.discard()
    assert [p.name for p in path.parent.iterdir()] == ["events.csv"] and path.read_text() == "a,b\n1,\n"
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInputError, match="cannot write"):
        RowFile(tmp_path / "file" / "x", ("a",))


def test_a_log_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    session = LiveSession(Outputs.at(tmp_path / "e.csv", tmp_path / "b.csv"), by_stream=True)
    for source, batch in messages_of(ROWS, "b"):
        session.accept(source, batch, 0.0)
        session.turn(0.0)
    session.end(0.0)
    assert read_event_log(tmp_path / "e.csv") == ROWS
    lines = (tmp_path / "b.csv").read_text().splitlines()
    assert lines[0].startswith("begin_s,period_s,device,channel,count,")
    assert lines[1] == "0.000,60,J,3,1,0.0051,,0.9833,J,ok,0"
    assert "'-4_0" in lines[-1]


def test_the_log_of_a_run_is_read(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import polars as pl, sys; pl.DataFrame({'time_ds': [20, 10], 'device': ['J', 'J'], 'code': [81, 82], "
        "'parameter': [1, 1]}).write_parquet(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "events.parquet")], check=True)
    assert read_event_log(tmp_path / "events.parquet") == (Row(1000, "J", 82, 1), Row(2000, "J", 81, 1))
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InvalidInputError, match="cannot read"):
        read_event_log(tmp_path / "bad.parquet")


def test_other_logs_of_events_are_read_if_their_detectors_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "Timestamp,Signal ID,Event Code,Event Param\n1970-01-01 00:00:02.5,J,82,3\n1970-01-01 00:00:01,J,81,3\n"
    )
    assert read_event_log(path) == (Row(1000, "J", 81, 3), Row(2500, "J", 82, 3))
    path.write_text("time,detector,state\n1,north,on\n")
    with pytest.raises(InvalidInputError, match="is no number of a channel"):
        read_event_log(path)
    path.write_text("time,detector,count\n0,1,3\n60,1,4\n")
    with pytest.raises(InvalidInputError, match="only events can be replayed"):
        read_event_log(path)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x,J,82,1", "line 2: time_s is 'x'"),
        ("-1,J,82,1", "line 2: time_s is negative"),
        ("1,,82,1", "device is empty"),
        ("1,J,82.5,1", "code and parameter are whole"),
        ("1,J,82,70000", "code and parameter are whole"),
        ("", "holds no events"),
    ],
)
def test_a_bad_log_is_one_line_with_its_place(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"time_s,device,code,parameter\n{row}\n")
    with pytest.raises(InvalidInputError) as caught:
        read_event_log(path)
    assert words in str(caught.value) and str(path) in str(caught.value)


class Clock:
    """A clock that only moves while somebody waits."""

    def __init__(self, most_s: float = math.inf) -> None:
        self.now_s, self.waits, self.most_s = 100.0, list[float](), most_s

    def pace(self) -> Pace:
        return Pace(lambda: self.now_s, self.wait_s)

    def wait_s(self, seconds_s: float) -> bool:
        self.waits.append(seconds_s)
        self.now_s += seconds_s
        return self.now_s <= self.most_s


@pytest.mark.parametrize(("speed", "lasts_s"), [(1.0, 60.0), (60.0, 1.0), (math.inf, 0.0)])
def test_a_replay_takes_as_long_as_its_speed_says(speed: float, lasts_s: float) -> None:
    clock = Clock()
    due = [(clock.now_s, sent) for sent in played(messages_of(ROWS, "b"), speed, clock.pace())]
    assert [sent for _, sent in due] == list(messages_of(ROWS, "b"))
    assert clock.now_s - 100.0 == pytest.approx(lasts_s)
    if lasts_s:
        assert all(at_s - 100.0 == pytest.approx((sent.batch.sent_ms - 2000) / 1000 / speed) for at_s, sent in due)


def test_a_replay_ends_when_it_is_told_to_and_needs_a_speed() -> None:
    clock = Clock(most_s=110.0)
    assert len(list(played(messages_of(ROWS, "b"), 1.0, clock.pace()))) == 11
    for speed in (0.0, -1.0, math.nan):
        with pytest.raises(InvalidInputError):
            list(played(messages_of(ROWS, "b"), speed, clock.pace()))


def test_messages_can_be_moved_to_another_time() -> None:
    given = [Sent("c", Batch("b", k, 1000 + 1000 * k, ROWS[:2])) for k in (1, 2)]
    times_ms = iter((2500, 9999))
    assert list(moved(given, lambda: next(times_ms))) == [
        Sent("c", Batch("b", k, 1500 + 1000 * k, (Row(1500, "J", 82, 3), Row(1800, "J", 81, 3)))) for k in (1, 2)
    ]


def test_a_session_takes_what_a_route_received_and_what_a_wire_brought() -> None:
    session, batch = LiveSession(), Batch("b", 1, 2000, ROWS[:2])
    answer = session.receive("c", payload_of(batch), 2.0)
    assert isinstance(answer, Receipt) and answer.answer is Answer.STORED
    assert session.receive("c", payload_of(batch), 2.1) != answer
    assert session.receive("c", b"{}", 2.2) is Refusal.FORM
    told = session.turn(2.3) + session.turn(7.0)
    assert [len(one.events) for one in told] == [2]
