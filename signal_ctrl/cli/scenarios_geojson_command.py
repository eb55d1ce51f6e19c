"""`signal-ctrl scenarios geojson`: the network of a scenario for the centre's page."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import Overwrite, put_json


def geojson(
    name: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg or .net.xml.")],
    out: Annotated[Path, typer.Option(help="File for the GeoJSON.")],
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write streets, signals and links of a network as GeoJSON; an engineer posts it to the centre's /v1/network."""
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.configuration import read_configuration
    from sumo_scenarios.geojson_export import export_geojson

    check_free(out, overwrite)
    is_net = name.endswith((".net.xml", ".net.xml.gz"))
    text, features, placed = export_geojson(Path(name) if is_net else read_configuration(resolve(name).config).net)
    write_whole(out, text)
    if not placed:
        say("the network lies nowhere on earth; it is drawn around longitude and latitude 0")
    if json_:
        put_json({"out": str(out), "features": features, "bytes": len(text.encode()), "on_earth": placed})
    else:
        typer.echo(f"{features} streets, signals and links, {len(text.encode()) / 1024:.0f} KiB: {out}")
