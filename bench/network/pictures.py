"""Pictures of a network plan: the flow profile of an approach, and model against simulation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.network_planning import evaluation_of
from sumo_scenarios.network_plans import Prepared
from sumo_scenarios.picture_file import save_picture

if TYPE_CHECKING:
    from bench.network.judge import Judged
    from optimiser.network_problem import Timings

FloatArray = NDArray[np.float64]
_S_PER_H = 3600.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Cyclic flow profiles of one signal group before a stop line, (cycle,) [veh/h], and what may go in each second."""

    name: str
    coming_veh_h: FloatArray
    leaving_veh_h: FloatArray
    going: NDArray[np.bool_]


def check_edge(prepared: Prepared, from_edge: str | None) -> None:
    """Check that an edge, if one is named, leads to a signal with a choice of stages.

    Raises: InvalidInputError if not.
    """
    if from_edge is not None and from_edge not in {
        part.layout.lanes[lane].edge_id for part in prepared.demand.parts for lane, _ in part.keys
    }:
        raise InvalidInputError(f"no edge '{from_edge}' leads to a signal with a choice of stages")


def profiles_of(prepared: Prepared, timings: "Timings", from_edge: str) -> list[Profile]:
    """Return the profiles of the groups before the stop line of an edge, lanes together.

    Raises: InvalidInputError if no signal with a choice of stages has that edge.
    """
    check_edge(prepared, from_edge)
    found: dict[str, Profile] = {}
    first = prepared.demand.links.first.tolist()
    for part, start in zip(prepared.demand.parts, first, strict=False):
        for stream, (lane, group) in enumerate(part.keys):
            if part.layout.lanes[lane].edge_id != from_edge:
                continue
            evaluation, problem, place, own = evaluation_of(prepared.problem, timings, start + stream)
            name = f"{part.layout.signal_id}, group {group + 1}"
            now = Profile(
                name,
                evaluation.coming[place] * _S_PER_H,
                evaluation.leaving[place] * _S_PER_H,
                problem.services(own).kind[place] > 0,
            )
            found[name] = now if name not in found else _together(found[name], now)
    return list(found.values())


def _together(one: Profile, other: Profile) -> Profile:
    return Profile(
        one.name,
        one.coming_veh_h + other.coming_veh_h,
        one.leaving_veh_h + other.leaving_veh_h,
        one.going | other.going,
    )


def draw_profiles(profiles: Sequence[Profile], title: str, path: Path) -> None:
    """Draw profiles one below the other. Raises: InvalidInputError if the file cannot be written."""
    figure, axes = _figure(len(profiles), 2.2)
    for axis, profile in zip(axes, profiles, strict=True):
        second = np.arange(len(profile.coming_veh_h) + 1)
        top = max(float(profile.coming_veh_h.max()), float(profile.leaving_veh_h.max()), 1.0)
        greens = [(int(t), 1) for t in np.flatnonzero(profile.going)]
        axis.broken_barh(greens, (0, 1.08 * top), color="#3a9d5d", alpha=0.15, lw=0, label="may go")
        axis.stairs(profile.coming_veh_h, second, baseline=None, color="#2b6cb0", lw=1.4, label="arrives")
        axis.stairs(profile.leaving_veh_h, second, baseline=None, color="#c05621", lw=1.4, label="leaves")
        axis.set_ylim(0, 1.08 * top)
        axis.set_xlim(0, len(profile.going))
        axis.set_ylabel("veh/h")
        axis.set_title(profile.name, fontsize=9, loc="left")
    axes[0].legend(fontsize=8, loc="upper right", ncols=3, frameon=False)
    axes[-1].set_xlabel("second of the cycle")
    figure.suptitle(title, fontsize=10)
    save_picture(figure, path, 144)


def draw_judged(judged: "Judged", path: Path) -> None:
    """Draw simulated control delay over the model's, a dot an approach. Raises: as `draw_profiles`."""
    figure, (axis,) = _figure(1, 5.2)
    rows = [row for row in judged.approaches if row.vehicles >= 10]
    x, y = [row.model_s for row in rows], [row.control_s for row in rows]
    top = 1.05 * max([*x, *y, 1.0])
    axis.plot([0, top], [0, top], color="#888888", lw=0.8)
    axis.fill_between([0, top], [0, 0.85 * top], [0, 1.15 * top], color="#888888", alpha=0.15, lw=0, label="±15 %")
    axis.scatter(x, y, s=[max(row.vehicles / 12.0, 4.0) for row in rows], color="#2b6cb0", alpha=0.6, label="approach")
    axis.set_xlim(0, top)
    axis.set_ylim(0, top)
    axis.set_aspect("equal")
    axis.set_xlabel("model [s/veh]")
    axis.set_ylabel("simulated control delay [s/veh]")
    axis.legend(fontsize=8, frameon=False, loc="upper left")
    figure.suptitle(f"{judged.scenario}, scale {judged.scale:g}: total off by {100 * judged.error:+.1f} %", fontsize=10)
    save_picture(figure, path, 144)


def _figure(rows: int, height: float) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure  # noqa: PLC0415  takes its time to import

    figure = Figure(figsize=(7.0, height * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False)
    return figure, [row[0] for row in axes]
