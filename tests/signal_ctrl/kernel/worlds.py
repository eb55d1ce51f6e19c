"""Random valid sites, random hostile streams, and the loop that makes traces of both. All from one seed."""

import importlib
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from signal_ctrl.domain.site import (
    COMPATIBLE,
    CONFLICT,
    DayHours,
    GroupKind,
    Right,
    SignalGroup,
    Site,
    Stage,
    Trailing,
    shortest_max_red_ds,
    together_bit,
    transposed,
)
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.domain.site_parts import MAX_RED_DS
from tests.oracles.trace import Frame

Rights = tuple[Right, ...]
Matrix = list[list[int]]


def random_site(seed: int, n_groups: int) -> Site:
    """Return a valid site of that many groups; figures shrink until everybody can be served in time."""
    rng = random.Random(seed)
    for attempt in range(40):
        site = _attempt(rng, n_groups, attempt)
        if site is not None:
            return for_people(site, seed) if seed % 3 else site
    raise AssertionError(f"no site for seed {seed} and {n_groups} groups")


def for_people(site: Site, seed: int) -> Site:
    """Return the site with leads of its crossings, and with clearances that are longer at some hours, where it can."""
    rng, unit = random.Random(f"{seed} people"), site.resolution_ds
    groups = tuple(
        replace(group, lead_ds=rng.randint(0, 7) * 10, longer_ds=rng.choice((0, 10, 40)))
        if group.kind is GroupKind.CROSSING
        else group
        for group in site.groups
    )
    parts = (groups, site.stages, site.intergreen_ds, site.trailing, unit, site.red_revert_ds)
    bound = shortest_max_red_ds(*parts)
    if bound > MAX_RED_DS[1]:
        return site
    groups = tuple(replace(group, max_red_ds=max(group.max_red_ds, bound)) for group in groups)
    some = any(group.longer_ds for group in groups)
    longer: dict[str, Any] = {"longer_hours": (DayHours((0, 4), 420, 480),), "zone": "Asia/Shanghai"} if some else {}
    return replace(site, groups=groups, **longer)


