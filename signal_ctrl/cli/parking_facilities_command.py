"""`signal-ctrl parking facilities`: read from files of others, put in force, looked at."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import Overwrite, counted, number, put_json, put_table
from signal_ctrl.cli.parking_options import Authority, CredentialFile, Json, Service

app = typer.Typer(name="facilities", help="Car parks and kerbs: import, list, show.")


@app.command("import")
def import_(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="parking.json, .csv, .geojson, DATEX II (.xml); a scenario's name or .sumocfg."
        ),
    ],
    *,
    roads: Annotated[
        Path | None, typer.Option(help="roads.json, to find the road of each entrance that the file does not name.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Whose clock hours and prices go by.")] = "Asia/Shanghai",
    sensing: Annotated[str, typer.Option(help="Of a SUMO scenario: spaces, gates.")] = "spaces",
    out: Annotated[Path | None, typer.Option(help="Write parking.json here, and put nothing in force.")] = None,
    service: Annotated[str, typer.Option(help="Address of the service that the facilities are put in force at.")] = "",
    credential: Annotated[Path | None, typer.Option(help="The office's credential.")] = None,
    authority: Authority = None,
    overwrite: Overwrite = False,
    json_: Json = False,
) -> None:
    """Read facilities and put them in force at a service, or write them as parking.json.

    CSV has a row and GeoJSON a feature a section: facility, name, lon, lat, capacity (docs/file-formats.md).
    """
    import json

    from signal_ctrl.cli.parking_session import client_of
    from signal_ctrl.domain.errors import InvalidInputError
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from signal_ctrl.parking.facilities_json import facilities_document, facilities_to_json

    if (out is None) == (not service) or (service and credential is None):
        raise InvalidInputError("give either --out FILE, or --service ADDRESS with --credential FILE")
    if out is not None:
        check_free(out, overwrite)
    found = _read(file, roads, timezone, sensing)
    if out is not None:
        write_whole(out, facilities_to_json(found) + "\n")
    elif credential is not None:
        with client_of(service, credential, authority) as client:
            document = json.loads(json.dumps(facilities_document(found)))
            client.ask("PUT", "/v1/parking/documents/facilities", document)
    spaces = sum(each.capacity for each in found.facilities)
    if json_:
        put_json({"facilities": len(found.facilities), "spaces": spaces, "out": str(out) if out else None})
    else:
        count = counted(len(found.facilities), "facility", "facilities")
        typer.echo(f"{count}, {spaces:,} spaces: {out or 'in force at ' + service}")


def _read(file: str, roads: Path | None, timezone: str, sensing: str):  # type: ignore[no-untyped-def]  # imported late
    from signal_ctrl.domain.roads_json import MAX_DOCUMENT_BYTES, roads_from_json
    from signal_ctrl.gateways.parking_files import read_facilities
    from signal_ctrl.gateways.whole_file import read_whole

    path = Path(file)
    if path.suffix.lower() in (".json", ".csv", ".geojson", ".xml") and path.suffixes[-2:] != [".net", ".xml"]:
        network = None if roads is None else roads_from_json(read_whole(roads, "roads", MAX_DOCUMENT_BYTES))
        return read_facilities(path, network, timezone)
    from sumo_scenarios.parking_areas import facilities_of

    return facilities_of(file, sensing, timezone)


@app.command("list")
def list_(service: Service, credential: CredentialFile, authority: Authority = None, json_: Json = False) -> None:
    """List facilities with what is believed of their free spaces."""
    from signal_ctrl.cli.parking_session import client_of

    with client_of(service, credential, authority) as client:
        found = client.ask("GET", "/v1/parking/facilities")
    if json_:
        put_json(found)
        return
    rows = [
        (
            each["facility"],
            each["name"],
            each["kind"],
            "open" if each["open"] else "closed",
            each["occupancy"]["trust"],
            number(each["occupancy"]["free"], 0),
            number(each["occupancy"]["capacity"], 0),
            number(each["occupancy"]["age_s"], 0),
        )
        for each in found["facilities"]
    ]
    put_table(("facility", "name", "kind", "open", "trust", "free", "of", "age s"), rows, numbers_from=5)


@app.command()
def show(
    facility: Annotated[str, typer.Argument(help="Name of the facility.")],
    service: Service,
    credential: CredentialFile,
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Show one facility: free spaces by kind with their bounds, and what they rest on."""
    from signal_ctrl.cli.parking_session import client_of

    with client_of(service, credential, authority) as client:
        found = client.ask("GET", f"/v1/parking/facilities/{facility}")
    if json_:
        put_json(found)
        return
    belief = found["occupancy"]
    names = " / ".join(dict.fromkeys((found["name"], found["name_en"])))
    typer.echo(f"{found['facility']} {names}, {found['kind']}")
    typer.echo(f"trust {belief['trust']}, by {belief['source']}{'; ' + belief['why'] if belief['why'] else ''}")
    rows = [
        (kind, number(each["free"], 0), f"{each['at_least']} to {each['at_most']}", number(each["capacity"], 0))
        for kind, each in belief["kinds"].items()
    ]
    put_table(("kind", "free", "surely", "of"), rows)
