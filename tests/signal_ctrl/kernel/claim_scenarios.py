"""Scenarios of precedence: who is obeyed, until when, and what nobody may do (SAFETY C)."""

from dataclasses import replace
from typing import Any

from signal_ctrl.domain.site import shortest_max_red_ds
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, Drive, crossroads
from tests.signal_ctrl.kernel.worlds import Library

Complaints = list[str]
RANKS = (
    "MONITOR",
    "CABINET_PANEL",
    "RAILWAY",
    "PREEMPTION",
    "POLICE",
    "BUS_PRIORITY",
    "ADAPTIVE",
    "SCHEDULE",
)
"""Rows 1 to 7 of the table, the third with its two lines."""
ASKED_ALL = 0b1111


def refused(drive: Drive, rule: str, *asked: Any, **more: Any) -> Complaints:
    """Return a complaint unless a request is refused by a rule and leaves no mark."""
    before, text = drive.state, repr(drive.state)
    try:
        drive.ask(*asked, **more)
    except drive.library.errors.RefusedError as error:
        kept = drive.state is before and repr(before) == text
        return [] if error.rule == rule and kept else [f"{error.rule} in place of {rule}, kept: {kept}"]
    return [f"{asked} {more} was not refused by {rule}"]


def expect(what: str, got: Any, due: Any) -> Complaints:
    return [] if got == due else [f"{what}: {got}, not {due}"]


def _act(drive: Drive, who: str, stage: int) -> Complaints:
    """Let somebody ask for a stage in the way that is theirs."""
    if who == "MONITOR":
        drive.state = drive.kernel.trip(drive.state, "seen", drive.state.frame_ds)
        return []
    wish = "STAGE" if who in ("ADAPTIVE", "SCHEDULE") else "HOLD"
    try:
        drive.ask(drive.core.stage if who == "BUS_PRIORITY" else stage, wish, who)
    except drive.library.errors.RefusedError as error:
        return [error.rule]
    return []


def pair(library: Library, high: str, low: str, high_first: bool) -> Complaints:
    """One pair of sources in one order; afterwards the lower one asks once more."""
    drive = Drive(crossroads(), library=library)
    drive.door()
    drive.run(100)
    order = ((high, SIDE_STAGE), (low, LEFT_STAGE)) if high_first else ((low, LEFT_STAGE), (high, SIDE_STAGE))
    rules = [rule for who, stage in order for rule in _act(drive, who, stage)]
    drive.run(102)
    wanted = drive.core.stage
    rules += _act(drive, low, MAIN_STAGE if wanted != MAIN_STAGE else LEFT_STAGE)
    drive.run(104)
    if high == "MONITOR":
        due_rules = ["K6/latched"] * (2 if high_first else 1)
        return expect(f"{high} over {low}", (drive.mode, rules), ("FAULT", due_rules))
    due = SIDE_STAGE if high != "BUS_PRIORITY" else MAIN_STAGE if high_first else LEFT_STAGE
    return expect(f"{high} over {low}", (wanted, drive.core.stage), (due, due))


def ranks(library: Library) -> Complaints:
    """All pairs of sources in both orders."""
    found = []
    for k, high in enumerate(RANKS):
        for low in RANKS[k + 1 :]:
            for high_first in (True, False):
                found += pair(library, high, low, high_first)
    return found


TERMS = (
    ("POLICE", 600, ""),
    ("POLICE", 72_000, ""),
    ("POLICE", 599, "K8/term"),
    ("POLICE", 0, "K8/term"),
    ("POLICE", 72_001, "K8/term"),
    ("POLICE", 72_600, "K8/term"),
    ("POLICE", -600, "K8/term"),
    ("BUS_PRIORITY", 100, ""),
    ("BUS_PRIORITY", 101, "K8/term"),
    ("BUS_PRIORITY", 0, "K8/term"),
    ("PREEMPTION", 1800, ""),
    ("PREEMPTION", 1801, "K8/term"),
    ("RAILWAY", 1, ""),
    ("RAILWAY", 0, "K8/term"),
    ("CABINET_PANEL", 10**9, ""),
)


