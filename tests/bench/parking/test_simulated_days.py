"""Days of car parks from SUMO as a history: who stood where, five minutes by five minutes, and one day after the other."""

import datetime as dt
from pathlib import Path

import pytest

from bench.parking import simulated_days as days
from bench.parking.campaign import Case
from bench.parking.simulated_days import SimulatedDays, rows_of, write_days
from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.parking_history import read_history
from signal_ctrl.parking.forecast.series import days_of
from sumo_scenarios.parking_loop.order import Arm, ParkingOrder
from sumo_scenarios.parking_loop.run import ParkedDay, run_day
from tests.sumo_scenarios.parking_loop.test_parking_run import order

MONDAY = dt.date(2026, 3, 2)
CASE = Case("newtown-2x3", "net")
STAYS = (
    ("a", 100.0, None),
    ("a", 299.9, 650.0),
    ("a", 300.0, 600.0),
    ("b", 10.0, 20.0),
)


def day(seed: int = 1, capacity: int = 9) -> ParkedDay:
    return ParkedDay(0.0, 900.0, {"a": capacity, "b": 5}, STAYS[:seed] if seed < len(STAYS) else STAYS)


def test_rows_say_who_stands_at_the_begin_and_who_comes_and_goes() -> None:
    assert list(rows_of(day(4), MONDAY)) == [
        "a,2026-03-02T07:00:00+08:00,9,9,2,0",
        "a,2026-03-02T07:05:00+08:00,7,9,1,0",  # who comes at 300 s comes within the second five minutes
        "a,2026-03-02T07:10:00+08:00,6,9,0,2",
        "b,2026-03-02T07:00:00+08:00,5,5,1,1",
        "b,2026-03-02T07:05:00+08:00,5,5,0,0",
        "b,2026-03-02T07:10:00+08:00,5,5,0,0",
    ]


def test_each_row_follows_from_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("\n".join([",".join(days.HEADER), *rows_of(day(4), MONDAY)]), encoding="utf-8")
    found = days_of(read_history(path), "Asia/Shanghai")
    slots = slice(84, 87)
    inside, came, went = (array[0, :, slots] for array in (found.occupied, found.entered, found.left))
    assert (inside[:, 1:] == inside[:, :-1] + came[:, :-1] - went[:, :-1]).all()


def test_days_are_written_one_after_the_other_and_none_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Arm, int]] = []

    def run(order: ParkingOrder) -> ParkedDay:
        if len(asked) == 2:
            asked.append((order.arm, 0))
            raise KeyboardInterrupt
        asked.append((order.arm, order.settings.demand_seed))
        return day(order.settings.demand_seed)

    monkeypatch.setattr(days, "run_day", run)
    out, wanted = tmp_path / "h.csv", SimulatedDays(CASE, Arm.BLIND, 7)
    with pytest.raises(KeyboardInterrupt):
        write_days(wanted, out)
    assert write_days(wanted, out) == 5 and write_days(wanted, out) == 0
    assert [seed for _, seed in asked] == [1, 2, 0, 3, 4, 5, 6, 7]
    dates = days_of(read_history(out), "Asia/Shanghai").dates
    assert [each.day for each in dates] == [2, 3, 4, 5, 6, 9, 10]  # no Saturday, no Sunday
    monkeypatch.setattr(days, "run_day", lambda _order: day(1, capacity=10))
    with pytest.raises(InvalidInputError, match="other car parks"):
        write_days(SimulatedDays(CASE, Arm.BLIND, 8), out)


def test_what_is_wrong_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "h.csv")
    for more, words in ((["--arm", "deaf"], "choose of blind"), (["--days", "0"], "1 to 200 days")):
        assert call(["parking", "days", "newtown-2x3", out, *more]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.sumo
@pytest.mark.slow
def test_a_day_of_sumo_is_a_day(tmp_path: Path) -> None:
    found = run_day(order(Arm.BLIND))
    rows = [line.split(",") for line in rows_of(found, MONDAY)]
    assert len(rows) == len(found.capacity) * int((found.end_s - found.begin_s) // 300)
    assert sum(int(row[4]) for row in rows) > 30  # people came
    assert all(0 <= int(row[2]) <= int(row[3]) for row in rows)
