"""The demo's report: one page, drawn from the saved files, that opens anywhere without a network."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from bench.charts import delay_chart, lamp_chart, queue_chart, queue_height_veh, stage_drawing, style_of
from bench.demo import REPORT_FILE, SUMMARY_FILE
from bench.junction_view import JunctionView, read_view
from bench.lamps import Shown, Stage, link_groups, read_lamps, stages, within
from bench.report_style import STYLE
from bench.svg import clock
from bench.tables import DELAY_FILE, QUEUE_FILE, QueueRow, queue_figures, read_delays, read_queues
from signal_ctrl.domain.errors import BackendError, InvalidInputError

WINDOW_S: Final = 300.0
_WIDTHS: Final = ((1040.0, "wide"), (380.0, "narrow"))

Summary = dict[str, Any]


def write_report(folder: Path) -> Path:
    """Write `report.html` of the demo in a folder and return its path.

    Raises: InvalidInputError if the folder holds no finished demo; BackendError if it cannot be written.
    """
    summary = read_summary(folder / SUMMARY_FILE)
    path = folder / REPORT_FILE
    page = _page(summary, folder)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror}") from error
    return path


def read_summary(path: Path) -> Summary:
    """Return the summary of a demo. Raises: InvalidInputError if it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"cannot read {path}: {error}; run 'signal-ctrl demo' first") from error
    if not isinstance(found, dict) or not found.get("runs"):
        raise InvalidInputError(f"{path} holds no runs; run 'signal-ctrl demo' first")
    return found


def _page(summary: Summary, folder: Path) -> str:
    order = [run["controller"] for run in summary["runs"]]
    queues = read_queues(folder / QUEUE_FILE)
    title = f"{summary['scenario']}: the same signals under {', '.join(order[:-1])} and {order[-1]}"
    body = [
        _header(summary, title),
        _verdict(summary["runs"]),
        _delays(folder, order),
        _queues(queues, order),
        _junction(summary, folder, queues),
        _settings(summary),
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
    )
    return f"{head}<body><main>{''.join(body)}</main></body></html>\n"


def _header(summary: Summary, title: str) -> str:
    vehicles = summary["runs"][0]["vehicles"]["total"]
    words = (
        f"{clock(summary['begin_s'])}–{clock(summary['end_s'])}, {vehicles:,} vehicles, same demand and seed "
        f"{summary['seed']} for every controller. {summary['description']}."
    )
    return f'<header><h1>{escape(title)}</h1><p class="soft">{escape(words)}</p></header>'


def _verdict(runs: Sequence[Summary]) -> str:
    best = {
        key: min(run[key] for run in runs) for key in ("delay_s_per_vehicle", "stops_per_vehicle", "unfinished_veh")
    }
    rows = "".join(_verdict_row(run, runs, best) for run in runs)
    heads = (
        ("controller", ""),
        ("delay", "s/veh"),
        ("stops", "per veh"),
        ("unfinished", "veh"),
        ("worst junction", "mean queue"),
        ("mean speed", "m/s"),
        ("longest wait", "s"),
    )
    names = [f"<th scope=col>{name}{f' <small>[{unit}]</small>' if unit else ''}</th>" for name, unit in heads]
    violations = sum(run["kernel"]["violations"] or 0 for run in runs)
    note = (
        "Delay counts every vehicle that was due, also those still under way or not yet let in when time "
        "was up (“unfinished”): time lost against free driving plus waiting to enter. "
        f"Violations seen by the safety kernel: {violations}. "
        "One seed shows how it looks, not how sure it is."
    )
    return (
        f'<section aria-labelledby="v"><h2 id="v">Verdict</h2><p class="verdict">{_sentence(runs)}</p>'
        f'<div class="card"><table class="cards"><thead><tr>{"".join(names)}</tr></thead>'
        f'<tbody>{rows}</tbody></table></div><p class="soft">{note}</p></section>'
    )


def _sentence(runs: Sequence[Summary]) -> str:
    """Return the comparison of the last controller with the others in one sentence."""
    ours, others = runs[-1], runs[:-1]
    mine = ours["delay_s_per_vehicle"]
    against = [
        f"{_change(mine, other['delay_s_per_vehicle'])} than under <b>{escape(other['controller'])}</b>"
        for other in others
    ]
    than = f": {' and '.join(against)}" if against else ""
    return f"Under <b>{escape(ours['controller'])}</b> a vehicle loses {mine:.1f} s{than}."


