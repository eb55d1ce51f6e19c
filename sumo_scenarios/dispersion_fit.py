"""Dispersion of each link from the loops of a run: stop lines of one signal, advance loops of the next."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from optimiser.dispersion import Dispersion, Fit, fit_flows
from signal_ctrl.domain.documents import read_document, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import LoopRole
from signal_ctrl.gateways.event_rows import event_rows
from signal_ctrl.gateways.whole_file import read_whole
from sumo_scenarios.logs import DETECTOR_ON
from sumo_scenarios.network_model import Dispersions
from sumo_scenarios.network_plans import Asked, world_of
from sumo_scenarios.replay import read_settings
from sumo_scenarios.volumes import Volumes, count_volumes
from sumo_scenarios.world import SignalUnit, World

FloatArray = NDArray[np.float64]
FORMAT: Final = "signal-ctrl dispersion 1"
LEAST_R_SQUARED: Final = 0.3
"""A fit that explains less of the flow downstream is told, but not used."""
_SHORTEST_S: Final = 4.0
_MAX_BYTES: Final = 1 << 22
_AHEAD: Final = (LoopRole.ADVANCE, LoopRole.MIDDLE)


@dataclass(frozen=True, slots=True)
class LinkFit:
    """The fit of one link, by the signal and the edge that its platoons come to; `free_s` between the loops. [s]"""

    signal: str
    from_edge: str
    free_s: float
    fit: Fit

    @property
    def usable(self) -> bool:
        """Whether the fit explains enough to be used."""
        return self.fit.r_squared >= LEAST_R_SQUARED


def fit_run(run: Path) -> list[LinkFit]:
    """Return the fits of all links of a run that has loops at both ends and vehicles enough.

    Raises: InvalidInputError if it is no finished run, or one without loop events.
    """
    settings = read_settings(run / "settings.json").settings
    world, times_s = world_of(Asked(settings.scenario, settings.profile, settings.begin_s, settings.end_s))
    counts = _counts(run / "events.parquet", times_s[0], math.ceil(times_s[1] - times_s[0]))
    volumes = count_volumes(world.config, world.net, times_s)
    return [found for link in _links(world, volumes) if (found := _fitted(link, counts)) is not None]


Loops = tuple[tuple[str, int], ...]
"""Signal and channel of each loop."""


@dataclass(frozen=True, slots=True)
class _Link:
    signal: str
    from_edge: str
    upstream: Loops
    downstream: Loops
    free_s: float


def _fitted(link: _Link, counts: dict[tuple[str, int], FloatArray]) -> LinkFit | None:
    upstream = [counts[loop] for loop in link.upstream if loop in counts]
    downstream = [counts[loop] for loop in link.downstream if loop in counts]
    if not upstream or not downstream:
        return None
    try:
        fit = fit_flows(upstream, np.sum(downstream, axis=0), link.free_s)
    except InvalidInputError:
        return None
    return LinkFit(link.signal, link.from_edge, link.free_s, fit)


def _counts(path: Path, begin_s: float, seconds: int) -> dict[tuple[str, int], FloatArray]:
    """Return by loop how many vehicles came onto it in each second. (n_seconds,) [veh]"""
    try:
        rows = event_rows(path, (DETECTOR_ON,))
    except InvalidInputError as error:
        raise InvalidInputError(
            f"cannot read the loop events {path}: it is missing or damaged; make the run anew"
        ) from error
    if not rows:
        raise InvalidInputError(
            f"{path} holds no loop events; take a run of adaptive or max_pressure with sensing loops"
        )
    found: defaultdict[tuple[str, int], FloatArray] = defaultdict(lambda: np.zeros(seconds))
    for time_ds, signal, _, channel in rows:
        second = int(time_ds / 10.0 - begin_s)
        if 0 <= second < seconds:
            found[signal, channel][second] += 1.0
    return dict(found)


def _links(world: World, volumes: Volumes) -> list[_Link]:
    units = {unit.site.signal_id: unit for unit in world.units}
    feeders: defaultdict[tuple[str, str], dict[tuple[str, str], float]] = defaultdict(dict)
    for (before, after), flow in volumes.links.items():
        if flow > 0 and before[0] in units and after[0] in units and before[0] != after[0]:
            feeders[after[0], after[1]][before[0], before[1]] = volumes.ways_s[before, after]
    found = []
    for (signal, edge), ways_s in sorted(feeders.items()):
        if len({one for one, _ in ways_s}) > 1:
            continue
        ahead, to_stop_m, speed_mps = _ahead(units[signal], edge)
        upstream = [loop for before in ways_s for loop in _at_line(units[before[0]], before[1])]
        free_s = min(ways_s.values()) - to_stop_m / speed_mps if ahead else 0.0
        if ahead and upstream and free_s >= _SHORTEST_S:
            found.append(_Link(signal, edge, tuple(dict.fromkeys(upstream)), ahead, free_s))
    return found


def _ahead(unit: SignalUnit, edge: str) -> tuple[Loops, float, float]:
    """Return the farthest row of loops before an edge's stop line that sees all lanes, its place [m] and the limit."""
    lanes = {k for k, lane in enumerate(unit.layout.lanes) if lane.edge_id == edge}
    speed_mps = max((unit.layout.lanes[k].speed_mps for k in lanes), default=1.0)
    for role in _AHEAD:
        own = [loop for loop in unit.layout.loops if loop.role is role and set(loop.serves) & lanes]
        if own and lanes <= {lane for loop in own for lane in loop.serves}:
            place_m = sum(loop.to_stop_m for loop in own) / len(own)
            return tuple((unit.site.signal_id, loop.channel) for loop in own), place_m, speed_mps
    return (), 0.0, speed_mps


def _at_line(unit: SignalUnit, edge: str) -> list[tuple[str, int]]:
    lanes = {k for k, lane in enumerate(unit.layout.lanes) if lane.edge_id == edge}
    own = [loop for loop in unit.layout.loops if loop.role is LoopRole.STOP and set(loop.serves) & lanes]
    return [(unit.site.signal_id, loop.channel) for loop in own]


def fit_document(fits: Sequence[LinkFit]) -> dict[str, Any]:
    """Return fits as a JSON object."""
    rows = []
    for one in fits:
        found = one.fit.dispersion
        rows.append(
            {
                "signal": one.signal,
                "from_edge": one.from_edge,
                "free_s": round(one.free_s, 2),
                "tau_s": round(one.fit.spread.mean_s, 2),
                "lag_s": round(one.fit.spread.lag_s, 2),
                "smooth": round(one.fit.spread.smooth, 4),
                "alpha": round(found.alpha, 4),
                "beta": round(found.beta, 4),
                "r_squared": round(one.fit.r_squared, 4),
                "vehicles": one.fit.vehicles,
                "used": one.usable,
            }
        )
    return {"format": FORMAT, "links": rows}


def read_fits(path: Path) -> Dispersions:
    """Return the usable dispersions of a file by signal and edge.

    Raises: InvalidInputError if it cannot be read or is no such document.
    """
    text = read_whole(path, "dispersion", _MAX_BYTES)
    try:
        document = read_document(text, "dispersion", FORMAT)
        return {
            (str(row["signal"]), str(row["from_edge"])): Dispersion(float(row["alpha"]), float(row["beta"]))
            for row in document["links"]
            if row["used"] is True
        }
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"{path}: not a dispersion document: {why(error)}") from error
