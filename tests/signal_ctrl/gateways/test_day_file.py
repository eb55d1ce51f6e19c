"""Watched days as files: what is written is read, and what is no day is refused with its place."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.day_file import read_day, read_days, read_roads, write_day
from signal_ctrl.gateways.day_folder import MOST_DAYS, DayFolder
from signal_ctrl.watch.foresight.days import Told, WatchedDay
from signal_ctrl.watch.foresight.slots import Slots
from signal_ctrl.watch.foresight.values import Restriction
from tests.signal_ctrl.watch.foresight.made_city import made_day, street


def same(one: Slots, other: Slots) -> bool:
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name), equal_nan=True) for each in fields(Slots)
    )


def test_a_day_is_read_as_it_was_written(tmp_path: Path) -> None:
    told = (Told(Restriction("r3", 0.5, None), 0, 600_000), Told(Restriction("r4", 0.0, 900_000), 300_000, 600_000))
    day = made_day(7, told)
    write_day(tmp_path / "a.day.npz", day)
    found = read_day(tmp_path / "a.day.npz")
    assert (found.day, found.kind, found.begin_utc_ms, found.first_slot) == ("0007", "mon", 0, 84)
    assert same(found.seen, day.seen) and found.true is found.seen and found.told == told
    other = WatchedDay("b", "sun", 0, 0, day.seen, made_day(8).seen, day.factors)
    write_day(tmp_path / "b.day.npz", other)
    again = read_day(tmp_path / "b.day.npz")
    assert same(again.true, other.true) and not same(again.true, again.seen)
    assert [each.day for each in read_days(tmp_path)] == ["0007", "b"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x93NUMPY no array"])
def test_what_is_no_day_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.day.npz").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"a\.day\.npz"):
        read_day(tmp_path / "a.day.npz")


def test_a_day_that_lacks_something_or_says_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.day.npz"
    write_day(path, made_day(1))
    with np.load(path) as packed:
        arrays = {name: packed[name] for name in packed.files}
    np.savez(path, **{name: each for name, each in arrays.items() if name != "seen_fill"})
    with pytest.raises(InvalidInputError, match="seen_fill"):
        read_day(path)
    np.savez(path, **{**arrays, "seen_fill": arrays["seen_fill"].astype(np.int64)})
    with pytest.raises(InvalidInputError, match="no table of numbers"):
        read_day(path)
    np.savez(path, **{**arrays, "seen_fill": arrays["seen_fill"][:-1]})
    with pytest.raises(InvalidInputError, match="one shape"):
        read_day(path)
    np.savez(path, **{**arrays, "document": np.frombuffer(b'{"format": "x"}', dtype=np.uint8)})
    with pytest.raises(InvalidInputError, match="watched day"):
        read_day(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("begin_utc_ms", None), ("begin_utc_ms", "soon"), ("first_slot", []), ("told", 3), ("told", [3]), ("told", [{}])],
)
def test_a_day_whose_document_is_of_another_kind_is_refused(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "a.day.npz"
    write_day(path, made_day(1))
    with np.load(path) as packed:
        arrays = {name: packed[name] for name in packed.files}
    document = json.loads(arrays["document"].tobytes()) | {key: value}
    np.savez(path, **{**arrays, "document": np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)})
    with pytest.raises(InvalidInputError, match=r"a\.day\.npz"):
        read_day(path)


def test_a_day_that_is_damaged_anywhere_is_refused_or_read(tmp_path: Path) -> None:
    path = tmp_path / "a.day.npz"
    write_day(path, made_day(1))
    sound, refused = path.read_bytes(), 0
    for place in range(0, len(sound), max(len(sound) // 400, 1)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x55]) + sound[place + 1 :])
        try:
            read_day(path)
        except InvalidInputError:
            refused += 1
    assert refused > 200
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(InvalidInputError, match=r"a\.day\.npz"):
        read_day(path)


def test_a_folder_without_days_or_roads_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds no"):
        read_days(tmp_path)
    with pytest.raises(InvalidInputError, match="cannot read the road network"):
        read_roads(tmp_path)


def test_a_day_folder_keeps_networks_apart_and_forgets_old_days(tmp_path: Path) -> None:
    keeper = DayFolder(tmp_path)
    for seed in range(MOST_DAYS + 2):
        keeper.keep(made_day(seed), street())
    keeper.keep(made_day(2), street())
    found = keeper.days(street())
    assert [each.day for each in found] == [f"{seed:04d}" for seed in range(2, MOST_DAYS + 2)]
    assert keeper.days(street(11)) == []
    assert read_roads(next(tmp_path.iterdir())) == street()


def test_of_a_large_network_only_the_youngest_days_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = DayFolder(tmp_path)
    for seed in range(9):
        keeper.keep(made_day(seed), street())
    monkeypatch.setattr("signal_ctrl.gateways.day_folder.MOST_CELLS", 7 * 288 * 12)
    assert [each.day for each in keeper.days(street())] == [f"{seed:04d}" for seed in range(2, 9)]
    monkeypatch.setattr("signal_ctrl.gateways.day_folder.MOST_CELLS", 1)
    assert len(keeper.days(street())) == 6
