"""The section of one scenario: every drawing, and the table of its figures."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from bench.charts import delay_chart, queue_chart, queue_height_veh, short_name
from bench.reports.artery_speed import artery_part
from bench.reports.corridor import window_of
from bench.reports.figures_table import figures_table
from bench.reports.page import figure, legend, number, section, swatches
from bench.reports.people import people_part
from bench.reports.plots import WIDTH, curve_chart, paired_chart
from bench.reports.prediction_plots import error_chart, prediction_chart, prediction_key, prediction_table
from bench.reports.records import CurveRow, FigureRow, NoiseRow, PairRow, PredictionRow, VerdictRow
from bench.reports.space_plots import DELAY_CLASSES_S, Drive, coordination_chart, map_chart, time_space_chart
from bench.reports.study import Section, label_of, valid_rows
from bench.reports.tables import OVERALL, TableFolder
from bench.tables import QueueRow, queue_figures

_PANELS_OPEN: Final = 6
_AXIS_NAMES: Final = {"failure_rate": "Detector failure curve", "scale": "Demand curve"}


def scenario_section(number_: int, shown: Section, tables: TableFolder, order: Sequence[str]) -> str:
    """Return everything about one scenario; drawings whose tables are empty are left out, in words.

    Args: number_, of the section, which makes the names of its drawings unique; order, of the controllers.
    """
    name = f"n{number_}"
    labels = [label_of(group) for group in shown.groups]
    pair = f"{name}-detail"
    return section(
        name,
        shown.scenario,
        _first_pair(name, shown, tables, order),
        _queues(name, tables.of(shown.scenario, "queues"), order, labels, shown.scenario),
        _people(name, shown, tables.overall("figures"), order),
        artery_part(name, tables.of(shown.scenario, "artery"), order, _tables(shown.scenario, "artery")),
        _time_space(name, shown, tables),
        _coordination(name, shown, tables),
        _predictions(name, shown, tables),
        _maps(pair, shown, tables),
        _curves(name, shown.scenario, tables.overall("curves"), order),
        _figures(shown, tables.overall("figures"), labels),
        _noise(shown.scenario, tables.overall("noise")),
    )


def _first_pair(name: str, shown: Section, tables: TableFolder, order: Sequence[str]) -> str:
    condition = ", ".join(shown.groups[0].conditions())
    verdicts: list[VerdictRow] = _of(tables.overall("verdict"), shown.scenario, condition)
    pairs: list[PairRow] = _of(tables.overall("pairs"), shown.scenario, condition)
    delays = tables.of(shown.scenario, "delay_over_time")
    labels = [label_of(group) for group in shown.groups]
    baseline = next((row.baseline for row in verdicts if row.baseline), "")
    charts = []
    if any(row.values for row in verdicts):
        charts.append(paired_chart(f"{name}-paired", verdicts, pairs, order, baseline))
    if any(row.vehicles for row in delays):
        charts.append(delay_chart(delays, order, WIDTH, panel=f"{name}-delay"))
    words = (
        f"Left: each dot is one pair of runs, the bar the 95 % interval of their mean (the tick), zero is "
        f"<b>{escape(baseline)}</b>. Right: mean delay by the minute in which vehicles were due, all valid seeds, "
        f"running mean over five minutes; it falls at the end, where vehicles under way count with their delay so far. "
        f"{_tables(shown.scenario, 'pairs', 'delay_over_time')}"
    )
    title = f"Delay{f' ({condition})' if condition else ''}"
    return figure(charts, words, legend(order, [each for each in order if each in labels]), title)


def _queues(name: str, rows: Sequence[QueueRow], order: Sequence[str], labels: Sequence[str], scenario: str) -> str:
    if not rows:
        return ""
    shown = [each for each in order if each in labels]
    worst = [each.junction for each in queue_figures(rows)]
    high_veh = queue_height_veh(rows, shown, worst)
    charts = [queue_chart(signal, f"{name}-queue-{k}", rows, order, high_veh) for k, signal in enumerate(worst)]
    first, rest = charts[:_PANELS_OPEN], charts[_PANELS_OPEN:]
    more = f"<details open><summary>{len(rest)} more junctions</summary>{_panels(rest)}</details>" if rest else ""
    return (
        f'<h3>Queues per junction</h3><figure class="card">{legend(order, shown)}{_panels(first)}{more}'
        "<figcaption>Vehicles slower than 5 km/h on the approaches of each junction, mean of the valid seeds, worst "
        f"first, all on one scale; running mean over five minutes. {_tables(scenario, 'queues')}</figcaption></figure>"
    )


def _panels(charts: Sequence[str]) -> str:
    return f'<div class="panels">{"".join(charts)}</div>'


def _tables(scenario: str, *names: str) -> str:
    """Return where the data of a drawing are."""
    files = [f"{name}.csv" if name in OVERALL else f"{scenario}.{name}.csv" for name in names]
    return f"Data: {', '.join(f'<code>{escape(file)}</code>' for file in files)}."


def _time_space(name: str, shown: Section, tables: TableFolder) -> str:
    lines = tables.of(shown.scenario, "stop_lines")
    parts = {each: tables.of(shown.scenario, each) for each in ("corridor_lamps", "bands", "trajectories")}
    charts: list[str] = []
    for direction in dict.fromkeys(line.direction for line in lines):
        for group in shown.detailed:
            label = label_of(group)
            mine = {
                each: [row for row in rows if row.controller == label and row.direction == direction]
                for each, rows in parts.items()
            }
            if not mine["corridor_lamps"] and not mine["trajectories"]:
                continue
            run = valid_rows(group)[0]
            drive = Drive(
                [line for line in lines if line.direction == direction],
                *(mine["corridor_lamps"], mine["bands"], mine["trajectories"]),
                window_of(float(run["begin_s"]), float(run["end_s"])),
            )
            title = f"{label}, towards {short_name(drive.stop_lines[-1].signal, 20)}"
            chart = time_space_chart(f"{name}-space-{len(charts)}", f"Time-space diagram: {title}", drive)
            charts.append(f"<h4>{escape(title)}</h4>{chart}")
    key = swatches(
        {
            "green at the stop line": "green",
            "amber": "amber",
            "red": "red",
            "green band": "through",
            "a vehicle": "vehicle",
        }
    )
    words = (
        "Ten minutes from the middle of one run. Green bands: who starts in one at the first stop line and drives at "
        "the speed limit meets green at every stop line. "
        + _tables(shown.scenario, "trajectories", "corridor_lamps", "bands", "stop_lines")
    )
    return figure(charts, words, key, "Time and space on the arterial")


def _coordination(name: str, shown: Section, tables: TableFolder) -> str:
    cycles, arrivals = tables.of(shown.scenario, "cycles"), tables.of(shown.scenario, "arrivals")
    charts: list[str] = []
    place = ""
    for group in shown.detailed:
        label = label_of(group)
        mine = [row for row in arrivals if row.controller == label]
        if mine:
            place = f"signal {mine[0].signal}, from {mine[0].edge}"
            green = sum(row.aspect == "green" for row in mine) / len(mine)
            own = [row for row in cycles if row.controller == label]
            chart = coordination_chart(
                f"{name}-purdue-{len(charts)}", f"Coordination under {label}: {place}", own, mine
            )
            charts.append(f"<h4>{escape(label)}: {100 * green:.0f} % arrive on green</h4>{chart}")
    words = (
        f"The busiest straight movement, {escape(place)}, in one run. A dot is a vehicle as it would reach the stop "
        "line without a queue; a cycle begins with red at the bottom, above the green line it is green, up to the red "
        f"line. {_tables(shown.scenario, 'arrivals', 'cycles')}"
    )
    key = swatches(
        {
            "arrives on green": "green",
            "on amber": "amber",
            "on red": "red",
            "green begins": "starts",
            "green ends": "ends",
        }
    )
    return figure(charts, words, key, "Purdue coordination diagram")


def _predictions(name: str, shown: Section, tables: TableFolder) -> str:
    rows: Sequence[PredictionRow] = tables.of(shown.scenario, "predictions")
    charts: list[str] = []
    for label in dict.fromkeys(row.controller for row in rows):
        mine = [row for row in rows if row.controller == label]
        for draw in (prediction_chart, error_chart):
            charts.append(f"<h4>{escape(label)}</h4>{draw(f'{name}-prediction-{len(charts)}', mine)}")
    words = (
        "Vehicles that wait at the stop lines of a signal in the 20 s after a decision, in one run: as the model "
        "of the controller expects it from what it saw, with the lamps as they then were, and as SUMO's trajectories "
        "tell it. "
        "Mean over all signals and every tenth second with a decision; the error is expected minus happened. Vehicles "
        "that came within 150 m only later are told apart, as newcomers. "
        f"{_tables(shown.scenario, 'predictions')}"
    )
    drawn = figure(charts, words, prediction_key(), "What the controller expected, and what happened")
    return f"{drawn}{prediction_table(rows)}" if drawn else ""


def _maps(name: str, shown: Section, tables: TableFolder) -> str:
    shapes, edges = tables.of(shown.scenario, "network"), tables.of(shown.scenario, "edges")
    charts: list[str] = []
    for group in shown.detailed if shapes else ():
        label = label_of(group)
        mine = [row for row in edges if row.controller == label]
        if mine:
            chart = map_chart(f"{name}-map-{len(charts)}", f"Delay by street under {label}", shapes, mine)
            charts.append(f"<h4>{escape(label)}</h4>{chart}")
    limits = ["0", *(f"{limit_s:g}" for limit_s in DELAY_CLASSES_S)]
    ends = [*(f"–{limit_s:g}" for limit_s in DELAY_CLASSES_S), " and more"]
    key = swatches({f"{a}{b} s/veh": f"m{k}" for k, (a, b) in enumerate(zip(limits, ends, strict=True))})
    words = (
        "Time lost per vehicle on each street, mean of the valid seeds, waiting outside left out. North "
        f"is up. {_tables(shown.scenario, 'edges', 'network')}"
    )
    return figure(charts, words, key, "Where the delay arises")


def _curves(name: str, scenario: str, rows: Sequence[CurveRow], order: Sequence[str]) -> str:
    found = []
    for axis, title in _AXIS_NAMES.items():
        mine = [row for row in rows if row.scenario == scenario and row.axis == axis]
        if not mine:
            continue
        lost = sum(row.invalid for row in mine)
        words = (
            "Mean delay of the valid seeds; whiskers from the best to the worst seed. "
            f"Invalid runs left out: {lost}. {_tables(scenario, 'curves')}"
        )
        shown = [each for each in order if any(row.controller == each for row in mine)]
        found.append(figure([curve_chart(f"{name}-{axis}", mine, order)], words, legend(order, shown), title))
    return "".join(found)


def _figures(shown: Section, rows: Sequence[FigureRow], labels: Sequence[str]) -> str:
    condition = ", ".join(shown.groups[0].conditions())
    found = figures_table(_of(rows, shown.scenario, condition), labels)
    return f"<h3>All figures</h3>{found}" if found else ""


def _people(name: str, shown: Section, rows: Sequence[FigureRow], order: Sequence[str]) -> str:
    condition = ", ".join(shown.groups[0].conditions())
    return people_part(name, _of(rows, shown.scenario, condition), order, _tables(shown.scenario, "figures"))


def _noise(scenario: str, rows: Sequence[NoiseRow]) -> str:
    """Return what the seeds alone do to a plan that reacts to nothing, beside the spread of the differences."""
    mine = [row for row in rows if row.scenario == scenario]
    fixed = [row for row in mine if row.controller in ("net", "fixed")]
    others = [row for row in mine if row.difference_deviation_s == row.difference_deviation_s]
    if not fixed:
        return ""
    still = "; ".join(
        f"<b>{escape(row.controller)}</b> moves by ± {number(row.deviation_s, 2)} s/veh over {row.runs} runs "
        f"({number(100 * row.deviation_s / row.mean_s if row.mean_s else None)} % of its mean)"
        for row in fixed
    )
    paired = "; ".join(f"{escape(row.controller)} ± {number(row.difference_deviation_s, 2)}" for row in others)
    beside = f" Differences to the baseline spread by: {paired} s/veh." if paired else ""
    return f'<p class="soft">Noise of the seeds alone, on signals that react to nothing: {still}.{beside}</p>'


def _of(rows: Sequence[Any], scenario: str, condition: str) -> list[Any]:
    return [row for row in rows if row.scenario == scenario and row.condition == condition]
