"""`decision.html`: before and after, per hour and per year, with every factor that was used on the same page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Final

from bench.comparisons import CLAIM_SEEDS
from bench.decision.effects import EffectRow, effect_rows
from bench.decision.rates import NUMBERS, Rates
from bench.reports.page import (
    cards,
    definitions,
    difference,
    interval,
    number,
    page,
    rough,
    section,
    table,
    write_page,
)
from bench.reports.records import TABLES
from bench.reports.study import Study
from bench.tables import read_rows, write_rows
from signal_ctrl.domain.errors import BackendError

DECISION: Final = "decision.html"
TABLE: Final = "decision.csv"
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "delay_h": ("time lost", "vehicle hours"),
    "fuel_l": ("fuel", "litres"),
    "co2_kg": ("CO₂", "kg"),
    "money": ("together", ""),
}
_RATE_WORDS: Final[Mapping[str, str]] = {
    "time_per_h": "one person's hour",
    "occupancy": "persons in a vehicle",
    "fuel_per_l": "one litre of fuel",
    "fuel_kg_per_l": "kilograms in a litre of fuel",
    "co2_per_t": "one tonne of CO₂",
    "hours_per_day": "hours a day like the simulated one",
    "days_per_year": "days a year like that day",
}
_MONEY: Final = ("time_per_h", "fuel_per_l", "co2_per_t")


def write_decision(study: Study, rates: Rates) -> Path:
    """Write `decision.html` and its table, and return the page's path.

    Raises: BackendError if they cannot be written.
    """
    file = study.folder / TABLES / TABLE
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise BackendError(f"cannot write {file}: {error.strerror or error}") from error
    write_rows(file, EffectRow, effect_rows(study, rates))
    rows = read_rows(file, EffectRow)
    title = f"{study.document.get('name', 'experiment')}: before and after"
    body = [
        f'<header><h1>{escape(title)}</h1><p class="soft">What the change is worth, from paired simulations; '
        "less is better. Read the assumptions before the sums.</p></header>",
        _answer(rows, rates),
        _block("control", "Change of control", rows, rates),
        _block("closure", "What if it were closed", rows, rates),
        section("rates", "Rates and assumptions", _rates(rates)),
        section("limits", "What these figures cannot say", _limits()),
    ]
    return write_page(study.folder / DECISION, page(title, body))


def _answer(rows: Sequence[EffectRow], rates: Rates) -> str:
    """Return one sentence per scenario: the sum, or that there is none to be told."""
    items = "".join(
        f"<li>{_sentence(row, rates)}</li>"
        for row in rows
        if row.what == "control" and row.effect == "money" and not row.closed
    )
    if not items:
        return section(
            "answer", "In one sentence", "<p>No change to be told: the experiment has no pair of controllers.</p>"
        )
    return section("answer", "In one sentence", f'<ul class="plain verdict">{items}</ul>')


def _sentence(row: EffectRow, rates: Rates) -> str:
    where = escape(row.scenario) + (f" ({escape(row.condition)})" if row.condition else "")
    change = f"<b>{escape(row.after_name)}</b> instead of <b>{escape(row.before_name)}</b>"
    if row.verdict not in ("better", "worse"):
        return f"{where}: {change}: {_silence(row)}"
    year = rates.hours_per_year
    gain = "saves" if row.verdict == "better" else '<span class="flag">costs</span>'
    least, most = sorted(rough(abs(end) * year) for end in (row.low, row.high))
    pilot = f" From {row.pairs} pairs only, a pilot." if row.pairs < CLAIM_SEEDS else ""
    return (
        f"{where}: {change} {gain} about {number(rough(abs(row.difference) * year), 0)} {escape(rates.currency)} "
        f"a year (95 % interval {number(least, 0)} to {number(most, 0)}), under the assumptions below.{pilot}"
    )


def _silence(row: EffectRow) -> str:
    if row.verdict == "not valid":
        return '<span class="flag">runs of it are not valid, so that no gain is claimed.</span>'
    return "no sum can be told: " + (
        "the interval holds both gain and loss." if row.pairs > 1 else "too few pairs or measures."
    )


def _block(what: str, title: str, rows: Sequence[EffectRow], rates: Rates) -> str:
    mine = [row for row in rows if row.what == what]
    if not mine:
        return ""
    heads = ("", "before", "after", "difference per hour", "95 % interval")
    parts = []
    for key in dict.fromkeys((row.scenario, row.condition, row.before_name, row.after_name) for row in mine):
        members = [row for row in mine if (row.scenario, row.condition, row.before_name, row.after_name) == key]
        lost = max(row.left_out for row in members)
        note = f'<p class="flag">{lost} pairs of runs are left out.</p>' if lost else ""
        more = f" <small>{escape(key[1])}</small>" if key[1] else ""
        parts.append(
            f"<h3>{escape(key[0])}{more}</h3><p>Before: <b>{escape(key[2])}</b>. After: <b>{escape(key[3])}</b>. "
            f"{members[0].pairs} pairs.</p>{note}"
            + cards((*heads, _whole(members[0], rates)[0]), [_cells(row, rates) for row in members])
        )
    return section(what, title, *parts)


def _whole(row: EffectRow, rates: Rates) -> tuple[str, float]:
    """Return the name of the last column and its hours: the year, or for a closure no more than what was simulated."""
    if row.closed:
        return f"in the {number(60 * row.span_h, 0)} min simulated", row.span_h
    return f"per year (× {number(rates.hours_per_year, 0)} h)", rates.hours_per_year


def _cells(row: EffectRow, rates: Rates) -> list[str]:
    name, unit = _NAMES[row.effect]
    digits = 0 if row.effect in ("money", "co2_kg") else 1
    hours = _whole(row, rates)[1]
    small = 1 if row.closed and row.effect in ("delay_h", "fuel_l") else 0
    ends = interval(rough(row.low * hours, 3), rough(row.high * hours, 3), small)
    return [
        f"{name} <small>[{escape(unit or rates.currency)}/h]</small>",
        number(row.before, digits),
        number(row.after, digits),
        difference(row.difference, digits),
        interval(row.low, row.high, digits),
        f"{difference(rough(row.difference * hours, 3), small)} <small>{ends}</small>",
    ]


def _rates(rates: Rates) -> str:
    values = asdict(rates)
    rows = [
        [
            escape(_RATE_WORDS[name]),
            f"{values[name]:g}{f' {escape(rates.currency)}' if name in _MONEY else ''}",
            escape(rates.source(name)),
        ]
        for name in NUMBERS
    ]
    words = (
        "<p>Give your own by <code>bench report DIR --rates FILE</code>, a TOML file with these names: "
        f"{', '.join(f'<code>{name}</code>' for name in NUMBERS)}, and <code>currency</code>.</p>"
    )
    return table(["rate", "value", "source"], rows, words=3) + words


def _limits() -> str:
    items = {
        "One hour is not a year": "The year is the simulated span times the hours and days above. Hours with less "
        "traffic gain less, so that counting them as alike would overstate the gain.",
        "A closure": "Its effects are told for the simulated span alone. What drivers do about it is the simulation's "
        "model of rerouting, not an observation.",
        "Simulated drivers": "The differences are those of the simulation with these drivers and this demand. They "
        "hold for a street as far as the model was calibrated to it.",
        "Demand stays": "Nobody changes route, mode or hour because the signals got better or worse.",
        "Jams and fuel": "Vehicles that wait outside the network burn no fuel in the simulation, but their time "
        "counts. A controller that keeps vehicles out looks better on fuel than it is.",
        "Costs": "Loops, maintenance and staff are not in it; put them against the yearly sum.",
    }  # fmt: skip
    return definitions(items)
