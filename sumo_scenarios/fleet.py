"""The vehicle types of a scenario, and how many vehicles of each its demand has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from sumo_scenarios.xml_input import elements

DEFAULT_TYPE: Final = "DEFAULT_VEHTYPE"
TYPE: Final = "vType"
DISTRIBUTION: Final = "vTypeDistribution"
_VEHICLES: Final = frozenset({"vehicle", "trip", "flow"})
_CARS: Final = frozenset({"passenger", "private"})


@dataclass(frozen=True, slots=True)
class Fleet:
    """`kinds` are the outermost `vType` and `vTypeDistribution` elements; `used` the vehicles by type. [veh]

    A flow counts as one vehicle: only shares are asked for.
    """

    kinds: tuple[Element, ...]
    used: dict[str, int]

    def types(self) -> dict[str, Element]:
        """Return every `vType` element by id, those inside distributions too."""
        return {one.get("id", ""): one for kind in self.kinds for one in kind.iter(TYPE)}

    def cars(self) -> dict[str, float]:
        """Return the share of each type of cars among the vehicles; all default where nobody drives one. 0-1"""
        types = self.types()
        mixed = {kind.get("id", "") for kind in self.kinds if kind.tag == DISTRIBUTION}
        cars = {name: n for name, n in self.used.items() if name in mixed or _is_car(types.get(name))}
        total = sum(cars.values())
        return {name: n / total for name, n in sorted(cars.items())} if total else {DEFAULT_TYPE: 1.0}


def _is_car(one: Element | None) -> bool:
    return one is None or one.get("vClass", "passenger") in _CARS


def read_fleet(paths: Iterable[Path]) -> Fleet:
    """Return the fleet that files of routes and additional files define and use. Raises: InvalidInputError."""
    kinds: dict[str, Element] = {}
    used: Counter[str] = Counter()
    for path in paths:
        for _, element in elements(path):
            if element.tag == DISTRIBUTION or (element.tag == TYPE and element.get("id", "") not in kinds):
                for inner in element.iter(TYPE):
                    kinds.pop(inner.get("id", ""), None)
                kinds[element.get("id", "")] = element
            elif element.tag in _VEHICLES:
                used[element.get("type", DEFAULT_TYPE)] += 1
                element.clear()
    return Fleet(tuple(kinds.values()), dict(used))
