"""What is recorded is what was shown: every picture is kept beside, and each time is compared with what is put together."""

import base64
import itertools
import json
import zlib
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Condition
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.stores.opening import open_memory
from signal_ctrl.stores.retention import RULES
from signal_ctrl.stores.shelf_retention import KeptWithin
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.watch.past.book import extent, moments, past
from signal_ctrl.watch.past.recorder import Recorder
from signal_ctrl.watch.past.values import GAP_MS, PAST_PIECES, PIECE_MS, WHOLE_MS, Moment, packed

BEGIN_MS = 1_790_000_000_000
DAY_MS = 86_400_000
VALUE = st.one_of(st.integers(-3, 3), st.text(max_size=3), st.lists(st.none() | st.integers(0, 2), max_size=2))
PICTURE = st.dictionaries(
    st.sampled_from(["junctions", "roads", "alarms"]), st.dictionaries(st.sampled_from("abcd"), VALUE, max_size=4)
)
STEP_MS = st.sampled_from([1, 900, 1_000, 1_000, 1_100, 9_999, 10_000, 30_000, GAP_MS, GAP_MS + 1, WHOLE_MS])


class Shown:
    """A store, a clock, and a picture that is set by hand."""

    def __init__(self, store: SqlStore, kept_days: int = 30) -> None:
        self.store, self.clock, self.picture = store, ManualClock(BEGIN_MS, 5_000), {}
        desk = Desk(store, self.clock, bytes)
        self.recorder = Recorder(desk, lambda: deepcopy(self.picture), kept_days)

    def see(self, picture: Any, after_ms: int = 1_000) -> None:
        self.picture = picture
        self.clock.pass_ms(after_ms) if after_ms >= 0 else self.clock.set_wall_ms(self.clock.utc_ms() + after_ms)
        self.recorder.tick()

    def end(self) -> None:
        """Let the piece that goes on be kept."""
        self.see(self.picture, PIECE_MS)

    def at(self, utc_ms: int) -> dict[str, Any]:
        found = self.store.read(lambda reading: past(reading, utc_ms))
        return {name: topic for name, topic in found.picture.items() if topic}

    def pieces(self) -> int:
        return self.store.read(lambda reading: reading.shelf(PAST_PIECES).count())


@pytest.fixture
def store() -> Iterator[SqlStore]:
    opened = open_memory()
    yield opened
    opened.close()


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seen=st.lists(st.tuples(PICTURE, STEP_MS), min_size=1, max_size=30))
def test_every_time_is_as_it_was_shown(store: SqlStore, seen: list[tuple[Any, int]]) -> None:
    store.write(lambda t: t.shelf(PAST_PIECES).forget(1 << 50))
    shown = Shown(store)
    truth = []
    for picture, step_ms in seen:
        shown.see(picture, step_ms)
        truth.append((shown.clock.utc_ms(), {name: topic for name, topic in picture.items() if topic}))
    shown.end()
    for (at_ms, picture), following in itertools.pairwise((*truth, (shown.clock.utc_ms(), None))):
        assert shown.at(at_ms) == picture
        assert shown.at(following[0] - 1) == picture
    _follows(shown, truth)


def _follows(shown: Shown, truth: list[tuple[int, Any]]) -> None:
    """From a picture and the changes after it, a page comes to each later picture; `anew` makes it ask again."""
    first_ms = truth[0][0]
    picture: dict[str, dict[str, Any]] = shown.at(first_ms)
    changes = {}
    for begin_ms in range(first_ms, truth[-1][0] + 1, 120_000):
        found = shown.store.read(lambda reading, b=begin_ms: moments(reading, b, b + 120_000))
        changes |= {each.at_utc_ms: each for each in found}
    for at_ms, wanted in truth[1:]:
        moment = changes.pop(at_ms, None)
        if moment is not None and moment.anew:
            picture = shown.at(at_ms)
        elif moment is not None:
            for topic, values in moment.changes.items():
                own = picture.setdefault(topic, {})
                own.update(values)
                picture[topic] = {name: value for name, value in own.items() if value is not None}
        assert {name: topic for name, topic in picture.items() if topic} == wanted


def test_a_clock_that_is_set_back_begins_anew(store: SqlStore) -> None:
    shown = Shown(store)
    shown.see({"a": {"x": 1}})
    shown.see({"a": {"x": 2}}, -5_000)
    shown.end()
    assert shown.at(shown.clock.utc_ms() - PIECE_MS) == {"a": {"x": 2}}


def test_who_did_not_look_says_so(store: SqlStore) -> None:
    shown = Shown(store)
    shown.see({"a": {"x": 1}})
    last_ms = shown.clock.utc_ms()
    shown.see({"a": {"x": 2}}, 3 * GAP_MS)
    shown.end()
    between = store.read(lambda reading: past(reading, last_ms + GAP_MS))
    assert (between.seen_utc_ms, between.picture) == (last_ms, {"a": {"x": 1}})
    (moment,) = store.read(lambda reading: moments(reading, last_ms, last_ms + 3 * GAP_MS))
    assert moment.anew


