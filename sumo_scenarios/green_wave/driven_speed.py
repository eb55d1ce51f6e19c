"""How fast the drivers of a demand drive, compared with the speed limit: SUMO's speed factors, by vehicle."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sumo_scenarios.xml_input import elements

PROGRESSION: Final = 0.85
"""Speed of a platoon over what its drivers want: it sets off, has buses and trucks in it, and others turn in.

On `corridor` (60 km/h, `am-band`, one seed) waves for 45, 50, 55 and 60 km/h had 35.7, 37.9, 36.4 and 36.4 km/h.
"""
_NORMAL: Final = re.compile(r"norm(?:c)?\(\s*([0-9.eE+-]+)")
_VEHICLES: Final = frozenset({"vehicle", "trip", "flow"})


def platoon_factor(paths: Iterable[Path]) -> float:
    """Return the speed over the limit that a wave is planned for. Raises: as `mean_speed_factor`."""
    return PROGRESSION * mean_speed_factor(paths)


def mean_speed_factor(paths: Iterable[Path]) -> float:
    """Return the mean speed over the limit that the drivers of route and additional files want.

    Types count by the vehicles that name them, a flow as one; who names no type drives at 1.0, SUMO's mean.
    Raises: InvalidInputError for damaged files.
    """
    factors: dict[str, float] = {}
    named: Counter[str] = Counter()
    for path in paths:
        for _, element in elements(path):
            if element.tag == "vType":
                factors[element.get("id", "")] = speed_factor(element.get("speedFactor", ""))
            elif element.tag in _VEHICLES:
                named[element.get("type", "")] += 1
                element.clear()
    total = sum(named.values())
    return sum(factors.get(name, 1.0) * count for name, count in named.items()) / total if total else 1.0


def speed_factor(text: str) -> float:
    """Return the mean of a speed factor as SUMO writes it, 1.0 where there is none.

    >>> speed_factor("1.1"), speed_factor("normc(0.95,0.1,0.2,2)"), speed_factor("")
    (1.1, 0.95, 1.0)
    """
    found = _NORMAL.match(text.strip())
    try:
        value = float(found.group(1) if found else text)
    except ValueError:
        return 1.0
    return value if 0.0 < value < 10.0 else 1.0
