"""Alarms about feeds: raised once, cleared once, and no guess about what a centre has not heard since its start."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.domain.batches import Reason
from signal_ctrl.watch.feeds.values import Feed, FeedKind
from signal_ctrl.watch.intake.quality import BAD, LEAST, SILENT, SILENT_MS, Quality
from tests.signal_ctrl.centre.worlds import World, world
from tests.signal_ctrl.watch.streets import count, streets

FEED = Feed("loops", FeedKind.COUNTS, 0, "root")


def kinds(here: World) -> set[str]:
    return {alarm.kind for alarm in here.store.read(alarms) if alarm.subject == FEED.feed}


def started(here: World) -> Quality:
    return Quality(here.centre.desk, here.centre.alarms)


def test_a_restart_says_of_no_silent_feed_that_it_sends_again() -> None:
    with world() as here:
        quality = started(here)
        quality.of(FEED.feed).note(1, Counter(), here.clock.utc_ms())
        here.clock.pass_ms(SILENT_MS + 1)
        quality.tick((FEED,))
        assert kinds(here) == {SILENT}
        again = started(here)
        again.tick((FEED,))
        assert kinds(here) == {SILENT}
        again.of(FEED.feed).note(1, Counter(), here.clock.utc_ms())
        again.tick((FEED,))
        assert kinds(here) == set()


def test_a_restart_says_of_no_bad_feed_that_it_sends_well_again() -> None:
    with world() as here:
        quality = started(here)
        quality.of(FEED.feed).note(0, Counter({Reason.FORM: LEAST}), here.clock.utc_ms())
        quality.tick((FEED,))
        assert kinds(here) == {BAD}
        again = started(here)
        again.of(FEED.feed).note(1, Counter(), here.clock.utc_ms())
        again.tick((FEED,))
        assert kinds(here) == {BAD}
        again.of(FEED.feed).note(LEAST, Counter(), here.clock.utc_ms())
        again.tick((FEED,))
        assert kinds(here) == set()


def test_nothing_is_left_of_a_feed_that_was_revoked() -> None:
    with world() as here:
        quality = started(here)
        quality.of(FEED.feed).note(0, Counter({Reason.FORM: LEAST}), here.clock.utc_ms())
        here.clock.pass_ms(SILENT_MS + 1)
        quality.tick((FEED,))
        assert kinds(here) == {BAD, SILENT}
        here.clock.pass_ms(20 * 60_000)
        started(here).tick((replace(FEED, revoked_utc_ms=here.clock.utc_ms()),))
        assert kinds(here) == set()


def test_who_fell_silent_while_the_centre_was_started_anew_is_missed(tmp_path: Path) -> None:
    with streets(tmp_path) as town:
        town.import_roads()
        feeder = town.feeder("loops", FeedKind.COUNTS)
        feeder.send(count(0, town.clock.utc_ms() - 60_000))
        watch = type(town.watch)(town.world.centre, town.watch.feeds._box)
        watch.start()
        for _ in range(0, SILENT_MS + 20_000, 10_000):
            town.clock.pass_ms(10_000)
            watch.tick()
        found = town.world.store.read(alarms)
        assert [alarm.kind for alarm in found if alarm.subject == "loops"] == [SILENT]
