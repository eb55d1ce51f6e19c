"""The people of a report: what is drawn of the figures, and when nothing is."""

from bench.reports.people import people_part
from bench.reports.records import FigureRow


def row(controller: str, measure: str, mean: float) -> FigureRow:
    return FigureRow("newtown", controller, "", measure, mean, mean - 1.0, mean + 2.0)


def test_every_figure_has_a_drawing_and_a_row() -> None:
    rows = [row(name, measure, 40.0 + k) for k, name in enumerate(("fixed", "adaptive"))
            for measure in ("person_delay_s", "bus_delay_s", "bus_signal_delay_s", "pedestrian_wait_max_s")]  # fmt: skip
    found = people_part("n0", rows, ("fixed", "adaptive"), "Data: <code>figures.csv</code>.")
    assert found.count("<svg") == 2, "of the four two are drawn"
    assert "fixed: 40.0" in found and "adaptive: 41.0" in found
    assert "pedestrian wait, longest [s]" in found and "bus delay at a signal" in found


def test_a_network_of_cars_alone_has_no_such_part() -> None:
    assert people_part("n0", [row("fixed", "person_delay_s", 40.0)], ("fixed",), "") == ""