def terms(library: Library) -> Complaints:
    """An end is mandatory for police and buses, 1 to 120 minutes and 10 s; pre-emption has 180 s at most."""
    found = []
    for source, lasts_ds, rule in TERMS:
        drive = Drive(crossroads(), library=library)
        drive.door()
        drive.run(100)
        if rule:
            found += refused(drive, rule, MAIN_STAGE, "HOLD", source, lasts_ds)
        else:
            drive.ask(MAIN_STAGE, "HOLD", source, lasts_ds)
            found += expect(f"{source} end", drive.core.claims.standing[0].ends_ds, 100 + lasts_ds)
    return found + _without_end(library) + _late(library)


def _without_end(library: Library) -> Complaints:
    state, found = library.state, []
    for source, due in (("POLICE", None), ("BUS_PRIORITY", None), ("PREEMPTION", 1900), ("RAILWAY", 1900)):
        drive = Drive(crossroads(), library=library)
        drive.run(100)
        request = state.Request(state.Source[source], 1, 100, 100, state.Wish.HOLD, MAIN_STAGE)
        try:
            core = drive.kernel.submit(drive.state, request, 100).core
            found += expect(f"{source} without end", core.claims.standing[0].ends_ds, due)
        except library.errors.RefusedError as error:
            found += expect(f"{source} without end", error.rule, "K8/no-end" if due is None else "")
    return found


def _late(library: Library) -> Complaints:
    """An override that arrives late has only what is left; who has the time wrong gets no more for it."""
    state, found = library.state, []
    police = state.Request(state.Source.POLICE, 1, 100, 10**6, state.Wish.HOLD, MAIN_STAGE, 700)
    drive = Drive(crossroads(), library=library)
    drive.run(650)
    drive.state = drive.kernel.submit(drive.state, police, 650)
    drive.run(699)
    found += expect("late police", drive.core.claims.standing[0].ends_ds, 700)
    for request, now_ds, rule in (
        (replace(police, sequence=2), 700, "K8/expired"),
        (replace(police, sequence=2, issued_ds=10**6, ends_ds=10**6 + 600), 10**6, "K8/term"),
    ):
        try:
            drive.kernel.submit(drive.state, request, now_ds)
            found.append(f"{request} was taken")
        except library.errors.RefusedError as error:
            found += expect("late police", error.rule, rule)
    return found


def police_hold(library: Library) -> Complaints:
    """It passes the limits of K4 to its end and not a frame longer, and tells every minute who starves."""
    drive = Drive(crossroads(), library=library)
    drive.run(20, ASKED_ALL)
    drive.ask(MAIN_STAGE, "HOLD", "POLICE", 1400)
    raised: list[tuple[int, tuple[int, ...]]] = []
    while drive.state.frame_ds < 1419:
        drive.run(drive.state.frame_ds + 1, ASKED_ALL)
        starving = drive.core.claims.starving
        if starving is not None and starving not in raised:
            raised.append(starving)
    found = expect("starving", [tuple(each) for each in raised], [(301, (1,)), (901, (1,))])
    found += expect("changes under the hold", drive.changes, [])
    drive.run(1700, ASKED_ALL)
    found += expect("ends", (drive.when("main", "AMBER")[:1], drive.when("side", "GREEN")[:1]), ([1420], [1530]))
    return found + expect("starving afterwards", drive.core.claims.starving, None)