def _attempt(rng: random.Random, n_groups: int, attempt: int) -> Site | None:
    unit = rng.choice((1, 1, 1, 2, 5, 10))
    spread = max(0, 12 - attempt)
    groups = [_group(rng, g, unit, spread) for g in range(n_groups)]
    together = _together(rng, groups, 0.15 + 0.02 * attempt)
    stages = _stages(rng, groups, together)
    gaps = [
        [-1 if together[a][b] == COMPATIBLE else _gap(rng, groups[a], unit, spread) for b in range(n_groups)]
        for a in range(n_groups)
    ]
    trailing = _trailing(rng, n_groups, unit) if rng.random() < 0.4 else ()
    revert = rng.choice((20, 20, 30))
    bound = shortest_max_red_ds(groups, stages, gaps, trailing, unit, revert)
    if bound > MAX_RED_DS[1]:
        return None
    slack = rng.choice((0, 0, 0, 10, 200, 600))
    groups = [
        replace(group, max_red_ds=min(MAX_RED_DS[1], bound + rng.randint(0, slack) // 10 * 10)) for group in groups
    ]
    return Site(
        signal_id=f"random-{n_groups}",
        n_links=n_groups,
        groups=tuple(groups),
        stages=stages,
        together=tuple(map(tuple, together)),
        intergreen_ds=tuple(map(tuple, gaps)),
        first_stage=rng.randrange(len(stages)),
        profile="random",
        startup_flash_ds=rng.choice((0, 0, 50, 100)),
        startup_all_red_ds=rng.choice((0, 50, 60)),
        red_revert_ds=revert,
        resolution_ds=unit,
        trailing=trailing,
    )


def _group(rng: random.Random, g: int, unit: int, spread: int) -> SignalGroup:
    def between(low: int, high: int) -> int:
        return rng.randint(-(-low // 10), high // 10) * 10 if unit > 1 else rng.randint(low, high)

    limits: dict[str, Any] = {"max_red_ds": MAX_RED_DS[1], "links": (g,), "name": f"g{g}"}
    if rng.random() < 0.3:
        walk = between(40, 40 + 5 * spread)
        return SignalGroup(
            kind=GroupKind.CROSSING, amber_ds=0, min_green_ds=walk, max_green_ds=max(100, walk + between(0,
            300)), clearance_ds=between(10, 30 + 10 * spread), buffer_ds=30, **limits,
        )  # fmt: skip
    least = between(50, 50 + 8 * spread)
    return SignalGroup(
        kind=GroupKind.VEHICLE, amber_ds=between(30, 30 + 2 * spread), min_green_ds=least,
        max_green_ds=max(100, least + between(0, 300)), **limits,
    )  # fmt: skip


def _together(rng: random.Random, groups: list[SignalGroup], ease: float) -> Matrix:
    n = len(groups)
    matrix = [[COMPATIBLE] * n for _ in range(n)]
    for a in range(n):
        for b in range(a + 1, n):
            entry = _entry(rng, groups[a], groups[b], ease)
            matrix[a][b], matrix[b][a] = entry, transposed(entry)
    return matrix


def _entry(rng: random.Random, one: SignalGroup, other: SignalGroup, ease: float) -> int:
    dice = rng.random()
    if dice < ease + 0.2:
        return COMPATIBLE
    kinds = (one.kind, other.kind)
    if dice > 0.75 or kinds == (GroupKind.CROSSING, GroupKind.CROSSING):
        return CONFLICT
    if kinds == (GroupKind.VEHICLE, GroupKind.VEHICLE):
        return rng.randint(1, COMPATIBLE - 1)
    walk_first = together_bit(Right.PROTECTED, Right.PERMISSIVE)
    return walk_first if kinds[0] is GroupKind.CROSSING else transposed(walk_first)


def _gap(rng: random.Random, group: SignalGroup, unit: int, spread: int) -> int:
    return group.after_green_ds + rng.choice((0, 0, rng.randint(0, 1 + spread * 3) * (10 if unit > 1 else 1)))


def _stages(rng: random.Random, groups: list[SignalGroup], together: Matrix) -> tuple[Stage, ...]:
    n = len(groups)
    stages: list[Rights] = []
    left_out = {rng.randrange(n)} if rng.random() < 0.2 and n > 2 else set()
    unserved = set(range(n)) - left_out
    while unserved or len(stages) < 2:
        order = sorted(unserved, key=lambda _: rng.random())
        order += sorted(set(range(n)) - unserved - left_out, key=lambda _: rng.random())
        rights = [Right.NONE] * n
        for g in order:
            rights[g] = _granted(rng, groups, together, rights, g)
        unserved -= {g for g, right in enumerate(rights) if right.is_green}
        stages.append(tuple(Right.STOP if r is Right.NONE and rng.random() < 0.1 else r for r in rights))
    return tuple(Stage(f"s{s}", rights) for s, rights in enumerate(stages))


def _granted(rng: random.Random, groups: list[SignalGroup], together: Matrix, rights: list[Right], g: int) -> Right:
    wishes = [Right.PROTECTED]
    if groups[g].kind is GroupKind.VEHICLE:
        wishes = rng.choice(([Right.PROTECTED, Right.PERMISSIVE], [Right.PERMISSIVE, Right.PROTECTED]))
    if rng.random() < 0.1:
        wishes = []
    for right in wishes:
        green = [a for a, other in enumerate(rights) if other.is_green]
        if all(_meets(together[a][g], rights[a], right) for a in green):
            return right
    return Right.NONE


def _meets(entry: int, one: Right, other: Right) -> bool:
    return bool(entry) and bool((entry | 1) & together_bit(one, other))


def _trailing(rng: random.Random, n: int, unit: int) -> tuple[Trailing, ...]:
    pairs = [rng.sample(range(n), 2) for _ in range(rng.randint(1, 3))] if n > 1 else []
    return tuple(Trailing(f, i, rng.randint(0, 6) * 10 if unit > 1 else rng.randint(0, 60)) for f, i in pairs)


class Library:
    """The modules under test: the package itself, or a copy of it with a fault put in."""

    def __init__(self, package: str) -> None:
        names = ("domain.errors", "domain.site_json", "kernel.kernel", "kernel.lamps", "kernel.latch", "kernel.monitor")
        modules = [importlib.import_module(f"{package}.{name}") for name in (*names, "kernel.state")]
        self.errors, self.site_json, self.kernel, self.lamps, self.latch, self.monitor, self.state = modules
        self.package = package

    def kernel_of(self, site: Site) -> Any:
        """Return a kernel for a site, which is handed over as its document."""
        return self.kernel.Kernel(self.site_json.site_from_json(site_to_json(site)))


REAL = Library("signal_ctrl")
HIGH = ("CABINET_PANEL", "RAILWAY", "PREEMPTION", "POLICE")
"""Sources that hold, the highest first."""


@dataclass(frozen=True)
class Stream:
    """How hostile a stream is: chances per frame, how calls are made, a group that no wish shall serve.

    `claims`: chance of a hold, all red, a release or a hand on the door.
    """

    wish: float = 0.02
    calls: str = "random"
    out_of_service: float = 0.0
    nonsense: float = 0.0
    clock: float = 0.0
    frame_ds: int = 1
    victim: int = -1
    claims: float = 0.0


class Player:
    """A seeded stranger who asks, calls and turns the clock."""

    def __init__(self, kernel: Any, seed: int, stream: Stream, library: Library = REAL) -> None:
        self.kernel, self.stream, self.library = kernel, stream, library
        self._rng = random.Random(seed)
        self._school = random.Random(f"{seed} school")
        self._calls = self._sequence = 0
        self._turns = any(group.longer_ds for group in kernel.site.groups)
        self._door = False
        self._outside: Any = None
        self._standing: dict[str, tuple[str, float, int]] = {}

    def trace(self, n_frames: int, state: Any = None) -> Iterator[tuple[Frame, Any]]:
        """Yield each frame and its state; begins at power-on unless a state is given."""
        if state is None:
            state = self.kernel.power_on(self._rng.randint(0, 10**6) // 600 * 600)
        now_ds = state.frame_ds
        yield self.frame_of(state, now_ds), state
        for _ in range(n_frames):
            state = self._asked(state, now_ds)
            if self._turns and self._school.random() < 0.01:
                state = self.kernel.longer(state, not state.core.longer)
            passed_ds = self._passed()
            self._note_gap(state, passed_ds)
            now_ds += passed_ds
            self._calls = self._called()
            state = self.kernel.step(state, self._calls, now_ds)
            yield self.frame_of(state, now_ds), state

    def frame_of(self, state: Any, now_ds: int) -> Frame:
        """Return what a state shows."""
        shown = tuple((group.aspect.value, int(group.right)) for group in state.core.groups)
        serving, police = state.core.mode.value == "running", self._police_rule(now_ds)
        return Frame(now_ds, shown, self._calls, serving, police, state.core.longer)

    def _police_rule(self, now_ds: int) -> bool:
        """Return whether a hold of the police is in force, by who asked for what and was not refused."""
        for name in HIGH:
            wish, end_ds, _ = self._standing.get(name, ("", -math.inf, 0))
            if now_ds < end_ds and wish != "STAGE":
                return name == "POLICE" and wish in ("HOLD", "ALL_RED")
        return False

    def _note_gap(self, state: Any, passed_ds: int) -> None:
        if 0 <= passed_ds <= 20:
            return
        if state.core.mode.value not in ("planned flash", "planned dark"):
            self._standing.clear()
        elif passed_ds < 0:
            self._standing = {name: (w, end_ds + passed_ds, s) for name, (w, end_ds, s) in self._standing.items()}

    def _passed(self) -> int:
        if self._rng.random() < self.stream.clock:
            return self._rng.choice((0, -1, -30, -(10**9), 20, 21, 45, 3000, 10**9))
        return self.stream.frame_ds

    def _called(self) -> int:
        rng, n, kind = self._rng, len(self.kernel.site.groups), self.stream.calls
        if kind in ("all", "none"):
            return ((1 << n) - 1) * (kind == "all")
        if kind == "pulses":
            return 1 << rng.randrange(n) if rng.random() < 0.01 else 0
        if rng.random() < 0.97:
            return self._calls
        return rng.choice((0, (1 << n) - 1, rng.getrandbits(n), self._calls ^ (1 << rng.randrange(n))))

    def _asked(self, state: Any, now_ds: int) -> Any:
        rng, stream, lib = self._rng, self.stream, self.library.state
        self._sequence += 1
        in_service = state.core.mode.value == "running"
        if stream.claims and rng.random() < stream.claims:
            return self._claimed(state, now_ds)
        if rng.random() < stream.nonsense:
            return self.submitted(state, self.nonsense(now_ds), now_ds)
        if rng.random() < (stream.out_of_service if in_service else 0.01):
            wish = rng.choice((lib.Wish.FLASH, lib.Wish.DARK, lib.Wish.RESUME))
            who = {"source": self._outside} if wish is lib.Wish.RESUME and self._outside is not None else {}
            return self.submitted(state, self.request(now_ds, wish=wish, **who), now_ds)
        if rng.random() < stream.wish:
            stage = rng.choice(_stages_against(self.kernel.site, stream.victim))
            who = {} if rng.random() < 0.2 else {"source": lib.Source.ADAPTIVE}
            return self.submitted(state, self.request(now_ds, stage=stage, **who), now_ds)
        return state

    def _claimed(self, state: Any, now_ds: int) -> Any:
        """Return the state after a hold, a release or a hand on the door."""
        rng, lib = self._rng, self.library.state
        dice = rng.random()
        if dice < 0.15:
            self._door = not self._door
            if not self._door:
                self._standing.pop("CABINET_PANEL", None)
            return self.kernel.door(state, self._door)
        if dice < 0.35:
            return self._released(state, rng.choice(HIGH), now_ds)
        source = lib.Source[rng.choice((*HIGH, "BUS_PRIORITY"))]
        most_ds = {"POLICE": 900, "BUS_PRIORITY": 100}.get(source.name, 400)
        stage = rng.choice(_stages_against(self.kernel.site, self.stream.victim))
        wish = lib.Wish.HOLD if rng.random() < 0.7 else lib.Wish.ALL_RED
        if source.name == "BUS_PRIORITY":
            wish, stage = lib.Wish.HOLD, state.core.stage
        ends_ds = now_ds + rng.randint(600 if source.name == "POLICE" else 1, most_ds)
        request = self.request(now_ds, source=source, wish=wish, stage=stage, ends_ds=ends_ds)
        return self.submitted(state, request, now_ds)

    def _released(self, state: Any, name: str, now_ds: int) -> Any:
        sequence = self._standing.get(name, ("", 0, 0))[2]
        try:
            state = self.kernel.release(state, self.library.state.Source[name], sequence, now_ds)
        except self.library.errors.RefusedError:
            return state
        self._standing.pop(name, None)
        return state

    def request(self, now_ds: int, **changes: Any) -> Any:
        """Return an honest request, with changes."""
        lib = self.library.state
        honest = {
            "source": self._rng.choice(list(lib.Source)), "sequence": self._sequence, "issued_ds": now_ds,
            "expires_ds": now_ds + 5, "wish": lib.Wish.STAGE, "stage": 0,
        }  # fmt: skip
        asked = honest | changes
        if asked["source"] is lib.Source.POLICE and asked["wish"] is not lib.Wish.RESUME:
            asked = {"ends_ds": now_ds + 600} | asked
        return lib.Request(**asked)

    def _note(self, request: Any) -> None:
        """Remember what was taken up of the sources above bus, adaptive and schedule."""
        name, wish, ends_ds = request.source.name, request.wish.name, request.ends_ds
        self._outside = request.source if wish in ("FLASH", "DARK") else self._outside
        if wish == "RESUME":
            self._standing.pop(name, None)
        elif name in HIGH:
            usual_ds = math.inf if name == "CABINET_PANEL" else request.issued_ds + 1800
            self._standing[name] = (wish, usual_ds if ends_ds is None else ends_ds, request.sequence)

    def submitted(self, state: Any, request: Any, now_ds: Any) -> Any:
        """Return the state after a request; a refusal has to leave it alone and to name a rule."""
        before, mark = repr(state), hash(state)
        try:
            after = self.kernel.submit(state, request, now_ds)
            self._note(request)
        except self.library.errors.RefusedError as error:
            kind, _, reason = error.rule.partition("/")
            assert kind[0] == "K" and kind[1:].isdigit() and reason, error.rule
            after = state
        assert repr(state) == before and hash(state) == mark, "K8: a request changed the state handed in"
        return after

    def nonsense(self, now_ds: int) -> Any:
        """Return a request that no honest source would make."""
        rng = self._rng
        junk: Any = rng.choice(
            (None, "1", 1.0, math.nan, True, [], {}, -1, 10**30, -(10**30), b"\0", GroupKind.VEHICLE)
        )
        if rng.random() < 0.3:
            return junk
        if rng.random() < 0.5:
            field = rng.choice(("source", "sequence", "issued_ds", "expires_ds", "wish", "stage"))
            return self.request(now_ds, **{field: junk})
        late = {"issued_ds": now_ds - 50, "expires_ds": now_ds - 1}
        early = {"issued_ds": now_ds + 1, "expires_ds": now_ds + 9}
        unknown = {"stage": rng.choice((-1, 10**6))}
        return self.request(now_ds, **rng.choice((late, early, unknown, {"sequence": -1})))


def _stages_against(site: Any, victim: int) -> list[int]:
    """Return the stages that do not serve a group, or all of them."""
    stages = range(len(site.stages))
    against = [s for s in stages if victim >= 0 and not site.stages[s].rights[victim].is_green]
    return against or list(stages)
