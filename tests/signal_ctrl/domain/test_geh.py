"""GEH: golden values, the mistakes that others make with it, and the table."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.geh import GehRow, GehTable, geh, geh_table, of_period, table_to_csv
from signal_ctrl.domain.place_counts import PlaceCounts

A, B = ("a",), ("C", "a", "b")


def counts_of(length_s: float, *values: float, begin_s: float = 0.0) -> PlaceCounts:
    periods = tuple((begin_s + k * length_s, begin_s + (k + 1) * length_s) for k in range(len(values)))
    return PlaceCounts(periods, tuple({A: value} for value in values))


@pytest.mark.parametrize(
    ("modelled", "counted", "expected"),
    [
        (550.0, 500.0, 2.1822),  # sqrt(2 * 50^2 / 1050)
        (0.0, 0.0, 0.0),
        (0.0, 50.0, 10.0),  # sqrt(2 * 50) exactly
        (1000.0, 1000.0, 0.0),
        (1200.0, 1000.0, 6.0302),  # sqrt(2 * 200^2 / 2200)
    ],
)
def test_golden_values(modelled: float, counted: float, expected: float) -> None:
    assert geh(modelled, counted) == pytest.approx(expected, abs=5e-5)


def test_counts_of_a_quarter_hour_are_brought_to_an_hour_first() -> None:
    """Left at 15 minutes, the same error would look half as large: the root of four."""
    right, wrong = of_period(137.5, 125.0, 900.0), geh(137.5, 125.0)
    assert right == pytest.approx(geh(550.0, 500.0))
    assert right == pytest.approx(2.0 * wrong)


def test_a_relative_error_weighs_more_on_a_large_volume() -> None:
    assert geh(1100.0, 1000.0) == pytest.approx(math.sqrt(10.0) * geh(110.0, 100.0))


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_it_is_symmetric_and_never_negative(a: float, b: float) -> None:
    assert geh(a, b) == geh(b, a) >= 0


@pytest.mark.parametrize("bad", [(-1.0, 5.0), (5.0, -1.0), (math.nan, 5.0), (math.inf, 5.0)])
def test_what_is_no_volume_is_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(InvalidInputError, match="hourly volumes of 0 or more"):
        geh(*bad)


def test_a_period_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="a period above 0 s"):
        of_period(1.0, 1.0, 0.0)


def test_five_minute_counts_are_added_up_to_a_quarter_of_an_hour() -> None:
    counts = counts_of(300.0, 10, 20, 30, 40, 50)
    table = geh_table(counts, [{A: 12.0}, {A: 18.0}, {A: 30.0}, {A: 41.0}, {A: 51.0}])
    rows = [(row.begin_s, row.end_s, row.counted_veh, row.modelled_veh) for row in table.rows]
    assert rows == [(0.0, 1500.0, 150.0, 152.0)], "the rest of 10 minutes joins the quarter before it"
    assert table.short == 0


def test_short_periods_that_stand_alone_are_told() -> None:
    counts = PlaceCounts(((0.0, 300.0), (900.0, 1200.0)), ({A: 5.0}, {A: 6.0}))
    assert geh_table(counts, [{A: 5.0}, {A: 6.0}]).short == 2


def test_a_place_that_the_model_lacks_has_none() -> None:
    table = geh_table(PlaceCounts(((0.0, 3600.0),), ({A: 50.0, B: 100.0},)), [{B: 100.0}])
    assert table.share_good == 0.5
    assert table.worst(1)[0].place == A
    assert table.worst(1)[0].geh == pytest.approx(10.0)
    assert (table.counted_veh, table.modelled_veh) == (150.0, 100.0)
    assert table.total_error == pytest.approx(-1 / 3)


def test_a_share_is_strictly_below_five() -> None:
    row = GehRow(A, 0.0, 3600.0, 0.0, 12.5)  # sqrt(2 * 12.5) = 5 exactly
    assert row.geh == 5.0
    assert GehTable((row,)).share_good == 0.0


def test_r_squared_of_a_perfect_model_is_one_and_of_the_mean_zero() -> None:
    counts = counts_of(3600.0, 100, 200, 300)
    assert geh_table(counts, [{A: 100.0}, {A: 200.0}, {A: 300.0}]).r_squared == 1.0
    assert geh_table(counts, [{A: 200.0}] * 3).r_squared == 0.0
    assert geh_table(counts_of(3600.0, 7, 7), [{A: 7.0}] * 2).r_squared is None


def test_periods_have_to_fit() -> None:
    with pytest.raises(InvalidInputError, match="2 periods were counted, 1 modelled"):
        geh_table(counts_of(900.0, 1, 2), [{}])
    with pytest.raises(InvalidInputError, match="at least one count"):
        GehTable(())


def test_the_csv_has_a_line_each() -> None:
    counts = counts_of(900.0, 100, 50)
    table = geh_table(counts, [{A: 100.0}, {A: 40.0}])
    lines = table_to_csv(table, geh_table(counts, [{A: 99.5}, {A: 50.0}])).splitlines()
    assert lines[0] == "place,begin_s,end_s,counted_veh,routes_veh,geh_routes,simulated_veh,geh_simulated"
    assert lines[1] == "edge a,0,900,100,100,0,99.5,0.1"
    assert lines[2].startswith("edge a,900,1800,50,40,2.981,50,0")
