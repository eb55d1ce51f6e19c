"""The cycle of a signal as bars, one row a group: what the kernel shows, in colour, pattern and letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bench.svg import Canvas, Scale
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import Right, Site
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.kept_cycle import Lit
from signal_ctrl.kernel.aspects import GREENS, Aspect

RED: Final = "red"
_SOLID: Final = ("go", "walk")
_FILL: Final = {
    "go": "#00795a",
    "walk": "#00795a",
    "yield": "url(#{0}-y)",
    "amber": "url(#{0}-a)",
    "clear": "url(#{0}-c)",
}
_LETTER: Final = {"go": "G", "walk": "W", "yield": "g", "amber": "", "clear": "C"}
_WORDS: Final = {
    "go": "green",
    "walk": "WALK",
    "yield": "green, gives way",
    "amber": "amber",
    "clear": "pedestrians clear",
}
_WIDTH: Final = 760.0
_LEFT: Final = 96.0
_RIGHT: Final = 118.0
_ROWS: Final = 12
_ROW: Final = 17.0
_TOP: Final = 34.0
_STEPS_S: Final = (5, 10, 15, 20, 30, 60)


@dataclass(frozen=True, slots=True)
class Span:
    """What a group shows from one time of the cycle to another. [s] `kind` is go, yield, walk, amber, clear or red."""

    from_s: float
    to_s: float
    kind: str


def spans_of(lit: Sequence[Lit], group: int) -> tuple[Span, ...]:
    """Return what a group shows over the cycle, in order."""
    found = []
    for kind, run in groupby(lit, lambda each: _kind(each, group)):
        same = list(run)
        found.append(Span(to_s(same[0].from_ds), to_s(same[-1].until_ds), kind))
    return tuple(found)


def _kind(lit: Lit, group: int) -> str:
    state = lit.core.groups[group]
    if state.aspect is Aspect.WALK:
        return "walk"
    if state.aspect in GREENS:
        return "go" if state.right is Right.PROTECTED else "yield"
    if state.aspect is Aspect.AMBER:
        return "amber"
    return "clear" if state.aspect is Aspect.PED_CLEAR else RED


def greens_s(spans: Sequence[Span], cycle_s: float) -> tuple[tuple[float, float], ...]:
    """Return (begin, end) of each green; one over the end of the cycle is one, and ends beyond it. [s]"""
    green = [span.kind in ("go", "yield", "walk") for span in spans]
    if all(green):
        return ((0.0, cycle_s),)
    start = green.index(False)
    order = [*range(start, len(spans)), *range(start)]
    found = []
    for is_green, run in groupby(order, lambda k: green[k]):
        if is_green:
            same = list(run)
            length_s = sum(spans[k].to_s - spans[k].from_s for k in same)
            found.append((spans[same[0]].from_s, spans[same[0]].from_s + length_s))
    return tuple(sorted(found))


def timing_diagram(site: Site, plan: SignalPlan, lit: Sequence[Lit], labels: Sequence[str], name: str) -> str:
    """Return the diagram of a plan's cycle. Args: labels, one a group; name, of the drawing, once in a page."""
    cycle_s = to_s(plan.cycle_ds)
    row = max(_ROW * min(1.0, _ROWS / len(site.groups)), 0.62 * _ROW)
    height = _TOP + row * len(site.groups) + 20.0
    canvas = Canvas(
        name, _WIDTH, height, f"Cycle of signal {plan.signal_id}",
        "; ".join(_said(group.name, spans_of(lit, g)) for g, group in enumerate(site.groups)),
    )  # fmt: skip
    canvas.parts.append(_patterns(name))
    x = Scale(0.0, cycle_s, _LEFT, _WIDTH - _RIGHT)
    bottom = height - 20.0
    _grid(canvas, x, cycle_s, bottom)
    for g in range(len(site.groups)):
        _row(canvas, x, _TOP + row * (g + 0.5), labels[g], spans_of(lit, g), row / _ROW)
    _turns(canvas, plan, x, bottom)
    return canvas.render("bars")


def _said(name: str, spans: Sequence[Span]) -> str:
    shown = (f"{_WORDS[s.kind]} {s.from_s:g} to {s.to_s:g} s" for s in spans if s.kind != RED)
    return f"{name}: {', '.join(shown)}"


