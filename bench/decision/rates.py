"""What an hour, a litre and a tonne are worth, and how an hour of simulation stands for a year: a user's table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from bench.toml_file import read_toml
from signal_ctrl.domain.errors import InvalidInputError

ASSUMPTION: Final = "assumption"
_WORDS: Final = ("currency", "sources")


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of a decision. `sources` says of each where it is from.

    `time_per_h`: of one person's hour [currency/h]; `occupancy`: persons in a vehicle; `fuel_per_l`: [currency/l];
    `fuel_kg_per_l`: density [kg/l]; `co2_per_t`: [currency/t]; `hours_per_day`: hours a day that are like the simulated
    one; `days_per_year`: days a year that are like that day.
    """

    currency: str = "EUR"
    time_per_h: float = 12.0
    occupancy: float = 1.3
    fuel_per_l: float = 1.75
    fuel_kg_per_l: float = 0.75
    co2_per_t: float = 100.0
    hours_per_day: float = 4.0
    days_per_year: float = 250.0
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in NUMBERS:
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0) or (name == "fuel_kg_per_l" and value == 0):
                raise InvalidInputError(f"rates: {name} needs a number of 0 or more, got {value}")
        if self.hours_per_day > 24 or self.days_per_year > 366:
            raise InvalidInputError("rates: a day has at most 24 hours and a year at most 366 days")

    @property
    def hours_per_year(self) -> float:
        """Hours a year that are like the simulated one."""
        return self.hours_per_day * self.days_per_year

    def source(self, name: str) -> str:
        """Return where a rate is from."""
        return self.sources.get(name, ASSUMPTION)

    def money(self, delay_h: float, fuel_l: float, co2_kg: float) -> float:
        """Return what vehicle hours, litres and kilograms of CO2 are worth together. [currency]"""
        return delay_h * self.occupancy * self.time_per_h + fuel_l * self.fuel_per_l + co2_kg / 1000 * self.co2_per_t


NUMBERS: Final = tuple(each.name for each in fields(Rates) if each.name not in _WORDS)

_DEFAULT_SOURCES: Final = {
    "time_per_h": "assumption; take your country's appraisal guide",
    "occupancy": "assumption; many surveys of urban car traffic find 1.2 to 1.5",
    "fuel_per_l": "assumption; take the price without taxes for an economic appraisal",
    "fuel_kg_per_l": "petrol; EN 228 allows 0.720 to 0.775 kg/l",
    "co2_per_t": "assumption; take your country's appraisal guide",
    "hours_per_day": "assumption: two peaks of two hours are like the simulated hour, other hours gain nothing",
    "days_per_year": "assumption: working days",
}
DEFAULTS: Final = Rates(sources=_DEFAULT_SOURCES)


def read_rates(path: Path | None) -> Rates:
    """Return the rates of a TOML file, those that it leaves out as by default.

    A rate is a number, or a table of `value` and `source`; `currency` is a word.
    Raises: InvalidInputError if the file cannot be read, names an unknown rate or holds no number.
    """
    if path is None:
        return DEFAULTS
    found = read_toml(path)
    try:
        return _rates(found, path.name)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _rates(found: Mapping[str, Any], name: str) -> Rates:
    values: dict[str, Any] = {}
    sources = dict(_DEFAULT_SOURCES)
    for key, given in found.items():
        if key == "currency":
            values[key] = str(given)
            continue
        if key not in NUMBERS:
            raise InvalidInputError(f"unknown rate '{key}'; it has: currency, {', '.join(NUMBERS)}")
        value, source = (given.get("value"), given.get("source")) if isinstance(given, dict) else (given, None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInputError(f'{key} needs a number, or {{ value = 1.0, source = "…" }}')
        values[key], sources[key] = float(value), str(source or f"{name}, without a source")
    return replace(DEFAULTS, **values, sources=sources)
