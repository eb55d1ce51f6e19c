"""What cabinets told lately: changes of lamps and what is not known between, arrivals, the last word of each code."""

from signal_ctrl.centre.recent import MOST_ARRIVALS, MOST_CHANGES, MOST_CODES, SILENT_MS, LampTrail, Recent
from signal_ctrl.domain.link.arrivals import ARRIVALS, Arrival
from signal_ctrl.domain.link.reports import SHADOW_ADVICE, Batch, Report, ReportKind

NOW_MS = 1_790_000_000_000
BOOT = "0" * 32


def batch(*reports: Report, number: int = 1) -> Batch:
    return Batch("c0", BOOT, number, reports)


def test_a_trail_has_the_changes_and_what_is_not_known() -> None:
    trail = LampTrail()
    for second, letters in enumerate("GGyrr"):
        trail.hear("c0", f"lamps=1.{second}.{letters}", NOW_MS + 1000 * second)
    late_ms = NOW_MS + 4000 + SILENT_MS + 1
    trail.hear("c0", "lamps=1.9.r", late_ms)
    found, heard_ms = trail.of("c0")
    assert [(each.utc_ms - NOW_MS, each.aspects) for each in found] == [
        (0, "G"),
        (2000, "y"),
        (3000, "r"),
        (4001, ""),
        (late_ms - NOW_MS, "r"),
    ]
    assert heard_ms == late_ms
    assert trail.of("c9") == ((), 0)


def test_a_countdown_is_no_change_of_the_lamps() -> None:
    trail = LampTrail()
    for second, told in enumerate(("rGW.2-30", "rGW.2-20", "rGc.2-110", "rGc.2-100", "rGd")):
        trail.hear("c0", f"lamps=1.{10 * second}.{told}", NOW_MS + 1000 * second)
    assert [(each.utc_ms - NOW_MS, each.aspects) for each in trail.of("c0")[0]] == [
        (0, "rGW"),
        (2000, "rGc"),
        (4000, "rGd"),
    ]


def test_a_trail_forgets_what_is_old_what_is_none_and_what_a_clock_that_went_back_said() -> None:
    trail = LampTrail()
    trail.hear("c0", "old=1", NOW_MS)
    trail.hear("c0", "lamps=1.1.<b>", NOW_MS)
    assert trail.of("c0")[0] == ()
    for n in range(3 * MOST_CHANGES):
        trail.hear("c0", f"lamps=1.1.{'rG'[n % 2]}", NOW_MS + n)
    assert len(trail.of("c0")[0]) == MOST_CHANGES
    trail.hear("c0", "lamps=1.1.r", NOW_MS - 1)
    assert [each.utc_ms for each in trail.of("c0")[0]] == [NOW_MS - 1]


def test_arrivals_and_words() -> None:
    recent = Recent()
    arrived = Report(ReportKind.DETECTOR, NOW_MS, ARRIVALS, "3:-12,4 0:1")
    first = Report(ReportKind.EVENT, NOW_MS, "rung", "centre -> local plan: the centre does not answer")
    then = Report(ReportKind.EVENT, NOW_MS + 5, "rung", "local plan -> centre: sound")
    advice = Report(ReportKind.EVENT, NOW_MS + 6, SHADOW_ADVICE)
    recent.hear(batch(arrived, first))
    recent.hear(batch(arrived, first))  # sent again
    recent.hear(batch(then, advice, Report(ReportKind.EVENT, NOW_MS + 7, "mode", "running"), number=2))
    assert recent.arrivals("c0", NOW_MS) == (Arrival(0, NOW_MS + 100), Arrival(3, NOW_MS + 400))
    assert len(recent.arrivals("c0", 0)) == 3
    assert [(word.code, word.text) for word in recent.words("c0")] == [("mode", "running"), ("rung", then.text)]
    assert recent.words("c1") == () == recent.arrivals("c1", 0)


def test_whatever_comes_it_stays_small() -> None:
    recent = Recent()
    for n in range(1, 30):
        text = "1:" + ",".join(str(k) for k in range(100))
        events = [Report(ReportKind.EVENT, NOW_MS, f"code{n}-{k}") for k in range(5)]
        recent.hear(batch(Report(ReportKind.DETECTOR, NOW_MS, ARRIVALS, text), *events, number=n))
    recent.hear(batch(Report(ReportKind.DETECTOR, NOW_MS, ARRIVALS, "<script>"), number=99))
    assert len(recent.arrivals("c0", 0)) == MOST_ARRIVALS
    assert len(recent.words("c0")) == MOST_CODES
