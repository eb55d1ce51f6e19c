"""A plan's stages as NEMA units of one ring, one after the other, and NEMA units of any kind as stages of a site."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from optimiser.fixed_plan import stage_indices
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import CYCLE_DS, SignalPlan
from signal_ctrl.domain.site import GroupKind, Right, Site
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.kept_cycle import Lit, change_ds, kept_cycle
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.gateways.exchange import UNCONTROLLED, Exchange, Movement, NemaUnit, NodeTiming, Reference, timeline
from signal_ctrl.kernel.aspects import Aspect
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.world import SignalUnit

MOST_UNITS: Final = 9
MOST_NUMBERS: Final = 4
_ROUNDS: Final = 4

Greens = Mapping[str, tuple[int, ...]]
"""By movement, its lamps' signal groups."""


def groups_by_movement(unit: SignalUnit, keys: Mapping[tuple[str, str], str], exit_of: Sequence[str]) -> Greens:
    """Return the signal groups of each movement. Args: exit_of, the edge of each exit of the layout."""
    found: dict[str, set[int]] = {}
    for movement in unit.layout.movements:
        key = keys.get((unit.layout.lanes[movement.lane].edge_id, exit_of[movement.exit]))
        if key is not None and movement.group >= 0:
            found.setdefault(key, set()).add(movement.group)
    return {key: tuple(sorted(groups)) for key, groups in found.items()}


def right_of(site: Site, stage: int, groups: Sequence[int]) -> Right:
    """Return the right that a stage gives to a movement: the best of its lanes."""
    return max((site.stages[stage].rights[g] for g in groups), default=Right.NONE)


@dataclass(frozen=True, slots=True)
class Turned:
    """When, in the cycle of a plan, a stage's last vehicle green has begun and its first vehicle amber begins. [ds]

    `begun` are the groups whose green begins with the stage.
    """

    green_ds: int
    amber_ds: int
    amber_length_ds: int
    begun: frozenset[int]


def turned(kernel: Kernel, plan: SignalPlan) -> tuple[Turned, ...]:
    """Return the greens of the stages of a plan, counted from its first change, as the kernel shows them."""
    lit = kept_cycle(kernel, plan)
    n = len(plan.stages)
    greens = [_green_ds(kernel.site, lit, turn) for turn in range(n)]
    ambers = [_amber(kernel.site, lit, (turn + 1) % n) for turn in range(n)]
    found = []
    for turn, amber in enumerate(ambers):
        last = turn == n - 1
        following_ds = greens[(turn + 1) % n] + (plan.cycle_ds if last else 0)
        at_ds, length_ds = (following_ds, 0) if amber is None else (amber[0] + (plan.cycle_ds if last else 0), amber[1])
        at_ds = min(at_ds, following_ds)
        begun = frozenset(g for _, groups in _changes(kernel.site, lit, turn, Aspect.GREEN) for g in groups)
        found.append(Turned(greens[turn], at_ds, min(length_ds, following_ds - at_ds), begun))
    return tuple(found)


def _vehicles(site: Site, lit: Lit, aspect: Aspect) -> set[int]:
    groups = enumerate(zip(site.groups, lit.core.groups, strict=True))
    return {g for g, (group, state) in groups if group.kind is GroupKind.VEHICLE and state.aspect is aspect}


def _changes(site: Site, lit: Sequence[Lit], turn: int, aspect: Aspect) -> Iterator[tuple[int, set[int]]]:
    """Yield (when, groups) for each begin of an aspect in a turn. [ds]"""
    for before, each in zip((lit[-1], *lit[:-1]), lit, strict=True):
        begun = _vehicles(site, each, aspect) - _vehicles(site, before, aspect)
        if each.turn == turn and begun:
            yield each.from_ds, begun


def _green_ds(site: Site, lit: Sequence[Lit], turn: int) -> int:
    starts = [at_ds for at_ds, _ in _changes(site, lit, turn, Aspect.GREEN)]
    if starts:
        return max(starts)
    own = [each for each in lit if each.turn == turn]
    return next((each.from_ds for each in own if not _vehicles(site, each, Aspect.AMBER)), own[0].from_ds)


def _amber(site: Site, lit: Sequence[Lit], turn: int) -> tuple[int, int] | None:
    """Return when the first vehicle amber of a turn begins and how long it lasts, None if there is none. [ds]"""
    begun = next(_changes(site, lit, turn, Aspect.AMBER), None)
    return None if begun is None else (begun[0], max(site.groups[g].amber_ds for g in begun[1]))


