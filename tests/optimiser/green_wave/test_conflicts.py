"""Rules at odds: named, and no more of them than needed."""

import json
from typing import Any

import pytest

from optimiser.green_wave.arterial import ArterialSignal
from optimiser.green_wave.conflicts import STRUCTURE, smallest_conflict, without_bounds
from optimiser.green_wave.corridor_file import CorridorWishes, corridor_from_text
from optimiser.green_wave.engines import ENGINES, Effort, solve
from optimiser.green_wave.mixed_program import MixedProgram, Sum
from optimiser.green_wave.model import WaveRules, build_model
from optimiser.green_wave.network import Clearance, WaveNetwork
from optimiser.green_wave.planning import find_wave
from signal_ctrl.domain.errors import InvalidInputError
from tests.optimiser.green_wave.streets import street, too_wide

QUICK = Effort(10.0, 1e-3)


def slow_and_fast() -> WaveNetwork:
    """A queue that needs more than the green of its signal."""
    signals = [ArterialSignal(f"S{k}", 0.4, clearance=Clearance(seconds=70.0 * (k == 1))) for k in range(3)]
    return street(signals, (300, 450), (12.5, 13.5), (90.0, 100.0), None)


@pytest.mark.parametrize(
    ("network", "named"),
    [(too_wide(), ("cycle of 70-110 s", "green of S2, out", "band of 60 s out")), (slow_and_fast(), ())],
)
def test_the_conflict_is_smallest(network: WaveNetwork, named: tuple[str, ...]) -> None:
    model = build_model(network, WaveRules())
    found = smallest_conflict(model, QUICK)
    assert found
    assert set(named) <= set(found)
    wide = without_bounds(model)
    others = frozenset(r.rule for r in wide.rows if not r.rule.startswith(("offsets", "one order"))) - set(found)
    assert solve(wide.without(others), QUICK).proven_empty
    for rule in found:
        assert solve(wide.without(others | {rule}), QUICK).values is not None, f"{rule} is not needed"


def test_the_error_names_the_rules_in_one_line() -> None:
    with pytest.raises(InvalidInputError, match=r"these together: .*band of 60 s out.*; relax one of them") as caught:
        find_wave(too_wide(), WaveRules(), QUICK)
    assert "\n" not in str(caught.value)


def test_reds_that_leave_no_way() -> None:
    signals = [ArterialSignal(f"S{k}", 0.9) for k in range(3)]
    with pytest.raises(InvalidInputError, match=r"no green wave satisfies these together: .*green of S"):
        find_wave(street(signals, (300, 450), (12.5, 12.5), (90.0, 90.0)), WaveRules(), QUICK)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("reds", "way_m"), [((0.97, 0.97), 150.0), ((0.97, 0.97), 300.0), ((0.96, 0.96, 0.96), 350.0)])
def test_every_engine_says_so(engine: str, reds: tuple[float, ...], way_m: float) -> None:
    signals = [ArterialSignal(f"S{k}", red) for k, red in enumerate(reds)]
    network = street(signals, [way_m] * (len(reds) - 1), (12.5, 12.5), (90.0, 90.0))
    with pytest.raises(InvalidInputError, match=r"these together: .*speed of 45-45 km/h from S"):
        find_wave(network, WaveRules(), Effort(10.0, 1e-3, engine))


def test_sums_and_rows() -> None:
    program = MixedProgram()
    x, n = program.variable(0.0, 10.0), program.variable(0.0, 5.0, whole=True)
    program.require(x + n * 2.0 - Sum({}, 1.0), 0.0, 7.5, "room")
    program.most = x + n * 2.5
    answer = solve(program, QUICK)
    assert answer.values is not None
    assert answer.found == pytest.approx(8.5 + 0.5 * 4)
    assert answer.gap < 1e-3
    assert (x + n).value(answer.values) == pytest.approx(4.5)


def test_a_rule_that_is_left_out_binds_nothing_any_more() -> None:
    """A band of 300 s needs a far longer cycle: without the cycle's bounds it can be had, so they are named."""
    signals = [ArterialSignal(f"S{k}", 0.4) for k in range(3)]
    network = street(signals, (300, 450), (12.5, 12.5), (70.0, 110.0), None, least_s=(300.0, 0.0))
    assert smallest_conflict(build_model(network, WaveRules()), QUICK) == ("cycle of 70-110 s", "band of 300 s out")


def file_of(cycle_s: list[int], kmh: list[int], street_: dict[str, Any], green: float = 0.5) -> dict[str, Any]:
    greens = {"A": green, "B": 0.6, "C": green}
    signals = [{"name": name, "greens": {"Main": [0.0, share]}} for name, share in greens.items()]
    links = [{"from": "A", "to": "B", "distance_m": 300}, {"from": "B", "to": "C", "distance_m": 410}]
    streets = [{"name": "Main", "signals": ["A", "B", "C"], **street_}]
    head = {"format": "signal-ctrl corridor 1", "name": "Main", "cycle_s": cycle_s, "speed_kmh": kmh}
    return {**head, "signals": signals, "links": links, "streets": streets}


INFEASIBLE = {
    "a band wider than a green": file_of([70, 80], [40, 55], {"least_band_s": 50}),
    "two bands that speeds keep apart": file_of([80, 80], [50, 50], {"least_band_s": 36, "least_band_back_s": 36}),
    "a ratio that the wider band forbids": file_of(
        [80, 80], [40, 60], {"least_band_s": 35, "ratio": 0.5, "least_band_back_s": 30}
    ),
}


@pytest.mark.parametrize("found", INFEASIBLE.values(), ids=INFEASIBLE)
def test_files_without_a_wave_name_rules_none_of_which_is_needless(found: dict[str, Any]) -> None:
    """The named rules alone cannot be satisfied; without any one of them they can."""
    model = build_model(corridor_from_text(json.dumps(found), CorridorWishes(), "x.json").network, WaveRules())
    with pytest.raises(InvalidInputError, match="these together: ") as caught:
        find_wave(model.network, WaveRules(), QUICK)
    rules = str(caught.value).partition("together: ")[2].partition("; relax")[0].split("; ")
    assert 2 <= len(set(rules)) == len(rules)
    free = without_bounds(model)
    others = frozenset(row.rule for row in free.rows if not row.rule.startswith(STRUCTURE)) - set(rules)
    assert solve(free.without(others), QUICK).proven_empty
    for rule in rules:
        assert solve(free.without(others | {rule}), QUICK).values is not None, f"{rule} is not needed"


def test_who_mends_a_named_rule_in_the_file_gets_a_wave() -> None:
    found = file_of([70, 80], [40, 55], {"least_band_s": 90})
    with pytest.raises(InvalidInputError, match="together: cycle of 70-80 s; band of 90 s Main out; relax"):
        plan(found)
    assert plan({**found, "cycle_s": [200, 300]}) > 0
    assert plan({**found, "streets": [{"name": "Main", "signals": ["A", "B", "C"]}]}) > 0


def plan(found: dict[str, Any]) -> float:
    network = corridor_from_text(json.dumps(found), CorridorWishes(), "x.json").network
    return find_wave(network, WaveRules(), QUICK).proof.found
