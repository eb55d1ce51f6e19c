"""`signal-ctrl dispatch`: missions opened, proposed, assigned, followed and closed."""

from typing import Annotated, Any

import typer

from signal_ctrl.cli.centre_requests import get_from_centre, post_to_centre
from signal_ctrl.cli.failures import agree
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

app = typer.Typer(name="dispatch", help="Missions: open, list, propose, assign, green-route, status, close, cancel.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Id = Annotated[str, typer.Argument(metavar="MISSION", help="Name of the mission, as 'dispatch list' shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")]


@app.command("open")
def open_(
    text: Annotated[str, typer.Argument(help="What has to be done.")],
    *,
    kind: Annotated[list[str], typer.Option(help="patrol, tow, maintenance, ambulance or fire. May be repeated.")],
    at: Annotated[str, typer.Option(help="Where, as LONGITUDE,LATITUDE in degrees.")],
    skill: Annotated[list[str] | None, typer.Option(help="What a unit has to be able to do. May be repeated.")] = None,
    equipment: Annotated[list[str] | None, typer.Option(help="What it has to carry. May be repeated.")] = None,
    priority: Annotated[int, typer.Option(min=1, max=5, help="1 is the most urgent.")] = 3,
    road: Annotated[str, typer.Option(help="Road of the place; default: the nearest ones.")] = "",
    incident: Annotated[str, typer.Option(help="Incident that it belongs to.")] = "",
    ticket: Annotated[str, typer.Option(help="Maintenance ticket that it belongs to.")] = "",
    json_: Json = False,
) -> None:
    """Open a mission; 'dispatch propose' then says who is nearest."""
    from signal_ctrl.cli.units_command import place_of_text

    lon, lat = place_of_text(at)
    body = {
        "kinds": kind,
        "lon": lon,
        "lat": lat,
        "text": text,
        "skills": skill or [],
        "equipment": equipment or [],
        "priority": priority,
        "road": road,
        "incident": incident,
        "ticket": ticket,
    }
    _tell(post_to_centre("/v1/missions", body), json_)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="live, all, open, assigned, 'en route', 'on scene', closed, ...")] = "live",
    limit: Annotated[int, typer.Option(help="How many at most.")] = 100,
    json_: Json = False,
) -> None:
    """List missions, the youngest first."""
    from signal_ctrl.cli.times import utc_text

    found = get_from_centre("/v1/missions", state=state, limit=limit)
    if json_:
        put_json(found)
        return
    rows = [
        (
            m["mission_id"],
            m["state"],
            str(m["priority"]),
            m["unit"] or "–",
            utc_text(m["opened_utc_ms"]),
            m["incident"] or m["ticket"] or m["response"] or "–",
            m["text"],
        )
        for m in found
    ]
    header = ("mission", "state", "priority", "unit", "opened (UTC)", "belongs to", "what")
    put_table(header, rows, numbers_from=len(header))


@app.command()
def propose(
    mission: Annotated[str, typer.Argument(help="Name of the mission; with --all none.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Who goes where of all open missions.")] = False,
    most: Annotated[int, typer.Option(min=1, max=500, help="How many units at most.")] = 10,
    json_: Json = False,
) -> None:
    """Say who could go: arrival, the interval that holds nine in ten, and why others cannot."""
    if bool(mission) == all_:
        raise InvalidInputError("name a mission, or say --all")
    found = (
        get_from_centre("/v1/mission-assignment")
        if all_
        else get_from_centre(f"/v1/missions/{mission}/proposal", most=most)
    )
    if json_:
        put_json(found)
    elif all_:
        _tell_deal(found)
    else:
        _tell_ranking(found)


