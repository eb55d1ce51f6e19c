"""The pages of controller sheets: one HTML document that needs nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bench.junction_view import JunctionView
from bench.sheets.drawing import groups_drawing, stage_drawing
from bench.sheets.sheet_style import STYLE
from bench.sheets.timing_diagram import greens_s, legend, spans_of, timing_diagram
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right, SignalGroup, Site
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.kept_cycle import Lit, kept_cycle
from signal_ctrl.kernel.kernel import Kernel

_POLICY = "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"
_EASY_GROUPS = 11
_SMALLEST = 0.55
_MARK = {Right.NONE: "–", Right.STOP: "◇", Right.PERMISSIVE: "○", Right.PROTECTED: "●"}


@dataclass(frozen=True, slots=True)
class SheetSignal:
    """What one page is about; `view` is the shape of the junction where it is known."""

    site: Site
    plan: SignalPlan
    view: JunctionView | None = None


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What all pages say: the plan's name and hash, the engine's version, and the date as it was given."""

    plan: str
    plan_sha256: str
    version: str
    date: str = ""


def sheets_page(signals: Sequence[SheetSignal], facts: SheetFacts) -> str:
    """Return the document with a page for each signal. Raises: InvalidInputError if a site cannot keep its plan."""
    pages = "".join(_sheet(each, facts, k, len(signals)) for k, each in enumerate(signals, start=1))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Controller sheets, plan {escape(facts.plan)}</title><style>{STYLE}</style></head>"
        f"<body>{pages}</body></html>\n"
    )


def _sheet(signal: SheetSignal, facts: SheetFacts, number: int, total: int) -> str:
    lit = kept_cycle(Kernel(signal.site), signal.plan)
    shrink = max(min(1.0, _EASY_GROUPS / len(signal.site.groups)), _SMALLEST)
    parts = (
        _head(signal.plan, facts, number, total),
        _groups(signal, number),
        _diagram(signal, lit, number),
        f'<div class="beside"><div class="fill">{_splits(signal, lit)}{_stages(signal, number)}</div>'
        f"{_intergreens(signal.site)}</div>",
        _notes(signal, facts),
        _signatures(),
    )
    return f'<section class="sheet" style="--k:{shrink:.2f}">{"".join(parts)}</section>'


def _head(plan: SignalPlan, facts: SheetFacts, number: int, total: int) -> str:
    date = escape(facts.date) or "____________"
    return (
        f'<header><div><p class="soft">Controller sheet · signal</p><h1>{escape(plan.signal_id)}</h1>'
        f"<p>Plan <b>{escape(facts.plan)}</b></p></div>"
        f'<div class="right"><p class="big">Cycle {to_s(plan.cycle_ds):g} s · Offset {to_s(plan.offset_ds):g} s</p>'
        f'<p>Date {date}</p><p class="soft">Sheet {number} of {total}</p></div></header>'
    )


def label_of(signal: SheetSignal, g: int) -> str:
    """Return number and name of a group, and where it comes from if that is known."""
    group = signal.site.groups[g]
    where = signal.view.label(group.links) if signal.view is not None else ""
    return f"{g + 1}  {where or _short(group.name)}"


def _short(name: str, most: int = 12) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _groups(signal: SheetSignal, number: int) -> str:
    shown = list(dict.fromkeys(signal.plan.stages))
    names = [stage.name for stage in signal.site.stages]
    columns = "".join(f'<th class="middle">{escape(_short(name))}</th>' for name in shown)
    walkers = any(group.kind is GroupKind.CROSSING for group in signal.site.groups)
    more = "<th>clear-<br>ance [s]</th><th>buffer<br>[s]</th>" if walkers else ""
    rows = "".join(
        f'<tr><th class="middle">{g + 1}</th><td class="words">{escape(_what(signal, g))}</td>'
        + "".join(f'<td class="middle">{_MARK[signal.site.stages[names.index(s)].rights[g]]}</td>' for s in shown)
        + "".join(f"<td>{time}</td>" for time in _times(group, walkers))
        + f'<td class="words">{escape(_links(group))}</td></tr>'
        for g, group in enumerate(signal.site.groups)
    )
    drawing = ""
    if signal.view is not None:
        drawing = f'<figure class="plan">{groups_drawing(signal.view, signal.site, f"map-{number}")}</figure>'
    head = (
        f'<tr><th></th><th class="words">group</th>{columns}<th>min. green<br>WALK [s]</th><th>max.<br>green [s]</th>'
        f'<th>amber<br>[s]</th>{more}<th class="words">links</th></tr>'
    )
    key = "● green first, WALK · ○ green, gives way · ◇ red, stop arrow · – red"
    return (
        f'<div class="beside">{drawing}<div class="fill"><h2>Signal groups</h2><table class="wide">'
        f'<thead>{head}</thead><tbody>{rows}</tbody></table><p class="soft">{key}</p></div></div>'
    )


def _what(signal: SheetSignal, g: int) -> str:
    group = signal.site.groups[g]
    where = signal.view.label(group.links) if signal.view is not None else ""
    kind = "crossing" if group.kind is GroupKind.CROSSING else ""
    return " ".join(part for part in (group.name, where if where else kind) if part)


def _times(group: SignalGroup, walkers: bool) -> list[str]:
    own = [f"{to_s(group.min_green_ds):g}", f"{to_s(group.max_green_ds):g}"]
    own.append(f"{to_s(group.amber_ds):g}" if group.amber_ds else "–")
    if walkers:
        own += [f"{to_s(t):g}" if t else "–" for t in (group.clearance_ds, group.buffer_ds)]
    return own