def test_before_the_first_look_nothing_is_known(store: SqlStore) -> None:
    assert store.read(extent) is None
    shown = Shown(store)
    shown.see({"a": {"x": 1}})
    shown.end()
    with pytest.raises(NotFoundError, match="nothing is recorded"):
        shown.at(BEGIN_MS)
    assert store.read(extent) == (BEGIN_MS + 1_000, BEGIN_MS + 1_000)


def test_few_pieces_and_a_whole_one_every_five_minutes(store: SqlStore) -> None:
    shown = Shown(store)
    for k in range(1_200):
        shown.see({"a": {"x": k}})
    assert 115 <= shown.pieces() <= 125
    whole = store.read(lambda reading: reading.shelf(PAST_PIECES).count({"whole": "yes"}))
    assert 4 <= whole <= 6


def test_what_is_too_old_goes_by_itself(store: SqlStore) -> None:
    shown = Shown(store, kept_days=2)
    shown.see({"a": {"x": 1}})
    shown.end()
    for _ in range(50):
        shown.see({"a": {"x": 2}}, 3_600_000)
    first = store.read(extent)
    assert first is not None
    assert shown.clock.utc_ms() - 2 * DAY_MS <= first.first_utc_ms < shown.clock.utc_ms() - DAY_MS


def test_what_is_too_much_goes_the_oldest_first(store: SqlStore) -> None:
    shown = Shown(store)
    for k in range(3_000):
        shown.see({"a": {"x": str(k) * 300}})
    before = shown.pieces()
    rule = KeptWithin(PAST_PIECES, 30 * DAY_MS, {}, most_bytes=10_000)
    took = store.write(lambda t: rule.take_out(t.connection, shown.clock.utc_ms()))
    assert took == 200 and shown.pieces() == before - 200
    last = store.read(lambda reading: reading.shelf(PAST_PIECES).find(limit=1))
    while store.write(lambda t: rule.take_out(t.connection, shown.clock.utc_ms())):
        pass
    left = store.read(lambda reading: reading.shelf(PAST_PIECES).find(limit=1000))
    assert sum(len(each.packed) for each in left) <= 10_000 and left[:1] in ((), last)
    assert any(rule.name == PAST_PIECES.name for rule in RULES)


def test_nothing_is_recorded_where_nobody_wants_it_or_room_is_short(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown(store, kept_days=0)
    for _ in range(30):
        shown.see({"a": {"x": 1}})
    assert shown.pieces() == 0
    wanted = Shown(store)
    monkeypatch.setattr(type(store), "condition", Condition.SHEDDING)
    for _ in range(30):
        wanted.see({"a": {"x": 1}})
    assert wanted.pieces() == 0
    monkeypatch.undo()
    wanted.see({"a": {"x": 1}})
    wanted.end()
    assert wanted.pieces() == 1


def test_after_a_failed_write_it_begins_anew(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown(store)
    shown.see({"a": {"x": 1}})

    def fails(*_: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(type(store), "write", fails)
    with pytest.raises(OSError, match="no room"):
        shown.end()
    monkeypatch.undo()
    shown.see({"a": {"x": 3}})
    at_ms = shown.clock.utc_ms()
    shown.end()
    assert shown.at(at_ms) == {"a": {"x": 3}} and shown.pieces() == 1


def test_what_cannot_be_written_is_not_held_for_ever(store: SqlStore) -> None:
    shown = Shown(store)
    with pytest.raises(ValueError, match="not JSON"):
        shown.see({"a": {"x": float("nan")}})
    shown.see({"a": {"x": 1}})
    shown.see({"a": {"x": float("nan")}})
    with pytest.raises(ValueError, match="not JSON"):
        shown.end()
    shown.see({"a": {"x": 4}})
    at_ms = shown.clock.utc_ms()
    shown.end()
    assert shown.at(at_ms) == {"a": {"x": 4}}


def test_a_piece_in_parts_is_the_document_as_one() -> None:
    whole = {"junctions": {'j"1': {"says": "é", "n": [1, 2.5, None]}, "j2": {}}, "roads": {}, "lines": {"a": True}}
    seen = [Moment(5_000, {}, True), Moment(6_000, {"junctions": {"j2": None}})]
    for begin in (whole, {}, None):
        piece = packed(begin, seen, 7_000)
        text = zlib.decompress(base64.b64decode(piece.packed)).decode()
        told = {"whole": begin, "moments": [[each.at_utc_ms, each.changes, each.anew] for each in seen]}
        assert text == json.dumps(told, separators=(",", ":"))
        assert (piece.from_utc_ms, piece.until_utc_ms, piece.whole) == (5_000, 7_000, begin is not None)
