"""Scenarios whose times were worked out by hand from the intergreens: not a frame early, not a frame late."""

from dataclasses import replace

from signal_ctrl.domain.site import (
    COMPATIBLE,
    DayHours,
    GroupKind,
    Right,
    SignalGroup,
    Site,
    Stage,
    together_bit,
    transposed,
)
from signal_ctrl.domain.site_json import site_to_json
from tests.oracles.trace import Frame, judge
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, Drive, crossroads
from tests.signal_ctrl.kernel.worlds import Library

_R, _P, _G = Right.NONE, Right.PERMISSIVE, Right.PROTECTED
Complaints = list[str]


def prompt_changes(library: Library) -> Complaints:
    """Times of stage changes worked out by hand from the intergreens: not a frame early, not a frame late."""
    drive = Drive(crossroads(), library=library)
    for until_ds, stage in ((100, SIDE_STAGE), (400, MAIN_STAGE), (700, LEFT_STAGE), (1000, MAIN_STAGE)):
        drive.run(until_ds)
        drive.ask(stage)
    for until_ds in (1010, 1020, 1030):
        drive.run(until_ds)
        drive.ask(MAIN_STAGE)
    drive.run(1300)
    expected = [
        (101, "walk", "PED_CLEAR"),  # to the side road: the crossing needs 110, so ...
        (171, "main", "AMBER"),  # ... the main road, which needs 40, stays 70 longer
        (171, "left", "AMBER"),
        (181, "walk", "DONT_WALK"),
        (201, "main", "RED"),
        (201, "left", "RED"),
        (211, "side", "GREEN"),
        (401, "side", "AMBER"),  # back to the main road: each group as soon as it is free itself
        (431, "side", "RED"),
        (451, "main", "GREEN"),
        (456, "left", "GREEN permissive"),
        (461, "walk", "WALK"),
        (701, "walk", "PED_CLEAR"),  # to the left turn: it goes on yielding while the crossing clears
        (776, "main", "AMBER"),
        (781, "walk", "DONT_WALK"),
        (806, "main", "RED"),
        (811, "left", "GREEN"),
        (1001, "left", "GREEN permissive"),  # and back: its priority is lost at once, others wait for that
        (1046, "main", "GREEN"),
        (1051, "walk", "WALK"),
    ]
    return [f"{drive.changes} instead of {expected}"] if drive.changes != expected else []


def priority_is_no_new_green(library: Library) -> Complaints:
    """The minimum counts from the start of green, not from a gain of priority."""
    drive = Drive(crossroads(), library=library)
    for until_ds, stage in ((100, LEFT_STAGE), (220, SIDE_STAGE), (300, SIDE_STAGE)):
        drive.run(until_ds)
        drive.ask(stage)
    times = (drive.when("left", "GREEN"), drive.when("left", "AMBER"))
    return [] if times == ([211], [221]) else [f"left gains priority and ends at {times}"]


def _merge(stages: tuple[Stage, ...]) -> Site:
    """Return a site where a and b meet only with equal rights; both yield to c, and d runs beside them."""
    names = tuple(enumerate("abcd"))
    a, b, c, d = (SignalGroup(name, GroupKind.VEHICLE, (k,), 30, 50, 300, 3000) for k, name in names)
    both, under = together_bit(_G, _G), together_bit(_P, _G)
    over, free = transposed(under), COMPATIBLE
    return Site(
        signal_id="merge", n_links=4, first_stage=0, profile="test", stages=stages,
        groups=(replace(a, min_green_ds=200), replace(b, min_green_ds=200), c, d),
        together=(
            (free, both, under, free), (both, free, under, free),
            (over, over, free, 0), (free, free, 0, free),
        ),
        intergreen_ds=((-1, 30, 60, -1), (30, -1, 30, -1), (40, 50, -1, 30), (-1, -1, 90, -1)),
    )  # fmt: skip


