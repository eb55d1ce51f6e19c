"""Tables of spreadsheets: what stands in the place of commas is named, not the first column that seems to be missing."""

from collections.abc import Callable

import pytest

from signal_ctrl.domain.counts import counts_from_csv
from signal_ctrl.domain.csv_rows import csv_number, csv_rows
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.group_counts import group_counts_from_csv
from signal_ctrl.domain.place_counts import links_from_csv
from signal_ctrl.gateways.detector_log import log_of_csv
from signal_ctrl.gateways.interval_counts import counts_of_csv

HEADERS = {
    counts_from_csv: "begin_s,end_s,signal,from_edge,to_edge,vehicles",
    group_counts_from_csv: "begin_s,end_s,group,vehicles",
    links_from_csv: "begin_s,end_s,edge,vehicles",
    log_of_csv: "time,detector,state",
    counts_of_csv: "begin_s,end_s,line,direction,class,count",
}


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs")])
@pytest.mark.parametrize("read", HEADERS, ids=lambda read: read.__name__)
def test_another_sign_between_the_columns_is_named(read: Callable[[str, str], object], sign: str, name: str) -> None:
    head = HEADERS[read].replace(",", sign)
    with pytest.raises(InvalidInputError, match=f"c.csv: its columns are divided by {name}; save it with commas"):
        read(f"\ufeff{head}\n0{sign}900{sign}x{sign}1,5\n", "c.csv")


def test_a_semicolon_in_the_name_of_a_column_is_none_between_columns() -> None:
    assert [row["a"] for _, row in csv_rows("a,b;c\n1,2\n", "c.csv", ("a",))] == ["1"]


def test_a_mark_of_the_order_of_bytes_is_no_part_of_the_first_column() -> None:
    assert [csv_number(row, "a", "c.csv") for _, row in csv_rows("\ufeffa,b\n1,2\n", "c.csv", ("a", "b"))] == [1.0]
