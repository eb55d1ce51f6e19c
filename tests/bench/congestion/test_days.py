"""Days by lot: the same seed is the same day, trips follow the lots, and one short day in SUMO."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from bench.congestion.__main__ import main
from bench.congestion.lots import SLOT_S, Blocked, DayLots, draw_day
from bench.congestion.trips import BLOCKER, read_pool, write_trips
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.day_file import read_days

TRIPS = """<routes><vType id="car" tau="1"/><route id="x" edges="b c"/>
{}</routes>"""


def pool_of(folder: Path, number: int = 60) -> Path:
    path = folder / "trips.rou.xml"
    rows = [
        f'<trip id="t{k}" type="car" depart="{10 * k}" from="a" to="c"/>' if k % 3 else
        f'<vehicle id="t{k}" type="car" route="x" depart="{10 * k}"/>'
        for k in range(number)
    ]  # fmt: skip
    path.write_text(TRIPS.format("\n".join(rows)))
    return path


def test_a_seed_is_a_day_and_another_seed_another() -> None:
    one, again, other = (draw_day(seed, 1.0, 7200.0, ("a", "b"), (("a", 2, 100.0),)) for seed in (1, 1, 2))
    assert np.array_equal(one.level, again.level) and one.blocked == again.blocked and one.origins == again.origins
    assert not np.array_equal(one.level, other.level) and len(one.level) == 24


def test_lots_are_as_often_as_they_should_be() -> None:
    days = [draw_day(seed, 1.0, 9000.0, ("a",), (("a", 2, 100.0),)) for seed in range(400)]
    assert np.mean([each.rain > 0 for each in days]) == pytest.approx(0.2, abs=0.06)
    assert np.mean([each.event is not None for each in days]) == pytest.approx(0.15, abs=0.06)
    assert np.mean([len(each.blocked) for each in days]) == pytest.approx(1.2, abs=0.2)
    for day in days:
        for each in day.blocked:
            assert (
                0 <= each.lane < 2
                and each.from_s < each.told_s
                and each.from_s < 6750.0
                and each.from_s + 600 <= each.to_s
            )


def test_trips_follow_the_lots_in_number_and_order(tmp_path: Path) -> None:
    pool = read_pool([pool_of(tmp_path)], 0.0, 600.0)
    assert pool.origins == ("a", "b") and pool.per_hour == 360.0
    level = np.full(12, 2.0)
    level[6:] = 0.0
    blocked = Blocked("b", 0, 50.0, 700.0, 1300.0, 880.0, 1300.0)
    lots = DayLots(5, level, {"a": 1.0, "b": 1.0}, 1.0, None, (blocked,))
    number = write_trips(tmp_path / "day.rou.xml", pool, lots, 1000.0)
    root = ElementTree.parse(tmp_path / "day.rou.xml").getroot()
    rows = [each for each in root if each.tag in ("trip", "vehicle")]
    departs = [float(each.get("depart", "")) for each in rows]
    assert len(rows) == number and departs == sorted(departs)
    trips = [at for at, each in zip(departs, rows, strict=True) if not each.get("id", "").startswith(BLOCKER)]
    assert len(trips) == pytest.approx(2.0 * 360 * 6 * SLOT_S / 3600, rel=0.2) and max(trips) <= 1000 + 6 * SLOT_S
    standing = next(each for each in rows if each.get("id", "").startswith(BLOCKER))
    stop = standing.find("stop")
    assert stop is not None and stop.get("lane") == "b_0" and stop.get("duration") == "600"
    kind = next(each for each in root if each.get("id") == "car")
    assert float(kind.get("tau", "0")) > 1 and "0.850" in kind.get("speedFactor", "")
    with pytest.raises(InvalidInputError, match="no trip departs"):
        read_pool([tmp_path / "trips.rou.xml"], 9000.0, 9600.0)


@pytest.mark.sumo
def test_days_are_made_once_and_go_on_where_they_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["make", "cologne1", "--out", str(tmp_path), "--minutes", "15", "--demand-seed", "4"]
    assert main([*order, "--days", "1"]) == 0 and main([*order, "--days", "2"]) == 0
    assert capsys.readouterr().out.count("demand seed 4:") == 1
    days = read_days(tmp_path)
    assert [each.day for each in days] == ["00004", "00005"] and len(days[0]) == 3
    assert np.nansum(days[0].seen.flow) > 0 and days[0].seen.jam.max() <= 1
    assert main(["judge", str(tmp_path), "--ledger", str(tmp_path / "l.jsonl")]) == 2
    assert "2 days; 6 are needed" in capsys.readouterr().out