def joint_changes(library: Library) -> Complaints:
    """Two that meet only with equal rights: they change together, or one waits for the other."""
    site = _merge(
        (
            Stage("abd", (_G, _G, _R, _G)),
            Stage("ac", (_P, _R, _G, _R)),
            Stage("b", (_R, _G, _R, _R)),
            Stage("low", (_P, _P, _R, _R)),
        )
    )
    found = []
    kept = "170 d AMBER, 200 a GREEN permissive, 200 b AMBER, 200 d RED, 230 b RED, 260 c GREEN"
    waiting = "61 c AMBER, 91 c RED, 200 a AMBER, 200 b GREEN, 230 a RED"
    for stage, wish, due in (
        (
            0,
            1,
            kept,
        ),  # b stays its minimum, a keeps priority for it, and d all of its green that delays nobody
        (1, 2, waiting),  # b may not begin beside a that yields
        (3, 0, "61 a GREEN, 61 b GREEN, 61 d GREEN"),  # all gain priority at once
    ):
        drive = Drive(site, stage, library)
        drive.run(60)
        drive.ask(wish)
        drive.run(400)
        changes = ", ".join(f"{at_ds} {name} {shown}" for at_ds, name, shown in drive.changes)
        found += [f"{changes} instead of {due}"] if changes != due else []
    return found


def tied_priorities(library: Library) -> Complaints:
    """Two that meet only with equal rights lose priority together, though c needs it earlier of one."""
    drive = Drive(_merge((Stage("ab", (_G, _G, _R, _R)), Stage("abc", (_P, _P, _G, _R)))), 0, library)
    drive.run(60)
    drive.ask(1)
    drive.run(300)
    due = [(61, "a", "GREEN permissive"), (61, "b", "GREEN permissive"), (121, "c", "GREEN")]
    return [f"{drive.changes} instead of {due}"] if drive.changes != due else []


def unopposed_wait(library: Library) -> Complaints:
    """A group that waits for its yield partner opposes no green, and still turns green in time."""
    site = crossroads()
    site = replace(site, stages=(*site.stages, Stage("main only", (_G, _R, _R, _R))))
    drive = Drive(site, 3, library)
    drive.run(1, calls=0b100)
    drive.run(1200)
    return [] if any(at_ds <= 901 for at_ds in drive.when("left", "GREEN permissive")) else [f"{drive.changes}"]


def late_call(library: Library) -> Complaints:
    """A green that nobody opposes may last; its maximum counts from the first conflicting call."""
    drive = Drive(crossroads(), library=library)
    drive.run(1000)
    drive.run(1001, calls=0b10)
    drive.run(1600)
    return [] if drive.when("main", "AMBER") == [1301] else [f"main ended at {drive.when('main', 'AMBER')}, not 1301"]


def demand_survives(library: Library) -> Complaints:
    """A short call is remembered through flash, clock trouble and start-up, while one stage is held."""
    found = []
    for trouble in ("FLASH", "DARK", "clock"):
        drive = Drive(crossroads(), library=library)
        drive.run(100)
        drive.run(101, calls=0b10)
        if trouble == "clock":
            drive.state = drive.kernel.step(drive.state, 0, -(10**9))
            drive.run(-(10**9) + 2000)
        else:
            drive.ask(wish=trouble)
            drive.run(600)
            drive.ask(wish="RESUME")
            drive.run(2600)
        if not drive.when("side", "GREEN"):
            found.append(f"the call before {trouble} was never served")
    return found


