"""Safety profiles: what contradicts itself, or SAFETY, is none."""

from dataclasses import replace

import pytest

from signal_ctrl.domain.errors import InvalidTimingError
from signal_ctrl.domain.profile import PUBLISHED, STREET, SafetyProfile


@pytest.mark.parametrize("profile", [PUBLISHED, STREET])
def test_no_formula_without_the_other(profile: SafetyProfile) -> None:
    with pytest.raises(InvalidTimingError, match="go together"):
        replace(profile, all_red_by_geometry=not profile.all_red_by_geometry)


@pytest.mark.parametrize("changed", [{"amber_s": 2.9}, {"min_green_s": 0.0}, {"ped_speed_mps": 3.0}])
def test_what_safety_does_not_allow_is_refused(changed: dict[str, float]) -> None:
    with pytest.raises(InvalidTimingError):
        replace(STREET, **changed)  # type: ignore[arg-type]