def _change(mine: float, other: float) -> str:
    if other <= 0:
        return f"{mine - other:+.1f} s"
    share = (mine - other) / other
    return f"{abs(share):.0%} {'less' if share < 0 else 'more'}"


def _verdict_row(run: Summary, runs: Sequence[Summary], best: Mapping[str, float]) -> str:
    order = [each["controller"] for each in runs]
    worst = run["worst_junction"]
    where = f"{escape(worst['id'])} <small>({worst['mean_queue_veh']:.1f} veh)</small>" if worst else "–"
    first = runs[0]
    change = "" if run is first else _percent(run["delay_s_per_vehicle"], first["delay_s_per_vehicle"])
    cells = (
        ("delay [s/veh]", f"<span>{run['delay_s_per_vehicle']:.1f}{change}</span>", "delay_s_per_vehicle"),
        ("stops [per veh]", f"{run['stops_per_vehicle']:.2f}", "stops_per_vehicle"),
        ("unfinished [veh]", f"{run['unfinished_veh']:,}", "unfinished_veh"),
        ("worst junction", f"<span>{where}</span>", ""),
        ("mean speed [m/s]", f"{run['mean_speed_mps']:.1f}", ""),
        ("longest wait [s]", f"{run['longest_wait_s']:,.0f}", ""),
    )
    key = f'<span class="key {style_of(run["controller"], order)}"></span>'
    tds = "".join(
        f'<td data-name="{name}"{" class=best" if field and run[field] == best[field] else ""}>{text}</td>'
        for name, text, field in cells
    )
    return f"<tr><th scope=row>{key}{escape(run['controller'])}</th>{tds}</tr>"


def _percent(value: float, base: float) -> str:
    return f" <small>({(value - base) / base:+.0%})</small>".replace("-", "−") if base > 0 else ""


def _delays(folder: Path, order: Sequence[str]) -> str:
    rows = read_delays(folder / DELAY_FILE)
    charts = "".join(_sized(kind, delay_chart(rows, order, width)) for width, kind in _WIDTHS)
    return (
        f'<section aria-labelledby="d"><h2 id="d">Delay over time</h2><figure>{_legend(order)}{charts}'
        "<figcaption>Mean delay per vehicle by the minute in which it was due to depart, as a running mean "
        f"over five minutes. Every minute is in <code>{DELAY_FILE}</code>.</figcaption></figure></section>"
    )


