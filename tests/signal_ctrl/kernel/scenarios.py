"""Small named scenarios, each a pure function from a library (the kernel, or a mutant of it) to complaints.

The kernel passes all of them; test_mutants.py says which one catches which mutant. Verdicts come from the
oracles O1 and O2, from exact times worked out by hand, or from the refusal that is due.
"""

import ast
import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from signal_ctrl.domain.site import Right
from signal_ctrl.domain.site_json import site_to_json
from tests.oracles.trace import judge
from tests.signal_ctrl.kernel import (
    claim_end_scenarios,
    claim_scenarios,
    gate_scenarios,
    monitor_scenarios,
    stream_scenarios,
    timed_scenarios,
    vehicle_scenarios,
)
from tests.signal_ctrl.kernel.small_sites import MAIN_STAGE, crossroads
from tests.signal_ctrl.kernel.worlds import Library, Player, Stream

Complaints = list[str]
CORE_MODULES: Final = (
    "aspects",
    "countdown",
    "diagram",
    "gate",
    "kernel",
    "lamps",
    "latch",
    "limits",
    "monitor",
    "outlook",
    "precedence",
    "sequencer",
    "state",
    "tables",
)


def broken_sequencer(library: Library) -> Complaints:
    """A sequencer that knows no conflict: the look at the frame to be emitted has to trip, and to stay."""
    site = crossroads()
    kernel = library.kernel_of(site)
    free = tuple(tuple(((True,) * 4,) * 4 for _ in range(4)) for _ in range(4))
    kernel.tables = replace(kernel.tables, meets=free)
    player = Player(kernel, 1, Stream(0.2, "all"), library)
    frames, states = [], []
    for frame, state in player.trace(800):
        frames.append(frame)
        states.append(state)
    bad = [found.text for found in judge(site_to_json(site), frames) if found.rule == "K1"]
    last = states[-1].core
    latched = last.mode.value == "fault" and {g.aspect.value for g in last.groups} == {
        "flashing amber",
        "dark",
    }
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
    due += [
        (0, shown(left=("AMBER", 0))),
        (2, shown(main=("AMBER", 0), left=("RED", 0), side=("GREEN", 3), walk=("PED_CLEAR", 0))),
    ]
    return [f"check {k}: {got} instead of {want}" for k, (want, got) in enumerate(due) if want != got]


def site_documents(library: Library) -> Complaints:
    """Documents of unsafe sites are refused: hidden conflicts, short intergreens, too long a round."""
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
                found.append(f"{name} moves a lamp: {ast.unparse(node)}")
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
    scenario.__name__: scenario
    for scenario in (
        stream_scenarios.random_wishes,
        stream_scenarios.tight_limits,
        stream_scenarios.held_stage,
        stream_scenarios.out_of_service,
        stream_scenarios.clock_trouble,
        stream_scenarios.slow_frames,
        stream_scenarios.power_cuts,
        timed_scenarios.prompt_changes,
        timed_scenarios.priority_is_no_new_green,
        timed_scenarios.joint_changes,
        timed_scenarios.tied_priorities,
        timed_scenarios.unopposed_wait,
        timed_scenarios.late_call,
        timed_scenarios.demand_survives,
        timed_scenarios.button_in_clearance,
        timed_scenarios.turn_on_a_crossing,
        timed_scenarios.walk_put_off,
        timed_scenarios.lead_and_longer,
        vehicle_scenarios.special_vehicle_and_people,
        gate_scenarios.panel_and_police,
        gate_scenarios.refusals_by_mode,
        gate_scenarios.forced_service,
        claim_scenarios.ranks,
        claim_scenarios.terms,
        claim_scenarios.police_hold,
        claim_scenarios.others_keep_the_limits,
        claim_scenarios.overdue_first,
        claim_scenarios.calls,
        claim_scenarios.call_within_limits,
        claim_scenarios.waiting_claims,
        claim_scenarios.all_red,
        claim_scenarios.bus,
        claim_scenarios.bus_within_limits,
        claim_end_scenarios.dark_ends,
        claim_end_scenarios.door,
        claim_end_scenarios.out_and_back,
        claim_end_scenarios.flash_under_a_hold,
        claim_end_scenarios.releases,
        claim_end_scenarios.restarts,
        claim_end_scenarios.base_wishes,
        monitor_scenarios.fault_band,
        monitor_scenarios.healthy_lamps,
        monitor_scenarios.fault_kinds,
        monitor_scenarios.counters,
        monitor_scenarios.red_out,
        monitor_scenarios.flash_lamps_out,
        monitor_scenarios.latch_stays,
        monitor_scenarios.reset_at_the_cabinet,
        monitor_scenarios.trip_whoever_rules,
        monitor_scenarios.fault_dark,
        monitor_scenarios.unreadable_latch,
        broken_sequencer,
        monitor,
        site_documents,
        sources,
    )
}
