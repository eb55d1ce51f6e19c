"""Plans as static programmes of SUMO whose lamps are those that the kernel shows when it keeps the plan."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.acceptance import check_plan
from signal_ctrl.engine.kept_cycle import kept_cycle
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.own_programmes import PROGRAMME_ID
from sumo_scenarios.programmes import Programme, Row, Step
from sumo_scenarios.world import World

ALONE_CYCLE_DS: Final = 900


@dataclass(frozen=True, slots=True)
class Exported:
    """Programmes of a plan, and signals of the network that have none, each with the reason."""

    programmes: tuple[Programme, ...]
    left_out: tuple[tuple[str, str], ...]


def plan_programmes(plan: Plan, world: World, programme_id: str | None = None) -> Exported:
    """Return a static programme for each signal of a world.

    A row names, in its `name`, the stage whose turn it is; a signal with one stage that the plan leaves out shows it
    for good. Args: programme_id, the name of the programmes; by default one that nothing of the network has.
    Raises: InvalidInputError if the signals cannot keep the plan, or the name is taken.
    """
    kernels = {unit.site.signal_id: Kernel(unit.site) for unit in world.units}
    check_plan(plan, tuple(unit.site for unit in world.units), kernels)
    name = _free_name(world, programme_id)
    programmes = tuple(signal_programme(kernel, plan.of(signal), name) for signal, kernel in kernels.items())
    return Exported(programmes, world.left_alone)


def signal_programme(kernel: Kernel, plan: SignalPlan | None, programme_id: str) -> Programme:
    """Return the programme of one signal. Raises: InvalidInputError if its kernel cannot keep the plan."""
    site = kernel.site
    if plan is None:
        names = (site.stages[site.first_stage].name,)
        plan = SignalPlan(site.signal_id, site_hash(site), ALONE_CYCLE_DS, 0, names, (ALONE_CYCLE_DS,))
    lit = kept_cycle(kernel, plan)
    runs = [
        (key, sum(each.length_ds for each in run)) for key, run in groupby(lit, lambda each: (each.turn, each.lamps))
    ]
    steps = tuple(Step(to_s(length), to_s(length), to_s(length), lamps) for (_, lamps), length in runs)
    return Programme(
        signal=site.signal_id,
        programme_id=programme_id,
        kind="static",
        offset_s=to_s(plan.offset_ds),
        steps=steps,
        source=plan.site,
        rows=tuple(Row(plan.stages[turn], 0.0, 0.0) for (turn, _), _ in runs),
    )


def _free_name(world: World, wanted: str | None) -> str:
    taken = {p.programme_id for p in (*world.net.programmes, *world.additional.programmes)}
    if wanted is not None:
        if not wanted or wanted in taken:
            said = f"the network has a programme '{wanted}'" if wanted else "a programme needs a name"
            raise InvalidInputError(f"{said}; give another one with --program-id")
        return wanted
    name = PROGRAMME_ID
    while name in taken:
        name += "+"
    return name


def shown_lamps(programme: Programme) -> tuple[str, ...]:
    """Return what a static programme shows in each tenth of a second of its cycle."""
    return tuple(step.state for step in programme.steps for _ in range(round(10 * step.duration_s)))


def differing_s(ours: Sequence[str], theirs: Sequence[str], links: Sequence[int]) -> float:
    """Return for how long of a cycle two records of lamps differ on some of the links. [s]

    >>> differing_s(["Gr"] * 20, ["Gr"] * 15 + ["yr"] * 5, [0, 1])
    0.5
    """
    pairs = Counter(zip(ours, theirs, strict=True))  # few pairs of states, each for long
    return to_s(sum(tenths for (a, b), tenths in pairs.items() if any(a[k] != b[k] for k in links)))
