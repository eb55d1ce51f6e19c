"""What several commands are tried on."""

from pathlib import Path

import pytest

from bench.tuning.store import tuned_plan
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.domain.profile import PUBLISHED


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Return the file of the tuned plan of cologne3."""
    found = tuned_plan("cologne3", PUBLISHED)
    assert found is not None
    path = tmp_path / "plan.json"
    path.write_text(plan_to_json(found), encoding="utf-8")
    return path
