"""Weights and thresholds from the training runs: printed, to be put into the modules that hold them."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from bench.incidents.alarms import Neighbours, Outcome, in_a_row, outcome
from bench.incidents.cases import Blocked, Purpose, Scenario
from bench.incidents.recording import COUNT_S
from bench.incidents.replay import WARM_UP_BINS, Trace, learnt, trace_of
from bench.incidents.runs import Runs
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.california import Thresholds, california
from signal_ctrl.watch.incidents.detection.evidence import LOOP_FIGURES, Figure
from signal_ctrl.watch.incidents.detection.judging import CAPS

Array = npt.NDArray[Any]
FROM_BIN: Final = 4
UNTIL_BIN: Final = 16
"""An incident is to be seen from 80 s to 320 s after its begin."""
RIDGE: Final = 1.0
"""Pull of the weights towards `PRIOR`."""
PRIOR: Final = np.array([1.0, 0.6, 0.5, 0.3, 0.3, 0.3, 0.5, 0.2, 0.3, 0.4, 0.6, 0.5, 0.5, 0.5, 0.8])
"""Weights that were put down before anything was fitted."""
LEAST_SEEN: Final = 1.5
"""An incident that nothing shows yet teaches nothing: its figures together are less than this."""
STANDSTILL: Final = 3.0
"""A quiet run in which a queue stands so much longer than usual has come to a standstill by itself: not learnt from."""
FALSE_PER_100: Final = 1.0


class Trained:
    """A training run: its trace, its incident, and who is next to whom."""

    def __init__(self, trace: Trace, blocked: Blocked | None, begin_ms: int, network: RoadNetwork) -> None:
        self.trace, self.blocked, self.begin_ms, self.network = trace, blocked, begin_ms, network
        self.neighbours = Neighbours(network)

    def first_bin(self) -> int:
        """Return the bin in which the incident begins; one after the end, if there is none."""
        if self.blocked is None:
            return len(self.trace.figures)
        return int((self.blocked.from_s * 1000 - self.begin_ms % 86_400_000) // (COUNT_S * 1000))

    def judged(self, alarmed: Array) -> Outcome:
        """Return the outcome of alarms."""
        return outcome(alarmed, self.neighbours, self.begin_ms, self.blocked, self.network.index)


def fit(all_runs: Sequence[Runs], scenarios: Sequence[Scenario], most: int) -> str:
    """Return in words what the training runs teach."""
    trained = [each for runs in all_runs for scenario in scenarios for each in _trained(runs, scenario, most)]
    weights = logistic(*_rows(trained))
    lines = ["weights: " + ", ".join(f"{figure.name} {weights[figure]:.3f}" for figure in Figure)]
    by_name = {
        "combined": weights,
        "loops": np.where(np.arange(len(Figure)) < LOOP_FIGURES, weights, 0.0),
        "positions": np.where(np.arange(len(Figure)) >= LOOP_FIGURES, weights, 0.0),
    }
    for name, each in by_name.items():
        lines += [f"{name}: {line}" for line in _thresholds(trained, each)]
    lines.append(f"california: {_california(trained)}")
    return "\n".join(lines)


def _trained(runs: Runs, scenario: Scenario, most: int) -> list[Trained]:
    network = runs.place(scenario).network
    usual = learnt(runs.usual(scenario), network)
    found = []
    for purpose in (Purpose.TRAIN, Purpose.TRAIN_QUIET):
        for _, recorded in runs.there(scenario, purpose, most):
            found.append(Trained(trace_of(recorded, network, usual), recorded.blocked, recorded.begin_ms, network))
    return found


def _rows(trained: Sequence[Trained]) -> tuple[Array, Array]:
    """Return figures, capped, and whether an incident was to be seen there."""
    there, not_there = [], []
    for each in trained:
        figures, first = np.minimum(each.trace.figures, CAPS), each.first_bin()
        quiet = figures[WARM_UP_BINS:first]
        if quiet[..., Figure.ENTRY_STANDS].max(initial=0.0) < STANDSTILL:
            not_there.append(quiet.reshape(-1, len(Figure)))
        if each.blocked is not None:
            own = figures[first + FROM_BIN : first + UNTIL_BIN, each.network.index[each.blocked.road]]
            there.append(own[own.sum(axis=1) > LEAST_SEEN])
    yes, no = np.concatenate(there), np.concatenate(not_there)
    return np.concatenate((yes, no)), np.concatenate((np.ones(len(yes)), np.zeros(len(no))))


def logistic(rows: Array, is_there: Array) -> Array:
    """Return weights, none below 0, of a logistic regression with a ridge; its constant is left out."""
    scale = CAPS / 6.0
    prior = PRIOR * scale

    def loss(parameters: Array) -> tuple[float, Array]:
        weights, constant = parameters[:-1], parameters[-1]
        score = (rows / scale) @ weights + constant
        likelihood = np.logaddexp(0.0, score) - is_there * score
        error = 1 / (1 + np.exp(-np.clip(score, -500, 500))) - is_there
        pull = weights - prior
        gradient = np.concatenate(((rows / scale).T @ error + RIDGE * pull, [error.sum()]))
        return float(likelihood.sum() + RIDGE * (pull**2).sum() / 2), gradient

    bounds = [(0.0, None)] * rows.shape[1] + [(None, None)]
    found = minimize(loss, np.append(prior, -8.0), jac=True, bounds=bounds, method="L-BFGS-B")
    return np.asarray(found.x[:-1] / scale)


def _thresholds(trained: Sequence[Trained], weights: Array) -> list[str]:
    """Return for some rates of false alarms the threshold and what it finds."""
    scores = [np.minimum(each.trace.figures, CAPS) @ weights for each in trained]
    tried = np.unique(
        np.round(np.quantile(np.concatenate([s.ravel() for s in scores]), 1 - np.geomspace(1e-6, 3e-3, 40)), 2)
    )
    lines, seen = [], set()
    for threshold in tried[::-1]:
        line = _found(
            [each.judged(in_a_row(score >= threshold)) for each, score in zip(trained, scores, strict=True)], trained
        )
        if line not in seen:
            seen.add(line)
            lines.append(f"threshold {threshold:g}: {line}")
    return lines[:12]


def _found(outcomes: Sequence[Outcome], trained: Sequence[Trained]) -> str:
    heavy = [o for o, each in zip(outcomes, trained, strict=True) if each.blocked is not None and each.blocked.heavy]
    light = [
        o for o, each in zip(outcomes, trained, strict=True) if each.blocked is not None and not each.blocked.heavy
    ]
    days, false = sum(o.road_days for o in outcomes), sum(o.false for o in outcomes)
    in_time = [sum(o.found_s is not None and o.found_s <= 180 for o in those) for those in (heavy, light)]
    at_all = [sum(o.found_s is not None for o in those) for those in (heavy, light)]
    return (
        f"heavy {in_time[0]}/{len(heavy)} in 3 min, {at_all[0]} in 12; lighter {in_time[1]}/{len(light)}, {at_all[1]}; "
        f"{false} false in {days:.0f} road-days, {sum(o.elsewhere for o in outcomes)} elsewhere"
    )


def _california(trained: Sequence[Trained]) -> str:
    """Return the thresholds that find most with few enough false alarms; where none has, those with fewest."""
    found = []
    for difference in (0.2, 0.4, 0.6, 0.8):
        for relative in (0.5, 0.8, 0.95):
            for downstream in (0.01, 0.05, 0.1, 0.3):
                asked = Thresholds(difference, relative, downstream)
                outcomes = [_by_california(each, asked) for each in trained]
                allowed = max(sum(o.road_days for o in outcomes) * FALSE_PER_100 / 100, 1.0)
                in_time = sum(o.found_s is not None and o.found_s <= 180 for o in outcomes)
                false = sum(o.false for o in outcomes)
                found.append((-max(false - allowed, 0.0), in_time, f"{asked}: {_found(outcomes, trained)}"))
    return max(found)[2]


def _by_california(each: Trained, asked: Thresholds) -> Outcome:
    return each.judged(in_a_row(california(each.trace.stations[:, 0], each.trace.stations[:, 1], asked)))
