"""What is done to a store again and again, on a clock that a test moves."""

from pathlib import Path
from typing import Any

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.stores.anchor_files import anchors_in
from signal_ctrl.stores.backup import name_of
from signal_ctrl.stores.restore import restore
from signal_ctrl.stores.upkeep import DAY_MS, HOUR_MS, Upkeep, UpkeepSettings

SECRET = b"correct horse battery"
NOW_MS = 1_800_000_000_000


def test_a_day(place: Any, tmp_path: Path) -> None:
    store, clock = place.open(), ManualClock(NOW_MS)
    settings = UpkeepSettings(place.folder, place.address, [tmp_path / "away"], tmp_path / "backups", SECRET)
    assert "horse" not in repr(settings)
    upkeep = Upkeep(store, settings, clock)
    for step_ms in (HOUR_MS, HOUR_MS, DAY_MS - 2 * HOUR_MS, 0):
        store.write(lambda t: t.record("ann", "note", "x", "done", clock.utc_ms()))
        assert upkeep.tick() == ()
        assert upkeep.run_due() == ()
        assert upkeep.run_due() == ()
        clock.pass_ms(step_ms)
    assert upkeep.tick() == ()
    store.close()
    anchors = anchors_in(tmp_path / "away")[0]
    assert anchors == anchors_in(place.folder / "anchors")[0] and [anchor.head.n for anchor in anchors] == [3, 5, 7]
    backups = sorted(path.name for path in (tmp_path / "backups").glob("*.backup"))
    assert backups == [name_of(NOW_MS + k * HOUR_MS) for k in (0, 1, 2, 24)]
    restore(tmp_path / "backups" / backups[-1], tmp_path / "new", SECRET, NOW_MS)


def test_a_store_that_is_started_anew_every_day_is_looked_after_too(place: Any, tmp_path: Path) -> None:
    store, clock, done = place.open(), ManualClock(NOW_MS), list[int]()

    def retention(_store: object, _folder: Path, now_utc_ms: int) -> None:
        done.append(now_utc_ms)

    settings = UpkeepSettings(place.folder, place.address, retention=retention)
    for _ in range(3):
        upkeep = Upkeep(store, settings, clock)
        for _ in range(23):
            assert upkeep.run_due() == ()
            clock.pass_ms(HOUR_MS)
    store.close()
    assert done == [NOW_MS + (23 * day + 1) * HOUR_MS for day in range(3)]


def test_what_goes_wrong_is_told_and_stops_nothing(place: Any, tmp_path: Path) -> None:
    store, clock = place.open(), ManualClock(NOW_MS)
    (tmp_path / "away").write_text("in the way", encoding="utf-8")
    (tmp_path / "backups").write_text("in the way", encoding="utf-8")
    settings = UpkeepSettings(place.folder, place.address, [tmp_path / "away"], tmp_path / "backups", SECRET)
    upkeep = Upkeep(store, settings, clock)
    store.write(lambda t: t.record("ann", "note", "x", "done", 1))
    clock.pass_ms(DAY_MS)
    assert len(upkeep.tick()) == 1
    assert len(upkeep.run_due()) == 2  # the backup, and the copies of the anchors that cannot be read
    assert len(anchors_in(place.folder / "anchors")[0]) == 1
    store.close()
