"""Delay and speed of every edge, from SUMO's totals, and the space mean speed of a set of edges."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.figures import Document, rounded
from sumo_scenarios.written import tags


@dataclass(frozen=True, slots=True)
class EdgeTotals:
    """What all vehicles did on one edge. Time spent and time lost [s], metres driven [m], vehicles that came on."""

    spent_s: float
    lost_s: float
    driven_m: float
    vehicles: int


def read_edges(path: Path) -> dict[str, EdgeTotals]:
    """Return the totals by edge, those inside junctions too. Raises: BackendError if the file is damaged."""
    try:
        return {found["id"]: _totals(found) for tag, found in tags(path) if tag == "edge"}
    except (KeyError, ValueError) as error:
        raise BackendError(f"cannot read {path}: {type(error).__name__} {error}") from error


def _totals(found: Mapping[str, str]) -> EdgeTotals:
    def number(name: str) -> float:
        return float(found.get(name, 0.0))

    return EdgeTotals(
        spent_s=float(found["sampledSeconds"]),
        lost_s=number("timeLoss"),
        driven_m=number("distance"),
        vehicles=int(number("entered") + number("departed")),
    )


def edge_table(totals: Mapping[str, EdgeTotals]) -> Document:
    """Return delay [s/veh, s] and speed [km/h] of the edges with traffic, in columns."""
    used = {edge: total for edge, total in totals.items() if total.vehicles and total.spent_s > 0}
    return {
        "edge": list(used),
        "vehicles": [total.vehicles for total in used.values()],
        "delay_s": [rounded(total.lost_s) for total in used.values()],
        "delay_s_per_vehicle": [rounded(total.lost_s / total.vehicles) for total in used.values()],
        "speed_kmh": [rounded(3.6 * total.driven_m / total.spent_s) for total in used.values()],
    }


def space_mean_speed_kmh(totals: Mapping[str, EdgeTotals], edges: Collection[str]) -> float | None:
    """Return metres driven over time spent on a set of edges [km/h], None where nobody drove."""
    found = [totals[edge] for edge in edges if edge in totals]
    spent_s = sum(total.spent_s for total in found)
    return rounded(3.6 * sum(total.driven_m for total in found) / spent_s) if spent_s > 0 else None
