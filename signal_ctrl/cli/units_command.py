"""`signal-ctrl units`: who can be sent, where they are, who is in service."""

from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

app = typer.Typer(name="units", help="Units that go out: import, list, set in or out of service, report a position.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Unit = Annotated[str, typer.Argument(metavar="UNIT", help="Name of the unit.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Document of units, TOML or JSON; see docs/dispatch.md.")],
    json_: Json = False,
) -> None:
    """Take in a document of units. Known units keep their state; units that are not in it go out of service."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.text_file import text_of_file

    document = text_of_file(file)
    with connected() as client:
        found = client.post("/v1/units", {"document": document})
    put_json(found) if json_ else typer.echo(f"{len(found)} units")


@app.command("list")
def list_(
    kind: Annotated[str, typer.Option(help="Only patrol, tow, maintenance, ambulance or fire.")] = "",
    state: Annotated[str, typer.Option(help="Only free, assigned, 'en route', 'on scene', returning, ...")] = "",
    district: Annotated[str, typer.Option(help="Only of this district.")] = "",
    json_: Json = False,
) -> None:
    """List units with their state, and how old their position is; '!' marks one that is too old."""
    from signal_ctrl.cli.centre_session import connected

    query = {name: value for name, value in (("kind", kind), ("state", state), ("district", district)) if value}
    with connected() as client:
        found = client.get("/v1/units", **query)
    if json_:
        put_json(found)
        return
    header = ("unit", "kind", "district", "state", "mission", "shift", "position", "age [s]")
    put_table(header, [_row(each) for each in found], numbers_from=7)


@app.command("set")
def set_(
    unit: Unit,
    state: Annotated[str, typer.Option(help="free, returning or 'out of service'.")] = "",
    at: Annotated[str, typer.Option(help="Where it is, as LONGITUDE,LATITUDE in degrees.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    json_: Json = False,
) -> None:
    """Set the state of a unit, or say where it is; states of a mission are set by 'dispatch status'."""
    from signal_ctrl.cli.centre_session import connected

    if not state and not at:
        raise InvalidInputError("say --state or --at")
    place = place_of_text(at) if at else None
    with connected() as client:
        if place is not None:
            client.post(f"/v1/units/{unit}/position", {"lon": place[0], "lat": place[1]})
        if state:
            client.post(f"/v1/units/{unit}/state", {"state": state, "note": note})
        found = client.get(f"/v1/units/{unit}")
    if json_:
        put_json(found)
    else:
        typer.echo(f"unit {unit} is {found['unit']['state']}, position {_place(found)}")


def place_of_text(text: str) -> tuple[float, float]:
    """Return longitude and latitude. Raises: InvalidInputError.

    >>> place_of_text("116.39,39.91")
    (116.39, 39.91)
    """
    parts = text.split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError:
        raise InvalidInputError(f"'{text}' is no place: write LONGITUDE,LATITUDE, as 116.39,39.91") from None
    return lon, lat


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    unit, old = found["unit"], "!" if found["position_old"] else ""
    age = "–" if found["position_age_s"] is None else f"{old}{number(found['position_age_s'], 0)}"
    shift = "on" if found["manned"] else "off"
    names = (unit["unit"], unit["kind"], unit["district"] or "–", unit["state"], unit["mission"] or "–", shift)
    return (*names, _place(found), age)


def _place(found: dict[str, Any]) -> str:
    position = found["position"]
    return "home" if position is None else f"{position['lon']:.5f},{position['lat']:.5f} ({position['source']})"