def nema_units(node: int, kernel: Kernel, plan: SignalPlan) -> tuple[NemaUnit, ...]:
    """Return a unit for each stage of a plan. Raises: InvalidInputError if there are too many for three digits."""
    if len(plan.stages) > MOST_UNITS:
        raise InvalidInputError(f"it has {len(plan.stages)} stages; UTDF's barriers count to {MOST_UNITS}")
    names = [stage.name for stage in kernel.site.stages]
    _check_lit(kernel, plan)
    times = turned(kernel, plan)
    found = []
    for index, (name, own) in enumerate(zip(plan.stages, times, strict=True)):
        following_ds = times[index + 1].green_ds if index + 1 < len(times) else times[0].green_ds + plan.cycle_ds
        green = _served(kernel.site, names.index(name))
        found.append(
            NemaUnit(
                node=node,
                number=index + 1,
                barrier=index + 1,
                ring=1,
                position=1,
                min_green_s=_longest_s(kernel.site, own.begun, GroupKind.VEHICLE, "min_green_ds"),
                max_green_s=to_s(own.amber_ds - own.green_ds),
                amber_s=to_s(own.amber_length_ds),
                all_red_s=to_s(following_ds - own.amber_ds - own.amber_length_ds),
                walk_s=_longest_s(kernel.site, green, GroupKind.CROSSING, "min_green_ds"),
                clearance_s=_longest_s(kernel.site, green, GroupKind.CROSSING, "clearance_ds"),
                start_s=to_s((plan.offset_ds + own.green_ds) % plan.cycle_ds),
                end_s=to_s((plan.offset_ds + following_ds) % plan.cycle_ds),
            )
        )
    return tuple(found)


def _check_lit(kernel: Kernel, plan: SignalPlan) -> None:
    """Raise InvalidInputError if a stage of a plan is a change only, without a time in which it is lit."""
    tables, stages = stage_tables(kernel), stage_indices(plan, kernel.site)
    for before, stage, name, split_ds in zip(
        (stages[-1], *stages[:-1]), stages, plan.stages, plan.splits_ds, strict=True
    ):
        if before != stage and to_s(split_ds) <= tables.settled_s[before, stage]:
            raise InvalidInputError(
                f"stage {name} has {to_s(split_ds):g} s, which the change to it takes, and UTDF knows no stage that is "
                "never lit; give it more, or plan without it (plan cycle-split --stages, --fewer-stages)"
            )


def node_timing(node: int, plan: SignalPlan, units: Sequence[NemaUnit]) -> NodeTiming:
    """Return cycle and offset of a plan, counted to the begin of the first stage's green."""
    return NodeTiming(node, to_s(plan.cycle_ds), units[0].start_s or 0.0, Reference.FIRST_GREEN, (1,))


def _served(site: Site, stage: int) -> list[int]:
    return [g for g, right in enumerate(site.stages[stage].rights) if right.is_green]


def _longest_s(site: Site, groups: Iterable[int], kind: GroupKind, field: str) -> float:
    return max((to_s(getattr(site.groups[g], field)) for g in groups if site.groups[g].kind is kind), default=0.0)


def numbers_of(site: Site, plan: SignalPlan, groups: Sequence[int], right: Right) -> tuple[int, ...]:
    """Return the numbers of the units in which a movement has exactly this right."""
    names = [stage.name for stage in site.stages]
    return tuple(k + 1 for k, name in enumerate(plan.stages) if right_of(site, names.index(name), groups) is right)


def signal_plan(exchange: Exchange, node: int, kernel: Kernel, greens: Greens) -> SignalPlan:
    """Return the timing of a node as a plan of a site: stages by who has green, changes so that greens begin on time.

    Raises: InvalidInputError if some units together are no stage of the site, or the times fit none of its plans.
    """
    site = kernel.site
    cycle_ds = _whole_cycle_ds(exchange, node)
    turns = _turns(exchange, node, site, greens)
    if len(turns) == 1:
        start_s, stage = turns[0]
        offset_ds = round(start_s) * 10 % cycle_ds
        return SignalPlan(site.signal_id, site_hash(site), cycle_ds, offset_ds, (site.stages[stage].name,), (cycle_ds,))
    starts_ds = [round(10 * start_s) for start_s, _ in turns]
    order = [stage for _, stage in turns]
    leads_ds = [change_ds(kernel, before, stage) for before, stage in zip((order[-1], *order[:-1]), order, strict=True)]
    changes_ds = [round((at - lead) / 10) * 10 for at, lead in zip(starts_ds, leads_ds, strict=True)]
    for _ in range(_ROUNDS):
        plan = _plan(site, cycle_ds, order, changes_ds)
        shown_ds = [plan.offset_ds + each.green_ds for each in _kept(kernel, plan)]
        late_ds = [_signed(shown - wanted, cycle_ds) for shown, wanted in zip(shown_ds, starts_ds, strict=True)]
        late_ds = [round(late / 10) * 10 for late in late_ds]
        if not any(late_ds):
            return plan
        changes_ds = [change - late for change, late in zip(changes_ds, late_ds, strict=True)]
    raise InvalidInputError("its greens cannot begin when the file says: the changes between its stages take longer")


