"""How the signals of a network go from one plan to another: trials of all of them, and the picture of their errors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from optimiser.transition import TransitionSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.transition_trial import Hold, Trial, try_transition
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.picture_file import save_picture
from sumo_scenarios.site_files import read_site

_HUES: Final = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777")
LATEST_S: Final = 1e8
_MARKS: Final = "osD^vP*X"


def read_sites(paths: Sequence[Path]) -> tuple[Site, ...]:
    """Return the sites of files. Raises: InvalidInputError if one cannot be read or holds no valid site."""
    return tuple(read_site(path) for path in paths)


def trials(
    sites: Sequence[Site],
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
    if not 0 <= at_s < LATEST_S:
        raise InvalidInputError(f"--at needs a second of the common clock, 0 to {LATEST_S:g}, got {at_s:g}")
    choosing = [site for site in sites if len(site.stages) > 1]
    wanted = [site for site in choosing if signal in (None, site.signal_id)]
    if not wanted:
        known = ", ".join(site.signal_id for site in choosing) or "none"
        raise InvalidInputError(f"no signal {signal or ''} with a choice of stages here; there are: {known}")
    if hold is not None and len(wanted) > 1:
        raise InvalidInputError("--hold is about one signal; name it with --signal")
    return tuple(_trial(site, plans, at_s, settings, hold) for site in wanted)


def _trial(
    site: Site, plans: tuple[Plan, Plan], at_s: float, settings: TransitionSettings, hold: tuple[str, float] | None
) -> Trial:
    kernel = Kernel(site)
    one, two = (_kept(plan, kernel) for plan in plans)
    held = None if hold is None else Hold(_stage(site, hold[0]), round(hold[1]) * 10)
    return try_transition(kernel, (one, two), round(at_s * 10), settings, held)


def _kept(plan: Plan, kernel: Kernel) -> SignalPlan:
    own = plan.of(kernel.site.signal_id)
    if own is None:
        raise InvalidInputError(f"plan {plan.name}: signal {kernel.site.signal_id} has no plan")
    reasons = refusals(own, kernel)
    if reasons:
        raise InvalidInputError(f"plan {plan.name}: {reasons[0]}")
    return own


def _stage(site: Site, name: str) -> int:
    names = [stage.name for stage in site.stages]
    if name not in names:
        raise InvalidInputError(f"signal {site.signal_id} has no stage '{name}'; it has {', '.join(names)}")
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
    save_picture(figure, path, 130)