def button_in_clearance(library: Library) -> Complaints:
    """A button pressed while the crossing clears neither stretches WALK nor the clearance."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    drive.ask(SIDE_STAGE)
    drive.run(150)
    drive.run(160, calls=0b1000)
    drive.run(400)
    times = (drive.when("walk", "PED_CLEAR"), drive.when("walk", "DONT_WALK"), drive.when("side", "GREEN"))
    return [] if times == ([101], [181], [211]) else [f"clearance, don't walk, side green at {times}"]


def turn_on_a_crossing(library: Library) -> Complaints:
    """A left turn that yields to people starts while WALK stays, but never once WALK ends, until they are over."""
    stages = (*crossroads().stages, Stage("on foot", (_G, _R, _R, _G)), Stage("turning", (_G, _R, _P, _R)))
    found = []
    for asked_ds, stage, due in ((100, MAIN_STAGE, ([101], [])), (100, 4, ([211], [101])), (30, 4, ([180], [70]))):
        drive = Drive(crossroads(stages=stages), 3, library)
        drive.run(asked_ds)
        drive.ask(stage)
        drive.run(400)
        times = (drive.when("left", "GREEN permissive"), drive.when("walk", "PED_CLEAR"))
        found += [] if times == due else [f"left, end of WALK at {times} instead of {due}"]
    drive = Drive(crossroads(stages=stages), 4, library)  # a change of mind within the clearance
    for until_ds, stage in ((100, MAIN_STAGE), (300, 3), (400, SIDE_STAGE), (430, MAIN_STAGE)):
        drive.run(until_ds)
        drive.ask(stage)
    drive.run(700)
    times = (drive.when("left", "GREEN permissive"), drive.when("walk", "PED_CLEAR"), drive.when("walk", "WALK"))
    due = ([502], [401], [101, 501])
    return found + ([] if times == due else [f"left, end of WALK, WALK at {times} instead of {due}"])


def walk_put_off(library: Library) -> Complaints:
    """Who waits for the end of one crossing, and yields to another, is green within its maximum red.

    The other WALK would reach its maximum just before, and keep it waiting for one clearance more.
    """
    site = crossroads(
        groups=(
            SignalGroup("turn", GroupKind.VEHICLE, (0,), 30, 50, 3000, 3000),
            SignalGroup("cross", GroupKind.VEHICLE, (1,), 30, 50, 3000, 3000),
            SignalGroup("near", GroupKind.CROSSING, (2,), 0, 70, 200, 3000, clearance_ds=170, buffer_ds=30),
            SignalGroup("far", GroupKind.CROSSING, (3,), 0, 70, 3000, 3000, clearance_ds=170, buffer_ds=30),
        ),
        stages=(Stage("walks", (_R, _R, _G, _G)), Stage("turn", (_P, _R, _G, _R)), Stage("cross", (_R, _G, _R, _R))),
        together=(
            (COMPATIBLE, 0, together_bit(_P, _G), 0),
            (0, COMPATIBLE, 0, 0),
            (together_bit(_G, _P), 0, COMPATIBLE, COMPATIBLE),
            (0, 0, COMPATIBLE, COMPATIBLE),
        ),
        intergreen_ds=((-1, 30, 30, 30), (30, -1, 30, 30), (200, 200, -1, -1), (200, 200, -1, -1)),
    )
    groups = tuple(replace(group, max_red_ds=1000 if k == 0 else 3000) for k, group in enumerate(site.groups))
    site = replace(site, groups=groups)
    found = []
    for called_ds in range(590, 710, 12):
        player, frames = library.kernel_of(site), []
        state = player.in_service(0, 0)
        for now_ds in range(1, 1400):
            state = player.step(state, 0b1101 | 0b10 * (now_ds >= called_ds), now_ds)
            shown = tuple((group.aspect.value, int(group.right)) for group in state.core.groups)
            frames.append(Frame(now_ds, shown, 0b1101 | 0b10 * (now_ds >= called_ds)))
        found += [f"called at {called_ds}: {breach}" for breach in judge(site_to_json(site), frames, cold=False)]
    return found


def lead_and_longer(library: Library) -> Complaints:
    """Turns wait for the lead of people; a clearance keeps the length that it began with, whatever hour comes."""
    groups = crossroads().groups
    groups = (*groups[:3], replace(groups[3], lead_ds=50, longer_ds=60))
    hours = (DayHours((0,), 420, 480),)
    site = crossroads(groups=tuple(replace(g, max_red_ds=1500) for g in groups), longer_hours=hours, zone="UTC")
    drive = Drive(site, SIDE_STAGE, library)
    drive.run(100)
    drive.ask(MAIN_STAGE)
    drive.run(300)
    times = (drive.when("main", "GREEN"), drive.when("walk", "WALK"), drive.when("left", "GREEN permissive"))
    found = [] if times == ([151], [161], [211]) else [f"main, walk, left at {times}"]
    for at_ds, during, due in ((300, False, (80, 110)), (1000, True, (140, 170))):
        drive.run(at_ds)
        drive.state = drive.kernel.longer(drive.state, during)
        drive.run(at_ds + 100)
        drive.ask(SIDE_STAGE)
        drive.run(at_ds + 110)
        drive.state = drive.kernel.longer(drive.state, not during)
        drive.run(at_ds + 400)
        begin_ds = drive.when("walk", "PED_CLEAR")[-1]
        lasts = (drive.when("walk", "DONT_WALK")[-1] - begin_ds, drive.when("side", "GREEN")[-1] - begin_ds)
        found += [] if lasts == due else [f"clearance and side green after {lasts} instead of {due}"]
        drive.ask(MAIN_STAGE)
    return found
