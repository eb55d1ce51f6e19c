"""How the signals of a network go from one plan to another: trials of all of them, and the picture of their errors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from optimiser.transition import TransitionSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.acceptance import check_plan
from signal_ctrl.engine.transition_trial import Hold, Trial, try_transition
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.plan_driver import without_loops
from sumo_scenarios.world import SignalUnit, World

_HUES: Final = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777")
_MARKS: Final = "osD^vP*X"


def trials(
    world: World,
    plans: tuple[Plan, Plan],
    at_s: float,
    settings: TransitionSettings,
    signal: str | None = None,
    hold: tuple[str, float] | None = None,
) -> tuple[Trial, ...]:
    """Return the trials of all signals with a choice of stages, or of one.

    Args: hold, the name of a stage and how long it is held from `at_s` on; of one signal only. [s]
    Raises: InvalidInputError for plans that cannot be kept, or a signal or stage that is not there.
    """
    for plan in plans:
        check_plan(plan, tuple(unit.site for unit in world.units))
    units = [unit for unit in world.units if len(unit.site.stages) > 1 and signal in (None, unit.site.signal_id)]
    if not units:
        known = ", ".join(unit.site.signal_id for unit in world.units if len(unit.site.stages) > 1)
        raise InvalidInputError(f"no signal {signal} with a choice of stages in this network; there are {known}")
    if hold is not None and len(units) > 1:
        raise InvalidInputError("--hold is about one signal; name it with --signal")
    return tuple(_trial(unit, plans, at_s, settings, hold) for unit in units)


def _trial(
    unit: SignalUnit,
    plans: tuple[Plan, Plan],
    at_s: float,
    settings: TransitionSettings,
    hold: tuple[str, float] | None,
) -> Trial:
    one, two = (plan.of(unit.site.signal_id) for plan in plans)
    if one is None or two is None:
        raise InvalidInputError(f"signal {unit.site.signal_id} has no plan")
    held = None if hold is None else Hold(_stage(unit, hold[0]), round(hold[1]) * 10)
    layout = without_loops(unit.layout)
    return try_transition(Kernel(unit.site), layout, (one, two), round(at_s * 10), settings, held)


def _stage(unit: SignalUnit, name: str) -> int:
    names = [stage.name for stage in unit.site.stages]
    if name not in names:
        raise InvalidInputError(f"signal {unit.site.signal_id} has no stage '{name}'; it has {', '.join(names)}")
    return names.index(name)


def report_of(found: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return trials as JSON: per signal its cycles from the last one before the disturbance on. [s]"""
    return [
        {
            "signal": trial.signal,
            "disturbed_s": to_s(trial.disturbed_ds),
            "in_step_s": None if trial.in_step_ds is None else to_s(trial.in_step_ds),
            "cycles_adjusted": len(trial.adjusted),
            "refusals": trial.refusals,
            "violations": trial.violations,
            "cycles": [
                {
                    "begin_s": to_s(cycle.begin_ds),
                    "length_s": to_s(sum(cycle.splits_ds)),
                    "plan_s": to_s(cycle.plan_ds),
                    "stages": list(cycle.stages),
                    "splits_s": [to_s(split_ds) for split_ds in cycle.splits_ds],
                    "error_s": to_s(cycle.error_ds),
                    "adjusted": cycle.adjusted,
                }
                for cycle in trial.cycles
            ],
        }
        for trial in found
    ]


def draw_errors(report: Sequence[dict[str, Any]], method: str, path: Path) -> None:
    """Draw how far each cycle of each signal begins behind the clock of its plan, and its length, into SVG or PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9.0, 6.0), layout="constrained")
    FigureCanvasAgg(figure)
    errors, lengths = figure.subplots(2, 1, sharex=True)
    for k, row in enumerate(report):
        begins = [cycle["begin_s"] for cycle in row["cycles"]]
        look = {"color": _HUES[k % len(_HUES)], "marker": _MARKS[k % len(_MARKS)], "markersize": 5, "linewidth": 1.2}
        errors.plot(begins, [cycle["error_s"] for cycle in row["cycles"]], label=row["signal"], **look)
        lengths.plot(begins, [cycle["length_s"] for cycle in row["cycles"]], drawstyle="steps-post", **look)
    for panel in (errors, lengths):
        panel.axvline(report[0]["disturbed_s"], color="#333333", linestyle="--", linewidth=1.0)
        panel.grid(alpha=0.3)
    errors.axhline(0.0, color="#333333", linewidth=0.8)
    errors.set(ylabel="behind its plan's clock [s]", title=f"Transition by {method}: each mark is the begin of a cycle")
    errors.legend(fontsize=8, loc="best", ncols=1 + len(report) // 8)
    lengths.set(ylabel="length of the cycle [s]", xlabel="time of the common clock [s]")
    figure.savefig(path, dpi=130, metadata={"Date": None} if path.suffix == ".svg" else None)
