"""One small site with everything in it, and short ways to drive a kernel through it."""

from dataclasses import replace
from typing import Any

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
from tests.signal_ctrl.kernel.worlds import REAL, Library

MAIN, SIDE, LEFT, WALK = range(4)
MAIN_STAGE, LEFT_STAGE, SIDE_STAGE = range(3)
_R, _P, _G = Right.NONE, Right.PERMISSIVE, Right.PROTECTED
_UNDER = together_bit(_G, _P)
_YIELDS = {
    (MAIN, LEFT): _UNDER,
    (WALK, LEFT): _UNDER,
    (LEFT, MAIN): transposed(_UNDER),
    (LEFT, WALK): transposed(_UNDER),
}
GAPS = {
    (MAIN, SIDE): 40, (SIDE, MAIN): 50, (MAIN, LEFT): 35, (LEFT, MAIN): 45, (LEFT, SIDE): 40, (SIDE, LEFT):
    55, (WALK, SIDE): 110, (SIDE, WALK): 60, (WALK, LEFT): 110, (LEFT, WALK): 50,
}  # fmt: skip
TERM_DS = {"POLICE": 72_000, "BUS_PRIORITY": 100}
"""The longest time that sources may name who have to name one."""


def crossroads(**changes: Any) -> Site:
    """Return a crossroads: main road, its left turn (yields to it and to walkers), crossing, side road."""
    gaps = tuple(tuple(GAPS.get((a, b), -1) for b in range(4)) for a in range(4))
    stages = (
        Stage("main", (_G, _R, _P, _G)),
        Stage("left", (_R, _R, _G, _R)),
        Stage("side", (_R, _G, _R, _R)),
    )
    groups: tuple[SignalGroup, ...] = tuple(
        SignalGroup(name, GroupKind.VEHICLE, (k,), 30, 50, 300, 3000) for k, name in enumerate(("main", "side", "left"))
    )
    groups += (SignalGroup("walk", GroupKind.CROSSING, (3,), 0, 70, 300, 3000, clearance_ds=80, buffer_ds=30),)
    bound = shortest_max_red_ds(groups, stages, gaps)
    site = Site(
        signal_id="crossroads",
        n_links=4,
        groups=tuple(replace(group, max_red_ds=max(bound, 900)) for group in groups),
        stages=stages,
        together=tuple(tuple(_entry(a, b) for b in range(4)) for a in range(4)),
        intergreen_ds=gaps,
        first_stage=MAIN_STAGE,
        profile="test",
        startup_all_red_ds=60,
    )
    return replace(site, **changes)


def _entry(a: int, b: int) -> int:
    return _YIELDS.get((a, b), 0) if (a, b) in GAPS else COMPATIBLE


class Drive:
    """A kernel under way, stepped frame by frame; keeps when each group's (aspect, right) changed."""

    def __init__(self, site: Site, stage: int | None = 0, library: Library = REAL) -> None:
        self.library = library
        self.kernel = library.kernel_of(site)
        self.state = self.kernel.power_on(0) if stage is None else self.kernel.in_service(0, stage)
        self.changes: list[tuple[int, str, str]] = []
        self._sequence = 0

    @property
    def core(self) -> Any:
        return self.state.core

    @property
    def mode(self) -> str:
        return str(self.core.mode.name)

    def ask(self, stage: int = -1, wish: str = "STAGE", source: str = "ADAPTIVE", lasts_ds: int | None = None) -> int:
        """Send a request and return its number. Without a time it lasts as long as its source may leave open."""
        lib, now_ds = self.library.state, self.state.frame_ds
        self._sequence += 1
        ends_ds = now_ds + TERM_DS.get(source, 0) if lasts_ds is None else now_ds + lasts_ds
        if wish == "RESUME" or (lasts_ds is None and source not in TERM_DS):
            ends_ds = None
        request = lib.Request(lib.Source[source], self._sequence, now_ds, now_ds + 9, lib.Wish[wish], stage, ends_ds)
        self.state = self.kernel.submit(self.state, request, now_ds)
        return self._sequence

    def door(self, is_open: bool = True) -> None:
        self.state = self.kernel.door(self.state, is_open)

    def release(self, source: str, sequence: int) -> None:
        self.state = self.kernel.release(self.state, self.library.state.Source[source], sequence, self.state.frame_ds)

    def run(self, until_ds: int, calls: int = 0, frame_ds: int = 1) -> None:
        while self.state.frame_ds < until_ds:
            before = self.core.groups
            self.state = self.kernel.step(self.state, calls, self.state.frame_ds + frame_ds)
            for group, old, new in zip(self.kernel.site.groups, before, self.core.groups, strict=True):
                if (old.aspect, old.right) != (new.aspect, new.right):
                    shown = new.aspect.name + (" permissive" if int(new.right) == 2 else "")
                    self.changes.append((self.state.frame_ds, group.name, shown))

    def when(self, name: str, shown: str) -> list[int]:
        """Return the times at which a group began to show this."""
        return [at_ds for at_ds, group, aspect in self.changes if (group, aspect) == (name, shown)]
