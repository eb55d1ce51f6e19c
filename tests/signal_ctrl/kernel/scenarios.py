"""Small named scenarios, each a pure function from a library (the kernel, or a mutant of it) to complaints.

The kernel passes all of them; tests/signal_ctrl/kernel/test_mutants.py says which one catches which mutant.
Verdicts come from the oracles O1 and O2, from exact times worked out by hand, or from the refusal that is due.
"""

import ast
import importlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.site import (
    COMPATIBLE,
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
from tests.signal_ctrl.kernel.worlds import Library, Player, Stream, random_site

_R, _P, _G = Right.NONE, Right.PERMISSIVE, Right.PROTECTED
Complaints = list[str]
CORE_MODULES: Final = ("aspects", "diagram", "gate", "kernel", "lamps", "limits", "outlook", "sequencer", "state", "tables")


def _judged(library: Library, site: Site, seed: int, n_frames: int, stream: Stream) -> Complaints:
    frames = []
    for frame, state in Player(library.kernel_of(site), seed, stream, library).trace(n_frames):
        frames.append(frame)
        if state.core.mode.value == "fault":
            return [f"fault: {state.core.reason}"]
    return [f"{found.rule} frame {found.frame}: {found.text}" for found in judge(site_to_json(site), frames)]


def _first(complaints: Iterator[Complaints]) -> Complaints:
    return next((found for found in complaints if found), [])


def random_wishes(library: Library) -> Complaints:
    """Stages asked for at random, now and then and in every frame."""
    wishes = (0.3, 0.02, 0.01, 0.02, 0.05)
    return _first(
        _judged(library, random_site(400 + k, 4 + k), k, 700, Stream(wish)) for k, wish in enumerate(wishes)
    )


def tight_limits(library: Library) -> Complaints:
    """Everybody calls all the time, wishes are hostile, and the site promises no more than it can keep."""
    cases = [(0, crossroads(), -1, 1.0), (1, _tight(crossroads()), 1, 0.05)]
    cases += [(seed, _tight(random_site(seed, n)), seed % n, 0.3) for seed, n in ((3, 4), (8, 3))]
    cases += [(47, _tight(random_site(47, 6)), 5, 1.0)]
    return _first(
        _judged(library, site, seed, 1700, Stream(wish, "all", victim=victim))
        for seed, site, victim, wish in cases
    )


def _tight(site: Site) -> Site:
    bound_ds = max(300, -(-site.rota().bound_ds // site.resolution_ds) * site.resolution_ds)
    return replace(site, groups=tuple(replace(group, max_red_ds=bound_ds) for group in site.groups))


def held_stage(library: Library) -> Complaints:
    """One stage is held for ever against short calls of everybody else."""
    sites = (crossroads(), random_site(21, 4), random_site(33, 6))
    return _first(
        _judged(library, site, k, 2500, Stream(0.0, "pulses")) for k, site in enumerate(sites)
    )


def out_of_service(library: Library) -> Complaints:
    """Planned flash, dark and the way back, with calls in between."""
    sites = (crossroads(startup_flash_ds=50), crossroads(), random_site(60, 5), random_site(61, 3))
    stream = Stream(0.02, "random", out_of_service=0.01)
    return _first(_judged(library, site, k, 1500, stream) for k, site in enumerate(sites))


def clock_trouble(library: Library) -> Complaints:
    """A clock that stops, jumps and goes back."""
    sites = (crossroads(startup_flash_ds=50), crossroads(), random_site(70, 5))
    streams = (Stream(0.05, "all", clock=0.008), Stream(0.02, "random", clock=0.01), Stream(0.0, "all", clock=0.003))
    return _first(
        _judged(library, site, k + 10, 1500, stream) for k, site in enumerate(sites) for stream in streams
    )


def slow_frames(library: Library) -> Complaints:
    """A site whose lamps are set each second, stepped each second: the clock counts, not the frames."""
    gaps = tuple(tuple(-(-gap // 10) * 10 if gap > 0 else gap for gap in row) for row in crossroads().intergreen_ds)
    site = crossroads(intergreen_ds=gaps, resolution_ds=10, groups=tuple(
        replace(group, max_red_ds=1200) for group in crossroads().groups
    ))  # fmt: skip
    return _judged(library, site, 4, 600, Stream(0.1, "all", frame_ds=10))


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


def joint_changes(library: Library) -> Complaints:
    """Two groups that meet only with equal rights: they change together, or one waits for the other."""
    a, b, c = (SignalGroup(name, GroupKind.VEHICLE, (k,), 30, 50, 300, 3000) for k, name in enumerate("abc"))
    both, under = together_bit(_G, _G), together_bit(_P, _G)
    site = Site(
        signal_id="merge", n_links=3, groups=(replace(a, min_green_ds=200), b, c), first_stage=0, profile="test",
        stages=(Stage("ab", (_G, _G, _R)), Stage("ac", (_P, _R, _G)), Stage("b", (_R, _G, _R)), Stage("low", (_P, _P, _R))),
        together=((COMPATIBLE, both, under), (both, COMPATIBLE, 0), (transposed(under), 0, COMPATIBLE)),
        intergreen_ds=((-1, 30, 60), (30, -1, 30), (40, 50, -1)),
    )  # fmt: skip
    lowering, waiting, together = Drive(site, 0, library), Drive(site, 1, library), Drive(site, 3, library)
    lowering.run(10)
    lowering.ask(1)
    lowering.run(300)
    waiting.run(60)
    waiting.ask(2)
    waiting.run(300)
    together.run(60)
    together.ask(0)
    together.run(300)
    found = []
    for drive, due in (
        (lowering, [(50, "a", "GREEN permissive"), (50, "b", "AMBER"), (80, "b", "RED"), (110, "c", "GREEN")]),
        (waiting, [(61, "c", "AMBER"), (91, "c", "RED"), (200, "a", "AMBER"), (200, "b", "GREEN"), (230, "a", "RED")]),
        (together, [(61, "a", "GREEN"), (61, "b", "GREEN")]),
    ):
        found += [f"{drive.changes} instead of {due}"] if drive.changes != due else []
    return found


def unopposed_wait(library: Library) -> Complaints:
    """A group that waits for its yield partner opposes no green, and still turns green within its maximum red."""
    site = crossroads()
    site = replace(site, stages=(*site.stages, Stage("main only", (_G, _R, _R, _R))))
    drive = Drive(site, 3, library)
    drive.run(1, calls=0b100)
    drive.run(1200)
    return [] if any(at_ds <= 901 for at_ds in drive.when("left", "GREEN permissive")) else [f"{drive.changes}"]


def late_call(library: Library) -> Complaints:
    """A green that nobody opposes may last; its maximum counts from the first conflicting call, also of a short one."""
    drive = Drive(crossroads(), library=library)
    drive.run(1000)
    drive.run(1001, calls=0b10)
    drive.run(1600)
    return [] if drive.when("main", "AMBER") == [1301] else [f"main ended at {drive.when('main', 'AMBER')}, not 1301"]


def demand_survives(library: Library) -> Complaints:
    """A short call is remembered through flash, clock trouble and start-up, however long one stage is held."""
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


def panel_and_police(library: Library) -> Complaints:
    """No source is above the rules: not the key at the cabinet, not the police."""
    found = []
    for source in ("CABINET_PANEL", "POLICE", "PREEMPTION"):
        drive = Drive(crossroads(), library=library)
        drive.run(20)
        drive.ask(SIDE_STAGE, source=source)
        drive.run(300)
        if (drive.when("walk", "PED_CLEAR"), drive.when("side", "GREEN")) != ([70], [180]):
            found.append(f"{source}: {drive.changes}")
        for name, request in _bad_requests(library, drive, source):
            found += _unless_refused(drive, name, request)
    return found


def _bad_requests(library: Library, drive: Drive, source: str) -> Iterator[tuple[str, Any]]:
    state, now_ds = library.state, drive.state.frame_ds
    good = state.Request(state.Source[source], 10**6, now_ds, now_ds, stage=MAIN_STAGE)
    yield "K8/expired", replace(good, issued_ds=now_ds - 9, expires_ds=now_ds - 1)
    yield "K8/expired", replace(good, issued_ds=now_ds + 1, expires_ds=now_ds + 9)
    yield "K8/out-of-order", replace(good, sequence=1)
    yield "K8/out-of-order", replace(good, sequence=-7)
    yield "K8/unknown-stage", replace(good, stage=3)
    yield "K8/unknown-stage", replace(good, stage=-1)
    yield "K8/running", replace(good, wish=state.Wish.RESUME)
    for junk in (None, "main", 7, now_ds, [good]):
        yield "K8/malformed", junk
    for field, junk in (
        ("stage", True), ("stage", 0.0), ("sequence", "9"), ("issued_ds", None), ("source", 4), ("wish", "STAGE"),
    ):  # fmt: skip
        yield "K8/malformed", replace(good, **{field: junk})


def _unless_refused(drive: Drive, rule: str, request: Any, now_ds: Any = None) -> Complaints:
    """Return a complaint if a request is not refused by this rule, or if it leaves a mark."""
    before, text = drive.state, repr(drive.state)
    try:
        drive.kernel.submit(drive.state, request, drive.state.frame_ds if now_ds is None else now_ds)
    except drive.library.errors.RefusedError as error:
        kept = drive.state == before and repr(before) == text
        return [] if error.rule == rule and kept else [f"{error.rule} instead of {rule}, state kept: {kept}"]
    return [f"{request} was not refused by {rule}"]


def refusals_by_mode(library: Library) -> Complaints:
    """Wishes are refused in start-up, on the way out of service, out of service, while K4 rules, and after a fault."""
    state = library.state
    drive = Drive(crossroads(startup_flash_ds=20), None, library)

    def refused(rule: str, wish: str = "STAGE", stage: int = SIDE_STAGE) -> Complaints:
        now_ds = drive.state.frame_ds
        request = state.Request(state.Source.POLICE, 10**6, now_ds, now_ds, state.Wish[wish], stage)
        return _unless_refused(drive, rule, request)

    found = refused("K7/start-up") + refused("K7/start-up", "RESUME")
    drive.run(40)
    found += refused("K7/start-up")
    drive.run(300)
    if drive.when("side", "GREEN"):
        found.append("a wish of the start-up was taken up after it")
    drive.ask(wish="DARK")
    found += refused("K7/clearing")
    drive.run(1400)
    found += refused("K7/out-of-service") + refused("K7/out-of-service", "FLASH")
    drive.ask(wish="RESUME")
    drive.run(1402)
    found += refused("K7/start-up")
    core = replace(drive.core, mode=state.Mode.FAULT)
    drive.state = state.KernelState(core, drive.state.frame_ds)
    return found + refused("K6/latched") + refused("K6/latched", "RESUME")


def forced_service(library: Library) -> Complaints:
    """While K4 serves a group, the wish that would starve it is refused; afterwards it is heard again."""
    drive = Drive(crossroads(), library=library)
    drive.run(301, calls=0b10)
    state, now_ds = library.state, drive.state.frame_ds
    away = state.Request(state.Source.POLICE, 10**6, now_ds, now_ds, stage=MAIN_STAGE)
    found = _unless_refused(drive, "K4/forced", away)
    drive.run(600)
    found += [] if drive.when("side", "GREEN") == [411] else [f"side green at {drive.when('side', 'GREEN')}, not 411"]
    drive.ask(MAIN_STAGE)
    drive.run(900)
    return found + ([] if drive.when("main", "GREEN") else ["the wish after the forced service was not heard"])


def power_cuts(library: Library) -> Complaints:
    """Power cut at many frames of a start and of a crossing in use, up to five times in a row."""
    rng = random.Random(9)
    for site in (crossroads(startup_flash_ds=30), crossroads(startup_all_red_ds=0), crossroads(startup_all_red_ds=90)):
        for _ in range(12):
            kernel, now_ds = library.kernel_of(site), 0
            for cut in range(rng.randint(1, 5) + 1):
                state, frames = kernel.power_on(now_ds), []
                frames.append(_frame(state, now_ds))
                for _ in range(rng.randint(1, 250) if cut else 300):
                    now_ds += 1
                    state = kernel.step(state, 0b1111, now_ds)
                    frames.append(_frame(state, now_ds))
                now_ds += rng.randint(0, 50)
                found = judge(site_to_json(site), frames)
                if found:
                    return [f"{found[0].rule} {found[0].text}"]
    return []


def _frame(state: Any, now_ds: int) -> Frame:
    shown = tuple((group.aspect.value, int(group.right)) for group in state.core.groups)
    return Frame(now_ds, shown, 0b1111, state.core.mode.value == "running")


def broken_sequencer(library: Library) -> Complaints:
    """A sequencer that knows no conflict: the look at the frame before it is emitted has to trip, then stay latched."""
    site = crossroads()
    kernel = library.kernel_of(site)
    free = tuple(tuple(((True,) * 4,) * 4 for _ in range(4)) for _ in range(4))
    kernel.tables = replace(kernel.tables, meets=free)
    player = Player(kernel, 1, Stream(0.2, "all"), library)
    frames, states = [], []
    for frame, state in player.trace(400):
        frames.append(frame)
        states.append(state)
    bad = [found.text for found in judge(site_to_json(site), frames) if found.rule == "K1"]
    last = states[-1].core
    latched = last.mode.value == "fault" and {g.aspect.value for g in last.groups} == {"flashing amber", "dark"}
    return bad + ([] if latched else [f"no latched fault: {last.mode}"])


def monitor(library: Library) -> Complaints:
    """What `breaches` says of frames put together by hand."""
    kernel = library.kernel_of(crossroads())
    core = kernel.in_service(0, MAIN_STAGE).core
    lib = library.state

    def shown(**changes: tuple[str, int]) -> int:
        groups = list(core.groups)
        for name, (aspect, right) in changes.items():
            g = [group.name for group in kernel.site.groups].index(name)
            groups[g] = replace(groups[g], aspect=lib.Aspect[aspect], right=list(Right)[right])
        return len(library.lamps.breaches(kernel.site, replace(core, groups=tuple(groups))))

    due = [(0, shown())]
    due += [(1, shown(side=(aspect, 0)) // 3) for aspect in ("AMBER", "RED_AMBER", "DARK", "FLASH_AMBER", "FLASH_RED")]
    due += [(6, shown(side=("GREEN", 3))), (4, shown(left=("GREEN", 3)))]
    due += [(0, shown(left=("AMBER", 0))), (2, shown(main=("AMBER", 0), left=("RED", 0), side=("GREEN", 3), walk=("PED_CLEAR", 0)))]
    return [f"check {k}: {got} instead of {want}" for k, (want, got) in enumerate(due) if want != got]


def site_documents(library: Library) -> Complaints:
    """Documents of unsafe sites are refused: hidden conflicts, missing or short intergreens, too long a round."""
    document = site_to_json(crossroads())
    damages = [
        ('"compatible":[[0,3]]', '"compatible":[[0,1],[0,3]]'),
        ('"compatible":[[0,3]]', '"compatible":[]'),
        ("[0,1,40]", "[0,1,29]"),
        ("[0,1,40],", ""),
        ("[3,1,110]", "[3,1,109]"),
        ('[0,2,["Gg"]]', '[0,2,["gG"]]'),
        ('"max_red_ds":900', '"max_red_ds":300'),
        ('"min_green_ds":50', '"min_green_ds":49'),
        ('"amber_ds":30', '"amber_ds":29'),
        ('"red_revert_ds":20', '"red_revert_ds":19'),
        ('[2,3,["gG"]]', '[2,3,["GG","gG"]]'),
    ]
    found = []
    for old, new in damages:
        assert old in document, old
        try:
            library.site_json.site_from_json(document.replace(old, new))
        except library.errors.InvalidInputError:
            continue
        found.append(f"accepted with {new} for {old}")
    return found


def sources(library: Library) -> Complaints:
    """The kernel's text: no clock, no dice, no floats, and one module that moves lamps."""
    found = []
    for name in CORE_MODULES:
        path = importlib.import_module(f"{library.package}.kernel.{name}").__file__
        assert path is not None
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            found += [f"{name}: {text}" for text in _forbidden(node)]
            moves = isinstance(node, ast.Call) and ast.unparse(node.func) in ("step", "aspects.step")
            if moves and name not in ("kernel", "sequencer"):
                found.append(f"{name} line {node.lineno} moves a lamp")
    return found


def _forbidden(node: ast.AST) -> Iterator[str]:
    allowed = {"collections", "dataclasses", "enum", "typing", "signal_ctrl"}
    if isinstance(node, ast.ImportFrom):
        root = (node.module or "").partition(".")[0]
        if root not in allowed and not root.startswith("mutant"):
            yield f"imports {node.module}"
    if isinstance(node, ast.Import):
        yield f"imports {node.names[0].name}"
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield f"float {node.value}"
    if isinstance(node, ast.Div):
        yield "divides into a float"
    if isinstance(node, ast.Name) and node.id in ("float", "round", "print", "open", "eval", "exec"):
        yield f"uses {node.id}"


SCENARIOS: Final[dict[str, Callable[[Library], Complaints]]] = {
    function.__name__: function
    for function in (
        random_wishes, tight_limits, held_stage, out_of_service, clock_trouble, slow_frames, prompt_changes,
        priority_is_no_new_green, joint_changes, unopposed_wait,
        late_call, demand_survives, button_in_clearance, panel_and_police, refusals_by_mode, forced_service, power_cuts,
        broken_sequencer, monitor, site_documents, sources,
    )
}  # fmt: skip
