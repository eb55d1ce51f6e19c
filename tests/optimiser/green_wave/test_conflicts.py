"""Rules at odds: named, and no more of them than needed."""

import pytest

from optimiser.green_wave.arterial import ArterialSignal
from optimiser.green_wave.conflicts import smallest_conflict
from optimiser.green_wave.engines import ENGINES, Effort, solve
from optimiser.green_wave.mixed_program import MixedProgram, Sum
from optimiser.green_wave.model import WaveRules, build_model
from optimiser.green_wave.network import Clearance, WaveNetwork
from optimiser.green_wave.planning import find_wave
from signal_ctrl.domain.errors import InvalidInputError
from tests.optimiser.green_wave.streets import street

QUICK = Effort(10.0, 1e-3)


def too_wide() -> WaveNetwork:
    signals = [ArterialSignal(f"S{k}", red) for k, red in enumerate((0.45, 0.4, 0.5, 0.4))]
    return street(signals, (300, 450, 250), (12.5, 12.5), (70.0, 110.0), None, least_s=(60.0, 0.0))


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
    loops = [v for _, v in model.loops]
    found = smallest_conflict(model.program, loops, QUICK)
    assert found
    assert set(named) <= set(found)
    wide = model.program.copy()
    wide.most = Sum()
    for v in loops:
        wide.low[v], wide.high[v] = -60.0, 60.0
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
