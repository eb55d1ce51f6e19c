"""Compiling the rollout before it is needed."""

from optimiser import rollout_core
from sumo_scenarios.warm_up import compile_rollout


def test_once_warm_nothing_is_left_to_compile() -> None:
    compile_rollout()
    compiled = [value for value in vars(rollout_core).values() if hasattr(value, "nopython_signatures")]
    signatures = [len(function.signatures) for function in compiled]
    assert signatures
    assert max(signatures) >= 1
    compile_rollout()
    assert [len(function.signatures) for function in compiled] == signatures
