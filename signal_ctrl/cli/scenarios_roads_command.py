"""`signal-ctrl scenarios roads`: the roads of a network as the document that watching is told by."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import Overwrite, put_json


def roads(
    *,
    name: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg or .net.xml.")],
    out: Annotated[Path, typer.Option(help="File for the roads, such as roads.json.")],
    loops_share: Annotated[float, typer.Option(help="Share of the roads that get loops, 0 to 1.")] = 0.5,
    readers_share: Annotated[float, typer.Option(help="Share of the roads that get a reader of tags, 0 to 1.")] = 0.0,
    salt: Annotated[str, typer.Option(help="Any word: another one equips other roads.")] = "",
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write the roads of a network: class, capacity, turns, and loops and readers on a share of them."""
    from signal_ctrl.domain.roads_json import roads_to_json
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.city_feed.road_network import Equipment, roads_of

    check_free(out, overwrite)
    network = roads_of(name, Equipment(loops_share, readers_share, salt))
    text = roads_to_json(network) + "\n"
    write_whole(out, text)
    counts = {each: len(getattr(network, each)) for each in ("roads", "turns", "loops", "readers")}
    if json_:
        put_json({"out": str(out), **counts, "bytes": len(text)})
    else:
        said = ", ".join(f"{many} {each}" for each, many in counts.items())
        typer.echo(f"{said}, {len(text) / 1024:.0f} KiB: {out}")
