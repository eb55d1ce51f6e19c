"""What a new town is asked for, and the names of its files: light, for whoever only wants to know where they are."""

from dataclasses import dataclass
from typing import Final

EDGE_TYPES: Final = "plain.typ.xml"
NAME: Final = "newtown"
NET: Final = f"{NAME}.net.xml"
PROGRAMMES: Final = "plain.tll.xml"
FILES: Final = (
    *(f"{NAME}.{kind}" for kind in ("net.xml", "rou.xml", "bus.rou.xml", "people.rou.xml", "add.xml", "sumocfg")),
    *("plain.nod.xml", "plain.edg.xml", "plain.con.xml", EDGE_TYPES, PROGRAMMES, "make-net.sh"),
    *("incidents.json", "incidents.rou.xml", f"{NAME}-incidents.sumocfg", "town.json"),
)
"""Everything that is written."""


@dataclass(frozen=True, slots=True)
class NewTown:
    """Which town: signals north and east, seed, the day whose demand is written, how many links have a midblock.

    For people on foot as well: `lead_s`, by which WALK goes ahead of vehicles that yield to it; `schools_s`, by which
    clearances near schools are longer at their hours [s]; `scrambles`, signals with a stage for all crossings at once.
    """

    rows: int = 4
    columns: int = 4
    seed: int = 1
    day: str = "peak"
    midblocks: int = 0
    lead_s: int = 0
    schools_s: int = 0
    scrambles: int = 0
