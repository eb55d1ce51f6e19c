"""From a network to a green wave: solved with a bound, explained where it cannot be, then put into whole seconds."""

from dataclasses import dataclass, replace
from typing import Final

from optimiser.green_wave.conflicts import smallest_conflict
from optimiser.green_wave.engines import SCIPY, Answer, Effort, solve
from optimiser.green_wave.model import WaveModel, WaveRules, build_model
from optimiser.green_wave.network import WaveNetwork
from optimiser.green_wave.solution import Wave, wave_of
from optimiser.green_wave.start import quick_start
from optimiser.green_wave.whole_seconds import Rounded, WaveTiming, floored, in_whole_seconds
from signal_ctrl.domain.errors import InvalidInputError

_QUESTION_S: Final = 5.0
_ROUNDING_S: Final = 20.0
_SEARCH: Final = 0.75
"""Share of the time that the search may take; the rest is for whole seconds, or for why there is no wave."""


@dataclass(frozen=True, slots=True)
class WavePlan:
    """The wave that was found, with its proof, and what of it lamps can show."""

    wave: Wave
    timing: WaveTiming


def plan_wave(network: WaveNetwork, rules: WaveRules, effort: Effort, rounded: Rounded = floored) -> WavePlan:
    """Return the green wave of a network.

    Raises: InvalidInputError that names the rules at odds where there is none, or where none was found in the time.
    """
    effort = effort.begun()
    return _in_seconds(find_wave(network, rules, effort), rules, effort, rounded)


def plan_wave_if_any(
    network: WaveNetwork, rules: WaveRules, effort: Effort, rounded: Rounded = floored
) -> WavePlan | None:
    """Return the green wave of a network, None where none was found: for who does not ask why."""
    effort, model = effort.begun(), build_model(network, rules)
    answer = _searched(model, effort)
    if answer.values is None:
        return None
    try:
        return _in_seconds(wave_of(model, answer), rules, effort, rounded)
    except InvalidInputError:  # no whole seconds keep it
        return None


def find_wave(network: WaveNetwork, rules: WaveRules, effort: Effort) -> Wave:
    """Return the wave before it is put into whole seconds. Raises: as `plan_wave`."""
    model = build_model(network, rules)
    return wave_of(model, _answer(model, effort))


def _in_seconds(wave: Wave, rules: WaveRules, effort: Effort, rounded: Rounded) -> WavePlan:
    rounding = replace(effort, time_s=min(effort.time_s, _ROUNDING_S), gap=max(effort.gap, 1e-3), engine=SCIPY)
    return WavePlan(wave, in_whole_seconds(wave, rules, rounding, rounded))


def _searched(model: WaveModel, effort: Effort) -> Answer:
    search = effort.part(_SEARCH)
    start = quick_start(model, search) if effort.engine != SCIPY else None
    return solve(model.program, search, start)


def _answer(model: WaveModel, effort: Effort) -> Answer:
    answer = _searched(model, effort)
    if answer.values is not None:
        return answer
    if not answer.proven_empty:
        raise InvalidInputError(f"no green wave was found in {effort.time_s:g} s; give more time (--time-limit)")
    rules = smallest_conflict(model, replace(effort, time_s=_QUESTION_S, engine=SCIPY))
    raise InvalidInputError(f"no green wave satisfies these together: {'; '.join(rules)}; relax one of them")