def _links(group: SignalGroup, most: int = 6) -> str:
    shown = ", ".join(map(str, group.links[:most]))
    return shown if len(group.links) <= most else f"{shown}, …"


def _stages(signal: SheetSignal, number: int) -> str:
    if signal.view is None:
        return ""
    names = [stage.name for stage in signal.site.stages]
    shown = list(dict.fromkeys(signal.plan.stages))
    figures = "".join(
        f"<figure>{stage_drawing(signal.view, signal.site, names.index(name), f'stage-{number}-{k}')}"
        f"<figcaption>{escape(_short(name))}</figcaption></figure>"
        for k, name in enumerate(shown)
    )
    return f'<div class="below"><h2>Stages</h2><div class="stages">{figures}</div></div>'


def _diagram(signal: SheetSignal, lit: Sequence[Lit], number: int) -> str:
    labels = [label_of(signal, g) for g in range(len(signal.site.groups))]
    drawn = timing_diagram(signal.site, signal.plan, lit, labels, f"cycle-{number}")
    key = legend() if number == 1 else legend().replace('"key', f'"key-{number}').replace("#key", f"#key-{number}")
    return f'<div class="diagram"><h2>One cycle as the safety kernel shows it</h2>{drawn}{key}</div>'


def _splits(signal: SheetSignal, lit: Sequence[Lit]) -> str:
    plan, site = signal.plan, signal.site
    names = [stage.name for stage in site.stages]
    rows = ""
    for start_ds, split_ds, stage in zip(plan.starts_ds, plan.splits_ds, plan.stages, strict=True):
        begins = _first_green_s(site, names.index(stage), lit, start_ds)
        rows += (
            f'<tr><td class="words">{escape(stage)}</td><td>{to_s(start_ds):g}</td>'
            f"<td>{'–' if begins is None else f'{begins:g}'}</td><td>{to_s(split_ds):g}</td></tr>"
        )
    return (
        '<div><h2>Splits</h2><table><thead><tr><th class="words">stage</th><th>change<br>begins [s]</th>'
        f"<th>first green<br>of it [s]</th><th>split [s]</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _first_green_s(site: Site, stage: int, lit: Sequence[Lit], start_ds: int) -> float | None:
    """Return when the first group that a stage turns green does so, counted from the begin of the cycle. [s]"""
    cycle_s = to_s(lit[-1].until_ds)
    begins = [
        begin_s % cycle_s
        for g, right in enumerate(site.stages[stage].rights)
        if right.is_green
        for begin_s, end_s in greens_s(spans_of(lit, g), cycle_s)
        if end_s - begin_s < cycle_s
    ]
    own = [each for each in lit if each.turn == next(item.turn for item in lit if item.from_ds == start_ds)]
    inside = [begin_s for begin_s in begins if to_s(own[0].from_ds) <= begin_s < to_s(own[-1].until_ds)]
    return min(inside, default=None)


def _intergreens(site: Site) -> str:
    n = len(site.groups)
    head = "".join(f'<th class="middle">{b + 1}</th>' for b in range(n))
    cells = ["".join(f'<td class="middle">{_gap(site, a, b)}</td>' for b in range(n)) for a in range(n)]
    rows = "".join(f'<tr><th class="middle">{a + 1}</th>{own}</tr>' for a, own in enumerate(cells))
    return (
        '<div><h2>Intergreens [s]: row ends, column begins</h2><table class="matrix"><thead><tr><th></th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table>"
        '<p class="soft">empty: may be green together · (…): where one gives way</p></div>'
    )


def _gap(site: Site, a: int, b: int) -> str:
    if a == b:
        return "×"
    if site.together[a][b] == COMPATIBLE:
        return ""
    time = f"{to_s(site.intergreen_ds[a][b]):g}"
    return time if site.conflicts(a, b) else f"({time})"


def _notes(signal: SheetSignal, facts: SheetFacts) -> str:
    plan, site = signal.plan, signal.site
    walkers = [group for group in site.groups if group.kind is GroupKind.CROSSING]
    crossing = _said(
        f"{group.name}: WALK at least {to_s(group.min_green_ds):g} s, then {to_s(group.clearance_ds):g} s to clear and "
        f"{to_s(group.buffer_ds):g} s buffer"
        for group in walkers
    )
    return (
        f'<div class="notes"><p>0 s of the cycle is when the common clock, in seconds modulo {to_s(plan.cycle_ds):g}, '
        f"reads {to_s(plan.offset_ds):g}. Safety profile: {escape(site.profile)}. Times are multiples of "
        f"{to_s(site.resolution_ds):g} s.</p><p>Pedestrians: {escape(crossing) or 'no crossing'}.</p>"
        f'<p>Plan SHA-256 <span class="hash">{escape(facts.plan_sha256)}</span></p>'
        f'<p>Site SHA-256 <span class="hash">{escape(site_hash(site))}</span></p>'
        f'<p class="soft">{escape(facts.version)}. Valid only for the site and the plan with these hashes.</p></div>'
    )


def _said(parts: Iterable[str]) -> str:
    return "; ".join(parts)


def _signatures() -> str:
    roles = ("Prepared by, date, signature", "Checked by, date, signature", "Installed by, date, signature")
    return f"<footer>{''.join(f'<div>{role}</div>' for role in roles)}</footer>"