def _queues(rows: Sequence[QueueRow], order: Sequence[str]) -> str:
    if not rows:
        return ""
    by_controller = {
        name: {f.junction: f for f in queue_figures(r for r in rows if r.controller == name)} for name in order
    }
    junctions = [figure.junction for figure in queue_figures(rows)]
    high_veh = queue_height_veh(rows, order, junctions)
    panels = "".join(queue_chart(junction, f"queue-{k}", rows, order, high_veh) for k, junction in enumerate(junctions))
    heads = "".join(f"<th scope=col>{escape(name)}</th>" for name in order)
    body = "".join(
        f"<tr><th scope=row>{escape(junction)}</th>"
        + "".join(_queue_cell(by_controller[name].get(junction)) for name in order)
        + "</tr>"
        for junction in junctions
    )
    return (
        f'<section aria-labelledby="q"><h2 id="q">Queues per junction</h2><figure>{_legend(order)}'
        f'<div class="panels">{panels}</div><figcaption>Vehicles standing (below 0.1 m/s) on the approaches '
        "of each junction, worst first, all on one scale; running mean over five minutes. Every sample is in "
        f"<code>{QUEUE_FILE}</code>.</figcaption></figure>"
        '<div class="card scroll"><table><thead><tr>'
        "<th scope=col>junction <small>mean (longest) [veh]</small></th>"
        f"{heads}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _queue_cell(figure: Any) -> str:
    if figure is None:
        return "<td>–</td>"
    return f"<td>{figure.mean_veh:.1f} <small>({figure.max_veh:g})</small></td>"


def _junction(summary: Summary, folder: Path, queues: Sequence[QueueRow]) -> str:
    """Return the section on one junction: the one with the longest queues under the first controller."""
    first = summary["runs"][0]
    signal = _shown_signal(summary, queues)
    if signal is None:
        return ""
    view = read_view(folder / first["run_dir"] / "net.xml", signal)
    records = {
        run["controller"]: read_lamps(folder / run["run_dir"] / "tls_states.xml.gz", signal) for run in summary["runs"]
    }
    known = stages(records)
    middle_s = (summary["begin_s"] + summary["end_s"]) / 2
    span = (max(summary["begin_s"], middle_s - WINDOW_S / 2), min(summary["end_s"], middle_s + WINDOW_S / 2))
    cut = {name: within(lamps, *span) for name, lamps in records.items()}
    return (
        f'<section aria-labelledby="j"><h2 id="j">Junction {escape(signal)} in detail</h2>'
        "<p class=soft>The junction with the longest queues under the network’s own programme.</p>"
        f"{_lamps(view, cut, records, known, span)}{_stages(view, known)}</section>"
    )


def _shown_signal(summary: Summary, queues: Sequence[QueueRow]) -> str | None:
    controller = summary["runs"][0]["controller"]
    figures = queue_figures(row for row in queues if row.controller == controller)
    signals = [*(figure.junction for figure in figures), *summary["runs"][-1]["signals"]]
    return signals[0] if signals else None


def _lamps(
    view: JunctionView,
    cut: Mapping[str, Sequence[Shown]],
    records: Mapping[str, Sequence[Shown]],
    known: Sequence[Stage],
    span: tuple[float, float],
) -> str:
    size = min(len(shown.state) for lamps in records.values() for shown in lamps)
    arms = {link.index: link.arm for link in view.links}
    groups = [
        group for group in link_groups(records.values(), [arms.get(k, "") for k in range(size)]) if arms.get(group[0])
    ]
    groups.sort(key=lambda group: arms[group[0]])
    charts = "".join(_sized(kind, lamp_chart(cut, groups, view, known, width)) for width, kind in _WIDTHS)
    legend = "".join(
        f'<li><span class="swatch {kind}"></span>{words}</li>'
        for kind, words in (
            ("go", "green"),
            ("gives", "green, gives way"),
            ("change", "amber"),
            ("stop", "red"),
        )
    )
    return (
        f"<h3>Lamps, {clock(span[0], True)} to {clock(span[1], True)}</h3>"
        f'<figure class="card"><ul class="legend">{legend}</ul>{charts}'
        "<figcaption>One bar per signal group: the compass point that traffic comes from and the turns that "
        "share the lamp. Letters name the stages drawn below.</figcaption></figure>"
    )


def _stages(view: JunctionView, known: Sequence[Stage]) -> str:
    cards = "".join(
        f"<figure>{stage_drawing(view, stage)}<figcaption><table><tbody>"
        + "".join(f"<tr><th>{escape(name)}</th><td>{share:.0%}</td></tr>" for name, share in stage.shares.items())
        + "</tbody></table></figcaption></figure>"
        for stage in known
    )
    return (
        f'<h3>Stages</h3><div class="card"><div class="stages">{cards}</div>'
        '<p class="soft">What goes together, and for how much of the time under each controller; amber and '
        "clearing make up the rest. Full arrows have priority, broken ones give way. North is up.</p></div>"
    )


def _settings(summary: Summary) -> str:
    span = f"{clock(summary['begin_s'], True)} to {clock(summary['end_s'], True)}"
    items = {
        "Scenario": f"{summary['scenario']}: {summary['description']}",
        "Source": summary["source"],
        "Terms of the data": summary["terms"],
        "Simulated": f"{span}, step {summary['step_s']:g} s",
        "Seeds": f"drivers {summary['seed']}, demand {summary['demand_seed']}",
        "Sensing": summary["sensing"],
        "Safety profile": summary["profile"],
        "Signals under the kernel": _kernel_words(summary["runs"][-1]),
        "Versions": ", ".join(f"{name} {version}" for name, version in summary["versions"].items()),
        "Commit": summary["commit"] or "not run from a checkout",
        "Command": " ".join(summary["command"]),
        "Data beside this page": f"{SUMMARY_FILE}, {DELAY_FILE}, {QUEUE_FILE}, one folder per controller",
    }
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(text))}</dd>" for name, text in items.items())
    heading = '<section aria-labelledby="s"><h2 id="s">Settings</h2>'
    return f'{heading}<div class="card"><dl>{rows}</dl></div></section>'


def _kernel_words(run: Summary) -> str:
    decisions = f"{run['decisions']:,} decisions, 99 % within {run['decision_ms']['p99']:.1f} ms"
    return f"{len(run['signals'])} under {run['controller']}, {len(run['left_alone'])} left alone; {decisions}"


def _legend(order: Sequence[str]) -> str:
    items = "".join(f'<li><span class="key {style_of(name, order)}"></span>{escape(name)}</li>' for name in order)
    return f'<ul class="legend">{items}</ul>'


def _sized(kind: str, chart: str) -> str:
    return f'<div class="{kind}">{chart}</div>'