@app.command()
def assign(
    mission: Annotated[str, typer.Argument(help="Name of the mission; with --all none.")] = "",
    unit: Annotated[str, typer.Option(help="Who goes; default: the first to arrive.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="All open missions, as 'propose --all' says.")] = False,
    yes: Yes = False,
    json_: Json = False,
) -> None:
    """Send a unit, or, with --all, as many as there are missions, as one act."""
    if bool(mission) == all_ or (all_ and unit):
        raise InvalidInputError("name a mission, or say --all without --unit")
    if not all_:
        _tell(post_to_centre(f"/v1/missions/{mission}/assign", {"unit": unit}), json_)
        return
    if json_ and not yes:
        raise InvalidInputError("--json does not ask: say --yes with it")
    deal = get_from_centre("/v1/mission-assignment")
    if not json_:
        _tell_deal(deal)
    if deal["pairs"] and (yes or agree("send them?")):
        pairs = [{"mission": pair["mission"], "unit": pair["unit"]} for pair in deal["pairs"]]
        sent = post_to_centre("/v1/mission-assignment", {"pairs": pairs})
        put_json(sent) if json_ else typer.echo(f"{len(sent)} units sent")
    elif json_:
        put_json([])


@app.command("green-route")
def green_route(
    mission: Id,
    stage: Annotated[
        list[str] | None, typer.Option(help="CABINET=STAGE, where the document of units names none.")
    ] = None,
    yes: Yes = False,
    json_: Json = False,
) -> None:
    """Issue a green route for the unit under way: shows junctions and price, asks, then issues it as an override."""
    if json_ and not yes:
        raise InvalidInputError("--json does not ask: say --yes with it")
    pairs = [each.partition("=") for each in stage or []]
    if not all(cabinet and name for cabinet, _, name in pairs):
        raise InvalidInputError("write --stage as CABINET=STAGE, as --stage j1=main")
    stages = {cabinet: name for cabinet, _, name in pairs}
    prepared = post_to_centre(f"/v1/missions/{mission}/green-route-preparation", {"stages": stages})
    if not json_:
        document = prepared["document"]
        for leg in document["legs"]:
            start_s = (leg["start_utc_ms"] - document["start_utc_ms"]) / 1000
            end_s = (leg["end_utc_ms"] - document["start_utc_ms"]) / 1000
            typer.echo(f"  {leg['cabinet']}: stage {leg['stage']}, {start_s:.0f} to {end_s:.0f} s from now")
        if prepared["second"]:
            typer.echo(f"a second person has to approve it: {', '.join(prepared['second'])}")
    if yes or agree("issue it?"):
        override = post_to_centre("/v1/overrides", {"document": prepared["document"], "nonce": prepared["nonce"]})
        if json_:
            put_json(override)
        else:
            typer.echo(f"override {override['override_id']} is {override['state']}")


@app.command()
def status(
    mission: Id,
    state: Annotated[str, typer.Argument(help="'en route', 'on scene', or 'open' to take the unit off.")],
    text: Annotated[str, typer.Option(help="What else is to be said.")] = "",
    json_: Json = False,
) -> None:
    """Say where a mission stands; green routes end when the unit is there or taken off."""
    _tell(post_to_centre(f"/v1/missions/{mission}/status", {"state": state, "text": text}), json_)


@app.command()
def close(
    mission: Id,
    note: Annotated[str, typer.Option(help="What was done.")],
    close_ticket: Annotated[bool, typer.Option("--close-ticket", help="Close its ticket too.")] = False,
    json_: Json = False,
) -> None:
    """Close a mission; its unit is on its way back."""
    _tell(post_to_centre(f"/v1/missions/{mission}/close", {"note": note, "close_ticket": close_ticket}), json_)


@app.command()
def cancel(mission: Id, why: Annotated[str, typer.Option(help="Why.")], json_: Json = False) -> None:
    """Call a mission off."""
    _tell(post_to_centre(f"/v1/missions/{mission}/cancel", {"why": why}), json_)


def _tell(mission: dict[str, Any], as_json: bool) -> None:
    if as_json:
        put_json(mission)
        return
    arrival, who = mission["arrival"], f", unit {mission['unit']}" if mission["unit"] else ""
    typer.echo(f"mission {mission['mission_id']} is {mission['state']}{who}")
    if mission["state"] == "assigned" and arrival is not None:
        times = (number(arrival[key] / 60) for key in ("travel_s", "low_s", "high_s"))
        typer.echo("  expected in {} min ({} to {})".format(*times))


def _tell_ranking(found: dict[str, Any]) -> None:
    rows = [
        (
            a["unit"],
            number(a["travel_s"] / 60),
            f"{number(a['low_s'] / 60)} – {number(a['high_s'] / 60)}",
            number(a["distance_m"] / 1000),
            a["from_"] if a["position_age_s"] is None else f"{a['from_']}, {a['position_age_s']:.0f} s ago",
        )
        for a in found["arrivals"]
    ]
    put_table(("unit", "arrival [min]", "9 in 10 [min]", "way [km]", "from"), rows, numbers_from=1)
    for reason, times in found["unsuitable"]:
        typer.echo(f"  not {times}: {reason}")
    typer.echo(f"  travel times: {found['times']}")


def _tell_deal(found: dict[str, Any]) -> None:
    rows = [(p["mission"], p["unit"], number(p["arrival"]["travel_s"] / 60)) for p in found["pairs"]]
    put_table(("mission", "unit", "arrival [min]"), rows, numbers_from=2)
    for mission in found["waiting"]:
        typer.echo(f"  nobody for {mission}")
    for district in found["uncovered"]:
        typer.echo(f"  left uncovered: {district}")
