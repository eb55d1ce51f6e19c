"""A small signal for trials of the link: main road with its left turn and a crossing, and a side road."""

from dataclasses import replace
from typing import Final

from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import (
    COMPATIBLE,
    GroupKind,
    Right,
    SignalGroup,
    Site,
    Stage,
    shortest_max_red_ds,
    together_bit,
    transposed,
)
from signal_ctrl.domain.site_json import site_hash

_GAPS: Final = {
    (0, 1): 45, (1, 0): 50, (0, 2): 40, (2, 0): 45, (2, 1): 45, (1, 2): 55,
    (3, 1): 115, (1, 3): 60, (3, 2): 115, (2, 3): 50,
}  # fmt: skip
_NONE, _YIELD, _FULL = Right.NONE, Right.PERMISSIVE, Right.PROTECTED
_UNDER: Final = together_bit(_FULL, _YIELD)
_MEETING: Final = {(0, 2): _UNDER, (3, 2): _UNDER, (2, 0): transposed(_UNDER), (2, 3): transposed(_UNDER)}


def trial_site(signal_id: str) -> Site:
    """Return the site of a signal."""
    gaps = tuple(tuple(_GAPS.get((a, b), -1) for b in range(4)) for a in range(4))
    stages = (
        Stage("main", (_FULL, _NONE, _YIELD, _FULL)),
        Stage("left", (_NONE, _NONE, _FULL, _NONE)),
        Stage("side", (_NONE, _FULL, _NONE, _NONE)),
    )
    roads = (
        SignalGroup(name, GroupKind.VEHICLE, (k,), 30, 50, 600, 3000) for k, name in enumerate(("main", "side", "left"))
    )
    walk = SignalGroup("walk", GroupKind.CROSSING, (3,), 0, 70, 600, 3000, clearance_ds=80, buffer_ds=30)
    groups = (*roads, walk)
    longest_ds = max(shortest_max_red_ds(groups, stages, gaps), 1200)
    return Site(
        signal_id=signal_id,
        n_links=4,
        groups=tuple(replace(group, max_red_ds=longest_ds) for group in groups),
        stages=stages,
        together=tuple(tuple(_entry(a, b) for b in range(4)) for a in range(4)),
        intergreen_ds=gaps,
        first_stage=0,
        profile="trial",
        startup_all_red_ds=60,
    )


def _entry(a: int, b: int) -> int:
    return _MEETING.get((a, b), 0) if (a, b) in _GAPS else COMPATIBLE


def trial_plan(site: Site, splits_s: tuple[int, int, int] = (30, 14, 16), offset_s: int = 0) -> SignalPlan:
    """Return a plan of all three stages. [s]"""
    splits_ds = tuple(10 * split_s for split_s in splits_s)
    stages = tuple(stage.name for stage in site.stages)
    return SignalPlan(site.signal_id, site_hash(site), sum(splits_ds), 10 * offset_s, stages, splits_ds)
