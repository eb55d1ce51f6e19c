"""Who travels on the corridor and when: trips between its gates over a weekday, of the morning and of the evening.

In the morning more come from the west and go east, in the evening the other way. Each of the two has a table of
trips, balanced to what every gate sends and takes in its peak hour, and a share of it in every hour of the day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sumo_scenarios.corridor.street_plan import LEGS, SIGNALS

QUARTER_S: Final = 900
DAY_S: Final = 86400
MORNING: Final = (
    0.04, 0.02, 0.02, 0.02, 0.05, 0.18, 0.55, 1.00, 0.85, 0.50, 0.38, 0.34,
    0.33, 0.32, 0.32, 0.28, 0.22, 0.14, 0.12, 0.12, 0.10, 0.08, 0.06, 0.05,
)  # fmt: skip
"""Share of the morning's peak hour in each hour of the day."""
EVENING: Final = (
    0.06, 0.04, 0.02, 0.02, 0.02, 0.04, 0.08, 0.12, 0.14, 0.20, 0.26, 0.30,
    0.33, 0.32, 0.34, 0.45, 0.70, 1.00, 0.90, 0.60, 0.42, 0.30, 0.20, 0.12,
)  # fmt: skip
END_TO_END: Final = 7.0
"""How much likelier trips from one end of the trunk road to the other are than their gates alone would say."""
STRAIGHT_ACROSS: Final = 5.0
"""The same for trips from a side street to the one opposite."""
LEVEL: Final = 0.92
"""Share of the gates' figures that travels: the busiest signal then has a degree of saturation of 0.85 to 0.9."""
_ROUNDS: Final = 30

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Gate:
    """Where trips begin and end: edges inwards and outwards, and what it sends and takes in the peak hours. [veh/h]"""

    name: str
    inwards: str
    outwards: str
    morning: tuple[float, float]
    evening: tuple[float, float]


_MORNING: Final[Mapping[str, tuple[float, float]]] = {
    "W": (1220.0, 670.0), "E": (760.0, 1210.0),
    "N0": (100.0, 60.0), "S0": (110.0, 70.0), "N1": (170.0, 130.0), "S1": (180.0, 120.0), "S2": (180.0, 110.0),
    "N3": (160.0, 130.0), "S3": (150.0, 140.0), "N4": (450.0, 420.0), "S4": (430.0, 440.0), "N5": (110.0, 190.0),
    "N6": (130.0, 190.0), "S6": (120.0, 170.0), "N7": (150.0, 200.0), "S7": (140.0, 190.0), "S8": (90.0, 180.0),
    "N9": (70.0, 100.0), "S9": (60.0, 90.0),
    "A0": (70.0, 30.0), "A3": (40.0, 90.0), "A6": (40.0, 110.0), "A8": (30.0, 40.0),
}  # fmt: skip
"""What each gate sends and takes in the morning's peak hour; in the evening the other way round."""


def gates(ends: Mapping[str, Pair]) -> tuple[Gate, ...]:
    """Return the gates. Args: ends, edges inwards and outwards of the ends of the trunk road and of the yards."""
    found = dict(ends)
    for i, signal in enumerate(SIGNALS):
        found |= {f"{leg}{i}": (f"{leg}{i}{signal}", f"{signal}{leg}{i}") for leg in LEGS[i]}
    return tuple(
        Gate(name, *found[name], (LEVEL * sent, LEVEL * taken), (LEVEL * taken, LEVEL * sent))
        for name, (sent, taken) in _MORNING.items()
    )


def gate_of(name: str) -> str:
    """Return the signal or section that a gate lies at, as a number; an end of the trunk road is its own."""
    return name[1:] or name


def trips(places: tuple[Gate, ...], morning: bool) -> dict[Pair, float]:
    """Return trips of the peak hour from gate to gate, balanced to what every gate sends and takes. [veh/h]

    Source: Furness 1965, "Time function iteration": rows and columns of a table of preferences scaled in turn.
    """
    sent, taken = ({gate.name: (gate.morning if morning else gate.evening)[side] for gate in places} for side in (0, 1))
    ratio = sum(sent.values()) / sum(taken.values())
    table = {(a, b): sent[a] * taken[b] * liking(a, b) for a in sent for b in taken if a != b}
    for _ in range(_ROUNDS):
        for side, wanted in ((1, {b: taken[b] * ratio for b in taken}), (0, sent)):
            total = dict.fromkeys(wanted, 0.0)
            for pair, number in table.items():
                total[pair[side]] += number
            table = {pair: number * wanted[pair[side]] / total[pair[side]] for pair, number in table.items()}
    return table


def liking(start: str, end: str) -> float:
    """Return how much likelier a trip is than its gates alone would say."""
    if {start, end} == {"W", "E"}:
        return END_TO_END
    return STRAIGHT_ACROSS if gate_of(start) == gate_of(end) and {start[0], end[0]} == {"N", "S"} else 1.0


def shares(quarter: int) -> tuple[float, float]:
    """Return the share of the morning's and of the evening's peak hour that travels in a quarter of an hour.

    Between the middles of two hours the share changes evenly; the day begins where it ends.
    """
    hour = (quarter + 0.5) / 4 - 0.5
    first, part = int(hour // 1), hour % 1
    early, late = ((1 - part) * day[first % 24] + part * day[(first + 1) % 24] for day in (MORNING, EVENING))
    return early, late