def _kept(kernel: Kernel, plan: SignalPlan) -> tuple[Turned, ...]:
    """Return when greens begin. Raises: InvalidInputError with the reason why the site cannot keep the plan."""
    try:
        return turned(kernel, plan)
    except InvalidInputError as error:
        raise InvalidInputError(next(iter(refusals(plan, kernel)), str(error))) from error


def _whole_cycle_ds(exchange: Exchange, node: int) -> int:
    timing = exchange.timing_of(node)
    cycle_s = timing.cycle_s if timing is not None else 0.0
    if abs(cycle_s - round(cycle_s)) > 1e-6 or not CYCLE_DS[0] <= 10 * cycle_s <= CYCLE_DS[1]:
        raise InvalidInputError(f"a cycle of {cycle_s:g} s; plans have whole seconds, 30 to 300")
    return round(cycle_s) * 10


def _signed(value: int, cycle_ds: int) -> int:
    return (value + cycle_ds // 2) % cycle_ds - cycle_ds // 2


def _plan(site: Site, cycle_ds: int, stages: Sequence[int], changes_ds: Sequence[int]) -> SignalPlan:
    following = [*changes_ds[1:], changes_ds[0] + cycle_ds]
    splits_ds = tuple((after - at) % cycle_ds for at, after in zip(changes_ds, following, strict=True))
    names = tuple(site.stages[s].name for s in stages)
    return SignalPlan(site.signal_id, site_hash(site), cycle_ds, changes_ds[0] % cycle_ds, names, splits_ds)


def _turns(exchange: Exchange, node: int, site: Site, greens: Greens) -> list[tuple[float, int]]:
    """Return (begin of green [s], stage) of each stage in a cycle, in order, no stage twice in a row.

    The first is the one whose unit has the lowest number, so that a plan comes back as it was.
    """
    movements = {m.key: m for m in exchange.movements_of(node)}
    walks = {unit.number for unit in exchange.units_of(node) if unit.walk_s}
    found = []
    for running in timeline(exchange, node):
        shown = {key: _right(movements[key], running.numbers) for key in greens if key in movements}
        stage = _stage(site, greens, shown, bool(walks & running.numbers), running.numbers)
        found.append((running.start_s, stage, min(running.numbers, default=0)))
    kept = [each for k, each in enumerate(found) if each[1] != found[k - 1][1]] or found[:1]
    first = min(range(len(kept)), key=lambda k: kept[k][2])
    return [(start_s, stage) for start_s, stage, _ in (*kept[first:], *kept[:first])]


def _right(movement: Movement, numbers: frozenset[int]) -> Right | None:
    """Return what the running units give to a movement, None if it is not controlled."""
    if UNCONTROLLED in movement.protected:
        return None
    if numbers & set(movement.protected):
        return Right.PROTECTED
    return Right.PERMISSIVE if numbers & set(movement.permitted) else Right.NONE


def _stage(site: Site, greens: Greens, shown: Mapping[str, Right | None], walks: bool, numbers: frozenset[int]) -> int:
    """Return the stage that shows this. Raises: InvalidInputError if none does."""
    wanted = {key: right for key, right in shown.items() if right is not None}
    fits = [
        s
        for s in range(len(site.stages))
        if all(right_of(site, s, greens[key]).is_green == right.is_green for key, right in wanted.items())
    ]
    if not fits:
        names = " and ".join(f"D{n}" for n in sorted(numbers)) or "nothing"
        green = " ".join(sorted(key for key, right in wanted.items() if right.is_green)) or "nobody"
        raise InvalidInputError(f"{names}: no stage of the signal gives green to {green} alone")

    def differs(stage: int) -> tuple[int, bool, int]:
        rights = sum(_shown(site, stage, greens[key]) is not right for key, right in wanted.items())
        walking = any(site.groups[g].kind is GroupKind.CROSSING for g in _served(site, stage))
        return rights, walking is not walks, stage

    return min(fits, key=differs)


def _shown(site: Site, stage: int, groups: Sequence[int]) -> Right:
    right = right_of(site, stage, groups)
    return right if right.is_green else Right.NONE