def others_keep_the_limits(library: Library) -> Complaints:
    """Panel, railway and pre-emption hold within K4; whoever K4 serves goes first, then the hold is back."""
    found = []
    for source in ("CABINET_PANEL", "RAILWAY", "PREEMPTION"):
        drive = Drive(crossroads(), library=library)
        drive.door()
        drive.run(20, 0b10)
        drive.ask(MAIN_STAGE, "HOLD", source, 1500)
        drive.run(1100)
        due = ([301], [411], [501])
        times = (drive.when("main", "AMBER"), drive.when("side", "GREEN"), drive.when("main", "GREEN"))
        found += expect(source, times[:2], due[:2]) + expect(f"{source} again", bool(times[2]), True)
        found += expect(source, (drive.core.stage, drive.core.forced), (MAIN_STAGE, -1))
    return found


def overdue_first(library: Library) -> Complaints:
    """After a police hold those past their maximum red are served first, whatever adaptive control asks for."""
    found = []
    for ends_by in ("expiry", "release"):
        drive = Drive(crossroads(), library=library)
        drive.run(100)
        sequence = drive.ask(SIDE_STAGE, "HOLD", "POLICE", 3000)
        drive.run(2900, 0b1000)
        if ends_by == "release":
            drive.release("POLICE", sequence)
        else:
            drive.run(3100, 0b1000)
        begin_ds = drive.state.frame_ds
        drive.run(begin_ds + 1)
        found += refused(drive, "K4/forced", LEFT_STAGE, "STAGE", "ADAPTIVE")
        found += expect(f"after {ends_by}", drive.core.forced, 3)
        drive.run(begin_ds + 100)
        walk = drive.when("walk", "WALK")
        found += expect(f"walk after {ends_by}", bool(walk) and walk[-1] <= begin_ds + 61, True)
        drive.ask(LEFT_STAGE)
    return found


