"""Driver parameters: factors on a fleet's own headway, distance and speed, and the vehicle types that they make."""

import copy
import re
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from sumo_scenarios.fleet import DEFAULT_TYPE, DISTRIBUTION, TYPE, Fleet

_TAU_S: Final = 1.0
_MIN_GAP_M: Final = 2.5
_DEVIATION: Final = 0.1
_LIMITS: Final = (0.2, 2.0)
_CARS: Final = frozenset({"passenger", "private"})
_NORMAL: Final = re.compile(r"norm(?:c)?\(([^,]+),([^,)]+)(?:,([^,]+),([^)]+))?\)")


@dataclass(frozen=True, slots=True)
class Drivers:
    """Factors on `tau`, `minGap` and the mean of `speedFactor`, and the deviation of `speedFactor` itself.

    None leaves the deviation as each type has it.
    """

    tau: float = 1.0
    min_gap: float = 1.0
    speed: float = 1.0
    deviation: float | None = None


def with_drivers(fleet: Fleet, drivers: Drivers) -> tuple[Element, ...]:
    """Return the fleet's types and distributions, those of cars with other drivers; vehicles without a type too."""
    kinds = [copy.deepcopy(kind) for kind in fleet.kinds]
    known = {one.get("id", "") for kind in kinds for one in kind.iter(TYPE)}
    if DEFAULT_TYPE not in known and (DEFAULT_TYPE in fleet.used or not fleet.used):
        kinds.insert(0, Element(TYPE, {"id": DEFAULT_TYPE}))
    for kind in kinds:
        for one in kind.iter(TYPE):
            if one.get("vClass", "passenger") in _CARS:
                _set(one, drivers)
    return tuple(sorted(kinds, key=lambda kind: kind.tag == DISTRIBUTION))


def _set(one: Element, drivers: Drivers) -> None:
    one.set("tau", f"{float(one.get('tau', _TAU_S)) * drivers.tau:.4f}")
    one.set("minGap", f"{float(one.get('minGap', _MIN_GAP_M)) * drivers.min_gap:.4f}")
    mean, deviation, low, high = _speed_factor(one)
    deviation = deviation if drivers.deviation is None else drivers.deviation
    one.set("speedFactor", f"normc({mean * drivers.speed:.4f},{deviation:.4f},{low:g},{high:g})")
    one.attrib.pop("speedDev", None)


def _speed_factor(one: Element) -> tuple[float, float, float, float]:
    """Return mean, deviation and limits of a type's speed factor."""
    text = one.get("speedFactor", "1")
    found = _NORMAL.fullmatch(text.replace(" ", ""))
    if found is None:
        return float(text), float(one.get("speedDev", _DEVIATION)), *_LIMITS
    low, high = (float(found[3]), float(found[4])) if found[3] else _LIMITS
    return float(found[1]), float(one.get("speedDev", found[2])), low, high
