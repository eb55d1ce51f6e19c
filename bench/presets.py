"""Experiments that come with the bench; flags narrow them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sumo_scenarios import catalogue


@dataclass(frozen=True, slots=True)
class Preset:
    """The axes of a ready experiment and what it is for."""

    purpose: str
    axes: Mapping[str, Any]


_BEST_CASE: Final = "max_pressure=positions,greedy=positions,loops"
"""What the papers let these two see, which is their best case."""
_ON_CORRIDOR: Final = "net,actuated,fixed,sumo_adapted,sumo_coordinated,max_pressure,adaptive"

PRESETS: Final[Mapping[str, Preset]] = {
    "published": Preset(
        "the eight published networks under seven controllers, seeds 1 to 5",
        {
            "scenarios": ",".join(catalogue.published_names()),
            "controllers": "net,actuated,delay_based,fixed,max_pressure,greedy,adaptive",
            "seeds": "1-5",
            "sensing": _BEST_CASE,
        },
    ),
    "failures": Preset(
        "detector failure curve: adaptive against the tuned fixed plan, 0 to 40 % of the loops failed, seeds 1 to 10",
        {
            "scenarios": "cologne8",
            "controllers": "fixed,adaptive",
            "seeds": "1-10",
            "failures": "0,0.05,0.1,0.15,0.2,0.3,0.4",
        },
    ),
    "demand": Preset(
        "demand curve: 60 to 140 % of the counted demand, seeds 1 to 5",
        {
            "scenarios": "cologne8",
            "controllers": "fixed,actuated,max_pressure,adaptive",
            "seeds": "1-5",
            "scales": "0.6,0.8,1,1.2,1.4",
            "sensing": _BEST_CASE,
        },
    ),
    "seeds": Preset(
        "worst case: the eight published networks, seeds 1 to 20, adaptive beside fixed and actuated",
        {"scenarios": ",".join(catalogue.published_names()), "controllers": "fixed,actuated,adaptive", "seeds": "1-20"},
    ),
    "failures-all": Preset(
        "0 to 40 % of the loops failed on the eight published networks, adaptive against tuned fixed, seeds 1 to 5",
        {
            "scenarios": ",".join(catalogue.published_names()),
            "controllers": "fixed,adaptive",
            "seeds": "1-5",
            "failures": "0,0.1,0.2,0.4",
        },
    ),
    "demand-all": Preset(
        "60 to 120 % of the counted demand on the eight published networks, seeds 1 to 3",
        {
            "scenarios": ",".join(catalogue.published_names()),
            "controllers": "fixed,actuated,max_pressure,greedy,adaptive",
            "seeds": "1-3",
            "scales": "0.6,0.8,1,1.2",
            "sensing": _BEST_CASE,
        },
    ),
    "corridor": Preset(
        "trunk road of 60 km/h in the morning's peak: delay, and speed on the arterial against 40 km/h, seeds 1 to 3",
        {
            "scenarios": "corridor",
            "controllers": _ON_CORRIDOR,
            "seeds": "1-3",
            "sensing": _BEST_CASE,
        },
    ),
    "corridor-noon": Preset(
        "the trunk road from 11:45 to 13:00",
        {
            "scenarios": "corridor",
            "controllers": _ON_CORRIDOR,
            "seeds": "1-3",
            "sensing": _BEST_CASE,
            "begin": 42300.0,
            "end": 46800.0,
        },
    ),
    "corridor-evening": Preset(
        "the trunk road in the evening's peak hour, 16:45 to 18:00: most drive the other way",
        {
            "scenarios": "corridor",
            "controllers": _ON_CORRIDOR,
            "seeds": "1-3",
            "sensing": _BEST_CASE,
            "begin": 60300.0,
            "end": 64800.0,
        },
    ),
    "newtown": Preset(
        "a new town of 4x4 signals in the peak, in persons: 80 to 110 % of its demand, profile street, seeds 1 to 5",
        {
            "scenarios": "newtown",
            "controllers": "fixed,actuated,max_pressure,greedy,adaptive",
            "seeds": "1-5",
            "scales": "0.8,0.9,1,1.1",
            "sensing": _BEST_CASE,
            "profile": "street",
        },
    ),
    "smoke": Preset(
        "five minutes of one junction, two seeds: shows in a minute that the bench works",
        {
            "scenarios": "cologne1",
            "controllers": "net,actuated,adaptive",
            "seeds": "1-2",
            "end": 25500.0,
        },
    ),
}
