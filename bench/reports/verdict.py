"""The first section of a report: who is better, by how much, how sure, and what was lost on the way."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from bench.charts import style_of
from bench.comparisons import CLAIM_SEEDS
from bench.pairing import Row, reason_of
from bench.reports.overview import FIXED_TIME
from bench.reports.page import DASH, difference, interval, number, percent, section
from bench.reports.records import VerdictRow
from bench.statistics import geometric_mean

_HEADS: Final = (
    ("controller", ""),
    ("delay", "s/veh"),
    ("difference", "s/veh"),
    ("95 % interval", "s/veh"),
    ("worst seed", "s/veh"),
    ("worst pair", "s/veh"),
    ("invalid / gridlock", "runs"),
    ("verdict", ""),
)
_LEVEL: Final = 0.05
_NAMED: Final = 12


def verdict_section(rows: Sequence[VerdictRow], invalid: Sequence[Row], order: Sequence[str]) -> str:
    """Return the verdict: sentences, then one table of all scenarios and controllers."""
    blocks: dict[tuple[str, str], list[VerdictRow]] = {}
    for row in rows:
        blocks.setdefault((row.scenario, row.condition), []).append(row)
    heads = "".join(f"<th scope=col>{name}{f' <small>[{unit}]</small>' if unit else ''}</th>" for name, unit in _HEADS)
    body = "".join(_block(name, condition, members, order) for (name, condition), members in blocks.items())
    inner = f'<table class="cards verdicts"><thead><tr>{heads}</tr></thead>{body}</table>'
    table = f'<div class="card wide-scroll">{inner}</div>'
    return section(
        "verdict", "Verdict", _sentences(rows), _invalid(invalid, rows), _gridlocks(rows), table, _notes(rows)
    )


def _block(scenario: str, condition: str, rows: Sequence[VerdictRow], order: Sequence[str]) -> str:
    """Return the part of the table on one scenario under one condition; the best mean stands out."""
    sound = [row.delay_s for row in rows if not row.invalid and math.isfinite(row.delay_s)]
    best = min(sound, default=math.nan)
    more = f" <small>{escape(condition)}</small>" if condition else ""
    head = f"<tr><th scope=rowgroup colspan={len(_HEADS)}>{escape(scenario)}{more}</th></tr>"
    return f'<tbody class="block">{head}{"".join(_row(row, best, order) for row in rows)}</tbody>'


def _row(row: VerdictRow, best: float, order: Sequence[str]) -> str:
    is_best = not row.invalid and row.delay_s == best
    spread = f" <small>± {number(row.deviation_s)}</small>" if math.isfinite(row.deviation_s) else ""
    seed = f" <small>(seed {escape(row.worst_seed)})</small>" if row.worst_seed else ""
    pair = f" <small>(seed {escape(row.worst_difference_seed)})</small>" if row.worst_difference_seed else ""
    share = f" <small>({percent(row.relative)})</small>" if math.isfinite(row.relative) else ""
    cells = (
        ("delay [s/veh]", " class=best" if is_best else "", f"<span>{number(row.delay_s)}{spread}</span>"),
        ("difference [s/veh]", "", f"<span>{difference(row.difference_s)}{share}</span>"),
        ("95 % interval", "", interval(row.low_s, row.high_s)),
        ("worst seed [s/veh]", "", f"<span>{number(row.worst_delay_s)}{seed}</span>"),
        ("worst pair [s/veh]", "", f"<span>{difference(row.worst_difference_s)}{pair}</span>"),
        (
            "invalid / gridlocked runs",
            " class=lost" if row.invalid or row.gridlocked else "",
            f"{row.invalid} / {row.gridlocked} of {row.runs}",
        ),
        ("verdict", f" class={_tone(row)}" if _tone(row) else "", _said(row)),
    )
    known = style_of(row.controller, order) if row.controller in order else "s0"
    tds = "".join(
        f'<td data-name="{name}"{kind if text.find(DASH) < 0 else " class=none"}>{text}</td>'
        for name, kind, text in cells
    )
    return f'<tr><th scope=row><span class="key {known}"></span>{escape(row.controller)}</th>{tds}</tr>'


def _tone(row: VerdictRow) -> str:
    return {"better": "better", "worse": "worse", "not valid": "worse"}.get(row.verdict, "")


def _said(row: VerdictRow) -> str:
    if row.verdict == "no evidence" and row.values < 2:
        return "no evidence: one pair" if row.values else "no pair"
    star = "*" if row.verdict in ("better", "worse") and not row.p_holm <= _LEVEL else ""
    return escape(row.verdict) + star


def _sentences(rows: Sequence[VerdictRow]) -> str:
    """Return a sentence per controller over all scenarios, losses named."""
    usual = [row for row in rows if not row.condition] or list(rows)
    names = dict.fromkeys(row.controller for row in usual if row.baseline)
    said = [_sentence(name, [row for row in usual if row.controller == name and row.baseline]) for name in names]
    said += _under_conditions([row for row in rows if row not in usual])
    items = "".join(f"<li>{words}</li>" for words in said)
    return (
        f'<ul class="plain verdict">{items}</ul>' if said else "<p>Nothing to compare: only one controller was run.</p>"
    )


def _sentence(name: str, rows: Sequence[VerdictRow]) -> str:
    baselines = " / ".join(dict.fromkeys(escape(row.baseline) for row in rows))
    by_verdict = {word: [row for row in rows if row.verdict == word] for word in ("better", "worse", "not valid")}
    parts = [f"less delay on {_counted(by_verdict['better'], rows)}"] if by_verdict["better"] else []
    if by_verdict["worse"]:
        parts.append(f'<span class="flag">more delay on {_named(by_verdict["worse"])}</span>')
    if by_verdict["not valid"]:
        parts.append(f'<span class="flag">invalid runs on {_places(by_verdict["not valid"])}</span>')
    open_rows = [row for row in rows if row.verdict == "no evidence"]
    parts += (
        [f"no evidence on the mean either way on {', '.join(_undecided(row) for row in open_rows)}"]
        if open_rows
        else []
    )
    return f"<b>{escape(name)}</b> against <b>{baselines}</b>: {'; '.join(parts)}.{_overall(rows)}"


def _under_conditions(rows: Sequence[VerdictRow]) -> list[str]:
    """Return a sentence for every loss under conditions that are not the usual ones."""
    lost = [row for row in rows if row.verdict in ("worse", "not valid") and row.controller not in FIXED_TIME]
    by_condition: dict[tuple[str, str], list[VerdictRow]] = {}
    for row in lost:
        by_condition.setdefault((row.condition, row.controller), []).append(row)
    return [
        f'{escape(condition)}: <span class="flag"><b>{escape(name)}</b> has more delay or invalid runs on '
        f"{_named(members)}</span>."
        for (condition, name), members in by_condition.items()
    ]


def _undecided(row: VerdictRow) -> str:
    """Return a network without a verdict, and what the ranks say: one seed that locks up can hide all the others."""
    where = escape(row.scenario)
    if not row.values:
        return f"{where} (no pair)"
    ranks = f", signed ranks p = {row.p_wilcoxon:.3f}" if row.values > 1 else ""
    return f"{where} (less in {number(row.p_better * row.values, 0)} of {row.values} pairs{ranks})"


def _counted(some: Sequence[VerdictRow], rows: Sequence[VerdictRow]) -> str:
    return _named(some) if len(rows) < 4 else f"{len(some)} of {len(rows)} networks"


def _named(rows: Sequence[VerdictRow]) -> str:
    return ", ".join(
        f"{escape(row.scenario)} ({difference(row.difference_s)} s/veh {interval(row.low_s, row.high_s)})"
        for row in rows
    )


def _places(rows: Iterable[VerdictRow]) -> str:
    return ", ".join(escape(row.scenario) for row in rows)


def _overall(rows: Sequence[VerdictRow]) -> str:
    """Return the geometric mean of the ratios and the worst network, where there is more than one."""
    ratios = [1 + row.relative for row in rows if math.isfinite(row.relative)]
    if len(ratios) < 2 or min(ratios) <= 0:
        return ""
    mean = geometric_mean(ratios)
    worst = max((row for row in rows if math.isfinite(row.relative)), key=lambda row: row.relative)
    return (
        f" Over {len(ratios)} networks its delay is {number(100 * mean if mean else None, 0)} % of the baseline's "
        f"(geometric mean), in the worst case {number(100 * (1 + worst.relative), 0)} % ({escape(worst.scenario)})."
    )


def _gridlocks(rows: Sequence[VerdictRow]) -> str:
    """Return who locked up, and how often."""
    locked = [row for row in rows if row.gridlocked]
    named = "; ".join(
        f"<b>{escape(row.controller)}</b> on {escape(row.scenario)}"
        f"{f' ({escape(row.condition)})' if row.condition else ''} in {row.gridlocked} of {row.valid} runs"
        for row in locked
    )
    return f'<p><span class="flag">Gridlock</span>, a vehicle stands over 300 s: {named}.</p>' if locked else ""


def _invalid(invalid: Sequence[Row], rows: Sequence[VerdictRow]) -> str:
    total = sum(row.runs for row in rows)
    if not invalid:
        return f"<p>All {total} runs are valid.</p>"
    named = "".join(
        f"<li><code>{escape(str(row['run_dir']))}</code>: {escape(reason_of(row))}</li>" for row in invalid[:_NAMED]
    )
    more = f"<li>and {len(invalid) - _NAMED} more, in <code>summary.json</code></li>" if len(invalid) > _NAMED else ""
    return (
        f'<div class="warn"><b>{len(invalid)} of {total} runs are not valid or not there.</b> They are in no mean, '
        "and their pairs are left out on both sides; a controller that has any is never called better."
        f'<ul class="plain">{named}{more}'
        "</ul></div>"
    )


def _notes(rows: Sequence[VerdictRow]) -> str:
    compared = [row for row in rows if row.baseline]
    weak = [row for row in compared if row.verdict in ("better", "worse") and not row.p_holm <= _LEVEL]
    fewest = min((row.values for row in compared), default=0)
    needed = [row.seeds_needed for row in compared if math.isfinite(row.seeds_needed)]
    notes = [
        "Delay counts every vehicle that was due, also those still under way or never let in when time was up. "
        "Differences are controller minus baseline, paired by seed; less is better. ± is the standard deviation over "
        "seeds; the interval is Student’s t over pairs. Bold: the smallest mean among controllers without invalid runs."
    ]
    if weak:
        notes.append(f"* does not hold once the {len(compared)} comparisons made here are allowed for (Holm).")
    if compared and fewest < CLAIM_SEEDS:
        ends = sorted({f"{value:.0f}" for value in (min(needed, default=math.nan), max(needed, default=math.nan))})
        wanted = f"; for ±1 % it would take {' to '.join(sorted(ends, key=int))}" if needed else ""
        notes.append(
            f"The fewest independent pairs of a comparison are {fewest}: below {CLAIM_SEEDS} it is a pilot, "
            f"no claim{wanted}."
        )
    return "".join(f'<p class="soft">{words}</p>' for words in notes) or DASH
