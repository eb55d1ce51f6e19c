"""Actors and rights: how old a second factor may be, whom a district reaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.centre.identity import (
    MACHINES,
    MATRIX,
    PEOPLE,
    SECOND_FACTOR_FRESH_MS,
    SECOND_FACTOR_LASTS_MS,
    Actor,
    Grant,
    Right,
    Role,
    require,
)
from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError

NOW_MS = 1_790_000_000_000


@given(st.sampled_from(Role), st.sampled_from(Right), st.none() | st.integers(-10, SECOND_FACTOR_LASTS_MS + 10))
def test_a_right_reaches_as_the_matrix_and_the_age_of_the_factor_say(
    role: Role, right: Right, age_ms: int | None
) -> None:
    actor = Actor("ann", role, None, None if age_ms is None else NOW_MS - age_ms)
    grant = MATRIX[right][role]
    young = age_ms is not None and 0 <= age_ms <= SECOND_FACTOR_LASTS_MS
    shown = age_ms is not None or role in MACHINES or right in {Right.OPEN, Right.SESSION}
    if grant is Grant.NO or not shown or (grant is Grant.WITH_SECOND and not young):
        with pytest.raises(ForbiddenError):
            require(actor, right, NOW_MS)
    else:
        assert require(actor, right, NOW_MS) is grant


@pytest.mark.parametrize(
    ("age_ms", "fresh"), [(0, True), (SECOND_FACTOR_FRESH_MS, True), (SECOND_FACTOR_FRESH_MS + 1, False), (-1, False)]
)
def test_two_persons_need_a_fresh_factor(age_ms: int, fresh: bool) -> None:
    assert Actor("ann", Role.OPERATOR, None, NOW_MS - age_ms).is_fresh(NOW_MS) is fresh


def test_a_district_reaches_itself_and_everywhere_reaches_all() -> None:
    assert Actor("ann", Role.OPERATOR, "north").reaches("north") and not Actor("ann", Role.OPERATOR, "north").reaches(
        "south"
    )
    assert not Actor("ann", Role.OPERATOR, "north").reaches(None)
    assert Actor("ann", Role.OPERATOR).reaches("south") and Actor("ann", Role.OPERATOR).reaches(None)


def test_nobody_acts_without_a_name_and_cabinets_are_no_people() -> None:
    with pytest.raises(InvalidInputError):
        Actor("", Role.VIEWER)
    assert {Role.CABINET, Role.FEED} == MACHINES and set(PEOPLE) == set(Role) - MACHINES
