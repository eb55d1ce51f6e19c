"""The parts that all pages of the bench are made of: head, cards, legends, tables of cells."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from bench.charts import style_of
from bench.report_style import STYLE
from bench.reports.plots import signed
from bench.reports.style import MORE_STYLE
from signal_ctrl.domain.errors import BackendError

DASH: Final = "–"


def page(title: str, body: Iterable[str], contents: Mapping[str, str] | None = None) -> str:
    """Return a whole page that loads nothing from elsewhere; contents are links to its sections by id."""
    links = "".join(f'<a href="#{target}">{escape(words)}</a>' for target, words in (contents or {}).items())
    nav = f"<nav>{links}</nav>" if links else ""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}{MORE_STYLE}</style></head>"
    )
    return f"{head}<body><main>{nav}{''.join(body)}</main></body></html>\n"


def write_page(path: Path, text: str) -> Path:
    """Write a page in one step and return its path. Raises: BackendError if it cannot be written."""
    partial = path.with_name(f".{path.name}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def section(name: str, title: str, *parts: str) -> str:
    """Return a section under a heading; nothing if it has no parts."""
    inner = "".join(parts)
    heading = f'<h2 id="{name}">{escape(title)}</h2>'
    return f'<section aria-labelledby="{name}">{heading}{inner}</section>' if inner else ""


def figure(charts: Sequence[str], caption: str, legend: str = "", title: str = "") -> str:
    """Return charts side by side with a legend above and a caption of safe HTML below; nothing without charts."""
    if not charts:
        return ""
    heading = f"<h3>{escape(title)}</h3>" if title else ""
    panels = "".join(f'<div class="pane">{chart}</div>' for chart in charts)
    inner = f'{legend}<div class="pair">{panels}</div><figcaption>{caption}</figcaption>'
    return f'{heading}<figure class="card">{inner}</figure>'


def legend(order: Sequence[str], shown: Sequence[str]) -> str:
    """Return the key of the controllers' colours."""
    items = "".join(f'<li><span class="key {style_of(name, order)}"></span>{escape(name)}</li>' for name in shown)
    return f'<ul class="legend">{items}</ul>'


def swatches(entries: Mapping[str, str]) -> str:
    """Return a key of CSS classes by words."""
    items = "".join(f'<li><span class="chip {style}"></span>{escape(words)}</li>' for words, style in entries.items())
    return f'<ul class="legend">{items}</ul>'


def definitions(items: Mapping[str, str]) -> str:
    """Return names with their words as a list."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in items.items())
    return f'<div class="card"><dl>{rows}</dl></div>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Return a table that scrolls where it is too wide; cells are safe HTML, the first `words` columns flush left."""
    kinds = [" class=words" if k < words else "" for k in range(len(heads))]
    head = "".join(f"<th scope=col{kind}>{each}</th>" for kind, each in zip(kinds, heads, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="card scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def cards(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that a phone shows as a card a row; heads are plain words, cells are safe HTML."""
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    body = "".join(
        f"<tr><th scope=row>{row[0]}</th>"
        + "".join(
            f'<td data-name="{escape(name)}"><span>{cell}</span></td>'
            for name, cell in zip(heads[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    inner = f'<table class="cards"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="card wide-scroll">{inner}</div>'


def number(value: float | None, digits: int = 1) -> str:
    """Return a figure as people read it, or a dash where there is none.

    >>> number(1234.56), number(None), number(float("nan"))
    ('1,234.6', '–', '–')
    """
    return DASH if value is None or not math.isfinite(value) else f"{value:,.{digits}f}".replace("-", "−")


def rough(value: float, digits: int = 2) -> float:
    """Return a value rounded to so many significant digits: no sum is surer than its assumptions.

    >>> rough(97822.0), rough(-0.0347), rough(0.0)
    (98000.0, -0.035, 0.0)
    """
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def difference(value: float | None, digits: int = 1) -> str:
    """Return a difference with its sign, or a dash."""
    return DASH if value is None or not math.isfinite(value) else signed(round(value, digits), digits)


def interval(low: float, high: float, digits: int = 1) -> str:
    """Return an interval, or a dash where there is none.

    >>> interval(-3.21, 0.5), interval(float("nan"), 1.0)
    ('[−3.2, +0.5]', '–')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return DASH
    return f"[{difference(low, digits)}, {difference(high, digits)}]"


def percent(value: float, digits: int = 0) -> str:
    """Return a ratio as a signed percentage, or a dash.

    >>> percent(-0.251), percent(float("nan"))
    ('−25 %', '–')
    """
    return f"{difference(100 * value, digits)} %" if math.isfinite(value) else DASH