def calls(library: Library) -> Complaints:
    """A stage called by the police is shown once; then adaptive control is heard again. It keeps the limits of K4."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    drive.ask(SIDE_STAGE, "STAGE", "POLICE")
    drive.run(150)
    drive.ask(LEFT_STAGE)
    found = expect("before it is lit", drive.core.stage, SIDE_STAGE)
    drive.run(230)
    police = [claim for claim in drive.core.claims.standing if claim.source.name == "POLICE"]
    found += expect("after", (drive.when("side", "GREEN"), police), ([211], []))
    drive.ask(LEFT_STAGE)
    found += expect("adaptive", drive.core.stage, LEFT_STAGE)
    drive = Drive(crossroads(), library=library)
    drive.run(301, 0b10)
    drive.ask(MAIN_STAGE, "STAGE", "POLICE")
    drive.run(420)
    found += expect("K4 first", drive.when("side", "GREEN"), [411])
    drive.run(600)
    return found + expect("then the call", bool(drive.when("main", "GREEN")), True)


def call_within_limits(library: Library) -> Complaints:
    """A stage that is called, and not lit for a long minimum green, passes no limit of K4."""
    site = crossroads()
    slow = replace(site.groups[2], min_green_ds=600, max_green_ds=3000)
    groups = (*site.groups[:2], slow, site.groups[3])
    bound_ds = shortest_max_red_ds(groups, site.stages, site.intergreen_ds)
    site = replace(site, groups=tuple(replace(group, max_red_ds=bound_ds) for group in groups))
    drive = Drive(site, library=library)
    drive.run(20, 0b10)
    drive.ask(SIDE_STAGE, "STAGE", "POLICE")
    drive.run(700, 0b10)
    return expect("main ends at its maximum", drive.when("main", "AMBER"), [301])


def waiting_claims(library: Library) -> Complaints:
    """Lower sources wait with their own expiry running: taken up if still live, forgotten if not."""
    found = []
    for lasts_ds, due in ((1000, SIDE_STAGE), (300, LEFT_STAGE)):
        drive = Drive(crossroads(), library=library)
        drive.run(100)
        high = drive.ask(LEFT_STAGE, "HOLD", "RAILWAY", 1500)
        drive.ask(SIDE_STAGE, "HOLD", "PREEMPTION", lasts_ds)
        drive.run(600)
        found += expect("the higher one rules", drive.core.stage, LEFT_STAGE)
        drive.release("RAILWAY", high)
        drive.run(602)
        found += expect(f"after release, {lasts_ds} ds", drive.core.stage, due)
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    drive.ask(SIDE_STAGE, "STAGE", "ADAPTIVE")
    drive.ask(LEFT_STAGE, "STAGE", "SCHEDULE")
    drive.run(109)
    found += expect("adaptive for its time", drive.core.stage, SIDE_STAGE)
    hold = Drive(crossroads(), library=library)
    hold.run(100)
    hold.ask(SIDE_STAGE, "HOLD", "POLICE", 600)
    hold.run(699)
    hold.ask(LEFT_STAGE)
    found += expect("held", hold.core.stage, SIDE_STAGE)
    hold.run(701)
    return found + expect("adaptive after the hold", hold.core.stage, LEFT_STAGE)


def all_red(library: Library) -> Complaints:
    """Greens end by the rules, nobody starts until it is over; others than the police keep the maximum red.

    By hand: main waits since 50, so that its turn, after that of side, needs 200 + 110 + two frames before 950: 638.
    """
    drive = Drive(crossroads(), library=library)
    drive.run(20, ASKED_ALL)
    drive.ask(wish="ALL_RED", source="POLICE", lasts_ds=1200)
    drive.run(1219, ASKED_ALL)
    due = [(50, "main", "AMBER"), (50, "left", "AMBER"), (70, "walk", "PED_CLEAR"), (80, "main", "RED")]
    found = expect("on the way", drive.changes[:4], due)
    found += expect("red", [g.aspect.name for g in drive.core.groups], ["RED", "RED", "RED", "DONT_WALK"])
    drive.run(1221, ASKED_ALL)
    found += expect("over", any(g.right.is_green for g in drive.core.groups), True)
    drive = Drive(crossroads(), library=library)
    drive.run(20, ASKED_ALL)
    drive.ask(wish="ALL_RED", source="RAILWAY", lasts_ds=1800)
    drive.run(950, ASKED_ALL)
    return found + expect("side before main is late", drive.when("side", "GREEN"), [638])


def bus(library: Library) -> Complaints:
    """It extends the stage that is on by 10 s, once until that stage comes round again, within K4."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    found = refused(drive, "K8/kind", SIDE_STAGE, "HOLD", "BUS_PRIORITY")
    found += refused(drive, "K8/kind", MAIN_STAGE, "STAGE", "BUS_PRIORITY")
    drive.ask(MAIN_STAGE, "HOLD", "BUS_PRIORITY", 100)
    drive.run(195)
    drive.ask(SIDE_STAGE)
    found += expect("extended", drive.core.stage, MAIN_STAGE)
    found += refused(drive, "K8/extended", MAIN_STAGE, "HOLD", "BUS_PRIORITY")
    drive.run(201)
    found += expect("over", drive.core.stage, SIDE_STAGE)
    drive.run(400)
    found += refused(drive, "K8/extended", SIDE_STAGE, "HOLD", "BUS_PRIORITY")
    drive.ask(MAIN_STAGE)
    drive.run(500)
    drive.ask(MAIN_STAGE, "HOLD", "BUS_PRIORITY", 100)
    found += refused(drive, "K8/extended", MAIN_STAGE, "HOLD", "BUS_PRIORITY")
    drive.run(3499)
    found += refused(drive, "K8/extended", MAIN_STAGE, "HOLD", "BUS_PRIORITY")
    drive.run(3500)
    drive.ask(MAIN_STAGE, "HOLD", "BUS_PRIORITY", 100)
    return found


def bus_within_limits(library: Library) -> Complaints:
    """A green that has reached its maximum ends, bus or not."""
    drive = Drive(crossroads(), library=library)
    drive.run(250, 0b10)
    drive.ask(MAIN_STAGE, "HOLD", "BUS_PRIORITY", 100)
    drive.run(340)
    return expect("maximum green", drive.when("main", "AMBER"), [301])
