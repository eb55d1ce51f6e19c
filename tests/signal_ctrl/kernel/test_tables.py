from signal_ctrl.domain.site import Right, Trailing
from signal_ctrl.kernel.tables import tables_for
from tests.signal_ctrl.kernel.small_sites import (
    LEFT,
    LEFT_STAGE,
    MAIN,
    MAIN_STAGE,
    SIDE,
    SIDE_STAGE,
    WALK,
    crossroads,
)


def test_partners_and_opponents() -> None:
    tables = tables_for(crossroads())
    assert tables.partners == ((SIDE, LEFT), (MAIN, LEFT, WALK), (MAIN, SIDE, WALK), (SIDE, LEFT))
    assert tables.opponents == (0b0010, 0b1101, 0b0010, 0b0010)
    assert tables.crossing == (False, False, False, True)


def test_meets_knows_yield_pairs_both_ways() -> None:
    meets = tables_for(crossroads()).meets
    assert meets[MAIN][LEFT][Right.PROTECTED][Right.PERMISSIVE]
    assert meets[LEFT][MAIN][Right.PERMISSIVE][Right.PROTECTED]
    assert not meets[MAIN][LEFT][Right.PERMISSIVE][Right.PROTECTED]
    assert meets[MAIN][LEFT][Right.PERMISSIVE][Right.PERMISSIVE]
    assert not meets[MAIN][SIDE][Right.PERMISSIVE][Right.PERMISSIVE]
    assert all(meets[MAIN][SIDE][right][Right.NONE] and meets[MAIN][SIDE][Right.STOP][right] for right in Right)


def test_service_and_times() -> None:
    tables = tables_for(crossroads(trailing=(Trailing(SIDE, LEFT, 12), Trailing(MAIN, LEFT, 7))))
    assert tables.served_by == ((MAIN_STAGE,), (SIDE_STAGE,), (MAIN_STAGE, LEFT_STAGE), (MAIN_STAGE,))
    assert tables.clear_ds == (40, 60, 50, 110)
    assert tables.lag_ds == (0, 0, 12, 0)
    assert tables.rota.home == (MAIN_STAGE, SIDE_STAGE, MAIN_STAGE, MAIN_STAGE)
