"""The kernel passes every scenario."""

import pytest

from tests.signal_ctrl.kernel.scenarios import SCENARIOS
from tests.signal_ctrl.kernel.worlds import REAL


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_kernel_passes(scenario: str) -> None:
    assert not SCENARIOS[scenario](REAL)
