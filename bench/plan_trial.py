"""A plan tried out for the referee: the kernel keeps it, everybody calls, and O1 and O2 judge what was lit.

What is asked of a plan here is worked out from the documents and the trace; the acceptance of plans is not asked.
"""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any, Final, NamedTuple

from bench.referees import ORACLES
from signal_ctrl.domain.errors import InvalidInputError, RefusedError
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, KernelState, Mode, Request, Source

CYCLES: Final = 2


class Turn(NamedTuple):
    """A stage (index) and how long it has. [ds]"""

    stage: int
    split_ds: int


class Trial(NamedTuple):
    """What came of it: what the referee objects to, and where the plan was not kept; both empty for a safe plan."""

    breaches: tuple[str, ...]
    not_kept: str


@cache
def referee() -> ModuleType:
    """Return the oracles O1 and O2. Raises: InvalidInputError where they are not at hand."""
    path = ORACLES / "trace.py"
    spec = importlib.util.spec_from_file_location("signal_ctrl_trace_referee", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise InvalidInputError("the campaign needs the checkout of the project, with tests/oracles")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fault_of(document: Mapping[str, Any], site: Mapping[str, Any], site_sha256: str) -> str:
    """Return the first rule of form that the only signal of a plan document breaks, read as plainly as can be.

    Source: SAFETY K9: cycle of 30 to 300 s, up to 16 stages, whole seconds, splits that make the cycle, hash of the
    site; and nobody whom the site serves is left out.
    """
    (signal,) = document["signals"]
    times = [signal["cycle_ds"], signal["offset_ds"], *signal["splits_ds"]]
    names = [stage["name"] for stage in site["stages"]]
    checked = ("signal_id", "site", "cycle_ds", "offset_ds", "stages", "splits_ds")
    checks = {
        "signal": signal["signal_id"] == site["signal_id"],
        "site": signal["site"] == site_sha256,
        "times": all(type(t) is int and t >= 0 and t % 10 == 0 and t % site["resolution_ds"] == 0 for t in times),
        "cycle": 300 <= signal["cycle_ds"] <= 3000 and 0 <= signal["offset_ds"] < signal["cycle_ds"],
        "splits": sum(signal["splits_ds"]) == signal["cycle_ds"] and min(signal["splits_ds"]) > 0,
        "stages": 1 <= len(signal["stages"]) <= 16 and len(signal["stages"]) == len(signal["splits_ds"]),
        "names": all(names.count(name) == 1 for name in signal["stages"]),
        "twice": len(signal["stages"]) == 1
        or all(a != b for a, b in pairwise([*signal["stages"], signal["stages"][0]])),
        "keys": set(document) == {"format", "name", "signals"} and len(signal) == len(checked),
        "text": document["format"] == "signal-ctrl plan 1" and type(document["name"]) is str and document["name"] != "",
        "served": _served(site, names) == _served(site, signal["stages"]),
        "size": len(json.dumps(document)) <= 1 << 16,
    }
    return next((name for name, holds in checks.items() if not holds), "")


def _served(site: Mapping[str, Any], names: Sequence[str]) -> set[int]:
    """Return the groups that stages of these names give green."""
    rights = [stage["rights"] for stage in site["stages"] if stage["name"] in names]
    return {g for letters in rights for g, letter in enumerate(letters) if letter in "gG"}


def try_out(kernel: Kernel, turns: Sequence[Turn], before: int) -> Trial:
    """Keep a plan for two cycles and its next change, from a stage that has been lit for long.

    Args: turns, one cycle; before, the stage lit at first (index).
    """
    frames: list[Any] = []
    state, not_kept, now_ds = _long_lit(kernel, before), "", 0
    everybody, frame_of = (1 << len(kernel.site.groups)) - 1, referee().Frame
    for number, turn in enumerate([*turns] * CYCLES + [turns[0]]):
        if state.core.stage != turn.stage:
            not_kept = not_kept or _short(kernel, frames, state.core.stage, number)
            request = Request(Source.SCHEDULE, number, now_ds, FOREVER_DS, stage=turn.stage)
            try:
                state = kernel.submit(state, request, now_ds)
            except RefusedError as error:
                not_kept = not_kept or error.rule
        del frames[-1:]  # the frame in which the wish comes is made anew
        for frame_ds in range(now_ds, now_ds + turn.split_ds + 1):
            state = kernel.step(state, everybody, frame_ds)
            if state.core.stage != turn.stage or state.core.mode is not Mode.RUNNING:
                not_kept = not_kept or f"turn {number}: stage {state.core.stage} in place of {turn.stage}"
            frames.append(frame_of(frame_ds, _shown(state), everybody))
        now_ds += turn.split_ds
    found = referee().judge(site_to_json(kernel.site), frames, cold=False)
    return Trial(tuple(f"{each.rule} at {each.frame}: {each.text}" for each in found), not_kept)


def _long_lit(kernel: Kernel, stage: int) -> KernelState:
    """Return the state at -60 s of a stage that came on then, a minute later."""
    state = kernel.in_service(-600, stage)
    for frame_ds in range(-599, 0):
        state = kernel.step(state, 0, frame_ds)
    return state


def _shown(state: KernelState) -> tuple[tuple[str, int], ...]:
    return tuple((group.aspect.value, int(group.right)) for group in state.core.groups)


def _short(kernel: Kernel, frames: Sequence[Any], stage: int, number: int) -> str:
    """Return what the stage that is left now still owes: rights that are not lit, greens short of their minimum."""
    for g, right in enumerate(kernel.site.stages[stage].rights if frames else ()):
        wanted, least_ds = int(right) if right.is_green else 0, kernel.site.groups[g].min_green_ds
        if frames[-1].shown[g][1] != wanted:
            return f"turn {number}: group {g} has not its right"
        lasted_ds = next((k for k, frame in enumerate(reversed(frames)) if not frame.shown[g][1]), len(frames)) - 1
        if wanted and lasted_ds < min(least_ds, len(frames) - 1):
            return f"turn {number}: group {g} green for {lasted_ds} ds"
    return ""
