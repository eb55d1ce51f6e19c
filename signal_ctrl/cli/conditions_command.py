"""`signal-ctrl weather` and `signal-ctrl events`: what lowers flow and speed, and what brings more traffic."""

from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.output import number, put_json, put_table

weather = typer.Typer(name="weather", help="Weather: enter it for a time, show what it does.")
events = typer.Typer(name="events", help="Calendar of events that bring traffic: add, list, remove.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
From = Annotated[str, typer.Option("--from", help="From when on, as 2026-03-01T17:00Z.")]
Until = Annotated[str, typer.Option("--until", help="Until when, as 2026-03-01T19:00Z.")]


@weather.command("set")
def set_(
    until: Until,
    from_: From = "",
    rain: Annotated[float, typer.Option(min=0, help="Rain [mm/h].")] = 0.0,
    snow: Annotated[float, typer.Option(min=0, help="Snow, as water [mm/h].")] = 0.0,
    ice: Annotated[bool, typer.Option("--ice", help="Roads are icy.")] = False,
    visibility: Annotated[float, typer.Option(min=1, help="Visibility [m].")] = 10_000.0,
    json_: Json = False,
) -> None:
    """Enter weather for the whole city and a time (without --from: from now on); the last entry counts."""
    import time

    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.override_wish import utc_ms_of

    begin_ms = utc_ms_of(from_) if from_ else time.time_ns() // 1_000_000
    body = {
        "from_utc_ms": begin_ms,
        "to_utc_ms": utc_ms_of(until),
        "rain_mm_h": rain,
        "snow_mm_h": snow,
        "ice": ice,
        "visibility_m": visibility,
    }
    with connected() as client:
        found = client.post("/v1/weather", body)
        effect = client.get("/v1/weather", at_utc_ms=begin_ms)
    if json_:
        put_json(found)
    else:
        typer.echo(f"{found['weather_id']}: {_effect(effect)}")


@weather.command()
def show(json_: Json = False) -> None:
    """Show what the weather does now, and the entries that count or will."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = client.get("/v1/weather")
    if json_:
        put_json(found)
        return
    typer.echo(f"now: {_effect(found)}")
    rows = [
        (
            utc_text(each["from_utc_ms"]),
            utc_text(each["to_utc_ms"]),
            each["entered_by"],
            number(each["rain_mm_h"]),
            number(each["snow_mm_h"]),
            "yes" if each["ice"] else "no",
            number(each["visibility_m"], 0),
        )
        for each in found["reports"]
    ]
    if rows:
        put_table(("from (UTC)", "until", "by", "rain mm/h", "snow mm/h", "ice", "view m"), rows, numbers_from=3)


def _effect(found: dict[str, Any]) -> str:
    return f"saturation flow x {found['saturation']:.3f}, free speed x {found['free_speed']:.2f}"


@events.command()
def add(
    event: Annotated[str, typer.Argument(metavar="ID", help="Name of the event, as match-2026-03-01.")],
    title: Annotated[str, typer.Option(help="What it is.")],
    from_: From,
    until: Until,
    persons: Annotated[int, typer.Option(min=0, help="Expected persons.")],
    *,
    district: Annotated[str, typer.Option(help="District where it is; its roads share the traffic.")] = "",
    road: Annotated[list[str] | None, typer.Option(help="A road that leads there. May be repeated.")] = None,
    car_share: Annotated[float, typer.Option(min=0, max=1, help="Share that comes by car.")] = 0.4,
    per_car: Annotated[float, typer.Option(min=1, max=9, help="Persons in a car.")] = 2.2,
    arrive_min: Annotated[int, typer.Option(min=1, help="They come over so many minutes before the begin.")] = 90,
    leave_min: Annotated[int, typer.Option(min=1, help="They leave over so many minutes after the end.")] = 60,
    json_: Json = False,
) -> None:
    """Enter an event into the calendar."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.override_wish import utc_ms_of

    body: dict[str, Any] = {
        "event": event,
        "title": title,
        "from_utc_ms": utc_ms_of(from_),
        "to_utc_ms": utc_ms_of(until),
        "persons": persons,
        "car_share": car_share,
        "per_car": per_car,
        "district": district,
        "roads": list(road or ()),
        "arrive_min": arrive_min,
        "leave_min": leave_min,
    }
    with connected() as client:
        found = client.post("/v1/calendar", body)
    vehicles = persons * car_share / per_car
    if json_:
        put_json(found)
    else:
        typer.echo(
            f"{event}: {vehicles:.0f} vehicles come at {vehicles * 60 / arrive_min:.0f} veh/h, "
            f"leave at {vehicles * 60 / leave_min:.0f} veh/h"
        )


@events.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or JSON lines with the fields of POST /v1/calendar.")],
    json_: Json = False,
) -> None:
    """Enter the events of a file, one a line; the first that cannot be entered ends it."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.gateways.event_rows_file import events_of
    from signal_ctrl.gateways.whole_file import read_whole

    rows = events_of(read_whole(file, "calendar of events", 1 << 22), str(file))
    with connected() as client:
        entered = [client.post("/v1/calendar", row)["event_id"] for row in rows]
    put_json({"entered": entered}) if json_ else typer.echo(f"{len(entered)} events entered")


@events.command("list")
def list_(json_: Json = False) -> None:
    """List the events that count now or will."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = client.get("/v1/calendar")
    if json_:
        put_json(found)
        return
    rows = [
        (
            each["event_id"],
            each["title"],
            utc_text(each["from_utc_ms"]),
            utc_text(each["to_utc_ms"]),
            each["district"] or f"{len(each['roads'])} roads",
            number(each["persons"], 0),
        )
        for each in found["events"]
    ]
    put_table(("event", "title", "from (UTC)", "until", "where", "persons"), rows, numbers_from=5)


@events.command()
def remove(event: Annotated[str, typer.Argument(metavar="ID", help="Name of the event.")], json_: Json = False) -> None:
    """Take an event out of the calendar."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        client.delete(f"/v1/calendar/{event}")
    put_json({"event": event, "removed": True}) if json_ else typer.echo(f"event {event} is removed")