def _patterns(name: str) -> str:
    """Return hatchings: each kind can be told from the others without colour."""
    tile = 'patternUnits="userSpaceOnUse" width="6" height="6"'
    return (
        f'<defs><pattern id="{name}-y" {tile} patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
        '<rect width="3" height="6" fill="#00795a"/></pattern>'
        f'<pattern id="{name}-a" {tile}><rect width="6" height="6" fill="#fff3dc"/>'
        '<circle cx="3" cy="3" r="1.7" fill="#c26f00"/></pattern>'
        f'<pattern id="{name}-c" {tile}><rect width="6" height="6" fill="#fff"/>'
        '<path d="M0 0L6 6M6 0L0 6" stroke="#111" stroke-width=".8"/></pattern></defs>'
    )


def _grid(canvas: Canvas, x: Scale, cycle_s: float, bottom: float) -> None:
    step_s = next((step for step in _STEPS_S if cycle_s / step <= 14), _STEPS_S[-1])
    for tick in range(0, int(cycle_s) + 1, step_s):
        canvas.line((x.at(tick), _TOP - 4), (x.at(tick), bottom), "grid")
        canvas.text((x.at(tick), bottom + 13), str(tick), "small", "middle")
    canvas.text((x.stop + 12, bottom + 13), "s of the cycle", "small")
    canvas.text((x.stop + 12, _TOP - 7), "green [s]", "small strong")


def _row(canvas: Canvas, x: Scale, middle: float, label: str, spans: Sequence[Span], scale: float) -> None:
    canvas.text((x.start - 6, middle + 3.5), label, "", "end")
    canvas.line((x.start, middle), (x.stop, middle), "lamp-red")
    for span in spans:
        if span.kind != RED:
            _bar(canvas, x, middle, span, scale)
    ends = ", ".join(f"{a:g}–{b if b <= x.high else b - x.high:g}" for a, b in greens_s(spans, x.high))
    canvas.text((x.stop + 12, middle + 3.5), ends or "–", "small")


def _bar(canvas: Canvas, x: Scale, middle: float, span: Span, scale: float = 1.0) -> None:
    tall = scale * (11.0 if span.kind in (*_SOLID, "amber") else 8.0)
    width = x.at(span.to_s) - x.at(span.from_s)
    fill = _FILL[span.kind].format(canvas.name)
    canvas.parts.append(
        f'<rect class="bar" fill="{fill}" x="{x.at(span.from_s):.1f}" y="{middle - tall / 2:.1f}" '
        f'width="{width:.1f}" height="{tall:.1f}"><title>{_WORDS[span.kind]} {span.from_s:g} to {span.to_s:g} s</title>'
        "</rect>"
    )
    letter = _LETTER[span.kind]
    if letter and width >= 16:
        centre = (x.at(span.from_s) + width / 2, middle + 3.2)
        if span.kind not in _SOLID:
            canvas.parts.append(
                f'<rect fill="#fff" x="{centre[0] - 6:.1f}" y="{middle - 4:.1f}" width="12" height="8"/>'
            )
        canvas.text(centre, letter, "inverse" if span.kind in _SOLID else "small strong", "middle")


def _turns(canvas: Canvas, plan: SignalPlan, x: Scale, bottom: float) -> None:
    for start_ds, split_ds, stage in zip(plan.starts_ds, plan.splits_ds, plan.stages, strict=True):
        at = x.at(to_s(start_ds))
        canvas.line((at, 14), (at, bottom), "turn")
        canvas.text((at + 3, 11), f"{stage[:14]}  {to_s(split_ds):g} s", "strong")


def legend() -> str:
    """Return the key of the diagram, drawn as it is."""
    name = "key"
    canvas = Canvas(name, _WIDTH, 18.0, "Key of the diagram", "G green, g gives way, W WALK, C clear, dots amber.")
    canvas.parts.append(_patterns(name))
    x = Scale(0.0, _WIDTH, 0.0, _WIDTH)
    words = (("go", "green"), ("yield", "gives way"), ("walk", "WALK"), ("clear", "walkers clear"), ("amber", "amber"))
    for k, (kind, said) in enumerate(words):
        _bar(canvas, x, 9.0, Span(k * 130.0, k * 130.0 + 34.0, kind))
        canvas.text((k * 130.0 + 41.0, 12.5), said)
    canvas.line((650.0, 9.0), (684.0, 9.0), "lamp-red")
    canvas.text((691.0, 12.5), "red")
    return canvas.render("bars")
