"""What `signal-ctrl plan green-wave` prints: a document for programs, tables for people."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from signal_ctrl.cli.output import number, put_table
from signal_ctrl.domain.timing import to_s

if TYPE_CHECKING:
    from optimiser.green_wave.corridor_file import CorridorFile
    from optimiser.green_wave.model import WaveRules
    from optimiser.green_wave.planning import WavePlan
    from optimiser.green_wave.widths import CourseWidths
    from sumo_scenarios.green_wave.planning import ScenarioPlan

_KMH = 3.6
_MOST_NAMED = 4
_OBJECTIVES = {
    "maxband": "the sum of the bands, those back times the ratio",
    "multiband": "the mean of the links' bands, weighted by volume",
    "am-band": "the mean of the links' bands, weighted by volume",
}


def corridor_document(corridor: "CorridorFile", rules: "WaveRules", found: "WavePlan") -> dict[str, Any]:
    """Return what was planned for a corridor file."""
    part = wave_document(found, rules.kind, None)
    return {"source": corridor.name, "kind": rules.kind, "cycle_s": found.timing.cycle_s, "parts": [part]}


def scenario_document(found: "ScenarioPlan", rules: "WaveRules") -> dict[str, Any]:
    """Return what was planned for a scenario."""
    offsets_s = {each.signal_id: to_s(each.offset_ds) for each in found.plan.signals}
    parts = [wave_document(part.plan, rules.kind, part.before, offsets_s) for part in found.parts]
    return {
        "source": found.plan.name,
        "kind": rules.kind,
        "cycle_s": found.parts[0].plan.timing.cycle_s,
        "model_delay_before_s": _finite(found.delay_before_s),
        "model_delay_s": _finite(found.delay_s),
        "parts": parts,
    }


def wave_document(
    found: "WavePlan",
    kind: str,
    before: "Sequence[CourseWidths] | None",
    offsets_s: "Mapping[str, float] | None" = None,
) -> dict[str, Any]:
    """Return one group of streets: proof, signals, directions. `offsets_s` are the plan's, if others. [s], [km/h]

    `band_s` of a direction is its band from end to end where one is planned, else the mean of those of its links.
    """
    own_s = offsets_s or {
        signal.name: at_s
        for signal, at_s in zip(found.timing.wave.network.signals, found.timing.timed.offsets_s, strict=True)
    }
    wave, timing = found.timing.wave, found.timing
    proof = wave.proof
    return {
        "objective": _OBJECTIVES[kind],
        "end_to_end": kind == "maxband",
        "cycle_s": timing.cycle_s,
        "cycle_found_s": round(found.wave.cycle_s, 3),
        "found": round(proof.found, 6),
        "bound": round(proof.bound, 6),
        "proven_gap": round(proof.gap, 6) if math.isfinite(proof.gap) else None,
        "measured": round(timing.measured, 6),
        "signals": [
            {"signal": signal.name, "offset_s": own_s[signal.name], "order": signal.orders[order].name}
            for signal, order in zip(wave.network.signals, wave.orders, strict=True)
        ],
        "streets": _streets(found, before),
    }


def _streets(found: "WavePlan", before: "Sequence[CourseWidths] | None") -> list[dict[str, Any]]:
    wave, timing = found.timing.wave, found.timing
    rows, k = [], 0
    for street in wave.network.streets:
        widths = timing.widths[k : k + len(street.courses)]
        directions = []
        for course in street.courses:
            own, drive = timing.widths[k], wave.courses[k]
            directions.append(
                {
                    "name": course.name,
                    "band_s": round(own.mean_s, 2),
                    "through_band_s": round(own.through_s, 2),
                    "bands_s": [round(band_s, 2) for band_s in own.bands_s],
                    "least_green_s": round(own.least_green_s, 2),
                    "before_s": None if before is None else round(before[k].through_s, 2),
                    "speeds_kmh": [
                        round(_KMH * link.distance_m / travel_s, 1)
                        for link, travel_s in zip(course.links, drive.travel_s, strict=True)
                    ],
                }
            )
            k += 1
        bands_s = [each.mean_s for each in widths]
        rows.append(
            {
                "street": street.name,
                "ratio": street.ratio,
                "efficiency": round(sum(bands_s) / len(bands_s) / timing.cycle_s, 4),
                "attainability": round(sum(bands_s) / sum(each.mean_room_s for each in widths), 4),
                "directions": directions,
            }
        )
    return rows


def put_wave(document: dict[str, Any]) -> None:
    """Print a document for people."""
    typer.echo(f"{document['source']}: {document['kind']}")
    for part in document["parts"]:
        gap = part["proven_gap"]
        proven = "no bound is proven" if gap is None else f"proven gap {100 * gap:.2f} %"
        typer.echo(f"cycle {part['cycle_s']} s (best {part['cycle_found_s']:g} s); {_headline(part)}")
        typer.echo(
            f"objective, {part['objective']} [cycles]: {part['found']:.4f} found, at most {part['bound']:.4f} "
            f"possible: {proven}; {part['measured']:.4f} measured in whole seconds"
        )
        typer.echo()
        _put_streets(part["streets"])
        typer.echo()
        cells = [(row["signal"], f"{row['offset_s']:.0f}", row["order"]) for row in part["signals"]]
        put_table(("signal", "offset [s]", "order of stages"), cells, numbers_from=3)
        typer.echo()
    if document.get("model_delay_s") is not None:
        typer.echo(
            f"delay in the link model: {number(document['model_delay_before_s'])} s/veh with the plan before, "
            f"{number(document['model_delay_s'])} s/veh with this one"
        )
    typer.echo(f"plan in {document['plan']}")
    for path in document["diagrams"]:
        typer.echo(f"diagram in {path}")


def _headline(part: Mapping[str, Any]) -> str:
    """Return the bands of a part in seconds: of each direction, or from the narrowest to the widest of many."""
    directions = [direction for street in part["streets"] for direction in street["directions"]]
    what = "bands" if part["end_to_end"] else "bands (mean of the links)"
    if len(directions) > _MOST_NAMED:
        bands_s = [direction["band_s"] for direction in directions]
        return f"{what} of {len(directions)} directions: {min(bands_s):.1f} to {max(bands_s):.1f} s"
    return f"{what}: " + ", ".join(f"{direction['name']} {direction['band_s']:.1f} s" for direction in directions)


def _put_streets(streets: Sequence[dict[str, Any]]) -> None:
    rows = [
        (
            direction["name"],
            number(direction["through_band_s"]),
            number(direction["before_s"]),
            number(sum(direction["bands_s"]) / len(direction["bands_s"])),
            number(direction["least_green_s"]),
            _span(direction["speeds_kmh"]),
            f"{street['efficiency']:.3f}",
            f"{street['attainability']:.3f}",
        )
        for street in streets
        for direction in street["directions"]
    ]
    header = (
        "direction",
        "through [s]",
        "before [s]",
        "mean band [s]",
        "least green [s]",
        "speed [km/h]",
        "efficiency",
        "attainability",
    )
    put_table(header, rows)


def _span(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.1f}" if low == high else f"{low:.1f}-{high:.1f}"


def _finite(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
