"""Tables beside a report: what is written is what is read, and what is drawn from them."""

import math
from pathlib import Path

import pytest

from bench.svg import Scale, spread
from bench.tables import (
    DelayRow,
    QueueRow,
    queue_figures,
    read_delays,
    read_queues,
    smooth_delays,
    smooth_queues,
    write_rows,
)
from signal_ctrl.domain.errors import BackendError


def test_rows_come_back(tmp_path: Path) -> None:
    delays = [DelayRow("net", 0.0, 60.0, 3, 12.5), DelayRow("a, b", 60.0, 60.0, 0, math.nan)]
    write_rows(tmp_path / "d.csv", DelayRow, delays)
    found = read_delays(tmp_path / "d.csv")
    assert found[0] == delays[0]
    assert found[1].controller == "a, b" and math.isnan(found[1].delay_s_per_vehicle)
    assert (tmp_path / "d.csv").read_text().startswith("controller,from_s,width_s,vehicles,delay_s_per_vehicle\n")
    queues = [QueueRow("net", 30.0, 'cluster_"x"', 4)]
    write_rows(tmp_path / "q.csv", QueueRow, queues)
    assert read_queues(tmp_path / "q.csv") == tuple(queues)


def test_a_table_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"d\.csv"):
        write_rows(tmp_path / "none" / "d.csv", DelayRow, [])


def test_the_worst_junction_has_the_longest_mean_queue() -> None:
    rows = [QueueRow("net", 30.0 * k, name, veh) for name, row in (("a", (0, 9)), ("b", (5, 6))) for k, veh in enumerate(row)]  # fmt: skip
    figures = queue_figures(rows)
    assert [(each.junction, each.mean_veh, each.max_veh) for each in figures] == [
        ("b", 5.5, 6),
        ("a", 4.5, 9),
    ]


def test_running_means_weigh_vehicles_and_skip_empty_bins() -> None:
    rows = [DelayRow("net", 0.0, 60.0, 1, 10.0), DelayRow("net", 60.0, 60.0, 0, math.nan), DelayRow("net", 120.0, 60.0, 3, 50.0)]  # fmt: skip
    assert smooth_delays(rows, reach=1) == [(30.0, 10.0), (90.0, 40.0), (150.0, 50.0)]
    queues = [QueueRow("net", 30.0 * k, "a", veh) for k, veh in enumerate((0, 6, 3))]
    assert smooth_queues(queues, reach=1) == [(0.0, 3.0), (30.0, 3.0), (60.0, 4.5)]


def test_labels_are_moved_apart_within_their_room() -> None:
    assert spread([10.0, 12.0, 40.0], 15.0, 0.0, 100.0) == [10.0, 25.0, 40.0]
    assert spread([95.0, 96.0], 15.0, 0.0, 100.0) == [85.0, 100.0]


def test_a_scale_needs_a_span() -> None:
    assert Scale(0.0, 10.0, 100.0, 0.0).at(2.5) == 75.0
    with pytest.raises(ValueError, match="low < high"):
        Scale(1.0, 1.0, 0.0, 1.0)
