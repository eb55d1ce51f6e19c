"""Evidence: the further files that SUMO writes during a run, and that its figures are taken from.

They are the same under every controller, and they do not touch the course of the run (a test holds lamps and trips
against a run without them). The cheapest set that carries all the measures was chosen: trajectories once a second as
parquet (stops, standing, queues, arrivals, split failures, arterials, emissions), SUMO's totals per edge, and its
record of scheduled stops. Induction loops with an output of their own, E2 at 1 Hz and the emission device would each
have cost as much as the trajectories alone; docs/measures.md has the figures.
"""

import json
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from sumo_scenarios.world import World

TRAJECTORIES: Final = "trajectories.parquet"
WALKERS: Final = "walkers.parquet"
EDGES: Final = "edges.xml.gz"
STOPS: Final = "stops.xml.gz"
NOTES: Final = "evidence.json"
PREDICTIONS: Final = "predictions.csv"
"""What the model of `adaptive` expected, of detailed runs only; the one file of the evidence that is not SUMO's."""
VERSION: Final = 1
SAMPLE_S: Final = 1.0
_ATTRIBUTES: Final = ("id", "lane", "pos", "speed")


def evidence_arguments(world: World, folder: Path, detailed: bool) -> list[str]:
    """Return SUMO's options for the evidence of a run in `folder`.

    Args: detailed is a note for whoever measures and keeps the files: what SUMO writes is the same.
    """
    walkers = has_walkers(world)
    attributes = (*_ATTRIBUTES, "edge") if walkers else _ATTRIBUTES
    arguments = ["--fcd-output", str(folder / TRAJECTORIES), "--fcd-output.attributes", ",".join(attributes)]
    if walkers:
        arguments += ["--person-fcd-output", str(folder / WALKERS)]
    if world.config.step_s < SAMPLE_S:
        arguments += ["--device.fcd.period", f"{SAMPLE_S:g}"]
        arguments += ["--person-device.fcd.period", f"{SAMPLE_S:g}"] if walkers else []
    arguments += ["--stop-output", str(folder / STOPS), "--stop-output.write-unfinished", "true"]
    return arguments


def write_evidence_inputs(path: Path, world: World, folder: Path, detailed: bool) -> None:
    """Write the additional file that has SUMO record totals per edge, and the notes of the evidence folder."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = {"version": VERSION, "detailed": detailed, "walkers": has_walkers(world), "sample_s": SAMPLE_S}
    (folder / NOTES).write_text(json.dumps(notes) + "\n", encoding="utf-8")
    path.write_text(
        f'<additional>\n    <edgeData id="signal-ctrl edges" file={quoteattr(str(folder / EDGES))} withInternal="true" '
        'excludeEmpty="true"/>\n</additional>\n',
        encoding="utf-8",
    )


def has_walkers(world: World) -> bool:
    """Tell whether pedestrians can cross at the network's junctions."""
    return any(edge.function == "crossing" for edge in world.net.edges.values())
